"""`GET /companies`: all companies by risk, or those that a name may mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.api.companies import searched
from riskscore.api.context import ContextDep
from riskscore.api.record_answers import moment
from riskscore.api.records import Records, RecordsDep
from riskscore.api.risk_answers import compared
from riskscore.dashboard.companies import company_path
from riskscore.dashboard.overview import snapshots_of
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.sessions import page_needs
from riskscore.dashboard.snapshot import Snapshots
from riskscore.store.companies import by_name
from riskscore.types import Regime
from riskscore.wire.risk_schemas import ComparedCompany
from riskscore.wire.schemas import CompaniesAnswer

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("read")])

_PER_PAGE = 100


class CompaniesQuery(BaseModel):
    """Which companies to list."""

    model_config = ConfigDict(extra="forbid")

    q: str | None = Field(default=None, max_length=200)
    regime: Regime | Literal[""] = ""
    begin: int = Field(default=0, ge=0, le=1_000_000)


@router.get("/companies")
async def list_companies(
    request: Request, context: ContextDep, records: RecordsDep, query: Annotated[CompaniesQuery, Query()]
) -> Response:
    """All companies by risk, or those that a name may mean."""
    words = (query.q or "").strip()
    if words:
        found: CompaniesAnswer = await context.run_unscored(
            context.deadline(), searched, context, records, words, 25
        )
        ids = [company["company_id"] for company in found["companies"]]
        if not ids:
            ids = await context.run_unscored(context.deadline(), _imported, records, words)
        if len(ids) == 1:
            return RedirectResponse(company_path(ids[0]), 303)
        return render(request, "companies.html", query=query, found=found["companies"], ranked=None)
    ranked = await context.run_unscored(context.deadline(), _ranked, records, snapshots_of(request), query)
    return render(request, "companies.html", query=query, found=None, ranked=ranked)


def _imported(records: Records, words: str) -> list[str]:
    """The companies of one's own that go by exactly this name, ticker or LEI."""
    with records.store.read() as connection:
        return list(by_name(connection, words))


@dataclass(frozen=True, slots=True)
class Ranking:
    """One page of all companies."""

    at: datetime
    companies: list[ComparedCompany]
    next_begin: int | None


def _ranked(records: Records, snapshots: Snapshots, query: CompaniesQuery) -> Ranking:
    snapshot = snapshots.latest(records)
    regime, ranked = query.regime or None, snapshot.ranked
    if regime is not None:
        flagged = [pair for pair in ranked if pair[1].regimes[regime].strength > 0]
        ranked = sorted(flagged, key=lambda pair: -pair[1].regimes[regime].strength)
    end = query.begin + _PER_PAGE
    page = enumerate(ranked[query.begin : end], query.begin + 1)
    companies = [compared(rank, subject, risk, regime) for rank, (subject, risk) in page]
    asked = {"regime": regime, "as_of": moment(snapshot.at), "begin": query.begin, "limit": _PER_PAGE}
    records.trail.asked("company.ranked", [None], asked, companies)
    return Ranking(snapshot.at, companies, end if end < len(ranked) else None)
