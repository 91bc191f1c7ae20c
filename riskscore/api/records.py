"""What the handlers that store and look up share: the newsroom, opened when it is first needed."""

from __future__ import annotations

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request

from riskscore.access.principal import LOCAL, Principal
from riskscore.alerting.raising import AlertRaiser
from riskscore.assess import Assessor
from riskscore.audit.entry import Actor, Entry, process_actor
from riskscore.auditing.recorder import Recorder
from riskscore.auditing.trail import Trail, note_model, process_trail
from riskscore.errors import SettingsError, StoreError
from riskscore.models.lineup import Lineup
from riskscore.models.rotation import Rotation
from riskscore.models.watched import WatchedAssessor
from riskscore.portfolio.matcher import Portfolio
from riskscore.service import Newsroom
from riskscore.settings import Settings
from riskscore.store import Store, open_store

_PATIENCE_S = 5.0
_KEPT_ASSESSORS = 2  # each holds some tens of megabytes


@dataclass(slots=True)
class _Opened:
    """What is opened when it is first needed, shared by all for whom `Records` act."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    newsroom: Newsroom | None = None
    recorder: Recorder | None = None
    unusable_until: float = (
        0.0  # by the monotonic clock: when to ask the database for imported companies again
    )


class Records:
    """The store of one application, its write path, and assessors of earlier models for replay.

    `trail` records what is done in the audit ledger, as the process's own until `acting` names somebody.
    """

    def __init__(self, settings: Settings, rotation: Rotation) -> None:
        self.settings = settings
        self.rotation = rotation
        self._lineup: Lineup | None = None  # that somebody keeps to
        self._lock = threading.Lock()
        self._opened = _Opened()
        self._assessors: OrderedDict[str, Assessor] = OrderedDict()
        self.trail = self._trail(process_actor(), None)

    def acting(self, actor: Actor, request_id: str | None) -> Records:
        """The same records for somebody, whom the ledger then names."""
        other = copy.copy(self)
        other._lineup = self.rotation.lineup
        other.trail = self._trail(actor, request_id)
        return other

    @property
    def lineup(self) -> Lineup:
        """The loaded models: for somebody, those of the moment at which `acting` was asked."""
        return self._lineup or self.rotation.lineup

    @property
    def assessor(self) -> Assessor:
        """That of the model which answers by default."""
        return self.lineup.find()

    def scorer(self, version: str | None = None, field: str = "model_version") -> Assessor | WatchedAssessor:
        """What scores an article of a request, which may ask for a version.

        Parameters
        ----------
        field : str
            Where the version stands in the request, for the error.

        Raises
        ------
        UnknownModelError
        """
        return self.rotation.scorer(self.lineup, version, field)

    def _trail(self, actor: Actor, request_id: str | None) -> Trail:
        return Trail(
            actor,
            self._record if self.settings.audit else None,
            request_id=request_id,
            keep_query_text=self.settings.keep_query_text,
            model_version=self.assessor.model.version,
            knowledge_hash=self.assessor.knowledge.hash,
        )

    def _record(self, entries: Sequence[Entry]) -> None:
        recorder = self._open().recorder
        assert recorder is not None
        recorder.put(entries)

    @property
    def newsroom(self) -> Newsroom:
        """The write path.

        Raises
        ------
        SettingsError, StoreSchemaError
            The database cannot be used; tried again with the next request.
        """
        newsroom = self._open().newsroom
        assert newsroom is not None
        return newsroom.acting(self.trail)

    def _open(self) -> _Opened:
        opened, settings = self._opened, self.settings
        with opened.lock:
            if opened.newsroom is None:
                store = open_store(settings.database_url)
                try:
                    version, knowledge_hash = self.assessor.model.version, self.assessor.knowledge.hash
                    note_model(store, process_trail(store, audit=settings.audit), version, knowledge_hash)
                except BaseException:
                    store.close()
                    raise
                alerts = AlertRaiser(public_url=settings.public_url, half_life_days=settings.half_life_days)
                opened.newsroom = Newsroom(self.rotation, store, keep_text=settings.keep_text, alerts=alerts)
                opened.recorder = Recorder(
                    store,
                    interval_s=settings.audit_interval_s,
                    capacity=settings.audit_backlog,
                    wait=settings.audit_wait,
                    timeout_s=settings.request_timeout_s,
                )
            return opened

    @property
    def portfolio(self) -> Portfolio | None:
        """The imported companies, as they were within the last second; None where there are none.

        A score needs no database: where that cannot be used, nothing is looked for.
        """
        opened = self._opened
        if time.monotonic() < opened.unusable_until:
            return None
        if not (self.settings.has_database or self.settings.audit):
            return None
        try:
            newsroom = self._open().newsroom
            assert newsroom is not None
            portfolio = newsroom.portfolio.recent()
        except (SettingsError, StoreError, DBAPIError):
            opened.unusable_until = time.monotonic() + _PATIENCE_S
            return None
        return portfolio if len(portfolio) else None

    @property
    def unrecorded(self) -> int:
        """How many entries of the ledger are not on disk yet."""
        recorder = self._opened.recorder
        return 0 if recorder is None else recorder.waiting

    @property
    def store(self) -> Store:
        """The database; errors as of `newsroom`."""
        return self.newsroom.store

    def assessor_of(self, model_version: str) -> Assessor:
        """An assessor with an earlier model.

        Raises
        ------
        ArtifactError
            The artifact is gone, or does not fit this code's knowledge files.
        """
        loaded = self.lineup.assessors.get(model_version)
        if loaded is not None:
            return loaded
        with self._lock:
            found = self._assessors.get(model_version)
            if found is None:
                found = Assessor.load(self.settings.model_dir, model_version)
                self._assessors[model_version] = found
                if len(self._assessors) > _KEPT_ASSESSORS:
                    self._assessors.popitem(last=False)
            self._assessors.move_to_end(model_version)
            return found

    def close(self) -> None:
        """Write down what the ledger has not yet, and give the database's connections back."""
        with self._opened.lock:
            newsroom, recorder = self._opened.newsroom, self._opened.recorder
            self._opened.newsroom = self._opened.recorder = None
        if recorder is not None:
            recorder.close()
        if newsroom is not None:
            newsroom.store.close()


def records_of(request: Request) -> Records:
    """The records of the application that serves `request`."""
    return cast(Records, request.app.state.records)


def acting_for(request: Request) -> Records:
    """The same, on behalf of whoever sent `request`."""
    state = request.scope.get("state", {})
    principal: Principal = state.get("principal", LOCAL)
    return records_of(request).acting(Actor(principal.name, principal.key_id), state.get("request_id"))


async def _records(request: Request) -> Records:  # async: FastAPI would send a sync one to a thread
    return acting_for(request)


RecordsDep = Annotated[Records, Depends(_records)]
