"""What the queue holds and in which order: near, disputed, second readings, drawn; never ten copies."""

from __future__ import annotations

from collections import Counter

from riskscore.labels.queue import PARTS, Candidate, Opinion, choose, uncertainty
from riskscore.stories import signature
from riskscore.types import REGIMES
from tests.labels.made import candidate

LONG = " ".join(f"word{n}" for n in range(60))


def against(probability: float, threshold: float = 0.5) -> dict[str, object]:
    return {"challenger": dict.fromkeys(REGIMES, Opinion(probability, threshold))}


def plenty() -> list[Candidate]:
    """Candidates of every kind, more than enough."""
    made = [candidate(f"near{n}", 0.4 + 0.005 * n) for n in range(20)]
    made += [candidate(f"sure{n}", 0.001) for n in range(20)]
    made += [candidate(f"apart{n}", 0.02, **against(0.9)) for n in range(20)]
    made += [candidate(f"read{n}", 0.3, labelled=True) for n in range(20)]
    return made


def test_the_nearest_to_a_threshold_comes_first() -> None:
    made = [candidate("far", 0.99), candidate("near", 0.52), candidate("middle", 0.8)]
    parts = {"uncertain": 1.0, "disputed": 0.0, "second_reading": 0.0, "spread": 0.0}
    found = choose(made, 3, parts)  # type: ignore[arg-type]
    assert [one.candidate.article_id for one in found] == ["ar_near", "ar_middle", "ar_far"]
    assert found[0].reason == "uncertain"


def test_nearness_is_in_log_odds_of_the_threshold_in_force() -> None:
    assert uncertainty(Opinion(0.02, 0.02)) == 1.0
    assert abs(uncertainty(Opinion(0.5, 0.5)) - uncertainty(Opinion(0.02, 0.02))) < 1e-12
    assert uncertainty(Opinion(0.04, 0.02)) < uncertainty(Opinion(0.52, 0.5))
    assert 0.0 <= uncertainty(Opinion(0.0, 0.5)) < uncertainty(Opinion(1e-6, 0.5)) < 1e-5


def test_reasons_take_turns_by_their_parts() -> None:
    found = choose(plenty(), 20)
    assert Counter(one.reason for one in found) == {name: round(20 * part) for name, part in PARTS.items()}
    # And from the beginning on: whoever reads only five has not read of one kind alone.
    assert len({one.reason for one in found[:5]}) >= 3


def test_a_reason_that_has_no_more_leaves_its_turns_to_the_others() -> None:
    made = [candidate(f"a{n}", 0.1 + 0.01 * n) for n in range(12)]
    found = choose(made, 10)
    assert len(found) == 10
    assert Counter(one.reason for one in found) == {"uncertain": 8, "spread": 2}
    assert choose([], 5) == []


def test_a_dispute_is_flags_that_differ_or_probabilities_far_apart() -> None:
    flips = candidate("flips", 0.51, **against(0.49))
    apart = candidate("apart", 0.6, **against(0.95))
    agree = candidate("agree", 0.9, **against(0.92))
    parts = {"uncertain": 0.0, "disputed": 1.0, "second_reading": 0.0, "spread": 0.0}
    found = choose([agree, apart, flips], 2, parts)  # type: ignore[arg-type]
    assert [(one.candidate.article_id, one.reason) for one in found] == [
        ("ar_flips", "disputed"),
        ("ar_apart", "disputed"),
    ]
    third = choose([agree, apart, flips], 3, parts)[2]  # type: ignore[arg-type]
    assert third.reason != "disputed"


def test_the_regime_most_in_question_is_named() -> None:
    opinions = {
        "chips": Opinion(0.9, 0.5),
        "cloud_data": Opinion(0.48, 0.5),
        "outbound_investment": Opinion(0.01, 0.5),
    }
    (only,) = choose([candidate("x", 0.5, opinions=opinions)], 1)
    assert only.regime == "cloud_data"


def test_ten_copies_are_one() -> None:
    copies = [candidate(f"copy{n}", 0.5, story_id="st_one") for n in range(10)]
    others = [candidate("other", 0.01)]
    assert len(choose(copies + others, 10)) == 2


def test_reprints_in_other_stories_are_one_too() -> None:
    reprints = [candidate(f"copy{n}", 0.5, words=f"{LONG} edition {n}") for n in range(10)]
    assert len(choose(reprints, 10)) == 1


def test_what_is_unlike_the_queue_is_preferred() -> None:
    half = " ".join([*(f"word{n}" for n in range(45)), *(f"new{n}" for n in range(30))])
    first = candidate("first", 0.5, words=LONG)
    alike = candidate("alike", 0.52, words=half)
    unlike = candidate("unlike", 0.57)
    assert 0.2 < sum(a == b for a, b in zip(signature(LONG), signature(half), strict=True)) / 384 < 0.9
    parts = {"uncertain": 1.0, "disputed": 0.0, "second_reading": 0.0, "spread": 0.0}
    found = choose([first, alike, unlike], 2, parts)  # type: ignore[arg-type]
    assert [one.candidate.article_id for one in found] == ["ar_first", "ar_unlike"]


def test_what_others_labelled_is_for_second_readings_alone() -> None:
    found = choose([candidate("read", 0.5, labelled=True), candidate("new", 0.01)], 5)
    reasons = {one.candidate.article_id: one.reason for one in found}
    assert reasons["ar_read"] == "second_reading"
    assert reasons["ar_new"] != "second_reading"


def test_the_same_question_has_the_same_answer_whatever_the_order() -> None:
    made = plenty()
    first = [one.candidate.article_id for one in choose(made, 20)]
    assert first == [one.candidate.article_id for one in choose(made, 20)]
    drawn = {one.candidate.article_id for one in choose(made[::-1], 20) if one.reason == "spread"}
    assert drawn == {one.candidate.article_id for one in choose(made, 20) if one.reason == "spread"}
