"""Which news alerts, and which never alerts twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from riskscore.alerts.rules import (
    Change,
    Occasion,
    RiskTold,
    Rule,
    Told,
    changes,
    covers,
    risk_changes,
    telling,
)
from tests.alerts.news import occasion


def run(rule: Rule, *news: Occasion) -> list[tuple[Change, ...]]:
    """What each of a story's articles has to tell, in turn."""
    told: Told | None = None
    found = []
    for one in news:
        new = changes(rule, told, one)
        if new:
            told = telling(rule, told, one.sighting)
        found.append(new)
    return found


@pytest.mark.parametrize(
    ("rule", "news", "alerts"),
    [
        ({}, {}, True),
        ({"minimum_score": 60}, {}, True),
        ({"minimum_score": 61}, {}, False),
        ({"minimum_severity": 2}, {}, True),
        ({"minimum_severity": 3}, {}, False),
        ({"regimes": ("cloud_data",)}, {}, False),
        ({"regimes": ("cloud_data", "chips")}, {}, True),
        # Score and severity must be met in one and the same regime.
        ({"minimum_score": 50, "minimum_severity": 3}, {"chips": (60, 1), "cloud_data": (40, 3)}, False),
        ({"stages": ("adopted", "proposed")}, {}, True),
        ({"stages": ("adopted",)}, {}, False),
        ({"directions": ("easing",)}, {}, False),
        ({"directions": ("easing",)}, {"direction": "easing"}, True),
        ({"sources": ("WIRE",)}, {}, True),
        ({"sources": ("Herald",)}, {}, False),
        ({"sources": ("Herald",)}, {"source": None}, False),
        ({}, {"exposed": False}, False),
        ({"exposed_only": False}, {"exposed": False}, True),
        ({}, {"received_day": 13}, True),
        ({}, {"received_day": 15}, False),
        ({"maximum_age_days": 30}, {"received_day": 15}, True),
        ({}, {"chips": (0, 0)}, False),
    ],
)
def test_the_filter(rule: dict[str, Any], news: dict[str, Any], alerts: bool) -> None:
    (found,) = run(Rule(**rule), occasion(**news))
    assert found == (("opened",) if alerts else ())


def test_companies_and_watchlists_add_up() -> None:
    assert covers(Rule(), "nvidia", ())
    assert covers(Rule(companies=("nvidia",)), "nvidia", ())
    assert covers(Rule(watchlist_id="w", companies=("amd",)), "nvidia", {"nvidia"})
    assert not covers(Rule(watchlist_id="w", companies=("amd",)), "nvidia", {"tsmc"})
    assert not covers(Rule(watchlist_id="gone"), "nvidia", ())


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({}, ()),
        ({"chips": (64.9, 2)}, ()),
        ({"chips": (10, 1)}, ()),
        ({"chips": (70, 3)}, ("severity_up",)),
        ({"chips": (62, 3)}, ()),  # a hair over the border of two severities
        ({"cloud_data": (40, 1)}, ("new_regime",)),
        ({"stage": "adopted"}, ("stage_advanced",)),
        ({"stage": "signal"}, ()),
        ({"stage": None}, ()),
        ({"stage": "eased"}, ("eased",)),
        ({"direction": "easing"}, ("eased",)),
        ({"direction": "mixed"}, ()),
        ({"stage": "enforced", "chips": (80, 3)}, ("severity_up", "stage_advanced")),
    ],
)
def test_only_a_material_change_alerts_again(second: dict[str, Any], expected: tuple[str, ...]) -> None:
    first, again = run(Rule(), occasion(), occasion(1, **second))
    assert first == ("opened",)
    assert again == expected


def test_easing_is_told_once_and_whatever_the_filter_was() -> None:
    strict = Rule(minimum_score=50, directions=("tightening",), stages=("proposed",))
    eased: dict[str, Any] = {"stage": "eased", "direction": "easing", "chips": (20.0, 1)}
    found = run(strict, occasion(), occasion(1, **eased), occasion(2, **eased), occasion(3))
    assert found == [("opened",), ("eased",), (), ()]
    assert run(strict, occasion(**eased)) == [()]  # whoever was told of nothing is not told that it eased


scores = st.tuples(st.floats(0, 100), st.integers(0, 3))


@given(
    st.lists(
        st.builds(
            occasion,
            st.floats(0, 10),
            chips=scores,
            cloud_data=scores,
            outbound=scores,
            stage=st.sampled_from([None, "signal", "proposed", "adopted", "enforced", "eased"]),
            direction=st.sampled_from([None, "tightening", "easing", "mixed"]),
        ),
        max_size=40,
    )
)
def test_no_story_alerts_more_often_than_it_can_change(news: list[Occasion]) -> None:
    """Three regimes, three severities, four stages and easing: whatever reprints do, it ends."""
    found = [new for new in run(Rule(), *news) if new]
    assert sum("new_regime" in new for new in found) <= 2
    assert sum("severity_up" in new for new in found) <= 2
    assert sum("stage_advanced" in new for new in found) <= 4
    assert sum("eased" in new for new in found) <= 1
    assert run(Rule(), *(one for one in news for _ in range(2)))[1::2] == [()] * len(news)


def follow(rule: Rule, steps: Sequence[tuple[float, float, float]]) -> list[tuple[Change, ...]]:
    """What a company's (before, after, window_start) scores have to tell, in turn."""
    told: RiskTold | None = None
    found = []
    for before, after, window_start in steps:
        new, told = risk_changes(rule, told, before=before, after=after, window_start=window_start)
        found.append(new)
    return found


def test_a_line_is_crossed_once_until_the_score_has_fallen_well_below() -> None:
    rule = Rule(kind="company_risk", crosses=50, hysteresis=5)
    assert follow(rule, [(40, 55, 0)]) == [("crossed",)]
    assert follow(rule, [(40, 49.9, 0), (49, 51, 0)]) == [(), ("crossed",)]
    # Around the line: told once.
    assert follow(rule, [(40, 51, 0), (49, 52, 0), (47, 51, 0), (49.9, 50.1, 0)]) == [
        ("crossed",),
        (),
        (),
        (),
    ]
    # It fell to 44, then rose in two steps.
    assert follow(rule, [(40, 51, 0), (44, 48, 0), (47, 52, 0)]) == [("crossed",), (), ("crossed",)]


def test_a_line_that_was_passed_before_the_rule_was_made_is_not_news() -> None:
    assert follow(Rule(kind="company_risk", crosses=50), [(60, 65, 0), (64, 66, 0)]) == [(), ()]


def test_a_rise_is_told_once_and_again_when_it_doubles() -> None:
    rule = Rule(kind="company_risk", rises_by=10)
    steps = [(20, 31, 20), (30, 33, 20), (33, 40, 20), (39, 42, 20), (41, 44, 20)]
    assert follow(rule, steps) == [("risen",), (), (), ("risen",), ()]
    assert follow(rule, [(31, 30, 20)]) == [()]


def test_a_rule_says_what_it_lacks() -> None:
    with pytest.raises(ValidationError, match="needs `crosses` or `rises_by`"):
        Rule(kind="company_risk")
    with pytest.raises(ValidationError, match="are for rules of kind company_risk"):
        Rule(crosses=50)
    with pytest.raises(ValidationError):
        Rule.model_validate({"minimum_scores": 1})
