"""The compiled scorer gives the numbers of the reference, and that those of scikit-learn, on any text."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from riskscore.artifact.model import load_model
from riskscore.compiled.scorer import CompiledScorer
from riskscore.compiled.words import WordBook
from riskscore.concepts import fold
from riskscore.features import FeatureReader, subword_keys
from riskscore.knowledge import load_knowledge
from riskscore.languages import CHINESE
from riskscore.scorer import FeatureVector, Scored, Scorer
from training.fit import FittedModel

TOLERANCE = 1e-9
SLICES = 8  # of the 20,000 fuzzed strings, so that a failure is found and told soon
SLICE = 2_500

# What folding, case and word bounds stumble over: sigmas, the dotted I, ligatures, combining marks,
# letters that decompose into spaces or nothing, digits of other scripts, zero-width, masks, all planes.
_ODD = (
    "ΣσςİıſßẞﬁﬃŒæǅﷺﷲﱞﾞﾟª²½Ⅷ①⑴٣३๓𝟗𝔘𐐀𞤀🧿😀ꙮ_'’.-–— \n\t"
    "\u0301\u0345\u200b\u200d\u2028\u0085\u00ad\ufeff\ud800\udfff"
)
_CJK = "中国华为芯片出口管制。！，阿里巴巴ヴァ한국"


@pytest.fixture(scope="module")
def reference(small_fit: FittedModel, small_model_dir: object) -> Scorer:
    knowledge = load_knowledge()
    reader = FeatureReader(knowledge.concepts.values(), knowledge.companies.values())
    return Scorer(load_model(small_model_dir), reader)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def compiled(reference: Scorer) -> CompiledScorer:
    return CompiledScorer(reference)


@pytest.fixture(scope="module")
def pieces(small_fit: FittedModel) -> list[str]:
    """Words, names and terms that texts of the field are made of."""
    knowledge = load_knowledge()
    words = {word for record in small_fit.records for word in record.document.split(" ")}
    names = {name for company in knowledge.companies.values() for name in (company.name, *company.aliases)}
    tickers = {
        f"{before}{ticker.partition(':')[2]}{after}"
        for company in knowledge.companies.values()
        for ticker in company.tickers
        for before, after in (("$", ""), ("NASDAQ: ", ""), ("", ".HK"), ("", ""))
    }
    terms = {
        term.lstrip("=").rstrip("*") for concept in knowledge.concepts.values() for term in concept.terms
    }
    return sorted(words) + sorted(names) * 3 + sorted(tickers) + sorted(terms) * 3


def fuzzed(seed: int, count: int, pieces: list[str]) -> Iterator[str]:
    """Texts between plain news and noise."""
    chance = random.Random(seed)
    for number in range(count):
        kind = number % 5
        parts: list[str] = []
        for _ in range(chance.randrange(60)):
            dice = chance.random()
            if kind == 4 or dice < 0.03 * kind:
                parts.append(
                    "".join(
                        chr(chance.randrange(0x110000))
                        if chance.random() < 0.3
                        else chance.choice(_ODD + _CJK if kind > 2 else _ODD)
                        for _ in range(chance.randrange(1, 8))
                    )
                )
            else:
                word = chance.choice(pieces)
                parts.append(word.upper() if dice > 0.97 else word)
        yield chance.choice(["", "\n"]) + chance.choice([" ", " ", "  ", ". ", "\n", "", "-"]).join(parts)


def _by_name(vector: FeatureVector) -> dict[int, tuple[float, int, frozenset[tuple[int, int, int]]]]:
    """Feature → value, count, and (sentence, start, end) of its occurrences."""
    places: dict[int, set[tuple[int, int, int]]] = {int(feature): set() for feature in vector.features}
    for slot, sentence, start, end in zip(
        vector.occurrence_feature,
        vector.occurrence_sentence,
        vector.occurrence_start,
        vector.occurrence_end,
        strict=True,
    ):
        places[int(vector.features[slot])].add((int(sentence), int(start), int(end)))
    return {
        int(feature): (float(value), int(count), frozenset(places[int(feature)]))
        for feature, value, count in zip(vector.features, vector.values, vector.counts, strict=True)
    }


def _assert_same(text: str, found: Scored, expected: Scored) -> None:
    assert np.abs(found.log_odds - expected.log_odds).max() <= TOLERANCE, repr(text)
    assert found.reading.mentions == expected.reading.mentions, repr(text)
    assert found.words == expected.words, repr(text)
    assert found.vector is not None
    assert expected.vector is not None
    assert found.vector.terms == expected.vector.terms, repr(text)
    mine, theirs = _by_name(found.vector), _by_name(expected.vector)
    assert mine.keys() == theirs.keys(), repr(text)
    for feature, (value, count, places) in theirs.items():
        assert abs(mine[feature][0] - value) <= TOLERANCE
        assert mine[feature][1:] == (count, places), repr(text)


@pytest.mark.parametrize("part", range(SLICES))
def test_fuzzed_texts_score_as_by_the_reference(
    compiled: CompiledScorer, reference: Scorer, pieces: list[str], part: int
) -> None:
    texts = list(fuzzed(part, SLICE, pieces))
    found = compiled.score(texts, vectors=True)
    for text, mine, theirs in zip(texts, found, reference.score(texts, vectors=True), strict=True):
        _assert_same(text, mine, theirs)
    alone = compiled.score(texts)
    assert all(np.array_equal(a.log_odds, b.log_odds) for a, b in zip(alone, found, strict=True))


def test_both_give_the_numbers_of_scikit_learn(
    compiled: CompiledScorer, reference: Scorer, small_fit: FittedModel, pieces: list[str]
) -> None:
    texts = [record.document for record in small_fit.records] + list(fuzzed(99, 1_000, pieces))
    expected = small_fit.classifier.decision_function(texts)
    for scorer in (compiled, reference):
        found = np.array([scored.log_odds for scored in scorer.score(texts)])
        assert np.abs(found - expected).max() <= TOLERANCE


def test_contributions_add_up(compiled: CompiledScorer, pieces: list[str]) -> None:
    for scored in compiled.score(list(fuzzed(7, 200, pieces)), vectors=True):
        assert scored.vector is not None
        total = compiled.intercept + compiled.contributions(scored.vector).sum(axis=0)
        assert np.abs(total - scored.log_odds).max() <= TOLERANCE


def test_spans_give_their_key_back(compiled: CompiledScorer, pieces: list[str]) -> None:
    """What stands at a place, read anew, yields the feature that is said to stand there."""
    seen = {"word": 0, "subword": 0, "phrase": 0}
    for text, scored in zip(
        texts := list(fuzzed(5, 500, pieces)), compiled.score(texts, vectors=True), strict=True
    ):
        vector, masked = scored.vector, scored.reading.word_text
        assert vector is not None
        for slot, start, end in zip(
            vector.occurrence_feature, vector.occurrence_start, vector.occurrence_end, strict=True
        ):
            family, _, key = compiled.feature_names[vector.features[slot]].partition(":")
            if family not in seen:
                assert start == end == 0
                continue
            seen[family] += 1
            written = masked[start:end]
            if family == "word":
                words = [fold(word) for word in compiled.reader.language.token.findall(written)]
                assert " ".join(words) == key, repr(text)
            elif family == "subword":
                assert key in set(subword_keys(written)), repr(text)
            else:
                there = compiled.reader.read(scored.reading.concept_text[start:end], mentions=(), bounds=None)
                keys = {found for s in there.sentences for found in compiled.reader.phrase_keys(s)}
                assert key in keys or "\n" in written or len(there.bounds) > 1, repr(text)
    assert min(seen.values()) > 50


def test_sentences_left_out_do_not_change_the_names_found(
    compiled: CompiledScorer, reference: Scorer
) -> None:
    """An ambiguous name counts where the same company is named beyond doubt, even in a sentence left out."""
    text = "Meta Platforms fell after the chip rule. For Meta, data exports to China matter. Nothing else."
    whole = reference.reader.read(text).bounds
    for kept in ([whole[1]], list(whole[1:]), [whole[0], whole[2]]):
        _assert_same(
            text,
            compiled.score([text], [kept], vectors=True)[0],
            reference.score([text], [kept], vectors=True)[0],
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a" * 100_000,
        "chip " * 50_000,
        "\n".join(["U.S. export controls on chips"] * 5_000),
        "中" * 20_000,
        " ".join(f"w{number}" for number in range(60_000)),
        ". ".join(["Washington bans TikTok and Huawei"] * 3_000),
    ],
    ids=["empty", "blank", "one word", "one word often", "many lines", "no spaces", "all different", "names"],
)
def test_large_texts(compiled: CompiledScorer, reference: Scorer, text: str) -> None:
    _assert_same(text, compiled.score([text], vectors=True)[0], reference.score([text], vectors=True)[0])


def test_a_sentence_with_more_concepts_than_count(compiled: CompiledScorer, reference: Scorer) -> None:
    terms = [concept.terms[0].strip("=*") for concept in load_knowledge().concepts.values()]
    for text in (" ".join(terms[:40]), " ".join(terms[::-1][:60]), " ".join(terms)[:990]):
        _assert_same(text, compiled.score([text], vectors=True)[0], reference.score([text], vectors=True)[0])


def test_the_memory_of_words_is_bounded(
    compiled: CompiledScorer, reference: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskscore.compiled.words.MAX_WORDS", 1_000)
    book: WordBook = compiled._book
    for start in range(0, 20_000, 500):
        text = " ".join(f"junk{number}" for number in range(start, start + 500)) + " chips for China"
        (found,) = compiled.score([text])
        assert np.abs(found.log_odds - reference.score([text])[0].log_odds).max() <= TOLERANCE
        assert book.size < 2_000


def test_threads_share_one(compiled: CompiledScorer, reference: Scorer, pieces: list[str]) -> None:
    texts = list(fuzzed(3, 300, pieces))
    expected = [scored.log_odds for scored in reference.score(texts)]
    wrong: list[str] = []

    def work() -> None:
        for text, values in zip(texts, expected, strict=True):
            if np.abs(compiled.score([text])[0].log_odds - values).max() > TOLERANCE:
                wrong.append(text)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_a_language_without_spaces_is_refused(reference: Scorer) -> None:
    knowledge = load_knowledge()
    chinese = FeatureReader(knowledge.concepts.values(), (), CHINESE)
    other = Scorer.__new__(Scorer)
    other.reader = chinese
    with pytest.raises(ValueError, match="does not score the language 'zh'"):
        CompiledScorer(other)
