"""`GET /`: who is most exposed, what changed since yesterday, what waits, and whether news comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskscore.access.principal import Principal
from riskscore.api.alert_answers import alert_answer
from riskscore.api.alert_schemas import AlertAnswer
from riskscore.api.context import ContextDep
from riskscore.api.record_answers import moment
from riskscore.api.records import Records, RecordsDep
from riskscore.api.risk_answers import compared
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.plots import Figure, volume_figure
from riskscore.dashboard.sessions import page_needs
from riskscore.dashboard.snapshot import DAY, Move, Snapshot, Snapshots
from riskscore.store.alerts import AlertFilter, count_open, list_alerts
from riskscore.store.arrivals import Arrivals, arrivals_since, count_arrivals
from riskscore.store.articles import ArticleRecord, find_articles
from riskscore.store.feeds import FeedRecord, list_feeds
from riskscore.wire.risk_schemas import ComparedCompany

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("read")])

_COMPANIES, _MOVES, _ALERTS, _SOURCES = 14, 14, 8, 12
_EXPLANATIONS = 6
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows."""

    snapshot: Snapshot
    companies: list[ComparedCompany]
    moves: list[tuple[list[Move], ArticleRecord | None]]  # those that one article explains together
    open_alerts: dict[int, int]  # by severity
    alerts: list[AlertAnswer]
    day_articles: int
    newest: datetime | None
    sources: list[Arrivals]
    feeds: list[FeedRecord]
    volume: Figure


def snapshots_of(request: Request) -> Snapshots:
    """The snapshots of the application that serves `request`."""
    return cast(Snapshots, request.app.state.snapshots)


@router.get("/")
async def show_overview(request: Request, context: ContextDep, records: RecordsDep) -> Response:
    """The page one begins the day with."""
    principal: Principal = request.state.principal
    overview = await context.run_unscored(
        context.deadline(), _overview, records, snapshots_of(request), principal.may("alerts")
    )
    return render(request, "overview.html", overview=overview)


def _overview(records: Records, snapshots: Snapshots, with_alerts: bool) -> Overview:
    snapshot = snapshots.latest(records)
    at = records.newsroom.clock()
    moves = snapshot.moves[:_MOVES]
    with records.store.read() as connection:
        articles = find_articles(connection, [move.newest.article_id for move in moves if move.newest])
        open_alerts = count_open(connection) if with_alerts else {}
        alerts = list_alerts(connection, AlertFilter(status="open"), _ALERTS) if with_alerts else []
        day_articles, newest = count_arrivals(connection, at - DAY)
        sources = arrivals_since(connection, at - _WEEK, _SOURCES)
        feeds = list_feeds(connection)
    companies = [
        compared(rank, subject, risk, None)
        for rank, (subject, risk) in enumerate(snapshot.ranked[:_COMPANIES], 1)
    ]
    question = {"regime": None, "as_of": moment(snapshot.at), "begin": 0, "limit": _COMPANIES}
    records.trail.asked("company.ranked", [None], question, companies)
    return Overview(
        snapshot=snapshot,
        companies=companies,
        moves=_explained(moves, articles),
        open_alerts=open_alerts,
        alerts=[alert_answer(one) for one in alerts],
        day_articles=day_articles,
        newest=newest,
        sources=sources,
        feeds=feeds,
        volume=volume_figure(snapshot.weeks),
    )


def _explained(
    moves: Sequence[Move], articles: Mapping[str, ArticleRecord]
) -> list[tuple[list[Move], ArticleRecord | None]]:
    by_article: dict[str, list[Move]] = {}
    for move in moves:
        by_article.setdefault(move.newest.article_id if move.newest else "", []).append(move)
    listed = list(by_article.items())[:_EXPLANATIONS]
    return [(together, articles.get(article_id)) for article_id, together in listed]
