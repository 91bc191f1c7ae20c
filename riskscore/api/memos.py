"""`GET /v1/companies/{id}/memo`: a file note for a dossier, as Markdown, HTML or PDF."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.company_risk import RiskQuery, asked
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.records import Records, RecordsDep
from riskscore.api.risk_answers import dossier_answer
from riskscore.dossier.answer import compile_dossier
from riskscore.dossier.memo import write_memo
from riskscore.dossier.memo_pdf import pdf
from riskscore.dossier.memo_text import markdown, page

router = APIRouter(tags=["company risk"], dependencies=[needs("read")])

_MEDIA_TYPES = {"md": "text/markdown", "html": "text/html", "pdf": "application/pdf"}


class MemoQuery(RiskQuery):
    """What to ask, and how to write it down."""

    format: Literal["md", "html", "pdf"] = Field("md", description="Markdown, one HTML page, or PDF.")


@router.get(
    "/v1/companies/{company_id}/memo",
    summary="A file note on a company",
    response_class=Response,
    responses={
        200: {"content": {kind: {"schema": {"type": "string"}} for kind in _MEDIA_TYPES.values()}},
        **problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY),
    },
)
async def show_memo(
    context: ContextDep, records: RecordsDep, company_id: ItemId, query: Annotated[MemoQuery, Query()]
) -> Response:
    """Question, answer, quotes with their places, rules, lists, coverage, method, limits, and a hash."""
    content, digest = await context.run_unscored(context.deadline(), written_memo, records, company_id, query)
    return memo_response(company_id, query.format, content, digest)


def memo_response(
    company_id: str, form: Literal["md", "html", "pdf"], content: bytes, digest: str
) -> Response:
    """A memo as sent."""
    headers = {
        "content-disposition": f'inline; filename="riskscore-{_plain(company_id)}.{form}"',
        "memo-sha256": digest,
    }
    if form == "html":  # its own style, and nothing else
        headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[form])


def written_memo(records: Records, company_id: str, query: MemoQuery) -> tuple[bytes, str]:
    """A memo and its SHA-256."""
    knowledge = records.assessor.knowledge
    with records.store.read() as connection:
        dossier = compile_dossier(connection, knowledge, company_id, query.question(records))
    memo = write_memo(dossier_answer(dossier), knowledge.hash)
    if query.format == "pdf":
        content = pdf(memo)
    else:
        content = (markdown(memo) if query.format == "md" else page(memo)).encode()
    records.trail.asked("company.memo", [company_id], asked(query, company_id), content)
    return content, memo.sha256


def _plain(company_id: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else "_" for c in company_id)[:80]
