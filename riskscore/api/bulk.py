"""`POST /v1/articles/bulk`: a stream of JSON lines in, a stream of results out, one line for each.

Reading and answering are two tasks with a queue between: a client that sends all of its lines before it
reads the first result would otherwise wait for us while we wait for it.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import APIRouter, Depends
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from riskscore.api import problems
from riskscore.api.article_requests import BulkLine, read_line
from riskscore.api.context import Context, ContextDep
from riskscore.api.encoding import decode_json, encode_json
from riskscore.api.middleware import log_fault
from riskscore.api.problems import SlowBodyError, UnsupportedMediaTypeError
from riskscore.api.record_answers import line_answer
from riskscore.api.record_schemas import LineRefused
from riskscore.api.records import RecordsDep
from riskscore.api.requests import Submission, item_id
from riskscore.errors import InputError, TooLargeError
from riskscore.service import Newsroom

router = APIRouter(tags=["articles"])

PATHS = frozenset({"/v1/articles/bulk"})
MEDIA_TYPE = "application/x-ndjson"

# One transaction each: large enough that commits cost little, small enough that results come soon.
_LINES_PER_BATCH = 64
_BYTES_PER_BATCH = 1_048_576
_PAUSE_S = 0.25  # lines that came before a pause of so long are stored, and answered, without more

Lines = list[tuple[int, bytes]]  # with their numbers


async def _declared_lines(request: Request) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in {MEDIA_TYPE, "application/jsonl", "application/ndjson"}:
        raise UnsupportedMediaTypeError(f"send Content-Type: {MEDIA_TYPE}, in UTF-8", "content-type")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError("send the body uncompressed", "content-encoding")


@router.post(
    "/v1/articles/bulk",
    summary="Score many articles and keep them",
    dependencies=[Depends(_declared_lines)],
    response_class=Response,
    responses={
        200: {
            "description": "One line for each line sent, in order.",
            "content": {
                MEDIA_TYPE: {"schema": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in (
                    "LineStored", "LineRefused")]}},
            },
        },
        **problems.documented(problems.UNSUPPORTED_MEDIA_TYPE, problems.STORE_UNUSABLE),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{BulkLine.__name__}"}}},
        }
    },
)  # fmt: skip
async def store_many(request: Request, context: ContextDep, records: RecordsDep) -> Response:
    """A result line means that its article is on disk, whatever happens next. A bad line never stops the rest.

    Blank lines are skipped, but counted. When the body breaks off, or a limit is reached, the last line of the
    answer is a problem; send what has no result again: what was stored before is told apart by `created`.
    """
    newsroom = await context.run(context.deadline(), lambda: records.newsroom)
    sender, receiver = anyio.create_memory_object_stream[bytes](math.inf)
    return StreamingResponse(_answered(request, context, newsroom, sender, receiver), media_type=MEDIA_TYPE)


async def _answered(
    request: Request,
    context: Context,
    newsroom: Newsroom,
    sender: MemoryObjectSendStream[bytes],
    receiver: MemoryObjectReceiveStream[bytes],
) -> AsyncIterator[bytes]:
    async with anyio.create_task_group() as tasks, receiver:
        tasks.start_soon(_ingest_all, request, context, newsroom, sender)
        async for lines in receiver:
            yield lines


async def _ingest_all(
    request: Request, context: Context, newsroom: Newsroom, sender: MemoryObjectSendStream[bytes]
) -> None:
    async with sender:
        number = 0
        try:
            async for batch in _batches(request, context):
                number = batch[-1][0]
                await sender.send(await _ingest(request, context, newsroom, batch))
        except ClientDisconnect:
            return
        except Exception as error:
            await sender.send(_refusal(request, number + 1, None, error) + b"\n")


async def _batches(request: Request, context: Context) -> AsyncIterator[Lines]:
    """The body's lines with their numbers, in batches; a short one when the sender pauses."""
    limit = context.settings.max_body_bytes
    pending = bytearray()
    batch: Lines = []
    size = number = 0
    async for chunk in _chunks(request, context):
        pending += chunk
        *lines, rest = pending.split(b"\n")
        pending = rest
        if len(pending) > limit:
            raise _line_too_long(limit)
        for line in lines:
            number += 1
            if number > context.settings.bulk_max_lines:
                raise TooLargeError(
                    f"more than {context.settings.bulk_max_lines:,} lines (bulk_max_lines); send them in parts",
                    "body",
                )
            if line.strip():
                batch.append((number, bytes(line)))
                size += len(line)
            if len(batch) >= _LINES_PER_BATCH or size >= _BYTES_PER_BATCH:
                yield batch
                batch, size = [], 0
        if batch and not chunk:
            yield batch
            batch, size = [], 0
    if pending.strip():
        batch.append((number + 1, bytes(pending)))
    if batch:
        yield batch


