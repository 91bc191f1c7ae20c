"""An article in, an assessment out: composes the stages, once, in the order the house is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import numpy as np
import orjson

from riskscore.artifact.capacity import curves, prior_shift
from riskscore.artifact.model import Model, load_model
from riskscore.companies.mentions import CompanyMatcher, relevance
from riskscore.errors import InputError
from riskscore.exposure import ExposureScorer
from riskscore.faithfulness import verify as verify_evidence
from riskscore.features import FeatureReader, Reading
from riskscore.instruments import InstrumentMatcher, reason_codes
from riskscore.knowledge import Knowledge, load_knowledge
from riskscore.languages import CHINESE, ENGLISH, LANGUAGES, Language
from riskscore.observability.tracing import span
from riskscore.portfolio.matcher import Portfolio
from riskscore.rationale import Explained, Explainer, sentence_contributions
from riskscore.scorer import Floats, Scored, Scorer, TextScorer, sigmoid
from riskscore.text import clean
from riskscore.types import (
    DIRECTIONS,
    REGIMES,
    STAGES,
    Article,
    Assessment,
    CompanyExposure,
    Document,
    Mention,
    ReasonCode,
    Regime,
    RegimeScore,
    Verification,
)

MAX_REASON_CODES = 4

Name = TypeVar("Name", bound=str)  # a stage or a direction


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How much an assessment is to hold besides its scores."""

    max_contributions: int | None
    max_evidence: int
    reason_codes: bool
    verification: bool
    base_rate: float | None = None
    portfolio: Portfolio | None = None

    @property
    def vectors(self) -> bool:
        """Whether anything needs more than the decision values."""
        return self.max_contributions != 0 or self.max_evidence > 0 or self.verification


_SCORES_ALONE = _Wanted(0, 0, reason_codes=False, verification=False)


