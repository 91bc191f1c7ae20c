"""The arithmetic of company risk: what it promises, for all inputs that hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.risk import CompanyRisk, Sighting, company_risk, score_of, timeline
from riskscore.types import REGIMES

NOW = datetime(2026, 1, 1, tzinfo=UTC)

days = st.floats(0.0, 2_000.0)
shares = st.floats(0.01, 1.0)
severities = st.integers(0, 3)


def leveled(scores: tuple[float, ...], levels: tuple[int, ...]) -> dict[str, Any]:
    """The fields of a sighting for scores and severities in the order of the regimes."""
    return {
        **{f"{regime}_score": score for regime, score in zip(REGIMES, scores, strict=True)},
        **{f"{regime}_severity": level for regime, level in zip(REGIMES, levels, strict=True)},
    }


@st.composite
def sighting(draw: st.DrawFn, number: int = 0) -> Sighting:
    levels = tuple(draw(severities) for _ in REGIMES)
    return Sighting(
        company_id="nvidia",
        story_id=f"st_{number}",
        article_id=f"ar_{number}",
        assessment_key=number,
        observed_at=NOW - timedelta(days=draw(days)),
        relevance=draw(shares),
        exposure_probability=draw(shares),
        exposed=draw(st.booleans()),
        stage=draw(st.sampled_from(["signal", "proposed", "adopted", "enforced", "eased", None])),
        direction=draw(st.sampled_from(["tightening", "easing", "mixed", None])),
        instruments="",
        **leveled(tuple(100 / 3 * level if level else draw(st.floats(0, 20)) for level in levels), levels),
    )


@st.composite
def news(draw: st.DrawFn, least: int = 0) -> list[Sighting]:
    count = draw(st.integers(least, 12))
    return [draw(sighting(number)) for number in range(count)]


def graver(one: Sighting) -> Sighting:
    """The same, touching every regime at the highest severity."""
    return one._replace(**leveled((100.0,) * 3, (3, 3, 3)))


def scores(risk: CompanyRisk) -> list[float]:
    return [risk.overall.score, *(risk.regimes[regime].score for regime in REGIMES)]


@given(news())
def test_scores_lie_between_0_and_below_100(listed: list[Sighting]) -> None:
    risk = company_risk(listed, NOW)
    assert all(0.0 <= score < 100.0 for score in scores(risk))
    assert risk.overall.score >= max(scores(risk)[1:]) - 1e-9
    assert (risk.overall.score > 0) == any(any(one.severities) for one in listed)


@given(news(least=1), st.data())
def test_graver_news_never_lowers_a_score(listed: list[Sighting], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(listed) - 1))
    changed = [*listed[:index], graver(listed[index]), *listed[index + 1 :]]
    pairs = zip(scores(company_risk(listed, NOW)), scores(company_risk(changed, NOW)), strict=True)
    assert all(after >= before - 1e-9 for before, after in pairs)


@given(news(least=1), st.data(), st.floats(1.0, 500.0))
def test_newer_news_weighs_more(listed: list[Sighting], data: st.DataObject, moved: float) -> None:
    index = data.draw(st.integers(0, len(listed) - 1))
    one = listed[index]
    moment = min(NOW, one.observed_at + timedelta(days=moved))
    changed = [*listed[:index], one._replace(observed_at=moment), *listed[index + 1 :]]
    pairs = zip(scores(company_risk(listed, NOW)), scores(company_risk(changed, NOW)), strict=True)
    assert all(after >= before - 1e-9 for before, after in pairs)


@given(news(least=1), st.data(), st.integers(1, 30))
def test_reprints_change_nothing(listed: list[Sighting], data: st.DataObject, copies: int) -> None:
    one = data.draw(st.sampled_from(listed))
    reprints = [
        graver(one)._replace(
            article_id=f"copy_{number}",
            assessment_key=1_000 + number,
            observed_at=min(NOW, one.observed_at + timedelta(hours=number)),
            relevance=1.0,
            exposure_probability=1.0,
        )
        for number in range(copies)
    ]
    before, after = company_risk(listed, NOW), company_risk([*reprints, *listed], NOW)
    assert before == after


@given(news(), sighting(99))
def test_a_further_story_raises_the_score_of_its_regimes(listed: list[Sighting], more: Sighting) -> None:
    more = more._replace(observed_at=NOW - timedelta(days=10))
    before, after = company_risk(listed, NOW), company_risk([*listed, more], NOW)
    for regime, severity in zip(REGIMES, more.severities, strict=True):
        if severity:
            assert after.regimes[regime].strength >= before.regimes[regime].strength
            assert after.regimes[regime].stories == before.regimes[regime].stories + 1
        else:
            assert after.regimes[regime].strength == before.regimes[regime].strength


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=20, unique=True))
def test_nothing_ties(strengths: list[float]) -> None:
    ordered = sorted(strengths)
    ranked = [score_of(strength) for strength in ordered]
    for (weaker, stronger), (low, high) in zip(pairwise(ordered), pairwise(ranked), strict=True):
        if stronger > weaker * (1 + 1e-9):
            assert low < high < 100.0


@given(news(), st.randoms())
def test_the_order_of_the_news_does_not_count(listed: list[Sighting], random: object) -> None:
    shuffled = list(listed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert company_risk(shuffled, NOW) == company_risk(listed, NOW)


@given(news(), st.floats(10.0, 400.0))
def test_silence_halves_the_strength_in_a_half_life(listed: list[Sighting], half_life_days: float) -> None:
    now = company_risk(listed, NOW, half_life_days=half_life_days)
    later = company_risk(listed, NOW + timedelta(days=half_life_days), half_life_days=half_life_days)
    assert later.overall.strength == pytest.approx(now.overall.strength / 2, rel=1e-6, abs=1e-12)
    assert later.overall.stories == now.overall.stories


def one(**changes: Any) -> Sighting:
    plain = Sighting(
        "nvidia",
        "st_1",
        "ar_1",
        1,
        NOW,
        1.0,
        1.0,
        True,
        "adopted",
        "tightening",
        "",
        *(50.0, 0.0, 0.0),
        *(2, 0, 0),
    )
    return plain._replace(**changes)


def test_a_fresh_material_story_about_the_company_scores_50() -> None:
    risk = company_risk([one()], NOW)
    assert risk.overall.score == 50.0
    assert risk.regimes["chips"].score == 50.0
    assert risk.regimes["cloud_data"].score == 0.0
    assert (risk.overall.severity, risk.regimes["cloud_data"].severity) == (2, 0)
    assert risk.overall.trend == "rising"
    assert risk.overall.changes == {30: 50.0, 90: 50.0}


def test_a_passing_mention_counts_little_and_a_bystander_less() -> None:
    passing = company_risk([one(relevance=0.1)], NOW).overall.score
    bystander = company_risk([one(relevance=0.1, exposure_probability=0.1, exposed=False)], NOW).overall
    assert passing == pytest.approx(100 * 0.05 / 0.55)
    assert bystander.score < 1.0
    assert bystander.severity == 0


def test_what_the_future_brings_and_the_distant_past_do_not_count() -> None:
    future = one(observed_at=NOW + timedelta(days=1))
    assert company_risk([future], NOW).overall.score == 0.0
    old = one(observed_at=NOW - timedelta(days=400))
    assert company_risk([old], NOW, since=NOW - timedelta(days=365)).overall.score == 0.0
    assert company_risk([old], NOW).overall.severity == 0


def test_the_trend_fades_as_news_grows_old() -> None:
    risk = company_risk([one(observed_at=NOW - timedelta(days=60))], NOW)
    assert risk.overall.trend == "fading"
    assert risk.overall.changes[30] < 0 < risk.overall.changes[90]


def test_relief_counts_less_and_its_stage_is_told() -> None:
    eased = one(story_id="st_2", article_id="ar_2", direction="easing", stage="eased")
    risk = company_risk([eased], NOW)
    assert risk.overall.score < 30
    assert risk.overall.severity == 0
    assert risk.overall.latest_measure is not None
    assert risk.overall.latest_measure.stage == "eased"


def test_of_parent_and_subsidiary_in_one_article_the_heavier_counts() -> None:
    parent, part = one(relevance=0.2), one(company_id="part", relevance=0.9)
    (story,) = company_risk([parent, part], NOW).stories
    assert story.company_id == "part"


@pytest.mark.parametrize("half_life_days", [0.0, -1.0, float("nan")])
def test_a_half_life_must_be_positive(half_life_days: float) -> None:
    with pytest.raises(ValueError, match="half_life_days"):
        company_risk([], NOW, half_life_days=half_life_days)


@given(news(), st.lists(st.floats(0.0, 1_500.0), min_size=1, max_size=8))
def test_a_timeline_is_the_risk_at_each_moment(listed: list[Sighting], ago: list[float]) -> None:
    moments = sorted(NOW - timedelta(days=days) for days in ago)
    for moment, point in zip(moments, timeline(listed, moments), strict=True):
        risk = company_risk(listed, moment)
        expected = [*(risk.regimes[regime].score for regime in REGIMES), risk.overall.score]
        assert list(point) == pytest.approx(expected, rel=1e-9, abs=1e-9)
