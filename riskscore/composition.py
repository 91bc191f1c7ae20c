"""What is found in documents, and how much a caller wants of it, in; their assessments out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from riskscore.artifact.capacity import curves, prior_shift
from riskscore.artifact.model import Model
from riskscore.company_exposure import NamedCompanies
from riskscore.errors import InputError
from riskscore.examination import Asked, Examined, TextExaminer
from riskscore.faithfulness import verify
from riskscore.identity import assessment_id, in_utc
from riskscore.instruments import reason_codes
from riskscore.knowledge import Knowledge
from riskscore.portfolio.matcher import Portfolio
from riskscore.rationale import Explained
from riskscore.scorer import Floats, sigmoid
from riskscore.types import (
    DIRECTIONS,
    REGIMES,
    STAGES,
    Article,
    Assessment,
    Document,
    ReasonCode,
    Regime,
    RegimeScore,
    Verification,
)

MAX_REASON_CODES = 4

Name = TypeVar("Name", bound=str)  # a stage or a direction


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much an assessment is to hold besides its scores."""

    max_contributions: int | None
    max_evidence: int
    reason_codes: bool
    verification: bool
    base_rate: float | None = None
    portfolio: Portfolio | None = None

    @property
    def asked(self) -> Asked:
        """What the documents have to be examined for."""
        reasons = self.max_contributions != 0 or self.max_evidence > 0 or self.verification
        return Asked(reasons, self.max_contributions, self.max_evidence, self.reason_codes)


SCORES_ALONE = Wanted(0, 0, reason_codes=False, verification=False)


class _Heads(NamedTuple):
    """Where a regime's numbers stand among the decision values, and what belongs to them."""

    regime: Regime
    column: int
    severity2: int
    severity3: int
    threshold: float
    intercept: float


class Composer:
    """Makes assessments of what one model finds.

    Parameters
    ----------
    knowledge : Knowledge
    model : Model
    examiner : TextExaminer
        Of the model.
    companies : NamedCompanies
    """

    def __init__(
        self, knowledge: Knowledge, model: Model, examiner: TextExaminer, companies: NamedCompanies
    ) -> None:
        self._knowledge = knowledge
        self._model = model
        self._examiner = examiner
        self._companies = companies
        column = {head: at for at, head in enumerate(examiner.heads)}
        self._heads = [
            _Heads(
                regime,
                column[f"regime:{regime}"],
                column[f"severity2:{regime}"],
                column[f"severity3:{regime}"],
                model.thresholds[regime],
                float(examiner.intercept[column[f"regime:{regime}"]]),
            )
            for regime in REGIMES
        ]
        self._stages = [(stage, column[f"stage:{stage}"]) for stage in STAGES]
        self._directions = [(direction, column[f"direction:{direction}"]) for direction in DIRECTIONS]
        # None where the model was published before they were recorded.
        self._curves = curves(model.manifest) if model.manifest.get("operating_points") else None

    def shifts(self, base_rate: float | None) -> dict[Regime, float]:
        """What a base rate adds to the decision values.

        Raises
        ------
        InputError
            The model does not say how common positives were in training.
        """
        if base_rate is None:
            return dict.fromkeys(REGIMES, 0.0)
        if self._curves is None:
            raise InputError(
                "cannot be applied: a shift needs the model's operating points, and "
                f"this model has none ({self._model.version})",
                "base_rate",
            )
        return {regime: prior_shift(self._curves[regime].training_rate, base_rate) for regime in REGIMES}

    def composed(
        self,
        articles: Sequence[Article],
        documents: Sequence[Document],
        examined: Sequence[Examined],
        wanted: Wanted,
    ) -> list[Assessment]:
        """The assessments of documents that can be judged."""
        if not examined:
            return []
        shifts = self.shifts(wanted.base_rate)
        log_odds = np.array([one.log_odds for one in examined])
        if any(shifts.values()):
            for heads in self._heads:
                log_odds[:, heads.column] += shifts[heads.regime]
        numbers = zip(log_odds.tolist(), sigmoid(log_odds).tolist(), strict=True)
        return [
            self._composed(article, document, one, values, probabilities, shifts, wanted)
            for article, document, one, (values, probabilities) in zip(
                articles, documents, examined, numbers, strict=True
            )
        ]

    def abstained(self, article: Article, document: Document, wanted: Wanted) -> Assessment:
        """The assessment of a document that cannot be judged."""
        return Assessment(
            assessment_id=self._id(article, wanted),
            model_version=self._model.version,
            knowledge_hash=self._knowledge.hash,
            abstained=True,
            abstain_reason=document.abstain_reason,
            score=None,
            stage=None,
            direction=None,
            regimes={},
            companies=(),
            language=document.language,
            warnings=document.warnings,
            verification={} if wanted.verification else None,
            base_rate=wanted.base_rate,
            portfolio=None if wanted.portfolio is None else wanted.portfolio.sha256,
        )

    def _composed(
        self,
        article: Article,
        document: Document,
        examined: Examined,
        log_odds: Sequence[float],
        probability: Sequence[float],
        shifts: Mapping[Regime, float],
        wanted: Wanted,
    ) -> Assessment:
        flagged = [heads.regime for heads in self._heads if probability[heads.column] >= heads.threshold]
        explained = self._explained(examined, log_odds, shifts)
        codes = self._codes(article, document, examined, flagged, explained) if wanted.reason_codes else {}
        regimes = {
            heads.regime: _regime_score(
                heads,
                log_odds[heads.column],
                probability,
                explained[heads.regime],
                codes.get(heads.regime, ()),
                shifts[heads.regime],
            )
            for heads in self._heads
        }
        stages, directions = _shares(self._stages, probability), _shares(self._directions, probability)
        return Assessment(
            assessment_id=self._id(article, wanted),
            model_version=self._model.version,
            knowledge_hash=self._knowledge.hash,
            abstained=False,
            abstain_reason=None,
            score=max([score.score for score in regimes.values()]),
            stage=_likeliest(stages) if flagged else None,
            direction=_likeliest(directions) if flagged else None,
            regimes=regimes,
            companies=self._companies.known(document, examined, flagged),
            stage_probabilities=stages,
            direction_probabilities=directions,
            language=document.language,
            warnings=document.warnings,
            verification=self._verification(document, examined, flagged, explained, probability, shifts)
            if wanted.verification
            else None,
            base_rate=wanted.base_rate,
            words=examined.words if examined.reasons is not None else 0,
            unknown_words=examined.words - examined.known_words if examined.reasons is not None else 0,
            imported=()
            if wanted.portfolio is None
            else self._companies.imported(document, examined.reading, flagged, wanted.portfolio),
            portfolio=None if wanted.portfolio is None else wanted.portfolio.sha256,
        )

    def _id(self, article: Article, wanted: Wanted) -> str:
        return assessment_id(article, self._model.identity, self._knowledge.hash, wanted.base_rate)

    def _explained(
        self, examined: Examined, log_odds: Sequence[float], shifts: Mapping[Regime, float]
    ) -> dict[Regime, Explained]:
        if examined.reasons is not None:
            return dict(zip(REGIMES, examined.reasons, strict=True))
        # No reasons are wanted: all that lies beyond the intercept is left out.
        return {
            heads.regime: Explained(
                (), log_odds[heads.column] - (heads.intercept + shifts[heads.regime]), (), _NO_SENTENCES
            )
            for heads in self._heads
        }

    def _codes(
        self,
        article: Article,
        document: Document,
        examined: Examined,
        flagged: Sequence[Regime],
        explained: Mapping[Regime, Explained],
    ) -> dict[Regime, tuple[ReasonCode, ...]]:
        if not flagged:
            return {}
        matches = examined.instruments()
        published_at = in_utc(article.published_at)
        return {
            regime: reason_codes(
                matches, document, regime, published_at, explained[regime].evidence, MAX_REASON_CODES
            )
            for regime in flagged
        }

    def _verification(
        self,
        document: Document,
        examined: Examined,
        flagged: Sequence[Regime],
        explained: Mapping[Regime, Explained],
        probability: Sequence[float],
        shifts: Mapping[Regime, float],
    ) -> dict[Regime, Verification]:
        by_sentence = {regime: explained[regime].by_sentence for regime in flagged}
        probabilities = {
            heads.regime: probability[heads.column] for heads in self._heads if heads.regime in by_sentence
        }
        bounds = examined.reading.bounds
        return verify(document, bounds, by_sentence, probabilities, shifts, self._examiner)


