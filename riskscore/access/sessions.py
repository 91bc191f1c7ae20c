"""A key that was checked in, the token of a browser's session out, and back; nothing of it is stored.

A token is `<key id>.<expiry>.<nonce>.<mac>`. The mac is over the hash of the key's present secret too, so
that rotating or revoking a key ends its sessions; it is made with a secret that only the server has, so that
who reads the database can forge none. The token is no key: the API does not take it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskscore.errors import UnauthenticatedError

_MAX_TOKEN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token says, before its mac is checked."""

    key_id: str
    expires_at: int  # seconds since 1970
    nonce: str
    mac: str


class Sessions:
    """Makes and checks tokens of sessions and of their forms.

    Parameters
    ----------
    secret : str or None
        Shared by all servers that are to know each other's sessions; None for one of this process alone.
    lifetime_h : float
        Hours after which a session ends.
    clock : callable
        Gives this moment, UTC-aware.
    """

    def __init__(self, secret: str | None, lifetime_h: float, clock: Callable[[], datetime]) -> None:
        self._secret = secrets.token_bytes(32) if secret is None else secret.encode()
        self._lifetime = timedelta(hours=lifetime_h)
        self._clock = clock

    def issue(self, key_id: str, digest: str) -> str:
        """A new token for a key whose present secret has this hash."""
        ends = int((self._clock() + self._lifetime).timestamp())
        nonce = secrets.token_urlsafe(12)
        return f"{key_id}.{ends}.{nonce}.{self._mac('session', key_id, str(ends), nonce, digest)}"

    def read(self, token: str) -> Ticket:
        """What a token says.

        Raises
        ------
        UnauthenticatedError
            It is none, or has ended.
        """
        parts = token.split(".") if len(token) <= _MAX_TOKEN_CHARS else []
        if len(parts) != 4 or not (parts[1].isascii() and parts[1].isdigit()):
            raise UnauthenticatedError("this is no session; sign in again", presented=True)
        ticket = Ticket(parts[0], int(parts[1]), parts[2], parts[3])
        if self._clock().timestamp() >= ticket.expires_at:
            raise UnauthenticatedError("the session has ended; sign in again", presented=True)
        return ticket

    def check(self, ticket: Ticket, digest: str | None) -> None:
        """Whether this server made the ticket for a key whose present secret has this hash.

        Raises
        ------
        UnauthenticatedError
            It did not, or the key is unknown (`digest` is None).
        """
        made = self._mac("session", ticket.key_id, str(ticket.expires_at), ticket.nonce, digest or "")
        if digest is None or not hmac.compare_digest(made.encode(), ticket.mac.encode()):
            raise UnauthenticatedError("the session has ended; sign in again", presented=True)

    def form_token(self, session: str) -> str:
        """What the forms of a session must send along; `session` is its token, "" where there is none."""
        return self._mac("form", session)

    def is_form_token(self, given: str, session: str) -> bool:
        """Whether a form was made for this session, by this server."""
        return hmac.compare_digest(given.encode(), self.form_token(session).encode())

    def _mac(self, *parts: str) -> str:
        return hmac.new(self._secret, "\0".join(parts).encode(), "sha256").hexdigest()
