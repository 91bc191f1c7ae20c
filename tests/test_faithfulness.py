"""Evidence is tested by taking it away; every figure can be had by hand from the shortened article."""

from __future__ import annotations

import numpy as np
import pytest

from riskscore.assess import Assessor
from riskscore.faithfulness import RANDOM_DRAWS, random_deletions, strongest
from riskscore.types import Article, Verification

MEASURE = (
    "The Commerce Department told the company that it needs a licence to export its advanced AI chips "
    "to China, and that every request will be refused."
)
ASIDES = (
    "The weather in Dayton was mild on Thursday.",
    "A brass band played in the square.",
    "The canteen served soup and a choice of two salads.",
    "Nobody was late for the last tram.",
    "The library will be painted in the spring.",
    "Two new benches were set up beside the pond.",
    "The choir meets again on Monday evening.",
    "Tickets cost four dollars.",
    "The mayor cut a ribbon and shook hands.",
)


def article(*sentences: str) -> Article:
    return Article(text=" ".join(sentences))


def verified(assessor: Assessor, *sentences: str) -> Verification:
    found = assessor.assess(article(*sentences), verify=True).verification
    assert found is not None
    return found["chips"]


def probability(assessor: Assessor, *sentences: str) -> float:
    return assessor.assess(article(*sentences)).regimes["chips"].probability


def test_the_figures_are_those_of_the_shortened_article(small_assessor: Assessor) -> None:
    sentences = [*ASIDES[:3], MEASURE, *ASIDES[3:]]
    test = verified(small_assessor, *sentences)
    whole = probability(small_assessor, *sentences)
    (deleted,) = {span for span in test.deleted if MEASURE.startswith(" ".join(sentences)[span.start :][:20])}
    assert " ".join(sentences)[deleted.start : deleted.end] == MEASURE
    kept = [
        sentence
        for sentence in sentences
        if " ".join(sentences).find(sentence) not in {span.start for span in test.deleted}
    ]
    gone = [sentence for sentence in sentences if sentence not in kept]
    assert test.sentences == len(sentences)
    assert test.comprehensiveness == pytest.approx(whole - probability(small_assessor, *kept), abs=1e-9)
    assert test.sufficiency == pytest.approx(whole - probability(small_assessor, *gone), abs=1e-9)
    assert test.comprehensiveness > 3 * test.random_comprehensiveness


def test_random_deletions_are_averaged_over_all_there_are(small_assessor: Assessor) -> None:
    sentences = [MEASURE, ASIDES[0], ASIDES[1]]
    whole = probability(small_assessor, *sentences)
    falls = [
        whole - probability(small_assessor, *sentences[:at], *sentences[at + 1 :])
        for at in range(len(sentences))
    ]
    test = verified(small_assessor, *sentences)
    assert test.random_comprehensiveness == pytest.approx(np.mean(falls), abs=1e-9)


def test_a_single_sentence_is_as_good_as_any(small_assessor: Assessor) -> None:
    test = verified(small_assessor, MEASURE)
    assert test.sentences == 1
    assert test.sufficiency == pytest.approx(0.0, abs=1e-12)
    assert test.comprehensiveness == test.random_comprehensiveness > 0


def test_only_flagged_regimes_are_verified_and_only_when_asked(small_assessor: Assessor) -> None:
    flagged = small_assessor.assess(article(MEASURE), verify=True)
    assert flagged.verification is not None
    assert flagged.verification.keys() == {
        regime for regime, score in flagged.regimes.items() if score.flagged
    }
    assert small_assessor.assess(article(*ASIDES), verify=True).verification == {}
    assert small_assessor.assess(Article(text="Chips."), verify=True).verification == {}
    assert small_assessor.assess(article(MEASURE)).verification is None


def test_verifying_changes_nothing_else_and_repeats(small_assessor: Assessor) -> None:
    text = article(MEASURE, *ASIDES)
    once, again = (small_assessor.assess(text, verify=True) for _ in range(2))
    plain = small_assessor.assess(text)
    assert once == again
    assert once.regimes == plain.regimes
    assert once.assessment_id == plain.assessment_id


def test_the_strongest_fifth_is_tested_but_at_least_one() -> None:
    assert strongest(np.array([0.1, 2.0, -1.0])) == (1,)
    assert strongest(np.array([3.0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0])) == (0, 9)
    assert strongest(np.array([3.0, -1, -1, -1, -1, -1, -1, -1, -1, -1])) == (0,)  # the second speaks against
    assert strongest(np.array([-2.0, -1.0])) == (1,)


def test_random_deletions_are_seeded_and_of_the_size_asked_for() -> None:
    assert random_deletions(4, 1) == [(0,), (1,), (2,), (3,)]
    drawn = random_deletions(40, 8)
    assert len(drawn) == RANDOM_DRAWS
    assert all(len(set(deletion)) == 8 and set(deletion) <= set(range(40)) for deletion in drawn)
    assert drawn == random_deletions(40, 8)