async def _chunks(request: Request, context: Context) -> AsyncIterator[bytes]:
    """Pieces of the body; an empty one where none came for a moment, so that no line waits for the next."""
    stream = request.stream()
    sender, receiver = anyio.create_memory_object_stream[bytes](4)

    async def read() -> None:
        async with sender:
            async for chunk in stream:
                if chunk:
                    await sender.send(chunk)

    async with anyio.create_task_group() as tasks, receiver:
        tasks.start_soon(read)
        waited = 0.0
        while True:
            try:
                with anyio.fail_after(_PAUSE_S):
                    yield await receiver.receive()
                waited = 0.0
            except TimeoutError:
                waited += _PAUSE_S
                if waited >= context.settings.request_timeout_s:
                    limit_s = context.settings.request_timeout_s
                    raise SlowBodyError(
                        f"nothing came for {limit_s:g} s (request_timeout_s)", "body"
                    ) from None
                yield b""
            except anyio.EndOfStream:
                return


def _line_too_long(limit: int) -> TooLargeError:
    return TooLargeError(f"a line is longer than {limit:,} bytes (max_body_bytes)", "body")


async def _ingest(request: Request, context: Context, newsroom: Newsroom, batch: Lines) -> bytes:
    """Result lines of one batch, once it is on disk."""
    results: dict[int, bytes] = {}
    sound: list[tuple[int, str | None, Submission]] = []
    for number, line in batch:
        try:
            if len(line) > context.settings.max_body_bytes:
                raise _line_too_long(context.settings.max_body_bytes)
            name, submission = read_line(line, context.limits)
            sound.append((number, name, submission))
        except InputError as error:
            results[number] = _refusal(request, number, _name(line), error)
    try:
        stored = await context.run(
            context.deadline(), newsroom.ingest, [submission.article for _, _, submission in sound]
        )
        for (number, name, _), result in zip(sound, stored, strict=True):
            if isinstance(result, InputError):
                results[number] = _refusal(request, number, name, result)
            else:
                results[number] = encode_json(line_answer(number, name, result))
    except Exception as error:  # of the whole batch: a busy database, or a fault of ours
        for number, name, _ in sound:
            results[number] = _refusal(request, number, name, error)
    return b"".join(results[number] + b"\n" for number, _ in batch)


def _refusal(request: Request, number: int, name: str | None, error: Exception) -> bytes:
    problem = problems.problem_of(error)
    if problem.kind is problems.INTERNAL_ERROR:
        log_fault(error, request.state.request_id)
    instance = f"{problems.instance_of(request)}#/lines/{number}"
    refused: LineRefused = {
        "line": number,
        "id": name,
        "error": problem.answer(instance, request.state.request_id),
    }
    return encode_json(refused)


def _name(line: bytes) -> str | None:
    """The caller's name of a line, also where the rest of the line is at fault."""
    try:
        return item_id(decode_json(line))
    except InputError:
        return None
