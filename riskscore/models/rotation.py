"""What is in force in, the loaded models out, exchanged as a whole while requests go on.

Followed by a thread that looks at the record of choices every few seconds, so that all processes on one
database change over soon after each other; asked for at once by SIGHUP or the administrator.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from riskscore.errors import ArtifactError, RiskscoreError, SettingsError, StoreError
from riskscore.models.choice import wanted_of
from riskscore.models.lineup import Lineup, Load, load_lineup
from riskscore.types import Article, Assessment, CompanyExposure, Regime

if TYPE_CHECKING:
    from riskscore.assess import Assessor
    from riskscore.knowledge import Knowledge
    from riskscore.models.watched import Watch, WatchedAssessor
    from riskscore.portfolio.matcher import Portfolio
    from riskscore.store.model_choices import ModelChoice

_log = logging.getLogger("riskscore.models")

ReadChoice = Callable[[], "ModelChoice | None"]


def _no_choice() -> ModelChoice | None:
    return None


class Rotation:
    """Holds the loaded models; safe to share between threads. Stands in for an assessor: the default's.

    Parameters
    ----------
    lineup : Lineup
        To begin with.
    read_choice : callable
        Gives the newest choice on record, or raises what reading a database may raise.
    load : callable or None
        Gives the assessor of a version; None where nothing is ever to be exchanged.
    pinned : str or None
        The setting `model_version`.
    """

    def __init__(
        self,
        lineup: Lineup,
        *,
        read_choice: ReadChoice = _no_choice,
        load: Load | None = None,
        model_dir: Path | None = None,
        pinned: str | None = None,
        most: int = 3,
    ) -> None:
        self.lineup = lineup
        self.fault: str | None = None  # why what is in force could not be followed
        self.choice: ModelChoice | None = None  # followed last
        self.choice_known = load is None  # whether the record of choices was ever read
        self._read_choice = read_choice
        self._load = load
        self._model_dir = model_dir
        self._pinned = pinned
        self._most = most
        self._exchanging = threading.Lock()
        self._wake = threading.Event()
        self._asked = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.after_exchange: Callable[[], object] = lambda: None
        self.watch: Watch | None = None  # whom answers are told

    @classmethod
    def of(cls, assessor: Assessor) -> Rotation:
        """A single model, for ever."""
        return cls(Lineup.of(assessor))

    @classmethod
    def begin(
        cls,
        read_choice: ReadChoice,
        load: Load,
        *,
        model_dir: Path | None = None,
        pinned: str | None = None,
        most: int = 3,
    ) -> Rotation:
        """Load what is in force now.

        Where the database cannot be read, that is the setting's version or the newest: a server begins all
        the same, is not ready (see `choice_known`), and follows once the record can be read.

        Raises
        ------
        ArtifactError
        """
        choice, known, fault = None, True, None
        try:
            choice = read_choice()
        except (DBAPIError, StoreError) as error:
            known, fault = False, f"the record of model choices cannot be read: {_line(error)}"
            _log.warning("%s; beginning with what the settings or the newest artifact say", fault)
        wanted = wanted_of(model_dir, pinned, choice)
        lineup = load_lineup(wanted, load, model_dir=model_dir, most=most)
        begun = cls(lineup, read_choice=read_choice, load=load, model_dir=model_dir, pinned=pinned, most=most)
        begun.choice, begun.choice_known, begun.fault = choice, known, fault
        for version, reason in lineup.refused.items():
            _log.warning("model %s is not loaded: %s", version, reason)
        return begun

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge files; one state of them for all models."""
        return self.lineup.find().knowledge

    def scorer(
        self, lineup: Lineup, version: str | None = None, field: str = "model_version"
    ) -> Assessor | WatchedAssessor:
        """What scores for a request that keeps to a lineup; see `Lineup.find`."""
        found = lineup.find(version, field)
        return found if self.watch is None else self.watch.over(found)

    def assess(self, article: Article, **options: Any) -> Assessment:
        """Score with what is the default at this moment; `options` are those of `Assessor.assess`."""
        return self.scorer(self.lineup).assess(article, **options)

    def search(
        self, article: Article, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        """See `Assessor.search`."""
        return self.scorer(self.lineup).search(article, flagged, portfolio)

    def refresh(self) -> bool:
        """Load what is in force now, then exchange all at once; on an error the old lineup stays.

        Returns
        -------
        bool
            Whether anything changed.

        Raises
        ------
        ArtifactError, StoreError, SettingsError, sqlalchemy.exc.DBAPIError
        """
        if self._load is None:
            return False
        with self._exchanging:
            try:
                choice = self._read_choice()
                wanted = wanted_of(self._model_dir, self._pinned, choice)
                new = load_lineup(
                    wanted, self._load, model_dir=self._model_dir, most=self._most, before=self.lineup
                )
            except (RiskscoreError, DBAPIError) as error:
                self._note_fault(error)
                raise
            old, self.lineup = self.lineup, new
            self.choice, self.choice_known, self.fault = choice, True, None
            changed = old != new
            if changed:
                _log.info(
                    "model %s answers (before: %s), challenger %s, loaded %s",
                    new.default,
                    old.default,
                    new.challenger or "none",
                    ", ".join(new.assessors),
                )
        if changed:
            self.after_exchange()
        return changed

    def _note_fault(self, error: Exception) -> None:
        fault = _line(error)
        if fault != self.fault:  # once, not with every look
            _log.error("model %s still answers: %s", self.lineup.default, fault)
        self.fault = fault

    def ask(self) -> None:
        """Have the following thread `refresh` at once; for signal handlers."""
        self._asked = True
        self._wake.set()

    def follow(self, every_s: float) -> None:
        """Begin to follow the record in a thread; without effect where nothing can be exchanged."""
        if self._load is None or self._thread is not None:
            return
        self._stopping = False
        self._wake.clear()
        self._thread = threading.Thread(
            target=self._follow, args=(every_s,), name="riskscore-models", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the following."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _follow(self, every_s: float) -> None:
        while True:
            self._wake.wait(every_s)
            self._wake.clear()
            if self._stopping:
                return
            asked, self._asked = self._asked, False
            try:
                if asked or self._is_behind():
                    self.refresh()
            except (ArtifactError, StoreError, SettingsError, DBAPIError) as error:
                self._note_fault(error)
            except Exception:
                _log.exception("the record of model choices could not be followed")

    def _is_behind(self) -> bool:
        """Whether there is a choice that this process does not follow yet.

        New artifacts alone are none: a folder that is being copied must not begin to answer by itself.
        """
        choice = self._read_choice()
        if choice is None:
            self.choice_known, self.fault = True, None
            return False
        return self.choice is None or choice.choice_key != self.choice.choice_key


def _line(error: Exception) -> str:
    """The first line; a database driver's message goes on with the statement."""
    return str(error).partition("\n")[0][:500]
