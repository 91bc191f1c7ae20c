"""What the handlers that store and look up share: the newsroom, opened when it is first needed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import Request

from riskscore.alerting.raising import AlertRaiser
from riskscore.assess import Assessor
from riskscore.service import Newsroom
from riskscore.settings import Settings
from riskscore.store import Store, open_store

_KEPT_ASSESSORS = 2  # each holds some tens of megabytes


class Records:
    """The store of one application, its write path, and assessors of earlier models for replay."""

    def __init__(self, settings: Settings, assessor: Assessor) -> None:
        self.settings = settings
        self.assessor = assessor
        self._lock = threading.Lock()
        self._newsroom: Newsroom | None = None
        self._assessors: OrderedDict[str, Assessor] = OrderedDict()

    @property
    def newsroom(self) -> Newsroom:
        """The write path.

        Raises
        ------
        SettingsError, StoreSchemaError
            The database cannot be used; tried again with the next request.
        """
        with self._lock:
            if self._newsroom is None:
                store = open_store(self.settings.database_url)
                alerts = AlertRaiser(
                    public_url=self.settings.public_url, half_life_days=self.settings.half_life_days
                )
                self._newsroom = Newsroom(
                    self.assessor, store, keep_text=self.settings.keep_text, alerts=alerts
                )
            return self._newsroom

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
        if model_version == self.assessor.model.version:
            return self.assessor
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
        """Give the database's connections back."""
        with self._lock:
            if self._newsroom is not None:
                self._newsroom.store.close()
                self._newsroom = None


def records_of(request: Request) -> Records:
    """The records of the application that serves `request`."""
    return cast(Records, request.app.state.records)


async def _records(request: Request) -> Records:
    return records_of(request)


RecordsDep = Annotated[Records, Depends(_records)]
