"""Keys on both databases: made, rotated, revoked, counted; and what a running server knows of them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from riskscore.access.issuing import NewKey, NoSuchKeyError, make_key, need_key, revoke_key, rotate_key
from riskscore.access.keys import digest_of
from riskscore.access.tally import Use
from riskscore.api.keyring import KeyRing
from riskscore.auditing.trail import Trail, process_trail
from riskscore.errors import InputError, LimitError, StoreUnreachableError, UnauthenticatedError
from riskscore.settings import load_settings
from riskscore.store import Store, connect
from riskscore.store.keys import list_keys, record_uses, store_uses, stored_keys, used_on
from riskscore.store.ledger import LedgerFilter, list_entries
from riskscore.store.schema import upgrade
from tests.store.conftest import Clock


@pytest.fixture
def trail(store: Store, clock: Clock) -> Trail:
    return process_trail(store, clock=clock)


def made(store: Store, clock: Clock, trail: Trail, **limits: Any) -> NewKey:
    return store.in_transaction(
        lambda connection: make_key(connection, "desk", ["read", "score"], clock(), trail, **limits)
    )


def test_a_key_is_stored_without_its_secret(store: Store, clock: Clock, trail: Trail) -> None:
    expires_at = clock() + timedelta(days=30)
    new = made(store, clock, trail, expires_at=expires_at, rate_per_minute=60, daily_quota=10**12)
    with store.read() as connection:
        (key,) = list_keys(connection)
        rows = [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM api_keys")]
    assert key == new.key
    assert key.scopes == {"score", "read"}
    assert key.sha256 == digest_of(new.secret)
    assert (key.created_at, key.expires_at, key.daily_quota) == (clock(), expires_at, 10**12)
    assert key.created_by.startswith("cli:")
    assert new.secret.rpartition("_")[2] not in str(rows)
    assert new.secret not in repr(new)


UNUSABLE: list[tuple[str, list[str], int | None, str]] = [
    ("", ["read"], None, "name"),
    (" ", ["read"], None, "name"),
    ("a\nb", ["read"], None, "name"),
    ("x" * 201, ["read"], None, "name"),
    ("x", [], None, "scopes"),
    ("x", ["read", "root"], None, "scopes"),
    ("x", ["read"], 0, "expires_at"),
]


def test_an_unusable_key_is_refused(store: Store, clock: Clock, trail: Trail) -> None:
    for name, scopes, days, field in UNUSABLE:
        expires_at = None if days is None else clock() + timedelta(days=days)
        with pytest.raises(InputError) as refused, store.write() as connection:
            make_key(connection, name, scopes, clock(), trail, expires_at=expires_at)
        assert refused.value.field == field
    with store.read() as connection:
        assert list_keys(connection) == []


def test_a_rotation_leaves_the_former_secret_its_overlap(store: Store, clock: Clock, trail: Trail) -> None:
    first = made(store, clock, trail)
    key_id = first.key.key_id

    def rotated(hours: float) -> NewKey:
        overlap = timedelta(hours=hours)
        return store.in_transaction(lambda c: rotate_key(c, key_id, clock(), trail, overlap))

    second = rotated(24)
    assert second.key.key_id == key_id
    assert second.key.fits(digest_of(second.secret), clock()) == "present"
    assert second.key.fits(digest_of(first.secret), clock()) == "former"
    assert second.key.fits(digest_of(first.secret), clock() + timedelta(hours=24)) is None
    third = rotated(1)
    assert third.key.fits(digest_of(first.secret), clock()) is None
    assert third.key.fits(digest_of(second.secret), clock()) == "former"
    assert rotated(0).key.fits(digest_of(third.secret), clock()) is None
    for hours in (-1, 721):
        with pytest.raises(InputError, match="0 to 720 hours"):
            rotated(hours)


def test_a_revoked_key_stays_revoked_and_on_record(store: Store, clock: Clock, trail: Trail) -> None:
    new = made(store, clock, trail)
    key_id = new.key.key_id
    at = clock()
    for _ in range(2):
        revoked = store.in_transaction(lambda c: revoke_key(c, key_id, clock(), trail))
        assert revoked.revoked_at == at
        clock.now += timedelta(hours=1)
    with pytest.raises(InputError, match="is revoked; make a new one"), store.write() as connection:
        rotate_key(connection, key_id, clock(), trail, timedelta(0))
    with pytest.raises(NoSuchKeyError), store.read() as connection:
        need_key(connection, "rsk_none")
    with store.read() as connection:
        entries = list_entries(connection, LedgerFilter(subject=key_id), 10, newest_first=False)
    assert [one.entry.action for one in entries] == ["key.created", "key.revoked"]
    assert new.secret not in str(entries)


def test_uses_add_up_and_the_last_one_counts(store: Store, clock: Clock, trail: Trail) -> None:
    key_id, other = (made(store, clock, trail).key.key_id for _ in range(2))
    day, later = clock().date(), clock() + timedelta(minutes=5)
    uses = [Use(key_id, day, 3, later, clock()), Use(other, day, 1, clock(), None)]
    assert store_uses(store, uses) == {(key_id, day): 3, (other, day): 1}
    totals = store_uses(store, [Use(key_id, day, 4, clock(), None)])  # of a process whose turn came late
    assert totals[key_id, day] == 7
    with store.read() as connection:
        key = need_key(connection, key_id)
        assert (key.last_used_at, key.former_used_at) == (later, clock())
        assert used_on(connection, day) == {key_id: 7, other: 1}
        assert used_on(connection, day + timedelta(days=1)) == {}
    with store.write() as connection:
        assert record_uses(connection, []) == {}


def test_a_database_without_keys_has_none_and_is_not_made(database_url: str) -> None:
    today = date(2026, 1, 10)
    store = connect(database_url)
    assert stored_keys(store, today) == ([], {})
    if store.dialect == "sqlite":
        assert not Path(store.engine.url.database or "").exists()
    upgrade(store, "0003")
    assert stored_keys(store, today) == ([], {})
    store.close()


class Served:
    """A running server's keys, on clocks set by hand."""

    def __init__(self, database_url: str, clock: Clock, **overrides: Any) -> None:
        self.seconds = 0.0
        settings = load_settings(database_url=database_url, key_refresh_s=2.0, **overrides)
        self.keyring = KeyRing(settings, clock, lambda: self.seconds)

    async def asks(self, secret: str | None, *, local: bool = True) -> str:
        principal = await self.keyring.identify(secret, local=local)
        self.keyring.enter(principal)
        return principal.name