_NO_SENTENCES: Floats = np.empty(0)


def _regime_score(
    heads: _Heads,
    log_odds: float,
    probability: Sequence[float],
    explained: Explained,
    codes: tuple[ReasonCode, ...],
    shift: float,
) -> RegimeScore:
    at_least_1 = probability[heads.column]
    at_least_2 = at_least_1 * probability[heads.severity2]
    at_least_3 = at_least_2 * probability[heads.severity3]
    flagged = at_least_1 >= heads.threshold
    return RegimeScore(
        regime=heads.regime,
        score=100.0 * (at_least_1 + at_least_2 + at_least_3) / 3.0,
        probability=at_least_1,
        severity=_median_severity(at_least_1, at_least_2, at_least_3) if flagged else 0,
        severity_probabilities=(
            1.0 - at_least_1,
            at_least_1 - at_least_2,
            at_least_2 - at_least_3,
            at_least_3,
        ),
        flagged=flagged,
        threshold=heads.threshold,
        intercept=heads.intercept + shift,
        decision_value=log_odds,
        contributions=explained.contributions,
        evidence=explained.evidence,
        reason_codes=codes,
        contributions_omitted=explained.omitted,
    )


def _shares(columns: Sequence[tuple[Name, int]], probability: Sequence[float]) -> dict[Name, float]:
    odds = [probability[column] for _, column in columns]
    total = sum(odds) or 1.0
    return {name: value / total for (name, _), value in zip(columns, odds, strict=True)}


def _likeliest(shares: dict[Name, float]) -> Name:
    return max(shares, key=lambda name: shares[name])


def _median_severity(at_least_1: float, at_least_2: float, at_least_3: float) -> int:
    """The middle of the severity distribution given that there is any exposure."""
    return 1 + (at_least_2 >= at_least_1 / 2.0) + (at_least_3 >= at_least_1 / 2.0)
