"""Answers of the API in, the same for assistants out: shorter, and with every quotation marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from riskscore.knowledge import Knowledge
from riskscore.mcp.quoting import (
    MOST_NAME_CHARS,
    MOST_SENTENCE_CHARS,
    MOST_TITLE_CHARS,
    MOST_URL_CHARS,
    quoted,
    quoted_or_none,
)
from riskscore.mcp.schemas import (
    CompanyNamedHere,
    CompanyRead,
    CoverageSeen,
    InstrumentSeen,
    ListEntry,
    RegimeRead,
    RegimeSeen,
    RiskNow,
    StorySeen,
)
from riskscore.mcp.sources import named
from riskscore.types import Regime
from riskscore.wire.risk_schemas import (
    CompanyNamed,
    CompanyRiskAnswer,
    CoverageAnswer,
    InstrumentCited,
    MembershipAnswer,
    RegimeEvidence,
    StoryEvidence,
    TodayAnswer,
)
from riskscore.wire.schemas import CompanyAnswer, ExposureAnswer, RegimeAnswer

_MOST_ALIASES = 20
_MOST_SENTENCES = 3


def regime_read(regime: Regime, answer: RegimeAnswer, knowledge: Knowledge) -> RegimeRead:
    """One regime of a score."""
    return {
        "regime": regime,
        "flagged": answer["flagged"],
        "probability": answer["probability"],
        "threshold": answer["threshold"],
        "score": answer["score"],
        "severity": answer["severity"],
        "severity_name": answer["severity_name"],
        "evidence": [
            {
                "quoted_sentence": quoted(sentence["text"], MOST_SENTENCE_CHARS),
                "field": sentence["field"],
                "start": sentence["start"],
                "end": sentence["end"],
                "contribution": sentence["contribution"],
            }
            for sentence in answer["evidence"]
        ],
        "instruments": [
            named(knowledge.instruments[code["instrument_id"]]) for code in answer["reason_codes"]
        ],
    }


def company_read(answer: ExposureAnswer) -> CompanyRead:
    """A company that a scored text names."""
    return {
        "company_id": answer["company_id"],
        "name": quoted(answer["name"], MOST_NAME_CHARS),
        "mentions": answer["mentions"],
        "relevance": answer["relevance"],
        "exposed": answer["exposed"],
        "exposure_probability": answer["exposure_probability"],
    }


def named_here(company: CompanyNamed) -> CompanyNamedHere:
    """A company by id and name."""
    return {"company_id": company["company_id"], "name": quoted(company["name"], MOST_NAME_CHARS)}


def company_listed(answer: CompanyAnswer) -> CompanyAnswer:
    """A company as found; its names may have come from anywhere."""
    listed = answer.copy()
    listed["name"] = quoted(answer["name"], MOST_NAME_CHARS)
    listed["aliases"] = [quoted(alias, MOST_NAME_CHARS) for alias in answer["aliases"][:_MOST_ALIASES]]
    listed["chinese_name"] = quoted_or_none(answer["chinese_name"], MOST_NAME_CHARS)
    return listed


def risk_now(answer: CompanyRiskAnswer | TodayAnswer) -> RiskNow:
    """Risk over all regimes, and in each."""
    return {"overall": answer["risk"], "regimes": answer["regimes"]}


def story_seen(story: StoryEvidence) -> StorySeen:
    """A story that weighs."""
    return {
        "story_id": story["story_id"],
        "article_id": story["article_id"],
        "assessment_id": story["assessment_id"],
        "model_version": story["model_version"],
        "quoted_title": quoted(story["title"], MOST_TITLE_CHARS),
        "quoted_source": quoted_or_none(story["source"], MOST_NAME_CHARS),
        "quoted_url": quoted_or_none(story["url"], MOST_URL_CHARS),
        "published_at": story["published_at"],
        "copies": story["copies"],
        "sources": story["sources"],
        "stage": story["stage"],
        "direction": story["direction"],
        "weight": story["weight"],
        "path": [named_here(company) for company in story["path"]],
        "regimes": [_regime_seen(regime, seen) for regime, seen in story["regimes"].items()],
    }


def _regime_seen(regime: Regime, evidence: RegimeEvidence) -> RegimeSeen:
    sentences = evidence["sentences"][:_MOST_SENTENCES]
    return {
        "regime": regime,
        "score": evidence["score"],
        "severity": evidence["severity"],
        "weight": evidence["weight"],
        "quoted_sentences": [quoted(sentence["text"], MOST_SENTENCE_CHARS) for sentence in sentences],
    }


def instruments_seen(cited: Iterable[InstrumentCited], knowledge: Knowledge) -> list[InstrumentSeen]:
    """The rules that a company's evidence speaks of."""
    return [
        {**named(knowledge.instruments[one["instrument_id"]]), "stories": one["stories"]} for one in cited
    ]


def coverage_seen(coverage: CoverageAnswer) -> CoverageSeen:
    """How much news stands behind an answer."""
    return {
        "articles": coverage["articles"],
        "stories": coverage["stories"],
        "sources": [
            {"quoted_source": quoted(one["source"], MOST_NAME_CHARS), "articles": one["articles"]}
            for one in coverage["sources"]
        ],
        "oldest": coverage["oldest"],
        "newest": coverage["newest"],
        "days_since_newest": coverage["days_since_newest"],
        "gaps": coverage["gaps"],
        "note": coverage["note"],
    }


def list_entries(memberships: Sequence[MembershipAnswer]) -> list[ListEntry]:
    """Entries of official lists."""
    return [
        {
            "list_code": entry["list_code"],
            "entry_id": entry["entry_id"],
            "quoted_name": quoted(entry["name"], MOST_NAME_CHARS),
            "listed_on": entry["listed_on"],
            "quoted_source": quoted(entry["source"], MOST_URL_CHARS),
            "company_id": entry["company_id"],
        }
        for entry in memberships
    ]
