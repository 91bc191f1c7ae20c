"""`/companies/{id}`: how exposed a company is, since when, why, under which rule, against whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.access.principal import Principal
from riskscore.api.alert_schemas import WatchlistAnswer
from riskscore.api.company_risk import (
    CompareQuery,
    RiskQuery,
    TimelineQuery,
    answered_risk,
    answered_timeline,
    compared_companies,
)
from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.memos import MemoQuery, memo_response, written_memo
from riskscore.api.records import Records, RecordsDep
from riskscore.api.risk_answers import compared
from riskscore.api.subscriptions import listed_watchlists, saved_watchlist
from riskscore.dashboard.excerpts import Excerpt, excerpts
from riskscore.dashboard.forms import PostedForm
from riskscore.dashboard.overview import snapshots_of
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.plots import Figure, timeline_figure
from riskscore.dashboard.sessions import page_needs
from riskscore.dashboard.snapshot import Snapshot, Snapshots
from riskscore.errors import InputError
from riskscore.knowledge import Knowledge
from riskscore.store.articles import find_articles
from riskscore.types import Company
from riskscore.wire.risk_schemas import CompanyRiskAnswer, ComparedCompany, TimelineAnswer

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("read")])

_PER_PAGE = 100
_STORIES = 20
_OPENED = 5  # stories whose evidence is shown in full
_PEERS = 6
_STEPS = {"step_days": 3.0}
_SLUG = re.compile(r"[^a-z0-9]+")


def company_path(company_id: str) -> str:
    """The address of a company's page."""
    return f"/companies/{quote(company_id, safe='')}"


class CompanyQuery(BaseModel):
    """What to ask of a company."""

    model_config = ConfigDict(extra="forbid")

    as_of: str = Field(default="", max_length=10, description="A day; empty for now.")
    basis: Literal["known", "published"] = "known"
    against: str = Field(default="", max_length=2_000, description="Names of companies to compare it with.")
    watched: str = Field(default="", max_length=200)

    def until(self, now: datetime) -> datetime | None:
        """The end of the day asked about, or now if that is earlier; None for an answer as of now.

        Raises
        ------
        InputError
        """
        if not self.as_of:
            return None
        try:
            day = date.fromisoformat(self.as_of)
        except ValueError:
            raise InputError("must be a day such as 2026-03-31", "as_of") from None
        return min(datetime.combine(day, time(23, 59, 59), UTC), now)


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a company's page shows."""

    risk: CompanyRiskAnswer
    known: Company | None  # of the knowledge files
    timeline: TimelineAnswer
    figure: Figure
    excerpts: dict[str, list[Excerpt]]  # by article
    peers: list[ComparedCompany]
    watchlists: list[WatchlistAnswer]


@router.get("/companies/{company_id}")
async def show_company(
    request: Request,
    context: ContextDep,
    records: RecordsDep,
    company_id: ItemId,
    query: Annotated[CompanyQuery, Query()],
) -> Response:
    """A company's page."""
    principal: Principal = request.state.principal
    dossier = await context.run_unscored(
        context.deadline(),
        _dossier,
        context,
        records,
        snapshots_of(request),
        company_id,
        query,
        principal.may("alerts"),
    )
    return render(
        request, "company.html", dossier=dossier, query=query, opened=_OPENED, company_id=company_id
    )


def _dossier(
    context: Context,
    records: Records,
    snapshots: Snapshots,
    company_id: str,
    query: CompanyQuery,
    with_watchlists: bool,
) -> Dossier:
    until = query.until(records.newsroom.clock())
    asked = {"as_of": until, "basis": query.basis, "evidence": _STORIES}
    risk = answered_risk(records, company_id, RiskQuery.model_validate(asked))
    series = answered_timeline(
        records, company_id, TimelineQuery.model_validate({"until": until, "step_days": 3.0})
    )
    opened = risk["evidence"][:_OPENED]
    with records.store.read() as connection:
        articles = find_articles(connection, [story["article_id"] for story in opened])
    found = {
        story["article_id"]: excerpts(story, articles[story["article_id"]].article)
        for story in opened
        if story["article_id"] in articles
    }
    known = records.assessor.knowledge.companies.get(company_id)
    against = _named(context, query.against)
    if against:
        ids = ",".join(dict.fromkeys([company_id, *against]))
        peers = compared_companies(records, CompareQuery.model_validate({"ids": ids}))["companies"]
    else:
        peers = _peers(snapshots.latest(records), records.assessor.knowledge, known, risk)
    return Dossier(
        risk=risk,
        known=known,
        timeline=series,
        figure=timeline_figure(series, risk["evidence"]),
        excerpts=found,
        peers=peers,
        watchlists=listed_watchlists(records)["watchlists"] if with_watchlists else [],
    )


