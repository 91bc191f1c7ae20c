"""A dossier in, the objects of `risk_schemas` out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from riskscore.api.record_answers import moment
from riskscore.dossier.answer import Dossier, Exhibit, Subject
from riskscore.risk import CompanyRisk, Coverage, ScopeRisk
from riskscore.types import REGIMES, SEVERITY_NAMES, Regime
from riskscore.wire.risk_schemas import (
    CompanyNamed,
    CompanyRiskAnswer,
    ComparedCompany,
    CoverageAnswer,
    MeasureAnswer,
    RegimeEvidence,
    ScopeRiskAnswer,
    StoryEvidence,
)

NOT_CLEARANCE = "No news is not clearance: a low score means that the news stored here says little."
_MOST_SOURCES, _MOST_GAPS, _MOST_NAMED = 20, 10, 5
_DAY_S = 86_400.0
_OLD = timedelta(days=180)  # of the newest news: two half-lives by default


def dossier_answer(dossier: Dossier) -> CompanyRiskAnswer:
    """The answer to a question about a company."""
    question = dossier.question
    regimes = (question.regime,) if question.regime else REGIMES
    answer: CompanyRiskAnswer = {
        "company": _named(dossier.subject.company_id, dossier),
        "as_of": moment(question.at),
        "basis": question.basis,
        "half_life_days": question.half_life_days,
        "since": None if question.since is None else moment(question.since),
        "risk": _headline(dossier.risk, question.regime),
        "regimes": {regime: scope_answer(dossier.risk.regimes[regime]) for regime in regimes},
        "today": None,
        "evidence": [_exhibit(exhibit, dossier, regimes) for exhibit in dossier.exhibits],
        "instruments": [
            {
                "instrument_id": instrument.instrument_id,
                "regime": instrument.regime,
                "name": instrument.name,
                "citation": instrument.citation if instrument.citation_verified else None,
                "status": instrument.status,
                "verified": instrument.verified,
                "stories": stories,
            }
            for instrument, stories in dossier.instruments
        ],
        "lists": [
            {
                "list_code": entry.list_code,
                "entry_id": entry.entry_id,
                "name": entry.name,
                "listed_on": entry.listed_on,
                "source": entry.source,
                "retrieved_at": moment(entry.retrieved_at),
                "company_id": entry.company_id,
            }
            for entry in dossier.memberships
        ],
        "subsidiaries": [_path(path, dossier) for path in dossier.subsidiaries.values()],
        "coverage": _coverage(dossier.coverage, question.at),
        "models": list(dossier.models),
        "not_known_then": dossier.unknown_then,
        "warnings": _warnings(dossier),
    }
    if dossier.today is not None:
        answer["today"] = {
            "risk": _headline(dossier.today, question.regime),
            "regimes": {regime: scope_answer(dossier.today.regimes[regime]) for regime in regimes},
        }
    return answer


def _headline(risk: CompanyRisk, regime: Regime | None) -> ScopeRiskAnswer:
    return scope_answer(risk.overall if regime is None else risk.regimes[regime])


def scope_answer(scope: ScopeRisk) -> ScopeRiskAnswer:
    """Risk in one regime, or over all."""
    measure: MeasureAnswer | None = None
    if scope.latest_measure is not None:
        measure = {
            "stage": scope.latest_measure.stage,
            "published_at": moment(scope.latest_measure.observed_at),
            "story_id": scope.latest_measure.story_id,
        }
    return {
        "score": scope.score,
        "severity": scope.severity,
        "severity_name": SEVERITY_NAMES[scope.severity],
        "trend": scope.trend,
        "change_30_days": scope.changes[30],
        "change_90_days": scope.changes[90],
        "independent_stories": scope.stories,
        "latest_measure": measure,
    }


def _named(company_id: str, dossier: Dossier) -> CompanyNamed:
    return {"company_id": company_id, "name": dossier.names.get(company_id, company_id)}


def _path(path: Iterable[str], dossier: Dossier) -> list[CompanyNamed]:
    return [_named(company_id, dossier) for company_id in path]


def _exhibit(exhibit: Exhibit, dossier: Dossier, regimes: Iterable[Regime]) -> StoryEvidence:
    sighting = exhibit.story.sighting
    content = exhibit.assessment.content
    by_regime: dict[Regime, RegimeEvidence] = {}
    for regime in regimes:
        index = REGIMES.index(regime)
        if sighting.severities[index]:
            by_regime[regime] = {
                "score": sighting.scores[index],
                "severity": sighting.severities[index],
                "weight": exhibit.story.weights[index],
                "sentences": content["regimes"][regime]["evidence"],
            }
    return {
        "story_id": sighting.story_id,
        "article_id": sighting.article_id,
        "assessment_id": exhibit.assessment.assessment_id,
        "model_version": exhibit.assessment.model_version,
        "knowledge_hash": exhibit.assessment.knowledge_hash,
        "title": exhibit.article.title,
        "source": exhibit.article.source,
        "url": exhibit.article.url,
        "published_at": moment(sighting.observed_at),
        "copies": exhibit.copies,
        "sources": exhibit.sources,
        "stage": sighting.stage,
        "direction": sighting.direction,
        "relevance": sighting.relevance,
        "exposure_probability": sighting.exposure_probability,
        "weight": exhibit.story.weight,
        "path": _path(exhibit.path, dossier),
        "regimes": by_regime,
    }


def _coverage(coverage: Coverage, at: datetime) -> CoverageAnswer:
    by_count = sorted(coverage.sources.items(), key=lambda pair: (-pair[1], pair[0]))
    newest = coverage.newest
    return {
        "articles": coverage.articles,
        "stories": coverage.stories,
        "sources": [{"source": source, "articles": count} for source, count in by_count[:_MOST_SOURCES]],
        "oldest": None if coverage.oldest is None else moment(coverage.oldest),
        "newest": None if newest is None else moment(newest),
        "days_since_newest": None if newest is None else (at - newest).total_seconds() / _DAY_S,
        "gaps": [
            {"start": moment(start), "end": moment(end), "days": (end - start).total_seconds() / _DAY_S}
            for start, end in coverage.gaps[:_MOST_GAPS]
        ],
        "note": NOT_CLEARANCE,
    }


def _warnings(dossier: Dossier) -> list[str]:
    warnings = []
    if not dossier.coverage.articles:
        warnings.append("no stored article names this company")
    newest = dossier.coverage.newest
    if newest is not None and dossier.question.at - newest > _OLD:
        days = (dossier.question.at - newest).days
        warnings.append(
            f"the newest article that names this company is {days:,} days old: the score has faded for want "
            "of news, and says nothing of the present"
        )
    if dossier.question.as_of and dossier.question.basis == "known" and dossier.unknown_then:
        warnings.append(
            f"{dossier.unknown_then} article(s) published by then were stored only later and do not count; "
            "basis=published counts them"
        )
    if dossier.behind:
        named = ", ".join(dossier.names.get(one, one) for one in dossier.behind[:_MOST_NAMED])
        more = len(dossier.behind) - _MOST_NAMED
        warnings.append(
            f"news stored before {named}{f' and {more} more' if more > 0 else ''} came into the list of "
            "companies was not searched for it; riskscore db rescore --mentions-only does that"
        )
    if len(dossier.models) > 1:
        warnings.append("the evidence was scored by more than one model version")
    return warnings


def compared(rank: int, subject: Subject, risk: CompanyRisk, regime: Regime | None) -> ComparedCompany:
    """A company's line in a ranking."""
    scope = risk.overall if regime is None else risk.regimes[regime]
    scores: dict[str, Any] = {name: risk.regimes[name].score for name in REGIMES}
    return {
        "rank": rank,
        "company_id": subject.company_id,
        "name": subject.name,
        "country": subject.country,
        "score": scope.score,
        "severity": scope.severity,
        "severity_name": SEVERITY_NAMES[scope.severity],
        "trend": scope.trend,
        "change_30_days": scope.changes[30],
        "independent_stories": scope.stories,
        "chips": scores["chips"],
        "cloud_data": scores["cloud_data"],
        "outbound_investment": scores["outbound_investment"],
    }
