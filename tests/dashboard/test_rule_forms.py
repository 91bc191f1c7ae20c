"""A rule through the form and back."""

from __future__ import annotations

import pytest

from riskscore.alerts.rules import Rule
from riskscore.alerts.timing import Digest, QuietHours
from riskscore.dashboard.forms import Form
from riskscore.dashboard.rule_forms import fields_of, rule_of, subscription_of
from riskscore.errors import InputError

RULES = [
    Rule(),
    Rule(
        watchlist_id="holdings",
        companies=("nvidia", "micron"),
        regimes=("chips",),
        minimum_score=40.5,
        minimum_severity=2,
        stages=("adopted", "enforced"),
        directions=("tightening",),
        sources=("Reuters", "The Wire"),
        exposed_only=False,
        maximum_age_days=3,
        quiet_hours=QuietHours(start="22:00", end="06:30", time_zone="Europe/Berlin"),
    ),
    Rule(kind="company_risk", crosses=60, rises_by=10, window_days=14, hysteresis=2),
    Rule(digest=Digest(every="week", time_zone="Asia/Tokyo")),
]


@pytest.mark.parametrize("rule", RULES)
def test_the_form_of_a_stored_rule_gives_the_same_rule(rule: Rule) -> None:
    assert Rule.model_validate(rule_of(fields_of("n", None, rule))) == rule


def test_a_rule_about_stories_leaves_out_the_fields_of_risk() -> None:
    rule = rule_of(Form({"rule_kind": ["story"], "crosses": ["60"]}))
    assert "crosses" not in rule
    assert Rule.model_validate(rule).crosses is None


def test_a_number_that_is_none_is_named() -> None:
    with pytest.raises(InputError) as refused:
        rule_of(Form({"minimum_score": ["high"]}))
    assert refused.value.field == "minimum_score"


def test_a_subscription_without_an_endpoint() -> None:
    assert subscription_of(Form({"name": [" desk "]}))["endpoint_id"] is None
