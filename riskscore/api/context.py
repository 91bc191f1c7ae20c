"""What the handlers of one application share: settings, assessor, limits and threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, TypeVarTuple, Unpack, cast

import anyio
import anyio.to_thread
from fastapi import Depends, Path
from starlette.requests import Request

from riskscore.api.problems import BusyError
from riskscore.api.requests import Limits
from riskscore.assess import Assessor
from riskscore.models.rotation import Rotation
from riskscore.settings import Settings

# For what scores nothing. With the scoring threads no more than the 15 connections of a database's pool.
_OTHER_THREADS = 10

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")


class _Threads:
    """Some threads, and how many requests have work for them, running or waiting.

    Counted here, for anyio knows of a request that waits only a turn of the event loop later: a burst would
    slip through before.
    """

    def __init__(self, count: int) -> None:
        self.limiter = anyio.CapacityLimiter(count)
        self.asked = 0

    def waiting(self) -> int:
        """How many requests wait for a thread."""
        return self.asked - int(self.limiter.total_tokens)


@dataclass(frozen=True)
class Context:
    """Made once by `create_app`, kept in `app.state.context`."""

    settings: Settings
    rotation: Rotation
    limits: Limits = field(init=False)
    _scoring: _Threads = field(init=False)
    _other: _Threads = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", Limits.of(self.settings))
        object.__setattr__(self, "_scoring", _Threads(self.settings.scoring_threads))
        object.__setattr__(self, "_other", _Threads(_OTHER_THREADS))

    @property
    def assessor(self) -> Assessor:
        """That of the model which answers by default at this moment."""
        return self.rotation.lineup.find()

    @property
    def is_idle(self) -> bool:
        """Whether nobody scores at this moment."""
        return self._scoring.limiter.borrowed_tokens == 0

    def deadline(self) -> float:
        """When a request that begins to be answered now must have its answer (event loop's clock)."""
        return anyio.current_time() + self.settings.request_timeout_s

    async def run(
        self,
        deadline: float,
        function: Callable[[Unpack[_Arguments]], _Result],
        *arguments: *_Arguments,
    ) -> _Result:
        """Run work that scores articles in a scoring thread, so that the event loop stays free.

        A thread cannot be stopped: past the deadline it is left to finish, its place stays taken,
        and the caller is told to come back.

        Raises
        ------
        BusyError
            The work was not done, or not even begun, at the deadline; or `max_waiting` others wait already.
        """
        self._refuse_crowd(self._scoring)
        return await self._run(self._scoring, deadline, function, *arguments)

    async def run_on(
        self,
        deadline: float,
        function: Callable[[Unpack[_Arguments]], _Result],
        *arguments: *_Arguments,
    ) -> _Result:
        """Run further work of a request that `run` took already, however many wait.

        Raises
        ------
        BusyError
            The work was not done at the deadline.
        """
        return await self._run(self._scoring, deadline, function, *arguments)

    async def run_unscored(
        self,
        deadline: float,
        function: Callable[[Unpack[_Arguments]], _Result],
        *arguments: *_Arguments,
    ) -> _Result:
        """Run work that scores nothing, as `run` does, in threads that no scoring can take.

        Raises
        ------
        BusyError
        """
        self._refuse_crowd(self._other)
        return await self._run(self._other, deadline, function, *arguments)

    def _refuse_crowd(self, threads: _Threads) -> None:
        """Refuse at once what would only wait: those who wait already are answered in time, then."""
        most = self.settings.max_waiting
        if threads.waiting() >= most:
            raise BusyError(f"{most} requests wait already (max_waiting); try again")

    async def _run(
        self,
        threads: _Threads,
        deadline: float,
        function: Callable[[Unpack[_Arguments]], _Result],
        *arguments: *_Arguments,
    ) -> _Result:
        threads.asked += 1
        try:
            with anyio.fail_after(deadline - anyio.current_time()):
                return await anyio.to_thread.run_sync(
                    function, *arguments, abandon_on_cancel=True, limiter=threads.limiter
                )
        except TimeoutError:
            limit_s = self.settings.request_timeout_s
            raise BusyError(
                f"no answer within {limit_s:g} s (request_timeout_s); try again, with less"
            ) from None
        finally:
            threads.asked -= 1


def context_of(request: Request) -> Context:
    """The context of the application that serves `request`."""
    return cast(Context, request.app.state.context)


async def _context(request: Request) -> Context:  # async: FastAPI would send a sync one to a thread
    return context_of(request)


ItemId = Annotated[str, Path(max_length=200)]  # of a resource, in a path
ContextDep = Annotated[Context, Depends(_context)]
