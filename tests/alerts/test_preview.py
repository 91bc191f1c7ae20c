"""What a rule would have sent, and the threshold that keeps to a capacity."""

from __future__ import annotations

from riskscore.alerts.preview import preview
from riskscore.alerts.rules import Rule
from tests.alerts.news import occasion


def test_nothing_stored_is_no_fault() -> None:
    found = preview(Rule(), {}, (), weekly_capacity=5)
    assert (found.alerts, found.weeks, found.proposed_threshold) == (0, 0, None)


def test_stories_count_once_with_their_changes() -> None:
    history = {
        "nvidia": [
            occasion(0),
            occasion(1, source="Herald"),  # a reprint
            occasion(2, stage="adopted"),
            occasion(20, story="st_2"),
        ],
        "amd": [occasion(3, company="amd"), occasion(4, company="amd", exposed=False)],
    }
    found = preview(Rule(), history, ())
    assert (found.alerts, found.opened, found.companies, found.weeks) == (4, 3, 2, 3)
    assert (found.busiest_week, found.week_of_ten) == (3, 3)
    assert found.latest[0].story_id == "st_2"
    assert preview(Rule(watchlist_id="w"), history, {"amd"}).alerts == 1


def test_an_old_archive_is_taken_as_if_it_had_come_in_time() -> None:
    assert preview(Rule(), {"nvidia": [occasion(0, received_day=900)]}, ()).alerts == 1


def test_the_threshold_keeps_to_the_capacity_and_is_the_lowest_that_does() -> None:
    """Ten stories a week with scores 5, 15 … 95; three a week can be looked at."""
    history = {
        "nvidia": [
            occasion(7 * week + 0.1 * n, story=f"st_{week}_{n}", chips=(5.0 + 10 * n, 2))
            for week in range(12)
            for n in range(10)
        ]
    }
    found = preview(Rule(), history, (), weekly_capacity=3)
    assert found.alerts_per_week == 10
    assert found.proposed_field == "minimum_score"
    assert found.proposed_threshold is not None
    assert 65 < found.proposed_threshold <= 66
    assert found.alerts_per_week_then == 3
    everything = preview(Rule(), history, (), weekly_capacity=50)
    assert everything.proposed_threshold == 0.1


def test_a_capacity_that_no_threshold_keeps_to_is_told() -> None:
    history = {"nvidia": [occasion(n, story=f"st_{n}", chips=(100.0, 3)) for n in range(5)]}
    assert preview(Rule(), history, (), weekly_capacity=1).proposed_threshold is None


def test_a_companys_risk_is_followed() -> None:
    history = {
        "nvidia": [occasion(day, story=f"st_{day}", chips=(90.0, 3)) for day in (0, 1, 2, 300, 301, 302)],
        "amd": [occasion(5, company="amd", chips=(5.0, 1))],
    }
    found = preview(Rule(kind="company_risk", crosses=50), history, ())
    assert [one.changes for one in found.latest] == [("crossed",), ("crossed",)]
    assert {one.company_id for one in found.latest} == {"nvidia"}
    assert preview(Rule(kind="company_risk", rises_by=30), history, ()).alerts >= 2
