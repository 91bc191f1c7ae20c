"""Clean text in, named features out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.features import FAMILIES, FeatureReader
from riskscore.knowledge import load_knowledge


@pytest.fixture(scope="module")
def reader() -> FeatureReader:
    knowledge = load_knowledge()
    return FeatureReader(knowledge.concepts.values(), knowledge.companies.values())


def keys(reader: FeatureReader, family: str, text: str) -> list[str]:
    return list(reader.keys(family, reader.read(text)))


def test_names_of_companies_reach_no_feature(reader: FeatureReader) -> None:
    for family in FAMILIES:
        found = " ".join(keys(reader, family, "\nNvidia sued Huawei."))
        assert "nvid" not in found
        assert "huaw" not in found


def test_known_and_known_names_give_the_same_features(reader: FeatureReader) -> None:
    one, other = "\nWashington barred Nvidia from China.", "\nWashington barred Siemens from China."
    for family in FAMILIES:
        assert keys(reader, family, one) == keys(reader, family, other)


def test_an_app_that_is_a_term_stays_visible_to_concepts_alone(reader: FeatureReader) -> None:
    assert "china_app" in keys(reader, "concept", "\nSenators want TikTok banned.")
    assert "tiktok" not in keys(reader, "word", "\nSenators want TikTok banned.")


def test_word_pairs_do_not_cross_sentences_or_masked_names(reader: FeatureReader) -> None:
    found = keys(reader, "word", "Title here\nCurbs on Nvidia bite. Sales fall.")
    assert "curbs on" in found
    assert not {"on bite", "here curbs", "bite sales"} & set(found)


def test_concepts_combine_within_one_sentence_only(reader: FeatureReader) -> None:
    together = keys(reader, "concept", "\nWashington weighs a ban on chips.")
    apart = keys(reader, "concept", "\nWashington weighs it. A ban on chips.")
    assert "ban & chips & us" in together
    assert "ban & chips & us" not in apart


def test_order_family_keeps_the_order(reader: FeatureReader) -> None:
    assert "us > china" in keys(reader, "order", "\nAmerica told China.")
    assert "us > china" not in keys(reader, "order", "\nChina told America.")


def test_phrases_read_terms_as_concepts(reader: FeatureReader) -> None:
    assert "[export_control] on [chips]" in keys(reader, "phrase", "\nExport controls on semiconductors")


@pytest.mark.parametrize(
    ("feature", "description"),
    [
        ("word:curbs on", "the words “curbs on”"),
        ("subword:<semi", "words beginning “semi”"),
        ("concept:chips & us", "semiconductors × the United States in one sentence"),
        ("order:us > chips", "the United States, then semiconductors in one sentence"),
        ("phrase:on [chips]", "the phrase “on [semiconductors]”"),
    ],
)
def test_every_family_describes_itself(reader: FeatureReader, feature: str, description: str) -> None:
    assert reader.describe(feature) == description


def test_unknown_family_is_refused(reader: FeatureReader) -> None:
    with pytest.raises(ValueError, match="unknown feature family 'words'"):
        keys(reader, "words", "\nText")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_terms_stand_behind_every_concept_feature(reader: FeatureReader, text: str) -> None:
    reading = reader.read("\n" + text + " US curbs on chips for China. Washington bans TikTok.")
    for sentence in reading.sentences:
        here = {concept for match in sentence.concept_matches for concept in match.concepts}
        for family, found in (
            ("concept", reader.concept_keys(sentence.concepts)),
            ("role", reader.role_keys(sentence.concepts)),
            ("order", reader.order_keys(sentence.concept_matches)),
        ):
            for key in found:
                assert reader.concepts_behind(f"{family}:{key}") & here
        for _, first, end in reader.phrases(sentence):
            assert 0 <= first < end <= len(sentence.concept_words)
