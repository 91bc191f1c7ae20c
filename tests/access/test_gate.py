"""The gate: who a key is, what is left to it, and when it may again; on clocks that are set by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from riskscore.access.gate import Gate
from riskscore.access.keys import Key, digest_of, new_key_id, new_secret
from riskscore.access.limits import to_midnight_s
from riskscore.errors import LimitError, UnauthenticatedError

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
TODAY = NOON.date()
SECRET = new_secret(new_key_id())
KEY_ID = SECRET[:16]


class Time:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.now, self.seconds = NOON, 0.0

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


def key(**values: Any) -> Key:
    blank: dict[str, Any] = dict.fromkeys(Key.__dataclass_fields__)
    fixed = {
        "key_id": KEY_ID,
        "name": "desk",
        "scopes": frozenset({"read"}),
        "sha256": digest_of(SECRET),
        "created_at": NOON,
        "created_by": "cli:ann",
    }
    return Key(**(blank | fixed | values))


def gate_of(time: Time, *keys: Key, **used: int) -> Gate:
    gate = Gate(lambda: time.now, lambda: time.seconds)
    gate.renew(keys, used, time.now.date())
    return gate


def test_a_key_is_known_by_its_secret() -> None:
    gate = gate_of(Time(), key())
    principal = gate.identify(SECRET)
    assert (principal.key_id, principal.name) == (KEY_ID, "desk")
    assert principal.scopes == {"read"}
    for wrong in (new_secret(KEY_ID), new_secret(new_key_id()), SECRET[:-1], "x" * 5_000, "rsk_é"):
        with pytest.raises(UnauthenticatedError):
            gate.identify(wrong)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"revoked_at": NOON - timedelta(days=1)}, "revoked"),
        ({"expires_at": NOON}, "expired"),
        ({"expires_at": NOON, "revoked_at": NOON}, "revoked"),
    ],
)
def test_a_key_that_ended_is_told_to_its_holder_alone(values: dict[str, Any], word: str) -> None:
    gate = gate_of(Time(), key(**values))
    with pytest.raises(UnauthenticatedError, match=word):
        gate.identify(SECRET)
    with pytest.raises(UnauthenticatedError, match="not known"):
        gate.identify(new_secret(KEY_ID))


def test_a_former_secret_is_valid_for_its_overlap_and_its_use_is_noted() -> None:
    time = Time()
    former = new_secret(KEY_ID)
    valid_until = NOON + timedelta(hours=1)
    gate = gate_of(time, key(former_sha256=digest_of(former), former_valid_until=valid_until))
    gate.identify(SECRET)
    assert gate.tally.take()[0].former_at is None
    gate.tally.wrote({})
    gate.identify(former)
    assert gate.tally.take()[0].former_at == NOON
    time.pass_s(3_600)
    gate.identify(SECRET)
    with pytest.raises(UnauthenticatedError):
        gate.identify(former)


def test_a_server_that_had_keys_never_opens_again() -> None:
    gate = gate_of(Time())
    assert not gate.has_keys
    gate.renew([key(revoked_at=NOON)], {}, TODAY)
    gate.renew([], {}, TODAY)
    assert gate.has_keys


def test_a_bucket_holds_a_minutes_worth_and_fills_evenly() -> None:
    time = Time()
    gate = gate_of(time, key(rate_per_minute=6))
    for left in range(5, -1, -1):
        gate.enter(KEY_ID)
        assert f'"minute";r={left};' in gate.fields(KEY_ID)["ratelimit"]
    with pytest.raises(LimitError) as refused:
        gate.enter(KEY_ID)
    assert refused.value.retry_after_s == pytest.approx(10)
    time.pass_s(10)
    gate.enter(KEY_ID)
    with pytest.raises(LimitError):
        gate.enter(KEY_ID)
    time.pass_s(3_600)
    assert gate.fields(KEY_ID) == {
        "ratelimit-policy": '"minute";q=6;w=60',
        "ratelimit": '"minute";r=6;t=0',
    }


def test_a_change_of_the_clock_opens_no_bucket() -> None:
    time = Time()
    gate = gate_of(time, key(rate_per_minute=1))
    gate.enter(KEY_ID)
    time.now += timedelta(days=1)
    with pytest.raises(LimitError):
        gate.enter(KEY_ID)
    time.seconds += 60
    time.now -= timedelta(days=2)
    gate.enter(KEY_ID)


def test_what_was_begun_is_finished_and_paid_for_later() -> None:
    time = Time()
    gate = gate_of(time, key(rate_per_minute=60))
    gate.enter(KEY_ID)
    assert gate.spend(KEY_ID, 99) == pytest.approx(40)
    with pytest.raises(LimitError) as refused:
        gate.enter(KEY_ID)
    assert refused.value.retry_after_s == pytest.approx(41)
    time.pass_s(41)
    gate.enter(KEY_ID)


def test_a_quota_counts_what_others_used_and_ends_with_the_utc_day() -> None:
    time = Time()
    gate = gate_of(time, key(daily_quota=10), **{KEY_ID: 8})
    gate.enter(KEY_ID)
    gate.enter(KEY_ID)
    assert gate.fields(KEY_ID)["ratelimit"] == '"day";r=0;t=43200'
    with pytest.raises(LimitError, match="10 times in a day") as refused:
        gate.enter(KEY_ID)
    assert refused.value.retry_after_s == 43_200
    with pytest.raises(LimitError):
        gate.check(KEY_ID)
    time.pass_s(43_200)
    gate.enter(KEY_ID)
    assert '"day";r=9;t=86400' in gate.fields(KEY_ID)["ratelimit"]


def test_uses_are_counted_once_while_they_are_written_down() -> None:
    gate = gate_of(Time(), key(daily_quota=4))

    def left() -> str:
        return gate.fields(KEY_ID)["ratelimit"].split(";")[1]

    gate.enter(KEY_ID)
    gate.enter(KEY_ID)
    (use,) = gate.tally.take()
    assert (use.key_id, use.day, use.count, use.last_at) == (KEY_ID, TODAY, 2, NOON)
    gate.enter(KEY_ID)
    assert left() == "r=1"
    gate.tally.give_back()  # the database was gone
    assert left() == "r=1"
    (use,) = gate.tally.take()
    assert use.count == 3
    gate.tally.wrote({(KEY_ID, TODAY): 3})
    assert left() == "r=1"
    gate.renew([key(daily_quota=4)], {KEY_ID: 0}, TODAY)  # read before it was written
    assert left() == "r=1"
    gate.renew([key(daily_quota=4)], {KEY_ID: 4}, TODAY)  # another process
    assert left() == "r=0"


def test_a_key_without_limits_has_none() -> None:
    gate = gate_of(Time(), key())
    for _ in range(1_000):
        gate.enter(KEY_ID)
    assert gate.spend(KEY_ID, 1_000_000) == 0.0
    assert gate.fields(KEY_ID) == {}


def test_a_changed_rate_begins_anew() -> None:
    gate = gate_of(Time(), key(rate_per_minute=1))
    gate.enter(KEY_ID)
    gate.renew([key(rate_per_minute=1)], {}, TODAY)
    with pytest.raises(LimitError):
        gate.enter(KEY_ID)
    gate.renew([key(rate_per_minute=2)], {}, TODAY)
    gate.enter(KEY_ID)


def test_a_stream_is_stopped_when_its_key_ends() -> None:
    gate = gate_of(Time(), key())
    gate.check(KEY_ID)
    gate.renew([key(revoked_at=NOON)], {}, TODAY)
    with pytest.raises(UnauthenticatedError, match="no longer valid"):
        gate.check(KEY_ID)


def test_no_secret_is_in_a_keys_representation() -> None:
    shown = repr(key(former_sha256=digest_of("x")))
    assert digest_of(SECRET) not in shown
    assert digest_of("x") not in shown


def test_midnight_is_that_of_utc() -> None:
    elsewhere = datetime.fromisoformat("2026-03-05T23:30:00-05:00")
    assert to_midnight_s(elsewhere) == 19.5 * 3_600
    assert elsewhere.astimezone(UTC).date() == date(2026, 3, 6)