class Assessor:
    """Scores articles with one model and one state of the knowledge; safe to share between threads.

    Parameters
    ----------
    knowledge : Knowledge
    model : Model
        Trained with this lexicon and these company names (`load` checks it).
    compiled : bool
        Score with machine code (extra `fast`): the same numbers, some ten times faster, and half a
        second later.
    language : Language
        Of the model's heads. The further head sets of the model are loaded beside it, where their
        manifest says that they are good enough to be published.
    """

    def __init__(
        self, knowledge: Knowledge, model: Model, *, compiled: bool = False, language: Language = ENGLISH
    ) -> None:
        self.knowledge = knowledge
        self.model = model
        concepts = knowledge.chinese_concepts if language is CHINESE else knowledge.concepts
        self._reader = FeatureReader(concepts.values(), knowledge.companies.values(), language)
        self._others = {
            code: Assessor(knowledge, other, language=LANGUAGES[code])
            for code, other in model.others.items()
            if other.manifest["published"]
        }
        self.languages = (language.code, *self._others)
        scorer = Scorer(model, self._reader)
        self._scorer: TextScorer = scorer
        if compiled:
            from riskscore.compiled.scorer import CompiledScorer  # numba takes 0.4 s to import

            self._scorer = CompiledScorer(scorer)
        self._exposure = ExposureScorer(model, self._reader)
        self._instruments = InstrumentMatcher(knowledge.instruments.values())
        self._explainer = Explainer(self._scorer.feature_names, self._reader)
        self._column = {head: column for column, head in enumerate(self._scorer.heads)}
        # None where the model was published before they were recorded.
        self._curves = curves(model.manifest) if model.manifest.get("operating_points") else None
        self._regime_columns = [(regime, self._column[f"regime:{regime}"]) for regime in REGIMES]
        # Of the features, which stand for a single word.
        self._is_word = np.array(
            [name.startswith("word:") and " " not in name for name in self._scorer.feature_names]
        )

    @classmethod
    def load(
        cls,
        model_dir: Path | None = None,
        version: str | None = None,
        *,
        compiled: bool = False,
        knowledge: Knowledge | None = None,
    ) -> Assessor:
        """Load the packaged knowledge and a model artifact (the latest shipped one by default).

        Parameters
        ----------
        compiled : bool
            Score with machine code where numba is installed: worth its start for more than some hundred
            articles.
        knowledge : Knowledge, optional
            Loaded already; several models then share one.

        Raises
        ------
        KnowledgeError, ArtifactError
        """
        knowledge = knowledge or load_knowledge()
        model = load_model(
            model_dir,
            version,
            lexical_hash=knowledge.lexical_hash,
            other_lexical_hashes={CHINESE.code: knowledge.chinese_lexical_hash},
        )
        return cls(knowledge, model, compiled=compiled and find_spec("numba") is not None)

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
        base_rate: float | None = None,
        portfolio: Portfolio | None = None,
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
        base_rate : float, optional
            Share of positives, 0-1 exclusive, in the stream that the article comes from: probabilities are
            shifted to it (`capacity.prior_shift`) before anything is made of them. By default they are
            those of the training corpus, in which positives are far commoner than in a general feed.
        portfolio : Portfolio, optional
            Companies of the user's own, which are looked for too (`Assessment.imported`). They change nothing
            else: to the model their names are words like any other.

        Returns
        -------
        Assessment
            ``abstained`` with a reason, and no scores, for text that the model cannot judge.

        Raises
        ------
        InputError, TooLargeError
        """
        self._prior_shifts(base_rate)  # one that cannot be applied is refused before any work
        wanted = _Wanted(max_contributions, max_evidence, True, verify, base_rate, portfolio)
        with span("clean"):
            document = clean(article, languages=self.languages)
        return self._assessed([article], [document], wanted)[0]

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
        found: list[Assessment | InputError | None] = []
        sound: list[Article] = []
        documents: list[Document] = []
        for article in articles:
            try:
                documents.append(clean(article, languages=self.languages))
            except InputError as error:
                found.append(error)
            else:
                sound.append(article)
                found.append(None)
        wanted = _Wanted(20, 5, reason_codes=True, verification=False) if rationale else _SCORES_ALONE
        assessed = iter(self._assessed(sound, documents, wanted))
        return [next(assessed) if error is None else error for error in found]

    def search(
        self, article: Article, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        """The companies of the user's own that an article names, without scoring it again.

        Parameters
        ----------
        flagged : sequence of Regime
            What the article was flagged for, by this model.

        Returns
        -------
        tuple of CompanyExposure
            What `assess` gives as `imported`; nothing for a text that the model cannot judge.

        Raises
        ------
        InputError, TooLargeError
        """
        document = clean(article, languages=self.languages)
        if document.abstain_reason is not None:
            return ()
        other = self._others.get(document.language or "")
        return (other or self)._searched(document, flagged, portfolio)

    def _searched(
        self, document: Document, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        bounds = [(sentence.start, sentence.end) for sentence in document.sentences]
        reading = self._reader.read(document.text, bounds=bounds)
        return self._imported(document, reading, flagged, portfolio)

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Decision values of clean texts for all heads of the model, shape (n_texts, n_heads)."""
        return np.array([scored.log_odds for scored in self._scorer.score(texts)]).reshape(len(texts), -1)

    def _assessed(
        self, articles: Sequence[Article], documents: Sequence[Document], wanted: _Wanted
    ) -> list[Assessment]:
        elsewhere = {
            at: self._others[document.language]._assessed([article], [document], wanted)[0]
            for at, (article, document) in enumerate(zip(articles, documents, strict=True))
            if document.abstain_reason is None and document.language in self._others
        }
        judged = [
            document
            for at, document in enumerate(documents)
            if document.abstain_reason is None and at not in elsewhere
        ]
        with span("score", **{"riskscore.articles": len(judged)}):
            scored = iter(
                self._scorer.score(
                    [document.text for document in judged],
                    [
                        [(sentence.start, sentence.end) for sentence in document.sentences]
                        for document in judged
                    ],
                    vectors=wanted.vectors,
                )
            )
        with span("rationale"):
            return [
                elsewhere[at]
                if at in elsewhere
                else self._assessment(article, document, next(scored), wanted)
                if document.abstain_reason is None
                else self._abstained(article, document, wanted)
                for at, (article, document) in enumerate(zip(articles, documents, strict=True))
            ]

    def _abstained(self, article: Article, document: Document, wanted: _Wanted) -> Assessment:
        return Assessment(
            assessment_id=self._id(article, wanted.base_rate),
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
            verification={} if wanted.verification else None,
            base_rate=wanted.base_rate,
            portfolio=None if wanted.portfolio is None else wanted.portfolio.sha256,
        )

    def _assessment(
        self, article: Article, document: Document, scored: Scored, wanted: _Wanted
    ) -> Assessment:
        shifts = self._prior_shifts(wanted.base_rate)
        scored = self._shifted(scored, shifts)
        log_odds = scored.log_odds.tolist()
        probability = sigmoid(scored.log_odds).tolist()
        flagged: list[Regime] = [
            regime
            for regime, column in self._regime_columns
            if probability[column] >= self.model.thresholds[regime]
        ]
        explained = self._explained(document, scored, wanted, shifts)
        codes: dict[Regime, tuple[ReasonCode, ...]] = {}
        if flagged and wanted.reason_codes:
            matches = self._instruments.find(document)
            codes = {
                regime: reason_codes(
                    matches,
                    document,
                    regime,
                    _in_utc(article.published_at),
                    explained[regime].evidence,
                    MAX_REASON_CODES,
                )
                for regime in flagged
            }
        regimes = {
            regime: self._regime_score(
                regime,
                log_odds[column],
                probability,
                explained[regime],
                codes.get(regime, ()),
                shifts[regime],
            )
            for regime, column in self._regime_columns
        }
        stages = self._shares("stage", STAGES, probability)
        directions = self._shares("direction", DIRECTIONS, probability)
        return Assessment(
            assessment_id=self._id(article, wanted.base_rate),
            model_version=self.model.version,
            knowledge_hash=self.knowledge.hash,
            abstained=False,
            abstain_reason=None,
            score=max(score.score for score in regimes.values()),
            stage=_likeliest(stages) if flagged else None,
            direction=_likeliest(directions) if flagged else None,
            regimes=regimes,
            companies=self._companies(document, scored.reading, flagged),
            stage_probabilities=stages,
            direction_probabilities=directions,
            language=document.language,
            warnings=document.warnings,
            verification=self._verification(document, scored, flagged, shifts)
            if wanted.verification
            else None,
            base_rate=wanted.base_rate,
            words=scored.words if scored.vector is not None else 0,
            unknown_words=self._unknown_words(scored),
            imported=()
            if wanted.portfolio is None
            else self._imported(document, scored.reading, flagged, wanted.portfolio),
            portfolio=None if wanted.portfolio is None else wanted.portfolio.sha256,
        )

    def _unknown_words(self, scored: Scored) -> int:
        if scored.vector is None:
            return 0
        return scored.words - int(scored.vector.counts @ self._is_word[scored.vector.features])

    def _prior_shifts(self, base_rate: float | None) -> dict[Regime, float]:
        if base_rate is None:
            return dict.fromkeys(REGIMES, 0.0)
        if self._curves is None:
            raise InputError(
                "cannot be applied: a shift needs the model's operating points, and "
                f"this model has none ({self.model.version})",
                "base_rate",
            )
        return {regime: prior_shift(self._curves[regime].training_rate, base_rate) for regime in REGIMES}

    def _shifted(self, scored: Scored, shifts: Mapping[Regime, float]) -> Scored:
        if not any(shifts.values()):
            return scored
        log_odds = scored.log_odds.copy()
        for regime, column in self._regime_columns:
            log_odds[column] += shifts[regime]
        return replace(scored, log_odds=log_odds)

    def _explained(
        self, document: Document, scored: Scored, wanted: _Wanted, shifts: Mapping[Regime, float]
    ) -> dict[Regime, Explained]:
        if scored.vector is None:  # no reasons are wanted: all that lies beyond the intercept is left out
            return {
                regime: Explained((), float(scored.log_odds[column]) - self._base(column, shifts[regime]), ())
                for regime, column in self._regime_columns
            }
        columns = [column for _, column in self._regime_columns]
        explained = self._explainer.explain(
            document,
            scored.reading.bounds,
            scored.vector,
            self._scorer.contributions(scored.vector, columns),
            max_contributions=wanted.max_contributions,
            max_evidence=wanted.max_evidence,
        )
        return dict(zip(REGIMES, explained, strict=True))

    def _base(self, column: int, shift: float) -> float:
        """Decision value of a text without any feature."""
        return float(self._scorer.intercept[column]) + shift

    def _regime_score(
        self,
        regime: Regime,
        log_odds: float,
        probability: Sequence[float],
        explained: Explained,
        codes: tuple[ReasonCode, ...],
        shift: float,
    ) -> RegimeScore:
        column = self._column[f"regime:{regime}"]
        at_least_1 = probability[column]
        at_least_2 = at_least_1 * probability[self._column[f"severity2:{regime}"]]
        at_least_3 = at_least_2 * probability[self._column[f"severity3:{regime}"]]
        threshold = self.model.thresholds[regime]
        flagged = at_least_1 >= threshold
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
            intercept=self._base(column, shift),
            decision_value=log_odds,
            contributions=explained.contributions,
            evidence=explained.evidence,
            reason_codes=codes,
            contributions_omitted=explained.omitted,
        )

    def _verification(
        self, document: Document, scored: Scored, flagged: Sequence[Regime], shifts: Mapping[Regime, float]
    ) -> dict[Regime, Verification]:
        if scored.vector is None:
            raise ValueError("a verification needs the features of the text")
        bounds = scored.reading.bounds
        columns = [self._column[f"regime:{regime}"] for regime in flagged]
        contributions = self._scorer.contributions(scored.vector, columns)
        by_sentence = {
            regime: sentence_contributions(scored.vector, contributions[:, at], len(bounds))
            for at, regime in enumerate(flagged)
        }
        probabilities = dict(zip(flagged, sigmoid(scored.log_odds)[columns].tolist(), strict=True))
        return verify_evidence(document, bounds, by_sentence, probabilities, shifts, self._scorer)

    def _shares(self, kind: str, classes: Iterable[Name], probability: Sequence[float]) -> dict[Name, float]:
        odds = {name: probability[self._column[f"{kind}:{name}"]] for name in classes}
        total = sum(odds.values()) or 1.0
        return {name: value / total for name, value in odds.items()}

    def _companies(
        self, document: Document, reading: Reading, flagged: list[Regime]
    ) -> tuple[CompanyExposure, ...]:
        names = {
            mention.company_id: self.knowledge.companies[mention.company_id].name
            for mention in reading.mentions
        }
        return self._exposures(document, reading, flagged, names)

    def _imported(
        self, document: Document, reading: Reading, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        """Exposure of the user's own companies, judged as the model was trained: with every name masked."""
        ours = portfolio.find(reading.text, reading.mentions)
        if not ours:
            return ()
        # A name of ours may stand around one of the knowledge files': "Apple Hospitality REIT".
        known = [
            mention
            for mention in reading.mentions
            if not any(one.start <= mention.start and mention.end <= one.end for one in ours)
        ]
        mentions = sorted([*known, *ours], key=lambda mention: mention.start)
        masked = self._reader.read(reading.text, mentions=mentions, bounds=reading.bounds)
        names = {
            mention.company_id: self.knowledge.companies[mention.company_id].name
            if mention.company_id in self.knowledge.companies
            else portfolio.name_of(mention.company_id)
            for mention in ours
        }
        return self._exposures(document, masked, flagged, names)

    def _exposures(
        self, document: Document, reading: Reading, flagged: Sequence[Regime], names: Mapping[str, str]
    ) -> tuple[CompanyExposure, ...]:
        """Of the companies with these names, by id, among all that the reading mentions."""
        by_company: dict[str, list[Mention]] = {}
        for mention in reading.mentions:
            by_company.setdefault(mention.company_id, []).append(mention)
        if not names:
            return ()
        weight = relevance(reading.mentions, len(reading.text), reading.text.find("\n"))
        found = []
        for company_id, mentions in by_company.items():
            if company_id not in names:
                continue
            spans = [(mention.start, mention.end) for mention in mentions]
            probability = self._exposure.probability(reading, spans, flagged, len(by_company))
            located = (document.locate(start, end) for start, end in spans)
            found.append(
                CompanyExposure(
                    company_id=company_id,
                    name=names[company_id],
                    mentions=len(mentions),
                    relevance=weight[company_id],
                    exposed=probability >= self._exposure.threshold,
                    exposure_probability=probability,
                    spans=tuple(span for span in located if span is not None),
                )
            )
        return tuple(sorted(found, key=lambda company: (-company.exposure_probability, -company.relevance)))

    def _id(self, article: Article, base_rate: float | None) -> str:
        """Same article, model, knowledge and base rate, same id."""
        identity = orjson.dumps(
            [
                self.model.identity,
                self.knowledge.hash,
                *(
                    None if part is None else part.encode("utf-8", "surrogatepass").hex()
                    for part in (article.title, article.text, article.html, article.language)
                ),
                _in_utc(article.published_at),
                *(() if base_rate is None else (base_rate,)),
            ]
        )
        return f"as_{hashlib.sha256(identity).hexdigest()[:32]}"


def _likeliest(shares: dict[Name, float]) -> Name:
    return max(shares, key=lambda name: shares[name])


def _in_utc(moment: datetime | None) -> datetime | None:
    """The same instant, and the same day, whatever zone it was given in."""
    if moment is None or moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of the first year's beginning or the last one's end
        return moment


def _median_severity(at_least_1: float, at_least_2: float, at_least_3: float) -> int:
    """The middle of the severity distribution given that there is any exposure."""
    return 1 + (at_least_2 >= at_least_1 / 2.0) + (at_least_3 >= at_least_1 / 2.0)
