"""What became of attempts in; the record of attempts, the queue and the endpoints brought up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from riskscore.alerting.outbox import announce_recovery, disable
from riskscore.alerts.schedule import RETRY_DELAYS_S, next_attempt
from riskscore.alerts.sender import Outcome
from riskscore.auditing.trail import Trail
from riskscore.store.delivery_queue import Claimed, deliver_all, record_attempts, settle
from riskscore.store.endpoints import find_endpoint, update_endpoint

_MOST_ERROR_CHARS = 500


@dataclass(frozen=True, slots=True)
class Policy:
    """How failures are dealt with."""

    retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S
    # Before the schedule ends, so that an endpoint that is down costs no event its delivery.
    disable_after: timedelta = timedelta(hours=48)


def record_outcomes(
    connection: Connection,
    worker: str,
    outcomes: Sequence[tuple[Claimed, Outcome]],
    now: datetime,
    policy: Policy,
    trail: Trail,
) -> None:
    """Record attempts that a worker has made, in the order in which they ended.

    Parameters
    ----------
    trail : Trail
        Records it in the audit ledger when an endpoint is disabled for its failures.
    """
    if not outcomes:
        return
    record_attempts(
        connection,
        [
            {
                "delivery_key": claimed.delivery_key,
                "started_at": outcome.started_at,
                "duration_ms": outcome.duration_ms,
                "succeeded": outcome.succeeded,
                "status": outcome.status,
                "error": None if outcome.error is None else outcome.error[:_MOST_ERROR_CHARS],
                "answer": outcome.answer,
            }
            for claimed, outcome in outcomes
        ],
    )
    delivered = [claimed.delivery_key for claimed, outcome in outcomes if outcome.succeeded]
    deliver_all(connection, worker, delivered, now)
    for claimed, outcome in outcomes:
        if not outcome.succeeded:
            _settle_failure(connection, worker, claimed, outcome, now, policy)
    by_endpoint: dict[str, list[Outcome]] = {}
    for claimed, outcome in outcomes:
        by_endpoint.setdefault(claimed.endpoint.endpoint_id, []).append(outcome)
    seen = {claimed.endpoint.endpoint_id: claimed.endpoint for claimed, _ in outcomes}
    for endpoint_id in sorted(by_endpoint):  # one order for all workers
        ended, endpoint = by_endpoint[endpoint_id], seen[endpoint_id]
        well = endpoint.failures == 0 and endpoint.disabled_at is None
        if not (well and all(outcome.succeeded for outcome in ended)):
            _note_on_endpoint(connection, endpoint_id, ended, now, policy, trail)


def _settle_failure(
    connection: Connection, worker: str, claimed: Claimed, outcome: Outcome, now: datetime, policy: Policy
) -> None:
    attempts = claimed.attempts + 1
    due_at = next_attempt(attempts, now, retry_after_s=outcome.retry_after_s, delays_s=policy.retry_delays_s)
    if outcome.gone and due_at is None:
        due_at = now  # kept: the endpoint is disabled below
    settle(
        connection,
        worker,
        claimed.delivery_key,
        state="dead" if due_at is None else "pending",
        attempts=attempts,
        now=now,
        due_at=due_at,
    )


def _note_on_endpoint(
    connection: Connection,
    endpoint_id: str,
    ended: Sequence[Outcome],
    now: datetime,
    policy: Policy,
    trail: Trail,
) -> None:
    endpoint = find_endpoint(connection, endpoint_id, lock=True)
    if endpoint is None:
        return
    failures, failing_since, not_before = endpoint.failures, endpoint.failing_since, endpoint.not_before
    for outcome in ended:
        if outcome.succeeded:
            failures, failing_since = 0, None
            continue
        failures, failing_since = failures + 1, failing_since or outcome.started_at
        if outcome.retry_after_s is not None:
            asked = now + timedelta(seconds=outcome.retry_after_s)
            not_before = max(not_before or asked, asked)
    update_endpoint(
        connection, endpoint_id, failures=failures, failing_since=failing_since, not_before=not_before
    )
    disabled = False
    if any(outcome.gone for outcome in ended):
        disabled = disable(connection, endpoint_id, "the receiver answered 410 Gone", now)
    elif failing_since is not None and now - failing_since >= policy.disable_after:
        last = next(outcome.error for outcome in reversed(ended) if not outcome.succeeded)
        since = f"{failing_since:%Y-%m-%d %H:%M} UTC"
        reason = f"nothing has arrived since {since}; the last error: {last}"
        disabled = disable(connection, endpoint_id, reason, now)
    elif endpoint.disabled_at is not None and endpoint.state == "active" and failing_since is None:
        announce_recovery(connection, endpoint, now)
    if disabled:
        detail = {"state": "disabled", "failures": failures}
        trail.note(connection, "endpoint.changed", endpoint_id, detail=detail)
