"""Decoded JSON of a request about endpoints, subscriptions, watchlists or decisions in, its fields out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from riskscore.alerts.channels import Channel
from riskscore.alerts.rules import Rule
from riskscore.alerts.signing import Scheme
from riskscore.api.faults import MAX_FAULTS, Fault, InvalidRequestError, validated
from riskscore.api.moment import Moment
from riskscore.store.alerts import Decision

_Model = TypeVar("_Model", bound=BaseModel)

Name = Annotated[str, Field(min_length=1, max_length=200)]
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]  # what databases count with
CompanyIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=10_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointRequest(_Body):
    """Where events are to go."""

    name: Name
    channel: Channel = "webhook"
    target: str = Field(
        min_length=1,
        max_length=2_000,
        description="A URL (webhook, slack, teams), an e-mail address, or tls://, tcp:// or udp://host:port "
        "(syslog).",
    )
    signing: Scheme = Field(default="hmac", description="Of webhooks: HMAC-SHA256, or ed25519.")
    announcements: bool = Field(
        default=True, description="Tell it too when another endpoint stops or recovers."
    )


class EndpointChange(_Body):
    """What to change of an endpoint; what is left out stays."""

    name: Name | None = None
    target: str | None = Field(default=None, min_length=1, max_length=2_000)
    announcements: bool | None = None
    state: Literal["active", "disabled"] | None = Field(
        default=None, description="active sends what waited; disabled keeps events until then."
    )


class RotationRequest(_Body):
    """A new secret for an endpoint."""

    overlap_h: float = Field(
        default=24.0, ge=0, le=720, description="Hours in which the old one is valid too."
    )
    signing: Scheme = "hmac"


class SubscriptionRequest(_Body):
    """A rule, and who is told."""

    name: Name
    endpoint_id: str | None = Field(
        default=None, max_length=40, description="Without one, alerts are kept for review and not sent."
    )
    rule: Rule = Rule()
    active: bool = True


class SubscriptionChange(_Body):
    """What to change of a subscription; what is left out stays."""

    name: Name | None = None
    endpoint_id: str | None = Field(default=None, max_length=40)
    rule: Rule | None = None
    active: bool | None = None


class PreviewRequest(_Body):
    """A rule to try on stored history."""

    rule: Rule = Rule()
    days: float = Field(default=365.0, gt=0, le=36_525, description="How far back.")
    weekly_capacity: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Alerts that can be looked at in a week."
    )


class WatchlistRequest(_Body):
    """A watchlist as it is to be."""

    name: Name
    companies: CompanyIds = []


class ReplayRequest(_Body):
    """Which deliveries to queue once more: by id, or by endpoint and range of time."""

    delivery_ids: list[RowId] | None = Field(default=None, min_length=1, max_length=10_000)
    endpoint_id: str | None = Field(default=None, max_length=40)
    state: Literal["delivered", "dead"] | None = None
    since: Moment | None = Field(default=None, description="Of the event.")
    until: Moment | None = None


class DispositionRequest(_Body):
    """A decision on an alert."""

    decision: Decision
    reason: str = Field(min_length=1, max_length=2_000)
    user: Name = Field(description="Who decided.")
    note: str | None = Field(default=None, max_length=10_000)


REQUESTS: tuple[type[BaseModel], ...] = (
    EndpointRequest,
    EndpointChange,
    RotationRequest,
    SubscriptionRequest,
    SubscriptionChange,
    PreviewRequest,
    WatchlistRequest,
    ReplayRequest,
    DispositionRequest,
)


def read(model: type[_Model], body: object) -> _Model:
    """Check a request.

    Raises
    ------
    InvalidRequestError
        With every fault found, each naming its field.
    """
    faults = list(_unstorable(body, ""))
    if faults:
        raise InvalidRequestError(faults[:MAX_FAULTS])
    return validated(model, body)


def _unstorable(value: object, path: str, depth: int = 0) -> Iterator[Fault]:
    """Strings that no database takes: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\x00" in value:
            yield Fault(path or "body", "holds a NUL character; remove it")
        elif any("\ud800" <= character <= "\udfff" for character in value):
            yield Fault(path or "body", "holds a lone surrogate; remove it")
    elif isinstance(value, dict) and depth < 5:
        for name, part in value.items():
            yield from _unstorable(part, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list) and depth < 5:
        for index, part in enumerate(value):
            yield from _unstorable(part, f"{path}.{index}", depth + 1)
