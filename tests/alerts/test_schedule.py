"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from riskscore.alerts.schedule import (
    MAX_ATTEMPTS,
    RETRY_DELAYS_S,
    next_attempt,
    read_delays,
    retry_after_s,
)
from riskscore.errors import SettingsError
from riskscore.settings import Settings

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_ten_attempts_over_three_days() -> None:
    assert MAX_ATTEMPTS == 10
    assert 74 <= sum(RETRY_DELAYS_S) / 3600 <= 76
    assert list(RETRY_DELAYS_S) == sorted(RETRY_DELAYS_S)


def test_the_setting_s_default_is_this_schedule() -> None:
    assert read_delays(Settings.model_fields["delivery_retry_delays_s"].default) == RETRY_DELAYS_S


@pytest.mark.parametrize("written", ["", "5,,6", "0", "-1", "soon", "nan", "inf", ",".join(["1"] * 101)])
def test_an_unusable_schedule_is_refused(written: str) -> None:
    with pytest.raises(SettingsError, match="RETRY_DELAYS_S"):
        read_delays(written)


def test_waits_follow_the_schedule_with_jitter() -> None:
    for attempts, delay_s in enumerate(RETRY_DELAYS_S, 1):
        early = next_attempt(attempts, NOW, chance=lambda: 0.0)
        late = next_attempt(attempts, NOW, chance=lambda: 0.999)
        assert early == NOW + timedelta(seconds=delay_s)
        assert late is not None
        assert timedelta(seconds=delay_s * 1.19) < late - NOW < timedelta(seconds=delay_s * 1.2)
    assert next_attempt(10, NOW) is None


def test_a_receiver_may_ask_for_a_longer_wait_but_not_a_shorter_one() -> None:
    assert next_attempt(1, NOW, retry_after_s=90, chance=lambda: 0.0) == NOW + timedelta(seconds=90)
    assert next_attempt(1, NOW, retry_after_s=0, chance=lambda: 0.0) == NOW + timedelta(seconds=5)
    assert next_attempt(1, NOW, retry_after_s=1e9, chance=lambda: 0.0) == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 05 Jan 2026 12:01:00 GMT", 60.0),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 0.0),
        ("9" * 400, 86_400.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1.5", None),
    ],
)
def test_retry_after_is_read_as_it_may_be_written(header: str, expected: float | None) -> None:
    assert retry_after_s({"retry-after": header}, NOW) == expected


def test_no_header_asks_for_nothing() -> None:
    assert retry_after_s({}, NOW) is None
