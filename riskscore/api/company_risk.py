"""`/v1/companies/{id}/risk` and `/timeline`, `/v1/companies/compare`, and the ranking of all companies."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskscore.api import problems, tabular
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.moment import Moment
from riskscore.api.record_answers import moment
from riskscore.api.records import Records, RecordsDep
from riskscore.api.risk_answers import compared, dossier_answer
from riskscore.dossier.answer import Basis, Question, compile_dossier, find_subject
from riskscore.dossier.ranking import compare, rank_all
from riskscore.errors import InputError
from riskscore.risk import first_copies, timeline
from riskscore.store.companies import descendants
from riskscore.store.mentions import sightings
from riskscore.types import REGIMES, Regime
from riskscore.wire.risk_schemas import (
    CompanyRiskAnswer,
    ComparedCompany,
    ComparisonAnswer,
    TimelineAnswer,
    TimelinePoint,
)

router = APIRouter(tags=["company risk"], dependencies=[needs("read")])

_PROBLEMS = problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY)
_MAX_POINTS = 2_000
_MAX_COMPARED = 50
_RANKING_COLUMNS = tuple(ComparedCompany.__annotations__)
_TIMELINE_COLUMNS = tuple(TimelinePoint.__annotations__)

Format = Annotated[Literal["json", "csv"], Field(description="csv for a spreadsheet.")]
HalfLife = Annotated[
    float | None,
    Field(ge=1, le=3_650, description="Days in which a story loses half of its weight; default by setting."),
]


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RiskQuery(_Query):
    """What to ask of a company."""

    regime: Regime | None = Field(None, description="Only this regime.")
    as_of: Moment | None = Field(
        None, description="A past moment; the answer is what was known then, by the model of then."
    )
    basis: Basis = Field(
        "known",
        description="known: news stored by `as_of`. published: news published by then, whenever stored, by "
        "the newest model; for archives read in later.",
    )
    half_life_days: HalfLife = None
    since: Moment | None = Field(None, description="Leave older news out.")
    evidence: int = Field(5, ge=0, le=50, description="Most stories to show.")
    rollup: bool = Field(True, description="Count the news of subsidiaries too.")

    def question(self, records: Records) -> Question:
        """As the dossier takes it."""
        now = records.newsroom.clock()
        if self.as_of is not None and self.as_of > now:
            raise InputError("lies in the future", "as_of")
        return Question(
            at=self.as_of or now,
            as_of=self.as_of is not None,
            basis=self.basis,
            regime=self.regime,
            since=self.since,
            half_life_days=self.half_life_days or records.settings.half_life_days,
            evidence=self.evidence,
            rollup=self.rollup,
        )


@router.get(
    "/v1/companies/{company_id}/risk",
    summary="How exposed is a company, since when, why, under which rule?",
    response_model=CompanyRiskAnswer,
    responses=_PROBLEMS,
)
async def show_risk(
    context: ContextDep, records: RecordsDep, company_id: ItemId, query: Annotated[RiskQuery, Query()]
) -> Response:
    """Score by regime and over all, trend, evidence, rules, lists and how much news stands behind it."""
    return json_response(
        await context.run_unscored(context.deadline(), answered_risk, records, company_id, query)
    )


def answered_risk(records: Records, company_id: str, query: RiskQuery) -> CompanyRiskAnswer:
    """A company's risk."""
    with records.store.read() as connection:
        dossier = compile_dossier(connection, records.assessor.knowledge, company_id, query.question(records))
    answer = dossier_answer(dossier)
    records.trail.asked("company.risk", [company_id], asked(query, company_id), answer)
    return answer


def asked(query: BaseModel, company_id: str | None = None) -> dict[str, Any]:
    """A question as the audit ledger takes it: what was given, without what was left to its default."""
    given: dict[str, Any] = query.model_dump(mode="json", exclude_unset=True)
    return given if company_id is None else {"company_id": company_id, **given}


class TimelineQuery(_Query):
    """Which moments to show."""

    since: Moment | None = Field(None, description="First moment; default a year before the last.")
    until: Moment | None = Field(None, description="Last moment; default now.")
    step_days: float = Field(7.0, ge=1, le=366, description="Days from point to point.")
    half_life_days: HalfLife = None
    rollup: bool = Field(True, description="Count the news of subsidiaries too.")
    format: Format = "json"


@router.get(
    "/v1/companies/{company_id}/timeline",
    summary="A company's risk over time",
    response_model=TimelineAnswer,
    responses={200: {"content": tabular.DOCUMENTED}, **_PROBLEMS},
)
async def show_timeline(
    context: ContextDep, records: RecordsDep, company_id: ItemId, query: Annotated[TimelineQuery, Query()]
) -> Response:
    """By date of publication and the newest model, so that no change of model looks like one of risk."""
    answer = await context.run_unscored(context.deadline(), answered_timeline, records, company_id, query)
    if query.format == "csv":
        return tabular.csv_response(_TIMELINE_COLUMNS, answer["points"])
    return json_response(answer)


