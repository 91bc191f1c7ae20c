"""The compiled examiner says what the reference says, and gives the numbers of scikit-learn, on any text."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from riskscore.artifact.model import load_model
from riskscore.compiled.examiner import CompiledExaminer
from riskscore.compiled.words import WordBook
from riskscore.concepts import fold
from riskscore.examination import Asked, Examined, Examiner
from riskscore.exposure import ExposureScorer
from riskscore.features import FeatureReader, subword_keys
from riskscore.instruments import InstrumentMatcher
from riskscore.knowledge import load_knowledge
from riskscore.languages import CHINESE
from riskscore.scorer import Scorer
from riskscore.sentences import split_sentences
from riskscore.types import REGIMES, Document, Field, Regime, Segment, Sentence
from training.fit import FittedModel

TOLERANCE = 1e-9
SLICES = 8  # of the 20,000 fuzzed strings, so that a failure is found and told soon
SLICE = 2_500
EXAMINED = 10  # one in so many is examined whole: the reference takes its time
EVERYTHING = Asked(reasons=True, max_contributions=None, max_evidence=1_000, instruments=True)

# What folding, case and word bounds stumble over: sigmas, the dotted I, ligatures, combining marks,
# letters that decompose into spaces or nothing, digits of other scripts, zero-width, masks, all planes.
_ODD = (
    "ΣσςİıſßẞﬁﬃŒæǅﷺﷲﱞﾞﾟª²½Ⅷ①⑴٣३๓𝟗𝔘𐐀𞤀🧿😀ꙮ_'’.-–— \n\t"
    "\u0301\u0345\u200b\u200d\u2028\u0085\u00ad\ufeff\ud800\udfff"
)
_CJK = "中国华为芯片出口管制。！，阿里巴巴ヴァ한국"
_QUOTING = "analysts at|economists with the bank|according to|said in a note|estimates|study|reckons|of"


@pytest.fixture(scope="module")
def reference(small_fit: FittedModel, small_model_dir: object) -> Examiner:
    knowledge = load_knowledge()
    model = load_model(small_model_dir)  # type: ignore[arg-type]
    reader = FeatureReader(knowledge.concepts.values(), knowledge.companies.values())
    scorer = Scorer(model, reader)
    columns = [scorer.heads.index(f"regime:{regime}") for regime in REGIMES]
    matcher = InstrumentMatcher(knowledge.instruments.values())
    return Examiner(scorer, ExposureScorer(model, reader), matcher, columns)


@pytest.fixture(scope="module")
def compiled(reference: Examiner) -> CompiledExaminer:
    return CompiledExaminer(reference)


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
    phrases = {
        term.lstrip("=").replace("*", "")
        for instrument in knowledge.instruments.values()
        for term in (*instrument.terms, *instrument.weak_terms)
    }
    once = sorted(words) + sorted(tickers) + sorted(phrases)
    return once + (sorted(names) + sorted(terms)) * 3 + _QUOTING.split("|") * 100


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


def plain(text: str) -> Document:
    """A document of this text, as it was sent."""
    return Document(
        text, (Segment(0, len(text), "text", 0),), tuple(map(Sentence._make, split_sentences(text)))
    )


def in_pieces(text: str, chance: random.Random) -> Document:
    """The same with a title, some of it decoded from something longer, and some of it never sent."""
    title_end = max(text.find("\n"), 0)
    cuts = sorted({0, title_end, len(text), *(chance.randrange(len(text) + 1) for _ in range(9))})
    segments: list[Segment] = []
    source = 0
    for start, end in pairwise(cuts):
        kind = chance.choice(["plain", "plain", "decoded", "left out"])
        source_end = source + 7 * (end - start) if kind == "decoded" else source + end - start
        if kind != "left out":
            field: Field = "title" if end <= title_end else "html"
            segments.append(Segment(start, end, field, source, source_end if kind == "decoded" else None))
        source = source_end + 2
    return replace(plain(text), segments=tuple(segments))


def assert_same(found: Examined, expected: Examined, flagged: list[Regime]) -> None:
    told = repr(expected.reading.text[:1_000])
    assert np.abs(found.log_odds - expected.log_odds).max() <= TOLERANCE, told
    assert found.reading.mentions == expected.reading.mentions, told
    assert (found.words, found.known_words) == (expected.words, expected.known_words), told
    assert found.exposures(flagged) == pytest.approx(expected.exposures(flagged), abs=1e-12), told
    assert found.instruments() == expected.instruments(), told
    assert found.reasons is not None
    assert expected.reasons is not None
    for mine, theirs in zip(found.reasons, expected.reasons, strict=True):
        assert mine.omitted == pytest.approx(theirs.omitted, abs=TOLERANCE), told
        assert mine.by_sentence == pytest.approx(theirs.by_sentence, abs=TOLERANCE), told
        # Of sentences that add the same but for the last digit, either may come first.
        assert {(one.text, one.span) for one in mine.evidence} == {
            (one.text, one.span) for one in theirs.evidence
        }, told
        strengths = [one.contribution for one in theirs.evidence]
        assert [one.contribution for one in mine.evidence] == pytest.approx(strengths, abs=TOLERANCE), told
        values = {one.feature: one.value for one in theirs.contributions}
        assert {one.feature: one.value for one in mine.contributions} == pytest.approx(values, abs=TOLERANCE)
        places = {one.feature: (one.description, one.spans) for one in theirs.contributions}
        assert {one.feature: (one.description, one.spans) for one in mine.contributions} == places, told


@pytest.mark.parametrize("part", range(SLICES))
def test_fuzzed_texts_are_examined_as_by_the_reference(
    compiled: CompiledExaminer, reference: Examiner, pieces: list[str], part: int
) -> None:
    texts = list(fuzzed(part, SLICE, pieces))
    scores = compiled.score(texts)
    assert np.abs(scores - reference.score(texts)).max() <= TOLERANCE
    chance = random.Random(part)
    documents = [in_pieces(text, chance) for text in texts]
    found = compiled.examine(documents, EVERYTHING)
    assert np.array_equal([one.log_odds for one in found], scores)
    flagged: list[Regime] = ["chips"] if part % 2 else []
    for at in range(part % EXAMINED, SLICE, EXAMINED):
        assert_same(found[at], reference.examined(documents[at], EVERYTHING), flagged)


def test_both_give_the_numbers_of_scikit_learn(
    compiled: CompiledExaminer, reference: Examiner, small_fit: FittedModel, pieces: list[str]
) -> None:
    texts = [record.document for record in small_fit.records] + list(fuzzed(99, 1_000, pieces))
    expected = small_fit.classifier.decision_function(texts)
    for examiner in (compiled, reference):
        assert np.abs(examiner.score(texts) - expected).max() <= TOLERANCE


@pytest.mark.parametrize("most", [0, 1, 20, None])
def test_contributions_add_up(
    compiled: CompiledExaminer, reference: Examiner, pieces: list[str], most: int | None
) -> None:
    documents = list(map(plain, fuzzed(7, 200, pieces)))
    columns = list(reference.columns)
    for one in compiled.examine(documents, Asked(reasons=True, max_contributions=most)):
        assert one.reasons is not None
        for reasons, value, base in zip(
            one.reasons, one.log_odds[columns], compiled.intercept[columns], strict=True
        ):
            kept = [contribution.value for contribution in reasons.contributions]
            assert base + sum(kept) + reasons.omitted == pytest.approx(value, abs=TOLERANCE)
            assert base + reasons.by_sentence.sum() == pytest.approx(value, abs=TOLERANCE)
            assert len(kept) <= (len(kept) if most is None else most)
            assert kept == sorted(kept, key=abs, reverse=True)


def test_as_many_reasons_are_kept_as_are_asked_for(
    compiled: CompiledExaminer, reference: Examiner, pieces: list[str]
) -> None:
    documents = list(map(plain, fuzzed(8, 60, pieces)))
    for asked in (Asked(True, 0, 0), Asked(True, 3, 1), Asked(True, 500, 20)):
        for one, found in zip(documents, compiled.examine(documents, asked), strict=True):
            expected = reference.examined(one, asked)
            assert found.reasons is not None
            assert expected.reasons is not None
            for mine, theirs in zip(found.reasons, expected.reasons, strict=True):
                assert [each.feature for each in mine.contributions] == [
                    each.feature for each in theirs.contributions
                ]
                assert len(mine.evidence) == len(theirs.evidence)
    (scores_alone,) = compiled.examine(documents[:1], Asked())
    assert scores_alone.reasons is None


def test_spans_give_their_key_back(compiled: CompiledExaminer, pieces: list[str]) -> None:
    """What stands at a place, read anew, yields the feature that is said to stand there."""
    seen = {"word": 0, "subword": 0, "phrase": 0}
    reader = compiled.reference.scorer.reader
    for one in compiled.examine(list(map(plain, fuzzed(5, 500, pieces))), EVERYTHING):
        reading, told = one.reading, repr(one.reading.text[:1_000])
        assert one.reasons is not None
        for feature, _, _, spans in one.reasons[0].contributions:
            family, _, key = feature.partition(":")
            for _, start, end in spans if family in seen else ():
                seen[family] += 1
                written = reading.word_text[start:end]
                if family == "word":
                    assert " ".join(map(fold, reader.language.token.findall(written))) == key, told
                elif family == "subword":
                    assert key in set(subword_keys(written)), told
                else:
                    there = reader.read(reading.concept_text[start:end], mentions=(), bounds=None)
                    keys = {found for each in there.sentences for found in reader.phrase_keys(each)}
                    assert key in keys or "\n" in written or len(there.bounds) > 1, told
    assert min(seen.values()) > 50


def test_sentences_left_out_do_not_change_the_names_found(
    compiled: CompiledExaminer, reference: Examiner
) -> None:
    """An ambiguous name counts where the same company is named beyond doubt, even in a sentence left out."""
    text = "Meta Platforms fell after the chip rule. For Meta, data exports to China matter. Nothing else."
    whole = plain(text).sentences
    for kept in ((whole[1],), whole[1:], (whole[0], whole[2])):
        one = replace(plain(text), sentences=kept)
        (found,) = compiled.examine([one], EVERYTHING)
        assert_same(found, reference.examined(one, EVERYTHING), ["cloud_data"])
        assert np.abs(compiled.score([text], [kept]) - reference.score([text], [kept])).max() <= TOLERANCE


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
        ". ".join(
            f"Entity List {number} chips for China, said analysts at Citigroup" for number in range(900)
        ),
    ],
    ids=[
        "empty",
        "blank",
        "one word",
        "one word often",
        "lines",
        "no spaces",
        "all different",
        "names",
        "terms",
    ],
)
def test_large_texts(compiled: CompiledExaminer, reference: Examiner, text: str) -> None:
    (found,) = compiled.examine([plain(text)], EVERYTHING)
    assert_same(found, reference.examined(plain(text), EVERYTHING), ["chips"])


def test_a_large_text_among_small_ones(compiled: CompiledExaminer, reference: Examiner) -> None:
    """Working space grows in the middle of a batch, and what was found before stays."""
    small = [plain(f"Washington weighs curbs on chip sales to China, number {at}.") for at in range(5)]
    large = plain(". ".join(["Nvidia and Huawei chips on the Entity List"] * 1_000))
    documents = [*small, large, *small]
    for one, found in zip(documents, compiled.examine(documents, EVERYTHING), strict=True):
        assert_same(found, reference.examined(one, EVERYTHING), ["chips"])


def test_a_sentence_with_more_concepts_than_count(compiled: CompiledExaminer, reference: Examiner) -> None:
    terms = [concept.terms[0].strip("=*") for concept in load_knowledge().concepts.values()]
    for text in (" ".join(terms[:40]), " ".join(terms[::-1][:60]), " ".join(terms)[:990]):
        (found,) = compiled.examine([plain(text)], EVERYTHING)
        assert_same(found, reference.examined(plain(text), EVERYTHING), [])


def test_the_memory_of_words_is_bounded(
    compiled: CompiledExaminer, reference: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskscore.compiled.words.MAX_WORDS", 1_000)
    book: WordBook = compiled._book
    for start in range(0, 20_000, 500):
        text = " ".join(f"junk{number}" for number in range(start, start + 500)) + " chips for China"
        assert np.abs(compiled.score([text]) - reference.score([text])).max() <= TOLERANCE
        assert book.size < 2_000


def test_threads_share_one(compiled: CompiledExaminer, reference: Examiner, pieces: list[str]) -> None:
    documents = list(map(plain, fuzzed(3, 300, pieces)))
    expected = reference.score([one.text for one in documents])
    wrong: list[str] = []

    def work() -> None:
        for one, values in zip(documents, expected, strict=True):
            (found,) = compiled.examine([one], EVERYTHING)
            assert found.reasons is not None
            base = compiled.intercept[compiled.reference.columns[0]]
            total = base + sum(each.value for each in found.reasons[0].contributions)
            if max(np.abs(found.log_odds - values).max(), abs(total - values[0])) > TOLERANCE:
                wrong.append(one.text)

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


def test_a_language_without_spaces_is_refused(reference: Examiner) -> None:
    chinese = FeatureReader(load_knowledge().concepts.values(), (), CHINESE)
    other = Examiner.__new__(Examiner)
    other.scorer = Scorer.__new__(Scorer)
    other.scorer.reader = chinese
    with pytest.raises(ValueError, match="do not score the language 'zh'"):
        CompiledExaminer(other)