def test_a_server_opens_to_its_own_machine_until_the_first_key(
    store: Store, clock: Clock, trail: Trail, database_url: str
) -> None:
    served = Served(database_url, clock)

    async def scenario() -> None:
        assert await served.asks(None) == "local"
        with pytest.raises(UnauthenticatedError):
            await served.asks(None, local=False)
        new = made(store, clock, trail)
        served.seconds += 1.9
        assert await served.asks(None) == "local"
        served.seconds += 0.2
        with pytest.raises(UnauthenticatedError):
            await served.asks(None)
        assert await served.asks(new.secret) == "desk"
        store.in_transaction(lambda c: revoke_key(c, new.key.key_id, clock(), trail))
        served.seconds += 2.1
        for secret in (None, new.secret):
            with pytest.raises(UnauthenticatedError):
                await served.asks(secret)
        await served.keyring.close()

    anyio.run(scenario)


def test_settings_decide_before_the_first_key(store: Store, clock: Clock, database_url: str) -> None:
    async def scenario(overrides: dict[str, bool], *, local: bool, admitted: bool) -> None:
        served = Served(database_url, clock, **overrides)
        if admitted:
            assert await served.asks(None, local=local) == "local"
        else:
            with pytest.raises(UnauthenticatedError):
                await served.asks(None, local=local)
        await served.keyring.close()

    for overrides, local, admitted in (
        ({"require_keys": True}, True, False),
        ({"insecure_no_keys": True}, False, True),
        ({"insecure_no_keys": True}, True, True),
        ({}, False, False),
    ):
        anyio.run(partial(scenario, overrides, local=local, admitted=admitted))


def test_a_quota_is_shared_by_the_servers_of_a_database(
    store: Store, clock: Clock, trail: Trail, database_url: str
) -> None:
    new = made(store, clock, trail, daily_quota=10)

    async def scenario() -> None:
        for _ in range(2):
            served = Served(database_url, clock)
            for _ in range(4):
                await served.asks(new.secret)
            await served.keyring.close()  # writes its uses down
        last = Served(database_url, clock)
        for _ in range(2):
            await last.asks(new.secret)
        with pytest.raises(LimitError):
            await last.asks(new.secret)
        await last.keyring.close()

    anyio.run(scenario)
    with store.read() as connection:
        assert used_on(connection, clock().date()) == {new.key.key_id: 10}
        assert need_key(connection, new.key.key_id).last_used_at == clock()


def test_keys_last_read_are_trusted_for_a_minute_while_the_database_fails(
    store: Store, clock: Clock, trail: Trail, database_url: str
) -> None:
    new = made(store, clock, trail)
    served = Served(database_url, clock)

    def rename(old: str, new: str) -> None:
        with store.write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE api_keys RENAME COLUMN {old} TO {new}")

    async def scenario() -> None:
        await served.asks(new.secret)
        rename("name", "lost")
        served.seconds += 30
        assert await served.asks(new.secret) == "desk"
        served.seconds += 40
        with pytest.raises(StoreUnreachableError):
            await served.asks(new.secret)
        rename("lost", "name")
        assert await served.asks(new.secret) == "desk"
        await served.keyring.close()

    anyio.run(scenario)


def test_a_server_whose_database_never_answered_lets_nobody_in(clock: Clock) -> None:
    served = Served("postgresql://nobody@127.0.0.1:1/none", clock)

    async def scenario() -> None:
        with pytest.raises(StoreUnreachableError):
            await served.asks(None)
        await served.keyring.close()

    anyio.run(scenario)


def test_uses_that_cannot_be_stored_are_kept_for_later(
    store: Store, clock: Clock, trail: Trail, database_url: str
) -> None:
    new = made(store, clock, trail)
    served = Served(database_url, clock)
    rename = "ALTER TABLE {} RENAME TO {}".format

    async def scenario() -> None:
        await served.asks(new.secret)
        with store.write() as connection:
            connection.exec_driver_sql(rename("key_uses", "elsewhere"))
        await served.keyring.close()
        with store.write() as connection:
            connection.exec_driver_sql(rename("elsewhere", "key_uses"))
        await served.asks(new.secret)
        await served.keyring.close()

    anyio.run(scenario)
    with store.read() as connection:
        assert used_on(connection, clock().date()) == {new.key.key_id: 2}
