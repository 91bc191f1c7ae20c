"""Keys made, rotated and revoked: checked, stored, and written into the audit ledger.

The one module of this package that writes; each function is part of the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from riskscore.access.keys import Key, digest_of, key_id_of, new_key_id, new_secret
from riskscore.access.scopes import in_order, scopes_of
from riskscore.audit.entry import Action
from riskscore.auditing.trail import Trail
from riskscore.errors import InputError
from riskscore.store.keys import add_key, find_key, update_key

MAX_NAME_CHARS = 200
MAX_OVERLAP = timedelta(days=30)


class NoSuchKeyError(InputError):
    """No key of that id was ever made."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which nobody is shown a second time."""

    key: Key
    secret: str = field(repr=False)  # the whole key, as callers present it


def make_key(
    connection: Connection,
    name: str,
    scopes: Iterable[str],
    at: datetime,
    trail: Trail,
    *,
    expires_at: datetime | None = None,
    rate_per_minute: int | None = None,
    daily_quota: int | None = None,
) -> NewKey:
    """Store a new key.

    Parameters
    ----------
    name : str
        Who or what uses it.
    trail : Trail
        Of whoever makes it.
    rate_per_minute, daily_quota : int or None
        Most requests a minute and a UTC day, 1 or more; None for no limit.

    Raises
    ------
    InputError
        An unknown scope, an unusable name, or an expiry that is past.
    """
    if not name.strip() or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise InputError(f"must have 1 to {MAX_NAME_CHARS} printable characters", "name")
    if expires_at is not None and expires_at <= at:
        raise InputError("must be in the future", "expires_at")
    secret = new_secret(new_key_id())
    key_id = key_id_of(secret)
    assert key_id is not None
    key = Key(
        key_id=key_id,
        name=name,
        scopes=scopes_of(scopes),
        sha256=digest_of(secret),
        former_sha256=None,
        former_valid_until=None,
        former_used_at=None,
        rate_per_minute=rate_per_minute,
        daily_quota=daily_quota,
        created_at=at,
        created_by=trail.actor.name,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    add_key(connection, key)
    _note(connection, "key.created", key, trail)
    return NewKey(key, secret)


def rotate_key(connection: Connection, key_id: str, at: datetime, trail: Trail, overlap: timedelta) -> NewKey:
    """Give a key a new secret; the old one is valid too until the overlap is over.

    The id, scopes, limits and expiry stay. A secret that an earlier rotation left valid ends now.

    Raises
    ------
    NoSuchKeyError
    InputError
        The key is revoked or expired, or the overlap longer than 30 days.
    """
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InputError(f"must be 0 to {MAX_OVERLAP.days * 24} hours", "overlap_h")
    key = need_key(connection, key_id, lock=True)
    if key.state(at) != "active":
        raise InputError(f"the key {key_id} is {key.state(at)}; make a new one", "key_id")
    secret = new_secret(key_id)
    update_key(
        connection,
        key_id,
        sha256=digest_of(secret),
        former_sha256=key.sha256,
        former_valid_until=at + overlap,
        former_used_at=None,
    )
    _note(connection, "key.rotated", key, trail)
    return NewKey(need_key(connection, key_id), secret)


def revoke_key(connection: Connection, key_id: str, at: datetime, trail: Trail) -> Key:
    """End a key, with both its secrets, for good; no harm when it is revoked already.

    Raises
    ------
    NoSuchKeyError
    """
    key = need_key(connection, key_id, lock=True)
    if key.revoked_at is None:
        update_key(connection, key_id, revoked_at=at)
        _note(connection, "key.revoked", key, trail)
    return need_key(connection, key_id)


def need_key(connection: Connection, key_id: str, *, lock: bool = False) -> Key:
    """The key of that id.

    Raises
    ------
    NoSuchKeyError
    """
    found = find_key(connection, key_id, lock=lock)
    if found is None:
        raise NoSuchKeyError(f"there is no key {key_id[:60]!r}", "key_id")
    return found


def _note(connection: Connection, action: Action, key: Key, trail: Trail) -> None:
    detail = {
        "name": key.name,
        "scopes": in_order(key.scopes),
        "rate_per_minute": key.rate_per_minute,
        "daily_quota": key.daily_quota,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }
    told = {name: value for name, value in detail.items() if value is not None}
    trail.note(connection, action, key.key_id, detail=told)
