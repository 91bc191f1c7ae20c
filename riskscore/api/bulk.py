"""`POST /v1/articles/bulk`: a stream of JSON lines in, a stream of results out, one line for each.

Reading and answering are two tasks with a queue between: a client that sends all of its lines before it
reads the first result would otherwise wait for us while we wait for it.
"""

from __future__ import annotations

from collections import deque

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import APIRouter, Depends
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from riskscore.api import problems
from riskscore.api.access import needs, pace
from riskscore.api.article_requests import BulkLine, read_line
from riskscore.api.context import Context, ContextDep
from riskscore.api.middleware import log_fault
from riskscore.api.problems import SlowBodyError, UnsupportedMediaTypeError
from riskscore.api.record_answers import line_answer
from riskscore.api.record_schemas import LineRefused
from riskscore.api.records import Records, RecordsDep
from riskscore.api.requests import Submission, item_id
from riskscore.errors import AccessError, InputError, StoreUnreachableError, TooLargeError
from riskscore.service import Newsroom, Scores
from riskscore.settings import Settings
from riskscore.wire.encoding import decode_json, encode_json

router = APIRouter(tags=["articles"], dependencies=[needs("write")])

PATHS = frozenset({"/v1/articles/bulk"})
MEDIA_TYPE = "application/x-ndjson"

# One transaction each: large enough that commits cost little, small enough that results come soon.
_LINES_PER_BATCH = 64
_BYTES_PER_BATCH = 1_048_576
# Some tens of megabytes, for a client that sends all of its lines before it reads the first result.
_ANSWERS_WAITING = 1_024  # batches
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
    """A result line means that its article is on disk, whatever happens next. A bad line stops no other.

    Blank lines are skipped, but counted. When the body stalls, or a limit is reached, the last line of the
    answer is a problem. Read while you send: some 65,000 results wait for you, and the connection is closed
    when you then take none for `request_timeout_s`. Send what has no result again: `created` tells what was
    stored before.
    """
    newsroom = await context.run_unscored(context.deadline(), lambda: records.newsroom)
    return _Answer(request, context, records, newsroom)


class _Answer(Response):
    """Reads, stores and answers at the same time."""

    media_type = MEDIA_TYPE

    def __init__(self, request: Request, context: Context, records: Records, newsroom: Newsroom) -> None:
        super().__init__()
        del self.headers["content-length"]
        self.request, self.context, self.records, self.newsroom = request, context, records, newsroom
        self._given_up = False  # nobody reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        to_store, chunks = anyio.create_memory_object_stream[bytes](4)
        to_answer, results = anyio.create_memory_object_stream[bytes](_ANSWERS_WAITING)
        async with anyio.create_task_group() as tasks, results:
            tasks.start_soon(self._read, to_store)
            tasks.start_soon(self._store, chunks, to_answer, tasks.cancel_scope)
            async for lines in results:
                await send({"type": "http.response.body", "body": lines, "more_body": True})
            tasks.cancel_scope.cancel()  # the reader, where a limit ended the rest
        if self._given_up:
            raise ClientDisconnect
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _read(self, to_store: MemoryObjectSendStream[bytes]) -> None:
        async with to_store:
            try:
                async for chunk in self.request.stream():
                    if chunk:
                        await to_store.send(chunk)
            except (ClientDisconnect, anyio.BrokenResourceError):
                return  # what came whole is stored all the same

    async def _store(
        self,
        chunks: MemoryObjectReceiveStream[bytes],
        to_answer: MemoryObjectSendStream[bytes],
        everything: anyio.CancelScope,
    ) -> None:
        async with chunks, to_answer:
            reader = _LineReader(chunks, self.context.settings)
            try:
                while batch := await reader.batch():
                    await pace(self.request, len(batch))
                    lines = await _ingest(self.request, self.context, self.records, self.newsroom, batch)
                    reader.number = batch[-1][0]
                    with anyio.fail_after(self.context.settings.request_timeout_s):
                        await to_answer.send(lines)
            except (InputError, AccessError, StoreUnreachableError) as error:
                await to_answer.send(_refusal(self.request, reader.number + 1, None, error) + b"\n")
            except TimeoutError:
                self._given_up = True
                everything.cancel()


class _LineReader:
    """Pieces of a body in, batches of its lines out."""

    def __init__(self, chunks: MemoryObjectReceiveStream[bytes], settings: Settings) -> None:
        self.number = 0  # of the last line that was seen to
        self._chunks = chunks
        self._settings = settings
        self._rest = b""
        self._counted = 0
        self._lines: deque[tuple[int, bytes]] = deque()
        self._at_end = False

    async def batch(self) -> Lines:
        """The next lines; few when the sender pauses, none at the end.

        Raises
        ------
        TooLargeError, SlowBodyError
        """
        most, limit_s = self._settings.bulk_max_lines, self._settings.request_timeout_s
        whole_at = anyio.current_time()  # of the last whole line: a trickle of bytes counts for nothing
        while not self._at_end and len(self._lines) < _LINES_PER_BATCH and self._counted <= most:
            counted = self._counted
            with anyio.move_on_after(_PAUSE_S):
                try:
                    self._take(await self._chunks.receive())
                except anyio.EndOfStream:
                    self._at_end = True
                    self._take(b"\n")
            now = anyio.current_time()
            if self._counted > counted:
                whole_at = now
            if self._lines and now - whole_at >= _PAUSE_S:
                break
            if now - whole_at >= limit_s:
                raise SlowBodyError(f"no whole line came for {limit_s:g} s (request_timeout_s)", "body")
        batch: Lines = []
        size = 0
        while self._lines and len(batch) < _LINES_PER_BATCH and size < _BYTES_PER_BATCH:
            number, line = self._lines.popleft()
            if number > most:
                self._lines.appendleft((number, line))
                break
            batch.append((number, line))
            size += len(line)
        if not batch and self._counted > most:  # of blank lines too: they have no result, but no end either
            self.number = most
            raise TooLargeError(f"more than {most:,} lines (bulk_max_lines); send the rest apart", "body")
        return batch

    def _take(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > self._settings.max_body_bytes:
            raise _line_too_long(self._settings.max_body_bytes)
        for line in lines:
            self._counted += 1
            if line.strip():
                self._lines.append((self._counted, line))


def _line_too_long(limit: int) -> TooLargeError:
    return TooLargeError(f"a line is longer than {limit:,} bytes (max_body_bytes)", "body")


async def _ingest(
    request: Request, context: Context, records: Records, newsroom: Newsroom, batch: Lines
) -> bytes:
    """Result lines of one batch, once it is on disk."""
    results: dict[int, bytes] = {}
    sound: list[tuple[int, str | None, Submission]] = []
    assessors: list[Scores] = []
    for number, line in batch:
        try:
            if len(line) > context.settings.max_body_bytes:
                raise _line_too_long(context.settings.max_body_bytes)
            name, submission = read_line(line, context.limits)
            assessors.append(records.scorer(submission.model_version))
            sound.append((number, name, submission))
        except InputError as error:
            results[number] = _refusal(request, number, _name(line), error)
    try:
        stored = await context.run_on(
            context.deadline(), newsroom.ingest, [submission.article for _, _, submission in sound], assessors
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