def answered_timeline(records: Records, company_id: str, query: TimelineQuery) -> TimelineAnswer:
    """A company's risk over time."""
    until = query.until or records.newsroom.clock()
    since = query.since or until - timedelta(days=365)
    if since > until:
        raise InputError("lies after `until`", "since")
    steps = int((until - since) / timedelta(days=query.step_days))
    if steps > _MAX_POINTS:
        raise InputError(
            f"gives {steps:,} points; the limit is {_MAX_POINTS:,}; take longer steps", "step_days"
        )
    moments = [until - timedelta(days=query.step_days) * step for step in range(steps, -1, -1)]
    half_life_days = query.half_life_days or records.settings.half_life_days
    with records.store.read() as connection:
        subject = find_subject(connection, records.assessor.knowledge, company_id)
        scope = descendants(connection, company_id) if query.rollup else [company_id]
        seen = sightings(connection, scope, until=until)
    times = [story.observed_at for story in first_copies(seen, until)]
    spans = pairwise([moments[0] - timedelta(days=query.step_days), *moments])
    points: list[TimelinePoint] = []
    for at, scores, (start, end) in zip(
        moments, timeline(seen, moments, half_life_days=half_life_days), spans, strict=True
    ):
        by_regime = dict(zip(REGIMES, scores, strict=False))
        points.append(
            {
                "at": moment(at),
                "overall": scores[-1],
                "chips": by_regime["chips"],
                "cloud_data": by_regime["cloud_data"],
                "outbound_investment": by_regime["outbound_investment"],
                "stories": bisect_right(times, end) - bisect_right(times, start),
            }
        )
    answer: TimelineAnswer = {
        "company": {"company_id": subject.company_id, "name": subject.name},
        "half_life_days": half_life_days,
        "points": points,
    }
    records.trail.asked("company.timeline", [company_id], asked(query, company_id), answer)
    return answer


class CompareQuery(_Query):
    """Which companies to compare."""

    ids: str = Field(min_length=1, max_length=5_000, description="Company ids, separated by commas.")
    regime: Regime | None = Field(None, description="Order by this regime.")
    half_life_days: HalfLife = None
    format: Format = "json"


@router.get(
    "/v1/companies/compare",
    summary="Companies side by side",
    response_model=ComparisonAnswer,
    responses={200: {"content": tabular.DOCUMENTED}, **_PROBLEMS},
)
async def compare_companies(
    context: ContextDep, records: RecordsDep, query: Annotated[CompareQuery, Query()]
) -> Response:
    """The most exposed first; each with its subsidiaries."""
    answer = await context.run_unscored(context.deadline(), compared_companies, records, query)
    if query.format == "csv":
        return tabular.csv_response(_RANKING_COLUMNS, answer["companies"])
    return json_response(answer)


def compared_companies(records: Records, query: CompareQuery) -> ComparisonAnswer:
    """Companies side by side."""
    company_ids = [name.strip() for name in query.ids.split(",") if name.strip()]
    if not 1 <= len(company_ids) <= _MAX_COMPARED:
        raise InputError(f"names {len(company_ids)} companies; give 1 to {_MAX_COMPARED}", "ids")
    at = records.newsroom.clock()
    with records.store.read() as connection:
        ranked = compare(
            connection,
            records.assessor.knowledge,
            company_ids,
            at,
            query.half_life_days or records.settings.half_life_days,
            query.regime,
        )
    answer: ComparisonAnswer = {
        "as_of": moment(at),
        "regime": query.regime,
        "companies": [
            compared(rank, subject, risk, query.regime) for rank, (subject, risk) in enumerate(ranked, 1)
        ],
        "next_cursor": None,
    }
    subjects = [subject.company_id for subject, _ in ranked]
    records.trail.asked("company.compared", subjects, asked(query), answer)
    return answer


async def ranking_response(
    context: ContextDep,
    records: Records,
    regime: Regime | None,
    cursor: str | None,
    limit: int,
    form: Literal["json", "csv"],
) -> Response:
    """The answer to `GET /v1/companies?order=risk`."""
    answer = await context.run_unscored(context.deadline(), ranking, records, regime, cursor, limit)
    if form == "csv":
        return tabular.csv_response(_RANKING_COLUMNS, answer["companies"])
    return json_response(answer)


def ranking(records: Records, regime: Regime | None, cursor: str | None, limit: int) -> ComparisonAnswer:
    """One page of all companies with any risk; later pages are of the first page's moment."""
    at, begin = records.newsroom.clock(), 0
    if cursor is not None:
        at_given, begin_given = decode_cursor(cursor, (datetime, int))
        assert isinstance(at_given, datetime)
        assert isinstance(begin_given, int)
        at, begin = at_given, begin_given
    with records.store.read() as connection:
        ranked = rank_all(connection, records.assessor.knowledge, at, records.settings.half_life_days, regime)
    page = ranked[begin : begin + limit]
    answer: ComparisonAnswer = {
        "as_of": moment(at),
        "regime": regime,
        "companies": [
            compared(rank, subject, risk, regime) for rank, (subject, risk) in enumerate(page, begin + 1)
        ],
        "next_cursor": encode_cursor(at, begin + limit) if begin + limit < len(ranked) else None,
    }
    question = {"regime": regime, "as_of": moment(at), "begin": begin, "limit": limit}
    records.trail.asked("company.ranked", [None], question, answer)
    return answer
