"""`/instruments`: the rule book, with what was there on any day; one rule with its history."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api.context import ContextDep, ItemId
from riskscore.api.faults import shown
from riskscore.api.instruments import InstrumentFilters
from riskscore.api.problems import NotFoundError
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.plots import rulebook_figure
from riskscore.dashboard.rulebook import standing
from riskscore.dashboard.sessions import page_needs
from riskscore.errors import InputError
from riskscore.types import Regime
from riskscore.wire.answers import instrument_answer

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("read")])


class RuleBookQuery(BaseModel):
    """Which rules to list, and as of which day."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=200)
    regime: Regime | Literal[""] = ""
    status: str = Field("", max_length=200)
    as_of: str = Field("", max_length=10)

    def filters(self) -> InstrumentFilters:
        """As the API takes them."""
        return InstrumentFilters(
            q=self.q or None, regime=self.regime or None, status=self.status or None, verified=None
        )

    def day(self) -> date:
        """The day asked about.

        Raises
        ------
        InputError
        """
        if not self.as_of:
            return datetime.now(UTC).date()
        try:
            return date.fromisoformat(self.as_of)
        except ValueError:
            raise InputError("must be a day such as 2026-03-31", "as_of") from None


@router.get("/instruments")
async def show_rule_book(
    request: Request, context: ContextDep, query: Annotated[RuleBookQuery, Query()]
) -> Response:
    """All rules that pass the filters, and a timeline of their dates."""
    day, filters = query.day(), query.filters()
    admitted = [one for one in context.assessor.knowledge.instruments.values() if filters.admit(one)]
    rows = [(instrument_answer(one), standing(one.dates, day)) for one in admitted]
    figure = rulebook_figure([(answer, stood.phase) for answer, stood in rows], day.isoformat())
    return render(request, "instruments.html", query=query, day=day, rows=rows, figure=figure)


@router.get("/instruments/{instrument_id}")
async def show_rule(request: Request, context: ContextDep, instrument_id: ItemId) -> Response:
    """One rule."""
    knowledge = context.assessor.knowledge
    instrument = knowledge.instruments.get(instrument_id)
    if instrument is None:
        raise NotFoundError(f"there is no instrument {shown(instrument_id)!r}", "instrument_id")
    return render(
        request,
        "instrument.html",
        rule=instrument_answer(instrument),
        stood=standing(instrument.dates, datetime.now(UTC).date()),
        dates=sorted((when, name) for name, when in instrument.dates.items()),
        supersedes=[
            instrument_answer(knowledge.instruments[one])
            for one in instrument.supersedes
            if one in knowledge.instruments
        ],
    )
