"""An assessor in, the same assessor out, each of whose answers is counted for metrics, drift and shadow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from riskscore.artifact.capacity import curves, prior_shift
from riskscore.drift.counts import Tally
from riskscore.types import Article, Assessment, CompanyExposure, Regime

if TYPE_CHECKING:
    from riskscore.assess import Assessor
    from riskscore.knowledge import Knowledge
    from riskscore.models.shadow import Shadow
    from riskscore.observability.metrics import Metrics
    from riskscore.portfolio.matcher import Portfolio


class Watch:
    """Where the answers of watched assessors are counted; None where nobody counts."""

    def __init__(self, tally: Tally, *, metrics: Metrics | None = None, shadow: Shadow | None = None) -> None:
        self.tally = tally
        self.metrics = metrics
        self.shadow = shadow

    def over(self, assessor: Assessor) -> WatchedAssessor:
        """The assessor, watched."""
        return WatchedAssessor(assessor, self)


class WatchedAssessor:
    """Scores as its assessor does, and has each answer counted."""

    def __init__(self, assessor: Assessor, watch: Watch) -> None:
        self._assessor = assessor
        self._watch = watch

    @property
    def knowledge(self) -> Knowledge:
        """The assessor's."""
        return self._assessor.knowledge

    def assess(self, article: Article, *, base_rate: float | None = None, **options: Any) -> Assessment:
        """See `Assessor.assess`, whose options these are."""
        assessment = self._assessor.assess(article, base_rate=base_rate, **options)
        main, *others = self._assessor.languages
        language = assessment.language if assessment.language in others else main
        self._watch.tally.note(assessment, language, article.source, self._shifts(base_rate))
        if self._watch.metrics is not None:
            self._watch.metrics.note_assessment(assessment)
        if self._watch.shadow is not None:
            self._watch.shadow.offer(article, assessment, base_rate)
        return assessment

    def search(
        self, article: Article, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        """See `Assessor.search`; nothing is counted, since nothing is scored."""
        return self._assessor.search(article, flagged, portfolio)

    def _shifts(self, base_rate: float | None) -> dict[Regime, float]:
        """What the base rate added to the decision values."""
        if base_rate is None:
            return {}
        return {
            regime: prior_shift(curve.training_rate, base_rate)
            for regime, curve in curves(self._assessor.model.manifest).items()
        }
