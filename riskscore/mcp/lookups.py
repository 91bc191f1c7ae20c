"""Questions of assistants in, their answers out, by the functions that answer the HTTP API.

So each question stands in the audit ledger as if it had come over HTTP, with the hash of that answer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from riskscore.api.companies import searched
from riskscore.api.company_risk import RiskQuery, TimelineQuery, answered_risk, answered_timeline
from riskscore.api.context import Context
from riskscore.api.faults import shown
from riskscore.api.instruments import InstrumentFilters
from riskscore.api.problems import NotFoundError
from riskscore.api.record_answers import moment
from riskscore.api.records import Records
from riskscore.api.requests import Limits, read_submission
from riskscore.api.risk_answers import NOT_CLEARANCE
from riskscore.api.scoring import assessed
from riskscore.companies.search import fold_name
from riskscore.dossier.answer import resolve
from riskscore.dossier.directory import Listed, search
from riskscore.mcp.quoting import (
    MOST_NAME_CHARS,
    MOST_TITLE_CHARS,
    MOST_URL_CHARS,
    NOTICE,
    quoted,
    quoted_or_none,
)
from riskscore.mcp.readings import (
    company_listed,
    company_read,
    coverage_seen,
    instruments_seen,
    list_entries,
    named_here,
    regime_read,
    risk_now,
    story_seen,
)
from riskscore.mcp.schemas import (
    ChangeSeen,
    ChangesReading,
    CompaniesReading,
    CompanyRiskReading,
    InstrumentReading,
    InstrumentsReading,
    Resolution,
    ScoreReading,
    TimelineReading,
)
from riskscore.mcp.sources import (
    article_citation,
    instrument_citations,
    knowledge_citation,
    list_citation,
    model_citation,
    named,
    provenance,
)
from riskscore.store.articles import ArticleRecord, find_articles
from riskscore.store.changes import Change, bounds, changes_after
from riskscore.wire.answers import instrument_answer
from riskscore.wire.encoding import decode_json
from riskscore.wire.schemas import AssessmentAnswer

_WEEK_DAYS = 7.0
_MOST_POINTS = 200
_MOST_OTHERS = 3
_MOST_LISTS = 20


def score_reading(records: Records, limits: Limits, request: dict[str, object]) -> ScoreReading:
    """What a text says, by regime; `request` is that of `POST /v1/score`."""
    answer = cast(AssessmentAnswer, decode_json(assessed(records, read_submission(request, limits))))
    knowledge = records.assessor.knowledge
    companies = [*answer["companies"], *answer.get("imported", {"companies": []})["companies"]]
    instruments = [
        code["instrument_id"] for regime in answer["regimes"].values() for code in regime["reason_codes"]
    ]
    return {
        "assessment_id": answer["assessment_id"],
        "abstained": answer["abstained"],
        "abstain_reason": answer["abstain_reason"],
        "score": answer["score"],
        "stage": answer["stage"],
        "direction": answer["direction"],
        "language": answer["language"],
        "regimes": [regime_read(regime, found, knowledge) for regime, found in answer["regimes"].items()],
        "companies": [company_read(company) for company in companies],
        "warnings": answer["warnings"],
        "notice": NOTICE,
        "citations": [
            *instrument_citations(knowledge, instruments),
            model_citation(records, answer["model_version"]),
        ],
        "provenance": provenance(records, _now(records), answer["model_version"]),
    }


def risk_reading(records: Records, company: str, query: RiskQuery) -> CompanyRiskReading:
    """How exposed a company is, by id, name, ticker or LEI."""
    resolution, company_id = _resolved(records, company)
    answer = answered_risk(records, company_id, query)
    knowledge = records.assessor.knowledge
    lists = answer["lists"][:_MOST_LISTS]
    return {
        "company": named_here(answer["company"]),
        "resolution": resolution,
        "basis": answer["basis"],
        "half_life_days": answer["half_life_days"],
        "risk": risk_now(answer),
        "today": None if answer["today"] is None else risk_now(answer["today"]),
        "evidence": [story_seen(story) for story in answer["evidence"]],
        "instruments": instruments_seen(answer["instruments"], knowledge),
        "lists": list_entries(lists),
        "coverage": coverage_seen(answer["coverage"]),
        "models": answer["models"],
        "warnings": answer["warnings"],
        "notice": NOTICE,
        "citations": [
            *(
                article_citation(story["article_id"], story["assessment_id"], story["published_at"])
                for story in answer["evidence"]
            ),
            *instrument_citations(knowledge, (one["instrument_id"] for one in answer["instruments"])),
            *(list_citation(one["list_code"], one["entry_id"], one["retrieved_at"]) for one in lists),
        ],
        "provenance": provenance(records, answer["as_of"]),
    }


def timeline_reading(records: Records, company: str, days: int) -> TimelineReading:
    """A company's risk over the last days, by the newest model; in weeks, or longer steps over years."""
    resolution, company_id = _resolved(records, company)
    answer = answered_timeline(records, company_id, _timeline_query(records, days))
    return {
        "company": named_here(answer["company"]),
        "resolution": resolution,
        "half_life_days": answer["half_life_days"],
        "points": answer["points"],
        "note": f"{NOT_CLEARANCE} company_risk with as_of shows the stories behind a point.",
        "citations": [model_citation(records)],
        "provenance": provenance(records, answer["points"][-1]["at"]),
    }


