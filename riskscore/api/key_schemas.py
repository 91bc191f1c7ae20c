"""The JSON objects of API keys: what is asked for, and what is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from riskscore.access.issuing import MAX_NAME_CHARS, NewKey
from riskscore.access.keys import Key, State
from riskscore.access.scopes import ALLOWED, Scope, in_order
from riskscore.api import moment as request_moment
from riskscore.api.record_answers import moment
from riskscore.api.record_schemas import Moment

_MEANINGS = "; ".join(f"`{scope}`: {meaning}" for scope, meaning in ALLOWED.items())


class KeyRequest(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=MAX_NAME_CHARS, description="Who or what uses it.")
    scopes: list[Scope] = Field(min_length=1, max_length=20, description=f"{_MEANINGS}.")
    expires_at: request_moment.Moment | None = Field(default=None, description="null: never.")
    rate_per_minute: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Most requests a minute; null: no limit."
    )
    daily_quota: int | None = Field(
        default=None, ge=1, le=10**12, description="Most requests in a UTC day; null: no limit."
    )


class KeyRotation(BaseModel):
    """A new secret for a key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    overlap_h: float = Field(
        default=24.0, ge=0, le=720, description="Hours in which the old secret is valid too."
    )


KEY_REQUESTS: tuple[type[BaseModel], ...] = (KeyRequest, KeyRotation)


class KeyAnswer(TypedDict):
    """A key: what it may do, and whether it is used."""

    key_id: Annotated[str, Field(description="How the key begins; may be shown.")]
    name: str
    scopes: list[Scope]
    state: State
    rate_per_minute: int | None
    daily_quota: int | None
    created_at: Moment
    created_by: str
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Annotated[Moment | None, Field(description="To some seconds.")]
    former_secret_valid_until: Annotated[Moment | None, Field(description="After a rotation.")]
    former_secret_used_at: Annotated[
        Moment | None, Field(description="When the old secret was last used: who has not changed over yet?")
    ]
    key: NotRequired[Annotated[str, Field(description="The whole key, secret included; shown this once.")]]


class KeysAnswer(TypedDict):
    """All keys, those revoked too."""

    keys: list[KeyAnswer]


def key_answer(key: Key, at: datetime) -> KeyAnswer:
    """A key as shown: never with its secret, nor its hash."""
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": in_order(key.scopes),
        "state": key.state(at),
        "rate_per_minute": key.rate_per_minute,
        "daily_quota": key.daily_quota,
        "created_at": moment(key.created_at),
        "created_by": key.created_by,
        "expires_at": _moment(key.expires_at),
        "revoked_at": _moment(key.revoked_at),
        "last_used_at": _moment(key.last_used_at),
        "former_secret_valid_until": _moment(key.former_valid_until),
        "former_secret_used_at": _moment(key.former_used_at),
    }


def new_key_answer(made: NewKey, at: datetime) -> KeyAnswer:
    """A key that was made or rotated just now, with its secret."""
    return {**key_answer(made.key, at), "key": made.secret}


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)
