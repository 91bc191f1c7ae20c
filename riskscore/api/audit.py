"""`GET /v1/audit` and `/v1/audit/head`: the audit ledger, page by page, and where it ends."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, cast

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.company_risk import asked
from riskscore.api.context import ContextDep
from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.moment import Moment
from riskscore.api.record_answers import moment
from riskscore.api.record_schemas import Moment as MomentText
from riskscore.api.record_schemas import NextCursor
from riskscore.api.records import Records, RecordsDep
from riskscore.api.stories import Page
from riskscore.audit.chain import Head
from riskscore.audit.entry import Action
from riskscore.store.ledger import LedgerFilter, list_entries, stored_head

router = APIRouter(tags=["audit"], dependencies=[needs("admin")])

_PROBLEMS = problems.documented(problems.INVALID_REQUEST, problems.BUSY)

Sha256Text = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class LedgerEntryAnswer(TypedDict):
    """An entry of the ledger. Without `entry_hash`, its canonical JSON is what that is the SHA-256 of."""

    sequence: Annotated[int, Field(ge=1)]
    occurred_at: MomentText
    actor: Annotated[str, Field(description="Name of the key, or `cli:` and the user of a command.")]
    key_id: NotRequired[str]
    action: Action
    subject: NotRequired[Annotated[str, Field(description="Id of what was acted on, or asked about.")]]
    request_id: NotRequired[str]
    input_hash: NotRequired[Sha256Text]
    output_hash: NotRequired[Sha256Text]
    model_version: NotRequired[str]
    knowledge_hash: NotRequired[str]
    detail: NotRequired[dict[str, Any]]
    previous_hash: Annotated[Sha256Text, Field(description="The hash of the entry before.")]
    entry_hash: Sha256Text


class LedgerAnswer(TypedDict):
    """A page of the ledger."""

    entries: list[LedgerEntryAnswer]
    next_cursor: NextCursor


class LedgerHeadAnswer(TypedDict):
    """Where the ledger ends. Keep it elsewhere: only so can a rewritten ledger be told."""

    sequence: Annotated[int, Field(ge=0, description="Number of the last entry; 0 for none.")]
    entry_hash: Sha256Text
    read_at: MomentText
    waiting: Annotated[int, Field(ge=0, description="Entries of this server that are not on disk yet.")]


class LedgerQuery(Page):
    """Which entries to list."""

    actor: str | None = Field(None, max_length=200)
    key_id: str | None = Field(None, max_length=64)
    action: Action | None = None
    subject: str | None = Field(None, max_length=200, description="Such as the id of a company or an alert.")
    request_id: str | None = Field(None, max_length=64)
    since: Moment | None = None
    until: Moment | None = Field(None, description="Not included.")
    order: Literal["newest", "oldest"] = Field(
        "newest", description="oldest: `next_cursor` is given at the end too, to ask again with later."
    )

    def filter(self) -> LedgerFilter:
        """As the store takes it."""
        return LedgerFilter(
            *(self.actor, self.key_id, self.action, self.subject, self.request_id), self.since, self.until
        )


@router.get("/v1/audit", summary="List what was done", response_model=LedgerAnswer, responses=_PROBLEMS)
async def show_ledger(
    context: ContextDep, records: RecordsDep, query: Annotated[LedgerQuery, Query()]
) -> Response:
    """Who did what, when, to what. Reading it is recorded too, unless the page tells of readings alone."""
    return json_response(await context.run_unscored(context.deadline(), listed_ledger, records, query))


def listed_ledger(records: Records, query: LedgerQuery) -> LedgerAnswer:
    """One page of the ledger."""
    place = None
    if query.cursor is not None:
        (place,) = cast(list[int], decode_cursor(query.cursor, (int,)))
    with records.store.read() as connection:
        found = list_entries(
            connection,
            query.filter(),
            query.limit + 1,
            newest_first=query.order == "newest",
            place=place,
        )
    page = found[: query.limit]
    cursor = query.cursor if query.order == "oldest" else None
    if page and (len(found) > query.limit or query.order == "oldest"):
        cursor = encode_cursor(page[-1].sequence)
    answer: LedgerAnswer = {
        "entries": [cast(LedgerEntryAnswer, one.record()) for one in page],
        "next_cursor": cursor,
    }
    if any(one.entry.action != "ledger.read" for one in page):
        records.trail.asked("ledger.read", [None], asked(query), answer)
    return answer


@router.get(
    "/v1/audit/head",
    summary="Show where the ledger ends",
    response_model=LedgerHeadAnswer,
    responses=_PROBLEMS,
)
async def show_head(context: ContextDep, records: RecordsDep) -> Response:
    """Give it to `riskscore audit verify --head` another day."""
    return json_response(await context.run_unscored(context.deadline(), ledger_head, records))


def ledger_head(records: Records) -> LedgerHeadAnswer:
    """Where the ledger ends."""
    with records.store.read() as connection:
        head = stored_head(connection) or Head()
    return {
        "sequence": head.sequence,
        "entry_hash": head.entry_hash,
        "read_at": moment(records.newsroom.clock()),
        "waiting": records.unrecorded,
    }