def _timeline_query(records: Records, days: int) -> TimelineQuery:
    until = records.newsroom.clock()
    step_days = max(_WEEK_DAYS, days / (_MOST_POINTS - 1))
    return TimelineQuery.model_validate(
        {"since": until - timedelta(days=days), "until": until, "step_days": step_days}
    )


def companies_reading(records: Records, context: Context, words: str, limit: int) -> CompaniesReading:
    """Companies that a query may mean, best first."""
    found = searched(context, records, words, limit)
    return {
        "companies": [company_listed(one) for one in found["companies"]],
        "citations": [knowledge_citation(records.assessor.knowledge)],
        "provenance": provenance(records, _now(records)),
    }


def instruments_reading(records: Records, filters: InstrumentFilters, limit: int) -> InstrumentsReading:
    """Rules that pass the filters."""
    knowledge = records.assessor.knowledge
    admitted = [one for one in knowledge.instruments.values() if filters.admit(one)]
    return {
        "instruments": [named(one) for one in admitted[:limit]],
        "total": len(admitted),
        "citations": [
            *instrument_citations(knowledge, (one.instrument_id for one in admitted[:limit])),
            knowledge_citation(knowledge),
        ],
        "provenance": provenance(records, _now(records)),
    }


def instrument_reading(records: Records, instrument_id: str) -> InstrumentReading:
    """One rule.

    Raises
    ------
    NotFoundError
    """
    knowledge = records.assessor.knowledge
    instrument = knowledge.instruments.get(instrument_id)
    if instrument is None:
        message = f"there is no instrument {shown(instrument_id)!r}; list_instruments lists them"
        raise NotFoundError(message, "instrument_id")
    return {
        "instrument": instrument_answer(instrument),
        "citations": [*instrument_citations(knowledge, [instrument_id]), knowledge_citation(knowledge)],
        "provenance": provenance(records, _now(records)),
    }


def changes_reading(records: Records, after_sequence: int | None, limit: int) -> ChangesReading:
    """What happened to the records after a change, or last; in order."""
    as_of = _now(records)
    with records.store.read() as connection:
        _, last = bounds(connection)
        after = max(last - limit, 0) if after_sequence is None else after_sequence
        changes = changes_after(connection, after, limit)
        subjects = [change.subject.get("article_id") for change in changes]
        articles = find_articles(connection, [one for one in subjects if isinstance(one, str)])
    seen = [_change_seen(change, articles) for change in changes]
    return {
        "changes": seen,
        "last_sequence": changes[-1].sequence if changes else after,
        "notice": NOTICE,
        "citations": [
            article_citation(one["article_id"], one["assessment_id"], one["published_at"])
            for one in seen
            if one["article_id"] and one["assessment_id"]
        ],
        "provenance": provenance(records, as_of),
    }


def _change_seen(change: Change, articles: dict[str, ArticleRecord]) -> ChangeSeen:
    subject = change.subject
    article = articles.get(subject.get("article_id", ""))
    named_companies = subject.get("companies") or [subject.get("company_id")]
    published_at = None if article is None else article.published_at
    return {
        "sequence": change.sequence,
        "recorded_at": moment(change.recorded_at),
        "kind": change.kind,
        "article_id": subject.get("article_id"),
        "assessment_id": subject.get("assessment_id"),
        "score": subject.get("score"),
        "company_ids": [company_id for company_id in named_companies if company_id],
        "quoted_title": None if article is None else quoted(article.title, MOST_TITLE_CHARS),
        "quoted_source": None if article is None else quoted_or_none(article.source, MOST_NAME_CHARS),
        "quoted_url": None if article is None else quoted_or_none(article.url, MOST_URL_CHARS),
        "published_at": None if published_at is None else moment(published_at),
    }


def _resolved(records: Records, written: str) -> tuple[Resolution, str]:
    """The company that is meant, and what else may be.

    Raises
    ------
    UnknownCompanyError
    """
    assessor = records.assessor
    with records.store.read() as connection:
        subject = resolve(connection, assessor.knowledge, assessor.companies, written)
        listed = search(connection, assessor.knowledge, assessor.companies, written, _MOST_OTHERS + 1)
    found = {one.company.company_id: one for one in listed}
    meant = found.get(subject.company_id)
    exact = written == subject.company_id or (meant is not None and _is_called(meant, written))
    others = [one.company for company_id, one in found.items() if company_id != subject.company_id]
    resolution: Resolution = {
        "quoted_asked": quoted(written, MOST_NAME_CHARS),
        "exact": exact,
        "others": [
            {"company_id": one.company_id, "name": quoted(one.name, MOST_NAME_CHARS)}
            for one in others[:_MOST_OTHERS]
        ],
    }
    return resolution, subject.company_id


def _is_called(listed: Listed, written: str) -> bool:
    company = listed.company
    symbols = [ticker.partition(":")[2] for ticker in company.tickers]
    names = (
        company.name,
        *company.aliases,
        *company.tickers,
        *symbols,
        *listed.leis,
        company.chinese_name or "",
    )
    return fold_name(written) in {fold_name(name) for name in names}


def _now(records: Records) -> str:
    return moment(records.newsroom.clock())
