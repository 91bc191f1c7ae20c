"""An event and its endpoint in, one attempt made, what became of it out; receivers' faults never raise."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import anyio.to_thread

from riskscore.alerts.addresses import AddressGuard
from riskscore.alerts.channels import (
    Channel,
    Post,
    cef_line,
    email_message,
    slack_post,
    teams_post,
    webhook_post,
)
from riskscore.alerts.mail import MailServer, send_mail
from riskscore.alerts.schedule import GONE, retry_after_s
from riskscore.alerts.syslog import send_line
from riskscore.alerts.transport import KEPT_ANSWER_BYTES, Answer, Poster
from riskscore.errors import DeliveryError

_log = logging.getLogger("riskscore.worker")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt."""

    started_at: datetime
    duration_ms: float
    succeeded: bool
    status: int | None = None  # of HTTP
    error: str | None = None
    answer: bytes | None = None  # the first 2 kB
    retry_after_s: float | None = None
    gone: bool = False  # the receiver wants no more of anything


class Sender:
    """Makes attempts over every channel.

    Parameters
    ----------
    poster : Poster
        For webhooks, Slack and Teams.
    guard : AddressGuard
        For syslog; the poster has its own.
    mail : MailServer or None
        None: e-mail endpoints fail, saying which setting is missing.
    clock : callable
        Gives this moment, UTC-aware.
    """

    def __init__(
        self,
        poster: Poster,
        guard: AddressGuard,
        clock: Callable[[], datetime],
        *,
        mail: MailServer | None = None,
        timeout_s: float = 15.0,
    ) -> None:
        self._poster = poster
        self._guard = guard
        self._clock = clock
        self._mail = mail
        self._timeout_s = timeout_s

    async def send(
        self, channel: Channel, target: str, event_id: str, payload: str, valid_secrets: Sequence[str]
    ) -> Outcome:
        """Make one attempt."""
        at, began = self._clock(), time.perf_counter()
        try:
            if channel in ("webhook", "slack", "teams"):
                post = _post(channel, event_id, payload, at, valid_secrets)
                answer = await self._poster.post(target, post.body, post.headers)
                return _of_answer(answer, at, _since(began))
            if channel == "email":
                words = await self._send_mail(target, event_id, payload, at)
            else:
                line = cef_line(event_id, payload, at)
                words = await send_line(self._guard, target, line, timeout_s=self._timeout_s)
        except DeliveryError as error:
            return Outcome(at, _since(began), False, error=str(error))
        except Exception as error:  # of ours: one event that cannot be sent must not stop all others
            _log.exception("event %s cannot be sent", event_id)
            return Outcome(
                at, _since(began), False, error=f"a fault of riskscore's own: {type(error).__name__}"
            )
        return Outcome(at, _since(began), True, answer=words.encode()[:KEPT_ANSWER_BYTES])

    async def _send_mail(self, recipient: str, event_id: str, payload: str, at: datetime) -> str:
        if self._mail is None:
            raise DeliveryError("no mail server is set (RISKSCORE_SMTP_HOST and RISKSCORE_SMTP_SENDER)")
        message = email_message(event_id, payload, self._mail.sender, recipient, at)
        return await anyio.to_thread.run_sync(send_mail, self._mail, message)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


def _post(channel: Channel, event_id: str, payload: str, at: datetime, valid_secrets: Sequence[str]) -> Post:
    if channel == "slack":
        return slack_post(payload)
    if channel == "teams":
        return teams_post(payload)
    return webhook_post(event_id, payload, at, valid_secrets)


def _of_answer(answer: Answer, at: datetime, duration_ms: float) -> Outcome:
    succeeded = 200 <= answer.status < 300
    error = None
    if 300 <= answer.status < 400:
        error = "the receiver redirects, which is not followed; change the endpoint's target"
    elif not succeeded:
        error = f"the receiver answered {answer.status}"
    headers: Mapping[str, str] = answer.headers
    return Outcome(
        started_at=at,
        duration_ms=duration_ms,
        succeeded=succeeded,
        status=answer.status,
        error=error,
        answer=answer.body,
        retry_after_s=None if succeeded else retry_after_s(headers, at),
        gone=answer.status == GONE,
    )


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
