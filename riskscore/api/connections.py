"""HTTP connections that nobody can hold for longer than a limit: uvicorn's protocol with the timers it lacks.

uvicorn closes a connection that is idle after an answer. It waits for ever for the headers of a request that
trickle in, and for a client that takes no answer; 500 such clients would be the whole server
(https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)). The time for bodies is limited where they are read.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from riskscore.settings import Settings

MAX_HEADER_BYTES = 32_768  # of request line and headers; a larger one is answered with 400


class _GuardedConnection(H11Protocol):
    header_timeout_s: float
    send_timeout_s: float

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._awaited: str | None = None  # what the client owes us, where nobody else waits for it
        self._receive_timer: asyncio.TimerHandle | None = None
        self._send_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect("headers")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._expect(None)
        self._stop_send_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect("headers")
        else:
            self._expect("rest" if self._is_answered_early() else None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect("rest" if self._is_answered_early() else None)
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._start_send_timer()  # closing waits until all is taken

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_send_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_send_timer()

    def _is_answered_early(self) -> bool:
        """Whether the rest of a body is still to come after its answer, to be thrown away."""
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _expect(self, awaited: str | None) -> None:
        if awaited == self._awaited:
            return
        self._awaited = awaited
        if self._receive_timer is not None:
            self._receive_timer.cancel()
            self._receive_timer = None
        if awaited is not None:
            limit_s = self.header_timeout_s if awaited == "headers" else self.send_timeout_s
            self._receive_timer = self.loop.call_later(limit_s, self.transport.abort)

    def _start_send_timer(self) -> None:
        if self._send_timer is None:
            self._send_timer = self.loop.call_later(self.send_timeout_s, self.transport.abort)

    def _stop_send_timer(self) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None


def guarded(header_timeout_s: float, send_timeout_s: float) -> type[asyncio.Protocol]:
    """A protocol class for uvicorn's `http`.

    Parameters
    ----------
    header_timeout_s : float
        Longest time from the first sign of a request, or of the connection, to the end of its headers.
    send_timeout_s : float
        Longest time in which a client takes none of an answer that fills the buffers, and to send the rest of
        a body that was answered before it came whole.
    """
    limits = {"header_timeout_s": header_timeout_s, "send_timeout_s": send_timeout_s}
    return type("GuardedConnection", (_GuardedConnection,), limits)


def server_options(settings: Settings) -> dict[str, Any]:
    """What `uvicorn.Config` is to be given: every limit that it has, set and not left to its defaults."""
    return {
        "http": guarded(settings.header_timeout_s, settings.request_timeout_s),
        "ws": "none",
        "h11_max_incomplete_event_size": MAX_HEADER_BYTES,
        "limit_concurrency": settings.max_connections,
        "timeout_keep_alive": settings.keep_alive_timeout_s,
    }
