"""An article in, an assessment out: composes the stages, once, in the order the house is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import orjson

from riskscore.companies import CompanyMatcher, relevance
from riskscore.errors import InputError
from riskscore.exposure import ExposureScorer
from riskscore.faithfulness import verify as verify_evidence
from riskscore.features import FeatureReader, Reading
from riskscore.instruments import InstrumentMatch, InstrumentMatcher, reason_codes
from riskscore.knowledge import Knowledge, load_knowledge
from riskscore.model import Model, load_model
from riskscore.rationale import explain, sentence_contributions
from riskscore.scorer import FeatureVector, Floats, Scorer
from riskscore.text import clean
from riskscore.types import (
    DIRECTIONS,
    REGIMES,
    STAGES,
    Article,
    Assessment,
    CompanyExposure,
    Document,
    Evidence,
    Mention,
    ReasonCode,
    Regime,
    RegimeScore,
    Verification,
)

MAX_REASON_CODES = 4

Name = TypeVar("Name", bound=str)  # a stage or a direction


@dataclass(frozen=True, slots=True)
class _Scored:
    """One article on its way through the stages."""

    article: Article
    document: Document
    reading: Reading
    vector: FeatureVector
    contributions: Floats  # shape (n_features_present, n_heads)
    log_odds: Floats  # shape (n_heads,)
    probability: Floats  # shape (n_heads,)
    matches: Sequence[InstrumentMatch]


class Assessor:
    """Scores articles with one model and one state of the knowledge; safe to share between threads.

    Parameters
    ----------
    knowledge : Knowledge
    model : Model
        Trained with this lexicon and these company names (`load` checks it).
    """

    def __init__(self, knowledge: Knowledge, model: Model) -> None:
        self.knowledge = knowledge
        self.model = model
        self._reader = FeatureReader(knowledge.concepts.values(), knowledge.companies.values())
        self._scorer = Scorer(model, self._reader)
        self._exposure = ExposureScorer(model, self._reader)
        self._instruments = InstrumentMatcher(knowledge.instruments.values())
        self._column = {head: column for column, head in enumerate(self._scorer.heads)}

    @classmethod
    def load(cls, model_dir: Path | None = None, version: str | None = None) -> Assessor:
        """Load the packaged knowledge and a model artifact (the latest shipped one by default).

        Raises
        ------
        KnowledgeError, ArtifactError
        """
        knowledge = load_knowledge()
        return cls(knowledge, load_model(model_dir, version, lexical_hash=knowledge.lexical_hash))

    @property
    def companies(self) -> CompanyMatcher:
        """The companies that can be found and looked up."""
        return self._reader.companies

    def assess(
        self,
        article: Article,
        *,
        max_contributions: int | None = 20,
        max_evidence: int = 5,
        verify: bool = False,
    ) -> Assessment:
        """Score one article with its reasons.

        Parameters
        ----------
        article : Article
        max_contributions : int or None
            Largest contributions kept per regime; None keeps every one.
        max_evidence : int
            Evidence sentences kept per regime.
        verify : bool
            Also test the evidence of flagged regimes by deleting it; scores the text some ten times more.

        Returns
        -------
        Assessment
            ``abstained`` with a reason, and no scores, for text that the model cannot judge.

        Raises
        ------
        InputError, TooLargeError
        """
        document = clean(article)
        if document.abstain_reason is not None:
            return self._finished(
                article,
                Assessment(
                    assessment_id="",
                    model_version=self.model.version,
                    knowledge_hash=self.knowledge.hash,
                    abstained=True,
                    abstain_reason=document.abstain_reason,
                    score=None,
                    stage=None,
                    direction=None,
                    regimes={},
                    companies=(),
                    language=document.language,
                    warnings=document.warnings,
                    verification={} if verify else None,
                ),
            )
        reading = self._reader.read(document.text)
        vector = self._scorer.vectorise(reading)
        log_odds = self._scorer.decide(vector)
        probability = _sigmoid(log_odds)
        contributions = self._scorer.contributions(vector)
        matches = self._instruments.find(document)
        scored = _Scored(article, document, reading, vector, contributions, log_odds, probability, matches)
        regimes = {
            regime: self._regime_score(regime, scored, max_contributions, max_evidence) for regime in REGIMES
        }
        flagged = [regime for regime in REGIMES if regimes[regime].flagged]
        stages = self._shares("stage", STAGES, probability)
        directions = self._shares("direction", DIRECTIONS, probability)
        return self._finished(
            article,
            Assessment(
                assessment_id="",
                model_version=self.model.version,
                knowledge_hash=self.knowledge.hash,
                abstained=False,
                abstain_reason=None,
                score=max(score.score for score in regimes.values()),
                stage=_likeliest(stages) if flagged else None,
                direction=_likeliest(directions) if flagged else None,
                regimes=regimes,
                companies=self._companies(document, reading, flagged),
                stage_probabilities=stages,
                direction_probabilities=directions,
                language=document.language,
                warnings=document.warnings,
                verification=self._verification(scored, flagged) if verify else None,
            ),
        )

    def assess_many(
        self, articles: Iterable[Article], *, rationale: bool = False
    ) -> list[Assessment | InputError]:
        """Score many articles; an article at fault has its error in its place and never stops the rest.

        Parameters
        ----------
        articles : iterable of Article
        rationale : bool
            Also give contributions, evidence and reason codes, as `assess` does; without them it takes
            a fraction of the time.
        """
        found: list[Assessment | InputError] = []
        for article in articles:
            try:
                if rationale:
                    found.append(self.assess(article))
                else:
                    found.append(self.assess(article, max_contributions=0, max_evidence=0))
            except InputError as error:
                found.append(error)
        return found

    def _regime_score(
        self, regime: Regime, scored: _Scored, max_contributions: int | None, max_evidence: int
    ) -> RegimeScore:
        column = self._column[f"regime:{regime}"]
        probability = scored.probability
        at_least_1 = float(probability[column])
        at_least_2 = at_least_1 * float(probability[self._column[f"severity2:{regime}"]])
        at_least_3 = at_least_2 * float(probability[self._column[f"severity3:{regime}"]])
        threshold = self.model.thresholds[regime]
        flagged = at_least_1 >= threshold
        explained = explain(
            scored.document,
            scored.reading,
            scored.vector,
            scored.contributions[:, column],
            self._scorer.feature_names,
            self._reader,
            max_contributions=max_contributions,
            max_evidence=max_evidence,
        )
        return RegimeScore(
            regime=regime,
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
            threshold=threshold,
            intercept=float(self._scorer.intercept[column]),
            decision_value=float(scored.log_odds[column]),
            contributions=explained.contributions,
            evidence=explained.evidence,
            reason_codes=self._reason_codes(regime, scored, explained.evidence) if flagged else (),
            contributions_omitted=explained.omitted,
        )

    def _verification(self, scored: _Scored, flagged: list[Regime]) -> dict[Regime, Verification]:
        columns = {regime: self._column[f"regime:{regime}"] for regime in flagged}
        bounds = scored.reading.bounds
        by_sentence = {
            regime: sentence_contributions(scored.vector, scored.contributions[:, column], len(bounds))
            for regime, column in columns.items()
        }
        probabilities = {regime: float(scored.probability[column]) for regime, column in columns.items()}
        return verify_evidence(scored.document, bounds, by_sentence, probabilities, self._scorer)

    def _reason_codes(
        self, regime: Regime, scored: _Scored, evidence: Sequence[Evidence]
    ) -> tuple[ReasonCode, ...]:
        published_at = scored.article.published_at
        return reason_codes(scored.matches, scored.document, regime, published_at, evidence, MAX_REASON_CODES)

    def _shares(self, kind: str, classes: Iterable[Name], probability: Floats) -> dict[Name, float]:
        odds = {name: float(probability[self._column[f"{kind}:{name}"]]) for name in classes}
        total = sum(odds.values()) or 1.0
        return {name: value / total for name, value in odds.items()}

    def _companies(
        self, document: Document, reading: Reading, flagged: list[Regime]
    ) -> tuple[CompanyExposure, ...]:
        by_company: dict[str, list[Mention]] = {}
        for mention in reading.mentions:
            by_company.setdefault(mention.company_id, []).append(mention)
        if not by_company:
            return ()
        weight = relevance(reading.mentions, len(reading.text), reading.text.find("\n"))
        found = []
        for company_id, mentions in by_company.items():
            spans = [(mention.start, mention.end) for mention in mentions]
            probability = self._exposure.probability(reading, spans, flagged, len(by_company))
            located = (document.locate(start, end) for start, end in spans)
            found.append(
                CompanyExposure(
                    company_id=company_id,
                    name=self.knowledge.companies[company_id].name,
                    mentions=len(mentions),
                    relevance=weight[company_id],
                    exposed=probability >= self._exposure.threshold,
                    exposure_probability=probability,
                    spans=tuple(span for span in located if span is not None),
                )
            )
        return tuple(sorted(found, key=lambda company: (-company.exposure_probability, -company.relevance)))

    def _finished(self, article: Article, assessment: Assessment) -> Assessment:
        """Give the assessment its id: same article, model and knowledge, same id."""
        identity = orjson.dumps(
            [
                assessment.model_version,
                assessment.knowledge_hash,
                *(
                    None if part is None else part.encode("utf-8", "surrogatepass").hex()
                    for part in (article.title, article.text, article.html, article.language)
                ),
                article.published_at,
            ]
        )
        digest = hashlib.sha256(identity).hexdigest()
        return replace(assessment, assessment_id=f"as_{digest[:32]}")


def _likeliest(shares: dict[Name, float]) -> Name:
    return max(shares, key=lambda name: shares[name])


def _sigmoid(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -500.0, 500.0))))


def _median_severity(at_least_1: float, at_least_2: float, at_least_3: float) -> int:
    """The middle of the severity distribution given that there is any exposure."""
    return 1 + (at_least_2 >= at_least_1 / 2.0) + (at_least_3 >= at_least_1 / 2.0)
