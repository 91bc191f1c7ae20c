"""Settings in, what runs beside the scoring of one process out: models, shadow, counts of drift."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from riskscore.drift.counts import HeadSet, Tally
from riskscore.drift.evaluation import DriftPolicy
from riskscore.drift.reference import Reference, reference_of, stored_reference
from riskscore.models.comparison import Pair
from riskscore.models.keeper import CountKeeper
from riskscore.models.rotation import Rotation
from riskscore.models.shadow import Shadow
from riskscore.models.watched import Watch
from riskscore.store.late import LateStore
from riskscore.store.times import utc_now

if TYPE_CHECKING:
    from riskscore.assess import Assessor
    from riskscore.observability.metrics import Metrics
    from riskscore.settings import Settings


class Production:
    """The models of a process that scores news as it comes.

    Parameters
    ----------
    assessor : Assessor or None
        The one model, for ever; None loads what is in force, and follows it.
    metrics : Metrics or None
        Told of every assessment.
    most : int or None
        Models to load; None for as many as the settings allow.
    compiled : bool
        See `Assessor.load`.

    Raises
    ------
    ArtifactError, KnowledgeError
    """

    def __init__(
        self,
        settings: Settings,
        assessor: Assessor | None = None,
        *,
        metrics: Metrics | None = None,
        most: int | None = None,
        compiled: bool = True,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings
        self.policy = DriftPolicy.of(settings)
        self.late = LateStore(settings.database_url)
        if assessor is not None:
            self.rotation = Rotation.of(assessor)
        else:
            self.rotation = _followed(settings, self.late, most or settings.max_loaded_models, compiled)
        self.tally = Tally(clock, settings.drift_max_sources)
        self.shadow = Shadow(self.rotation, clock, most=settings.shadow_queue_items)
        self.keeper = CountKeeper(
            self.late,
            self.tally,
            clock,
            self.training_reference,
            shadow=self.shadow,
            pair=self.pair,
            policy=self.policy,
            keep=timedelta(days=settings.drift_keep_days),
            public_url=settings.public_url,
        )
        self.rotation.watch = Watch(self.tally, metrics=metrics, shadow=self.shadow)

    def pair(self) -> Pair | None:
        """The model that answers and its challenger; None without one."""
        lineup = self.rotation.lineup
        return None if lineup.challenger is None else Pair(lineup.default, lineup.challenger)

    def training_reference(self, heads: HeadSet) -> Reference | None:
        """The histograms in the manifest of a model, loaded or not."""
        loaded = self.rotation.lineup.assessors.get(heads.model_version)
        if loaded is not None:
            return reference_of(loaded.model.manifest, heads.language)
        return stored_reference(self.settings.model_dir, heads)

    def start(self, is_idle: Callable[[], bool] = lambda: True) -> None:
        """Begin all that runs in threads.

        Parameters
        ----------
        is_idle : callable
            Whether nobody scores at this moment.
        """
        self.shadow.start(is_idle)
        self.keeper.start()
        self.rotation.follow(self.settings.model_poll_s)

    def stop(self) -> None:
        """End it, with every count written down."""
        self.rotation.stop()
        self.shadow.stop()
        self.keeper.stop()
        self.late.close()


def _followed(settings: Settings, late: LateStore, most: int, compiled: bool) -> Rotation:
    from riskscore.assess import Assessor
    from riskscore.knowledge import load_knowledge

    knowledge = load_knowledge()

    def load(version: str) -> Assessor:
        return Assessor.load(settings.model_dir, version, compiled=compiled, knowledge=knowledge)

    return Rotation.begin(
        late.newest_choice, load, model_dir=settings.model_dir, pinned=settings.model_version, most=most
    )
