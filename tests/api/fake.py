"""A stand-in for the assessor: finds words instead of running a model, but keeps the contract."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from types import SimpleNamespace

from riskscore.companies.search import CompanyIndex
from riskscore.knowledge import load_knowledge
from riskscore.portfolio.matcher import Portfolio
from riskscore.types import (
    REGIMES,
    Article,
    Assessment,
    CompanyExposure,
    Contribution,
    Evidence,
    Field,
    ReasonCode,
    Regime,
    RegimeScore,
    SourceSpan,
    Verification,
)

_WORDS: dict[Regime, str] = {"chips": "chip", "cloud_data": "data", "outbound_investment": "invest"}


class FakeAssessor:
    """Scores a regime by how often its word occurs; abstains below 40 characters."""

    languages = ("en",)

    def __init__(self) -> None:
        self.knowledge = load_knowledge()
        self.companies = CompanyIndex(self.knowledge.companies.values())
        self.model = SimpleNamespace(
            version="0.0-fake",
            manifest={
                "metrics": {"chips": {"average_precision": 0.5}},
                "thresholds": dict.fromkeys(REGIMES, 0.5),
                "operating_points": {
                    regime: {
                        "training_rate": 0.2,
                        "points": [[0.1, 0.99, 0.1], [0.5, 0.9, 0.01], [0.9, 0.5, 0.001]],
                    }
                    for regime in REGIMES
                },
                "seed": 7,
            },
            card="# Model card\nA fake.",
        )

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
        """See `riskscore.assess.Assessor.assess`."""
        fields: list[tuple[Field, str]] = [("title", article.title)]
        fields.append(("html", article.html) if article.html is not None else ("text", article.text or ""))
        abstained = sum(len(text) for _, text in fields) < 40
        regimes = {regime: self._score(regime, fields, max_contributions, max_evidence) for regime in REGIMES}
        return Assessment(
            assessment_id="as_" + hashlib.sha256(repr(article).encode()).hexdigest()[:32],
            model_version=self.model.version,
            knowledge_hash=self.knowledge.hash,
            abstained=abstained,
            abstain_reason="too short" if abstained else None,
            score=None if abstained else max(score.score for score in regimes.values()),
            stage=None if abstained else "enforced",
            direction=None if abstained else "tightening",
            regimes={} if abstained else regimes,
            companies=() if abstained else self._companies(fields),
            language=article.language or "en",
            verification=self._verification(regimes) if verify else None,
            base_rate=base_rate,
            imported=() if abstained or portfolio is None else self.search(article, [], portfolio),
            portfolio=None if portfolio is None else portfolio.sha256,
        )

    def search(
        self, article: Article, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        """See `riskscore.assess.Assessor.search`."""
        text = f"{article.title}\n{article.text or article.html or ''}"
        spans: dict[str, list[SourceSpan]] = {}
        known = {company.company_id for company in self.knowledge.companies.values() if company.name in text}
        for mention in portfolio.find(text):
            if mention.company_id in known:
                continue
            shift = len(article.title) + 1 if mention.start > len(article.title) else 0
            field: Field = "title" if not shift else "html" if article.html is not None else "text"
            place = SourceSpan(field, mention.start - shift, mention.end - shift)
            spans.setdefault(mention.company_id, []).append(place)
        return tuple(
            CompanyExposure(one, portfolio.name_of(one), len(found), 0.5, True, 0.8, tuple(found))
            for one, found in spans.items()
        )

    def _verification(self, regimes: dict[Regime, RegimeScore]) -> dict[Regime, Verification]:
        return {
            regime: Verification(0.4, 0.0, 0.1, len(score.evidence), (score.evidence[0].span,))
            for regime, score in regimes.items()
            if score.flagged
        }

    def _score(
        self,
        regime: Regime,
        fields: list[tuple[Field, str]],
        max_contributions: int | None,
        max_evidence: int,
    ) -> RegimeScore:
        word = _WORDS[regime]
        spans = [
            SourceSpan(field, found.start(), found.end())
            for field, text in fields
            for found in re.finditer(word, text, re.IGNORECASE)
        ]
        sentences = [
            Evidence(found.group(), SourceSpan(field, found.start(), found.end()), 0.7)
            for field, text in fields
            for found in re.finditer(r"[^.\n]+", text)
            if word in found.group().lower()
        ]
        contributions = [
            Contribution(f"word:{word}", f"the word “{word}”", 0.7 * len(spans), tuple(spans)),
            Contribution("word:bakery", "the word “bakery”", -0.25, ()),
        ]
        kept = contributions if max_contributions is None else contributions[:max_contributions]
        probability = min(0.05 + 0.3 * len(spans), 0.95)
        rule = next(rule for rule in self.knowledge.instruments.values() if rule.regime == regime)
        code = ReasonCode(
            instrument_id=rule.instrument_id,
            name=rule.name,
            citation=rule.citation if rule.citation_verified else None,
            status=rule.status,
            as_of=max(rule.dates.values(), default=None),
            verified=rule.verified,
            terms=(word,),
            spans=tuple(spans),
        )
        return RegimeScore(
            regime=regime,
            score=probability * 100 / 3,
            probability=probability,
            severity=1 if probability >= 0.5 else 0,
            severity_probabilities=(1 - probability, probability, 0.0, 0.0),
            flagged=probability >= 0.5,
            threshold=0.5,
            intercept=-2.0,
            decision_value=-2.0 + sum(contribution.value for contribution in contributions),
            contributions=tuple(kept),
            evidence=tuple(sentences[:max_evidence]),
            reason_codes=(code,) if probability >= 0.5 else (),
            contributions_omitted=sum(
                contribution.value for contribution in contributions if contribution not in kept
            ),
        )

    def _companies(self, fields: list[tuple[Field, str]]) -> tuple[CompanyExposure, ...]:
        found = []
        for company in self.knowledge.companies.values():
            if not any(company.name in text for _, text in fields):
                continue
            spans = tuple(
                SourceSpan(field, match.start(), match.end())
                for field, text in fields
                for match in re.finditer(rf"\b{re.escape(company.name)}\b", text)
            )
            if spans:
                found.append(
                    CompanyExposure(company.company_id, company.name, len(spans), 0.5, True, 0.8, spans)
                )
        return tuple(found)
