"""`GET /v1/companies?q=` and `/v1/companies/{id}`: the companies that articles are searched for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskscore.api import problems, tabular
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.company_risk import ranking_response
from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.faults import shown
from riskscore.api.records import Records, RecordsDep
from riskscore.dossier import directory
from riskscore.dossier.directory import Listed
from riskscore.errors import InputError
from riskscore.types import Regime
from riskscore.wire.answers import company_answer
from riskscore.wire.risk_schemas import ComparisonAnswer
from riskscore.wire.schemas import CompaniesAnswer, CompanyAnswer

router = APIRouter(tags=["knowledge"], dependencies=[needs("read")])


class CompanyQuery(BaseModel):
    """What to look for, and how much of it to return."""

    model_config = ConfigDict(extra="forbid")

    order: Literal["name", "risk"] = Field(
        "name", description="risk: companies with any risk, the most exposed first; `q` does not go with it."
    )
    regime: Regime | None = Field(None, description="With order=risk: order by this regime.")
    cursor: str | None = Field(
        None, max_length=500, description="With order=risk: the last page's `next_cursor`."
    )
    format: Literal["json", "csv"] = Field("json", description="With order=risk: csv for a spreadsheet.")
    q: str | None = Field(
        None,
        max_length=200,
        description="Name, alias, ticker, LEI or Chinese name, typos allowed; without it, all companies by "
        "name.",
    )
    limit: int = Field(20, ge=1, le=10_000, description="Most companies to return.")


@router.get(
    "/v1/companies",
    summary="Look companies up",
    response_model=CompaniesAnswer | ComparisonAnswer,
    responses={
        200: {"content": tabular.DOCUMENTED},
        **problems.documented(problems.INVALID_REQUEST, problems.BUSY),
    },
)
async def list_companies(
    context: ContextDep, records: RecordsDep, query: Annotated[CompanyQuery, Query()]
) -> Response:
    """Best match first; with order=risk, the most exposed first."""
    if query.order == "risk":
        if query.q is not None:
            raise InputError("does not go with order=risk", "q")
        return await ranking_response(context, records, query.regime, query.cursor, query.limit, query.format)
    for name in ("regime", "cursor"):
        if getattr(query, name) is not None:
            raise InputError("goes with order=risk only", name)
    return json_response(
        await context.run_unscored(context.deadline(), searched, context, records, query.q, query.limit)
    )


def searched(context: Context, records: Records, words: str | None, limit: int) -> CompaniesAnswer:
    """Companies by what was typed, or the first by name."""
    knowledge = context.assessor.knowledge
    with records.store.read() as connection:
        if words is None:
            return companies_answer(directory.first(connection, knowledge, limit))
        found = directory.search(connection, knowledge, context.assessor.companies, words, limit)
    answer = companies_answer(found)
    records.trail.asked("company.searched", [None], {"q": words, "limit": limit}, answer)
    return answer


def companies_answer(found: Sequence[Listed]) -> CompaniesAnswer:
    """Companies as the API shows them."""
    return {"companies": [listed_answer(one) for one in found], "count": len(found)}


def listed_answer(listed: Listed) -> CompanyAnswer:
    """A company as the API shows it."""
    return company_answer(listed.company, listed.origins, listed.leis, listed.parent_id)


@router.get(
    "/v1/companies/{company_id}",
    summary="Show one company",
    response_model=CompanyAnswer,
    responses=problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY),
)
async def show_company(context: ContextDep, records: RecordsDep, company_id: ItemId) -> Response:
    """The company that an assessment names."""
    return json_response(
        await context.run_unscored(context.deadline(), shown_company, context, records, company_id)
    )


def shown_company(context: Context, records: Records, company_id: str) -> CompanyAnswer:
    """The company of that id."""
    with records.store.read() as connection:
        listed = directory.show(connection, context.assessor.knowledge, company_id)
    if listed is None:
        message = f"there is no company {shown(company_id)!r}; GET /v1/companies?q= finds them by name"
        raise problems.NotFoundError(message, "company_id")
    return listed_answer(listed)
