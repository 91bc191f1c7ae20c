"""Tokens of browser sessions: what they are bound to, and that nobody else can make one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from riskscore.access.sessions import Sessions
from riskscore.errors import UnauthenticatedError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY, DIGEST = "rsk_4u0c2k9w7xqe", "ab" * 32


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def resume(sessions: Sessions, token: str, digest: str | None = DIGEST) -> str:
    ticket = sessions.read(token)
    sessions.check(ticket, digest)
    return ticket.key_id


def test_a_session_names_its_key_and_holds_nothing_of_its_secret() -> None:
    sessions = Sessions(None, 12, Clock())
    token = sessions.issue(KEY, DIGEST)
    assert resume(sessions, token) == KEY
    assert DIGEST not in token
    assert sessions.issue(KEY, DIGEST) != token


def test_a_session_ends_with_its_time() -> None:
    clock = Clock()
    sessions = Sessions(None, 12, clock)
    token = sessions.issue(KEY, DIGEST)
    clock.now += timedelta(hours=11, minutes=59)
    resume(sessions, token)
    clock.now += timedelta(minutes=2)
    with pytest.raises(UnauthenticatedError, match="ended"):
        resume(sessions, token)


def test_a_session_ends_when_its_key_is_rotated_or_gone() -> None:
    sessions = Sessions(None, 12, Clock())
    token = sessions.issue(KEY, DIGEST)
    for digest in ("cd" * 32, "", None):
        with pytest.raises(UnauthenticatedError):
            resume(sessions, token, digest)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_session_that_was_tampered_with_is_none(place: int) -> None:
    sessions = Sessions(None, 12, Clock())
    parts = sessions.issue(KEY, DIGEST).split(".")
    parts[place] = {0: "rsk_000000000000", 1: str(int(parts[1]) + 1)}.get(place, parts[place][::-1])
    with pytest.raises(UnauthenticatedError):
        resume(sessions, ".".join(parts))


@pytest.mark.parametrize(
    "token", ["", "a.b.c.d", "a.1.b", "....", "a.1.b.c.d", "x" * 5_000, "a.²³.b.c", "a.9e9.b.c", "ä.9.ö.ü"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        resume(Sessions(None, 12, Clock()), token)


def test_servers_with_one_secret_know_each_others_sessions_and_others_do_not() -> None:
    one, same, other = (Sessions(secret, 12, Clock()) for secret in ("s" * 32, "s" * 32, "t" * 32))
    token = one.issue(KEY, DIGEST)
    assert resume(same, token) == KEY
    for stranger in (other, Sessions(None, 12, Clock())):
        with pytest.raises(UnauthenticatedError):
            resume(stranger, token)


def test_a_forms_token_is_of_one_session() -> None:
    sessions = Sessions(None, 12, Clock())
    token = sessions.form_token("one")
    assert sessions.is_form_token(token, "one")
    assert not sessions.is_form_token(token, "two")
    assert not sessions.is_form_token("", "one")
    assert not sessions.is_form_token("ä", "one")
    assert token not in {sessions.form_token(""), sessions.issue(KEY, DIGEST)}
