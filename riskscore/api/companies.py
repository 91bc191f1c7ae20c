"""`GET /v1/companies?q=` and `/v1/companies/{id}`: the companies that articles are searched for."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.body import json_response
from riskscore.api.company_risk import ranking_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.faults import shown
from riskscore.api.records import RecordsDep
from riskscore.errors import InputError
from riskscore.types import Regime
from riskscore.wire.answers import company_answer
from riskscore.wire.risk_schemas import ComparisonAnswer
from riskscore.wire.schemas import CompaniesAnswer, CompanyAnswer

router = APIRouter(tags=["knowledge"])


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
        description="Name, alias, ticker or Chinese name, typos allowed; without it, all companies by name.",
    )
    limit: int = Field(20, ge=1, le=10_000, description="Most companies to return.")


@router.get(
    "/v1/companies",
    summary="Look companies up",
    response_model=CompaniesAnswer | ComparisonAnswer,
    responses=problems.documented(problems.INVALID_REQUEST, problems.BUSY),
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
    if query.q is None:
        by_name = sorted(
            context.assessor.knowledge.companies.values(), key=lambda company: company.name.casefold()
        )
        found = by_name[: query.limit]
    else:
        found = await context.run_unscored(
            context.deadline(), context.assessor.companies.search, query.q, query.limit
        )
    answer: CompaniesAnswer = {
        "companies": [company_answer(company) for company in found],
        "count": len(found),
    }
    return json_response(answer)


@router.get(
    "/v1/companies/{company_id}",
    summary="Show one company",
    response_model=CompanyAnswer,
    responses=problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST),
)
async def show_company(context: ContextDep, company_id: ItemId) -> Response:
    """The company that an assessment names."""
    company = context.assessor.knowledge.companies.get(company_id)
    if company is None:
        message = f"there is no company {shown(company_id)!r}; GET /v1/companies?q= finds them by name"
        raise problems.NotFoundError(message, "company_id")
    return json_response(company_answer(company))
