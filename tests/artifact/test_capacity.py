"""Planning thresholds by what people can read, on a curve small enough to reckon by hand."""

from __future__ import annotations

import math

import pytest

from riskscore.artifact.capacity import (
    OperatingCurve,
    OperatingPoint,
    curves,
    manifest_entry,
    plan,
    prior_shift,
)
from riskscore.assess import Assessor
from riskscore.errors import ArtifactMismatchError, InputError
from riskscore.types import REGIMES, Article, Assessment

CURVE = OperatingCurve(
    training_rate=0.2,
    points=(
        OperatingPoint(0.1, 0.99, 0.1),
        OperatingPoint(0.5, 0.90, 0.01),
        OperatingPoint(0.9, 0.50, 0.001),
    ),
)


def test_the_most_lenient_threshold_that_can_be_read_is_taken() -> None:
    # Of 10,000 items 200 are positive: at 0.5 they give 180 and 98 false alarms.
    found = plan(CURVE, items=10_000, reviews=300, base_rate=0.02)
    assert found.point.threshold == 0.5
    assert found.caught == pytest.approx(180)
    assert found.flagged == pytest.approx(278)
    assert found.precision == pytest.approx(180 / 278)
    assert found.missed == pytest.approx(20)
    assert found.fits


def test_more_time_never_misses_more() -> None:
    missed = [plan(CURVE, items=10_000, reviews=reviews).missed for reviews in (120, 300, 2_000)]
    assert missed == sorted(missed, reverse=True)
    assert len(set(missed)) == 3


def test_too_little_time_is_said() -> None:
    found = plan(CURVE, items=10_000, reviews=50, base_rate=0.02)
    assert found.point.threshold == 0.9
    assert found.flagged == pytest.approx(100 + 9.8)
    assert not found.fits


def test_the_prior_shift_moves_the_share_of_positives() -> None:
    # A text that is as likely as the average of training is as likely as the average of the feed.
    log_odds = math.log(0.2 / 0.8) + prior_shift(0.2, 0.02)
    assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(0.02)
    assert prior_shift(0.2, 0.2) == 0.0
    assert prior_shift(0.2, 0.02) == -prior_shift(0.02, 0.2)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_a_rate_lies_between_nothing_and_everything(rate: float) -> None:
    with pytest.raises(InputError, match="base_rate"):
        prior_shift(0.2, rate)
    with pytest.raises(InputError, match="base_rate"):
        plan(CURVE, items=100, reviews=10, base_rate=rate)


@pytest.mark.parametrize(
    ("items", "reviews", "field"), [(0, 1, "items"), (9, 0, "reviews"), (9, math.inf, "reviews")]
)
def test_what_comes_and_what_is_read_is_positive(items: float, reviews: float, field: str) -> None:
    with pytest.raises(InputError) as refusal:
        plan(CURVE, items=items, reviews=reviews)
    assert refusal.value.field == field


def test_a_manifest_keeps_the_curves() -> None:
    held = dict.fromkeys(REGIMES, CURVE)
    assert curves({"operating_points": manifest_entry(held)}) == held
    with pytest.raises(ArtifactMismatchError, match="retrain"):
        curves({"version": "old"})


TEXT = (
    "The Commerce Department told the company on Monday that it needs a licence to export its AI chips to "
    "China. The company expects to lose a tenth of its revenue. The canteen will be painted in the spring."
)


def test_probabilities_are_shifted_to_the_base_rate(small_assessor: Assessor) -> None:
    plain = small_assessor.assess(Article(text=TEXT), max_contributions=None)
    shifted = small_assessor.assess(Article(text=TEXT), max_contributions=None, base_rate=0.02)
    for regime, curve in curves(small_assessor.model.manifest).items():
        before, after = plain.regimes[regime], shifted.regimes[regime]
        shift = prior_shift(curve.training_rate, 0.02)
        assert shift < 0
        assert after.decision_value == pytest.approx(before.decision_value + shift, abs=1e-9)
        assert after.probability == pytest.approx(1 / (1 + math.exp(-after.decision_value)), abs=1e-12)
        assert after.score < before.score
        assert after.contributions == before.contributions
        total = after.intercept + sum(one.value for one in after.contributions)
        assert total == pytest.approx(after.decision_value, abs=1e-9)
        assert after.flagged == (after.probability >= after.threshold == before.threshold)
    assert shifted.base_rate == 0.02
    assert plain.base_rate is None
    assert shifted.assessment_id != plain.assessment_id


def test_the_sum_holds_when_no_reasons_are_asked_for(small_assessor: Assessor) -> None:
    (plain,) = small_assessor.assess_many([Article(text=TEXT)])
    assert isinstance(plain, Assessment)
    shifted = small_assessor.assess(Article(text=TEXT), max_contributions=0, max_evidence=0, base_rate=0.02)
    for assessment in (plain, shifted):
        for score in assessment.regimes.values():
            assert score.contributions == ()
            assert score.contributions_omitted != 0.0
            total = score.intercept + score.contributions_omitted
            assert total == pytest.approx(score.decision_value, abs=1e-9)


def test_the_test_of_the_evidence_follows_the_shift(small_assessor: Assessor) -> None:
    shifted = small_assessor.assess(Article(text=TEXT), verify=True, base_rate=0.5)
    assert shifted.verification is not None
    test = shifted.verification["chips"]
    (span,) = test.deleted
    rest = small_assessor.assess(Article(text=TEXT[: span.start] + TEXT[span.end :].lstrip()), base_rate=0.5)
    fall = shifted.regimes["chips"].probability - rest.regimes["chips"].probability
    assert test.comprehensiveness == pytest.approx(fall, abs=1e-9)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_base_rate_that_is_none_is_refused(small_assessor: Assessor, rate: float) -> None:
    with pytest.raises(InputError, match="base_rate"):
        small_assessor.assess(Article(text=TEXT), base_rate=rate)
