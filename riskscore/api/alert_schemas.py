"""The JSON objects of endpoints, subscriptions, watchlists, deliveries and alerts."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from riskscore.alerts.rules import Rule
from riskscore.api.record_schemas import Moment, NextCursor


class DeletedAnswer(TypedDict):
    """Whether it is gone."""

    deleted: bool


class EndpointAnswer(TypedDict):
    """Where events go, and how it fares."""

    endpoint_id: str
    name: str
    channel: str
    target: str
    announcements: bool
    state: Literal["active", "disabled"]
    disabled_reason: str | None
    disabled_at: Annotated[Moment | None, Field(description="Kept until something arrives again.")]
    failing_since: Annotated[Moment | None, Field(description="First failure since the last success.")]
    failures: Annotated[int, Field(description="In a row.")]
    pending: Annotated[int, Field(description="Deliveries that wait.")]
    oldest_due_at: Annotated[Moment | None, Field(description="Since when the oldest of them is due.")]
    dead: Annotated[int, Field(description="Deliveries that were given up; replay them.")]
    former_secret_valid_until: Moment | None
    created_at: Moment
    secret: NotRequired[
        Annotated[
            str | None,
            Field(description="Shown once. For ed25519 the public key; null for other channels."),
        ]
    ]


class EndpointsAnswer(TypedDict):
    """All endpoints."""

    endpoints: list[EndpointAnswer]


class QueuedAnswer(TypedDict):
    """A test event that was queued."""

    event_id: Annotated[str, Field(description="Find it among the deliveries.")]


class SubscriptionAnswer(TypedDict):
    """A rule, and who is told."""

    subscription_id: str
    name: str
    endpoint_id: str | None
    rule: Rule
    active: bool
    created_at: Moment


class SubscriptionsAnswer(TypedDict):
    """All subscriptions."""

    subscriptions: list[SubscriptionAnswer]


class RaisedAnswer(TypedDict):
    """An alert that a rule would have sent."""

    at: Moment
    company_id: str
    story_id: str | None
    changes: list[str]
    score: float


class PreviewAnswer(TypedDict):
    """What a rule would have sent over stored history."""

    since: Moment | None
    until: Moment | None
    weeks: int
    alerts: int
    opened: Annotated[int, Field(description="The others are material changes.")]
    companies: int
    alerts_per_week: float
    busiest_week: int
    week_of_ten: Annotated[int, Field(description="Nine weeks of ten had no more than this.")]
    proposed_threshold: Annotated[
        float | None,
        Field(
            description="The lowest that keeps to `weekly_capacity` in nine weeks of ten; null: none does."
        ),
    ]
    proposed_field: Annotated[str, Field(description="The field of the rule that it is for.")]
    alerts_per_week_then: float | None
    latest: Annotated[list[RaisedAnswer], Field(description="At most ten, newest first.")]


class WatchlistAnswer(TypedDict):
    """A set of companies."""

    watchlist_id: str
    name: str
    companies: list[str]


class WatchlistsAnswer(TypedDict):
    """All watchlists."""

    watchlists: list[WatchlistAnswer]


class DeliveryAnswer(TypedDict):
    """An event on its way to an endpoint."""

    delivery_id: int
    event_id: str
    type: str
    subject: str
    sequence: int
    endpoint_id: str
    state: Literal["pending", "delivered", "dead"]
    attempts: Annotated[int, Field(description="Of the present schedule.")]
    created_at: Moment
    due_at: Moment
    finished_at: Moment | None
    replay: bool


class AttemptAnswer(TypedDict):
    """One try to deliver."""

    attempt_id: int
    delivery_id: int
    started_at: Moment
    duration_ms: float
    succeeded: bool
    status: Annotated[int | None, Field(description="Of HTTP; null without a whole answer.")]
    error: str | None
    answer: Annotated[str | None, Field(description="The first 2 kB of what came back.")]


class DeliveryDetailAnswer(DeliveryAnswer):
    """A delivery with its event and all attempts."""

    event: dict[str, Any]
    history: list[AttemptAnswer]


class DeliveriesAnswer(TypedDict):
    """Deliveries, newest first."""

    deliveries: list[DeliveryAnswer]
    next_cursor: NextCursor


class AttemptsAnswer(TypedDict):
    """Attempts, newest first."""

    attempts: list[AttemptAnswer]
    next_cursor: NextCursor


class RequeuedAnswer(TypedDict):
    """How many deliveries were queued once more."""

    queued: int


class DeliveryHealthAnswer(TypedDict):
    """Whether events arrive."""

    status: Annotated[
        Literal["ok", "degraded"],
        Field(description="degraded: an endpoint fails or is disabled, or events are dead."),
    ]
    pending: int
    dead: int
    oldest_due_at: Annotated[Moment | None, Field(description="Old although nothing fails: no worker runs.")]
    troubled: Annotated[list[EndpointAnswer], Field(description="Endpoints that fail or are disabled.")]


class DispositionAnswer(TypedDict):
    """A decision on an alert."""

    decision: Literal["escalate", "dismiss", "monitor"]
    reason: str
    user: str
    note: str | None
    sequence: Annotated[int, Field(description="The alert's number of changes when it was decided on.")]
    decided_at: Moment
    ended_at: Annotated[Moment | None, Field(description="A later decision or a material change ended it.")]


class AlertAnswer(TypedDict):
    """Something that a subscription was told."""

    alert_id: str
    subscription_id: str
    kind: Literal["story", "company_risk"]
    company: dict[str, str]
    story_id: str | None
    article_id: Annotated[str, Field(description="The newest.")]
    assessment_id: str
    title: str
    changes: Annotated[list[str], Field(description="What was new the last time.")]
    severity: int
    score: float
    status: Literal["open", "escalate", "dismiss", "monitor"]
    sequence: Annotated[int, Field(description="Changes so far, the opening included.")]
    opened_at: Moment
    changed_at: Moment


class AlertDetailAnswer(AlertAnswer):
    """An alert with all decisions and events."""

    dispositions: list[DispositionAnswer]
    events: Annotated[list[dict[str, Any]], Field(description="As sent, oldest first.")]


class AlertsAnswer(TypedDict):
    """Alerts, the last changed first."""

    alerts: list[AlertAnswer]
    next_cursor: NextCursor


class ExportedAlert(AlertAnswer):
    """An alert as an examiner gets it."""

    dispositions: list[DispositionAnswer]


class ExportAnswer(TypedDict):
    """Every alert with every decision on it."""

    exported_at: Moment
    count: int
    alerts: list[ExportedAlert]