def _named(context: Context, written: str) -> list[str]:
    """The companies that a person means by names separated by commas; what is no name is left out."""
    index = context.assessor.companies
    names = [name.strip() for name in written.split(",") if name.strip()][:_PEERS]
    return [found[0].company_id for name in names if (found := index.search(name, 1))]


def _peers(
    snapshot: Snapshot, knowledge: Knowledge, known: Company | None, risk: CompanyRiskAnswer
) -> list[ComparedCompany]:
    """The company among the most exposed that do the same: they share its first role, or else any."""
    if known is None or not known.roles:
        return []
    alike = [
        (subject, other)
        for subject, other in snapshot.ranked
        if subject.company_id != known.company_id
        and subject.company_id in knowledge.companies
        and set(knowledge.companies[subject.company_id].roles) & set(known.roles)
    ]
    # Stable: the most exposed stay first on either side.
    alike.sort(key=lambda pair: knowledge.companies[pair[0].company_id].roles[:1] != known.roles[:1])
    peers = [compared(0, subject, other, None) for subject, other in alike[: _PEERS - 1]]
    scope = risk["risk"]
    own: ComparedCompany = {
        "rank": 0,
        "company_id": known.company_id,
        "name": known.name,
        "country": known.country,
        "score": scope["score"],
        "severity": scope["severity"],
        "severity_name": scope["severity_name"],
        "trend": scope["trend"],
        "change_30_days": scope["change_30_days"],
        "independent_stories": scope["independent_stories"],
        "chips": risk["regimes"]["chips"]["score"],
        "cloud_data": risk["regimes"]["cloud_data"]["score"],
        "outbound_investment": risk["regimes"]["outbound_investment"]["score"],
    }
    return sorted([own, *peers], key=lambda one: -one["score"])


@router.get("/companies/{company_id}/memo")
async def show_memo(
    context: ContextDep,
    records: RecordsDep,
    company_id: ItemId,
    as_of: str = "",
    basis: Literal["known", "published"] = "known",
    format: Literal["md", "html", "pdf"] = "pdf",
) -> Response:
    """The file note that the API writes, for whoever is signed in here."""
    until = CompanyQuery(as_of=as_of[:10]).until(records.newsroom.clock())
    asked = MemoQuery.model_validate({"as_of": until, "basis": basis, "format": format})
    content, digest = await context.run_unscored(context.deadline(), written_memo, records, company_id, asked)
    return memo_response(company_id, format, content, digest)


@router.post("/companies/{company_id}/watch", dependencies=[page_needs("alerts")])
async def watch_company(
    context: ContextDep, records: RecordsDep, company_id: ItemId, form: PostedForm
) -> Response:
    """Put a company on a watchlist, or on a new one."""
    chosen, name = form.text("watchlist_id"), form.text("name")
    watchlist = await context.run_unscored(context.deadline(), _watched, records, company_id, chosen, name)
    return RedirectResponse(f"{company_path(company_id)}?watched={quote(watchlist['name'])}", 303)


def _watched(records: Records, company_id: str, chosen: str, name: str) -> WatchlistAnswer:
    present = {one["watchlist_id"]: one for one in listed_watchlists(records)["watchlists"]}
    if chosen in present:
        kept = present[chosen]
        body = {"name": kept["name"], "companies": [*kept["companies"], company_id]}
        return saved_watchlist(records, chosen, body)
    if not name:
        raise InputError("give the new watchlist a name, or choose one", "name")
    watchlist_id = _SLUG.sub("-", name.casefold()).strip("-")[:60] or "watchlist"
    if watchlist_id in present:
        raise InputError(f"there is a watchlist {watchlist_id!r} already; choose it", "name")
    return saved_watchlist(records, watchlist_id, {"name": name, "companies": [company_id]})
