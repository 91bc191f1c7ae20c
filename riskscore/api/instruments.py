"""`GET /v1/instruments` and `/v1/instruments/{id}`: the rules that scores refer to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.faults import shown
from riskscore.types import Instrument, Regime
from riskscore.wire.answers import instrument_answer
from riskscore.wire.schemas import InstrumentAnswer, InstrumentsAnswer

router = APIRouter(tags=["knowledge"], dependencies=[needs("read")])


class InstrumentFilters(BaseModel):
    """Filters of the list; an instrument must pass all that are given."""

    model_config = ConfigDict(extra="forbid")

    regime: Regime | None = Field(None, description="Only instruments of this regime.")
    status: str | None = Field(
        None,
        max_length=200,
        description='Only those whose status begins so: "in force" or "proposed"; case does not count.',
    )
    verified: bool | None = Field(
        None, description="Only those that were, or were not, checked against their source."
    )
    q: str | None = Field(
        None,
        max_length=200,
        description="Only those with these words in id, name, agency, terms, summary or citation.",
    )

    def admit(self, instrument: Instrument) -> bool:
        """Whether the instrument passes every filter."""
        return (
            (self.regime is None or instrument.regime == self.regime)
            and (
                self.status is None or instrument.status.casefold().startswith(self.status.strip().casefold())
            )
            and (self.verified is None or instrument.verified == self.verified)
            and (self.q is None or self.q.strip().casefold() in _searched(instrument))
        )


def _searched(instrument: Instrument) -> str:
    parts = [
        instrument.instrument_id,
        instrument.name,
        instrument.agency,
        *instrument.terms,
        instrument.summary,
    ]
    if instrument.citation_verified:
        parts.append(instrument.citation)
    return "\n".join(parts).casefold()


@router.get(
    "/v1/instruments",
    summary="List rules, statutes and orders",
    response_model=InstrumentsAnswer,
    responses=problems.documented(problems.INVALID_REQUEST),
)
async def list_instruments(context: ContextDep, filters: Annotated[InstrumentFilters, Query()]) -> Response:
    """Citations that were not checked against a primary source are withheld, and said to be."""
    instruments = context.assessor.knowledge.instruments.values()
    admitted = [instrument_answer(instrument) for instrument in instruments if filters.admit(instrument)]
    answer: InstrumentsAnswer = {"instruments": admitted, "count": len(admitted)}
    return json_response(answer)


@router.get(
    "/v1/instruments/{instrument_id}",
    summary="Show one rule, statute or order",
    response_model=InstrumentAnswer,
    responses=problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST),
)
async def show_instrument(context: ContextDep, instrument_id: ItemId) -> Response:
    """The instrument that a reason code names."""
    instrument = context.assessor.knowledge.instruments.get(instrument_id)
    if instrument is None:
        message = f"there is no instrument {shown(instrument_id)!r}; GET /v1/instruments lists them"
        raise problems.NotFoundError(message, "instrument_id")
    return json_response(instrument_answer(instrument))
