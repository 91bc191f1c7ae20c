"""A chunk of raw rows in, the bytes to append to the output and to the list of faults out.

This is the unit of work, the same in one process, in many and on a cluster: it depends on nothing but
the chunk, so it can be done again.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from riskscore.archive.columns import Columns, Item, read_item
from riskscore.archive.output import Output
from riskscore.archive.rows import FlatRow, flat_row
from riskscore.archive.sources import Chunk, Fault, Raw
from riskscore.archive.summary import Summary
from riskscore.errors import ArchiveError, InputError
from riskscore.wire.encoding import decode_json, encode_json

if TYPE_CHECKING:
    from riskscore.assess import Assessor


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with every row; small, as it goes to every worker."""

    columns: Columns
    output: Output
    model_dir: Path | None
    model_version: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """The work on one chunk."""

    source: int
    last_row: int
    progress: float
    digest: str
    rows: bytes
    faults: bytes
    summary: Summary


Work = Callable[[Chunk], Done]


class ChunkScorer:
    """Scores chunks with one assessor."""

    def __init__(self, job: Job, assessor: Assessor) -> None:
        self._job = job
        self._assessor = assessor

    def __call__(self, chunk: Chunk) -> Done:
        summary = Summary()
        faults: list[dict[str, object]] = []
        items: list[tuple[int, Item]] = []
        for number, raw in enumerate(chunk.rows, chunk.first_row):
            try:
                items.append((number, item_of(raw, chunk.names, self._job.columns)))
            except InputError as error:
                faults.append({"file": chunk.file, "row": number, "reason": str(error)})
        rows: list[FlatRow] = []
        for number, row in self._score(items, chunk.file):
            if isinstance(row, InputError):
                faults.append({"file": chunk.file, "row": number, "reason": str(row)})
            else:
                rows.append(row)
                summary.count(row)
        summary.bad = len(faults)
        faults.sort(key=lambda fault: fault["row"])  # type: ignore[arg-type,return-value]
        return Done(
            source=chunk.source,
            last_row=chunk.first_row + len(chunk.rows) - 1,
            progress=chunk.progress,
            digest=chunk.digest,
            rows=self._job.output.encode(rows),
            faults=b"".join(encode_json(fault) + b"\n" for fault in faults),
            summary=summary,
        )

    def _score(
        self, items: Sequence[tuple[int, Item]], file: str
    ) -> Iterator[tuple[int, FlatRow | InputError]]:
        rationale = self._job.output.rationale
        assessments = self._assessor.assess_many([item.article for _, item in items], rationale=rationale)
        for (number, item), assessment in zip(items, assessments, strict=True):
            if isinstance(assessment, InputError):
                yield number, assessment
            else:
                yield number, flat_row(item, assessment, file, number, rationale=rationale)


def item_of(raw: Raw, names: tuple[str, ...] | None, columns: Columns) -> Item:
    """The article of a row as `read_chunks` gives it.

    Raises
    ------
    InputError
    """
    if isinstance(raw, Fault):
        raise InputError(raw.reason)
    if isinstance(raw, bytes):
        row = decode_json(raw)
        if not isinstance(row, dict):
            raise InputError(f"the line holds {type(row).__name__}, not a JSON object")
    elif isinstance(raw, list):
        for cell in raw:
            if not cell.isascii() and any("\udc80" <= char <= "\udcff" for char in cell):
                raise InputError("the row is not UTF-8")
        row = dict(zip(names or (), raw, strict=True))
    else:
        row = raw
    return read_item(row, _completed(columns, tuple(row) if names is None else names))


_LOOK_AGAIN_S = 1.0  # how long a dead worker goes unseen


@lru_cache(maxsize=1_000)
def _completed(columns: Columns, names: tuple[str, ...]) -> Columns:
    # JSON Lines may leave out a column in any row, so what was given is taken to be right.
    return columns.completed((*names, *columns.given().values()))


def scored_chunks(
    job: Job, chunks: Iterable[Chunk], processes: int, assessor: Assessor | None = None
) -> Iterator[Done]:
    """The work on all chunks, in their order, with a bounded number of them in memory.

    Parameters
    ----------
    processes : int
        1 works in this process, with `assessor` when given.

    Raises
    ------
    ArchiveError
        A worker died (killed, or out of memory); what was done before is kept.
    """
    if processes == 1:
        yield from map(ChunkScorer(job, assessor or loaded_assessor(job)), chunks)
        return
    loaded_assessor(job)  # a model that does not load is told here, once, and not by each worker
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(job,)
    )
    waiting: deque[Future[Done]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_work_on, chunk))
            if len(waiting) > 2 * processes:
                yield _awaited(waiting.popleft(), pool)
        while waiting:
            yield _awaited(waiting.popleft(), pool)
    except BrokenProcessPool:
        raise ArchiveError(
            "a worker process died (killed, or out of memory); run the same command again to go on from "
            "here, with fewer --processes if memory is short"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _awaited(future: Future[Done], pool: ProcessPoolExecutor) -> Done:
    """A chunk's result; the executor alone would wait for ever for one that a killed worker half wrote."""
    while True:
        try:
            return future.result(timeout=_LOOK_AGAIN_S)
        except TimeoutError:
            workers = list((pool._processes or {}).values())
            if all(worker.is_alive() for worker in workers) or future.done():
                continue
        for worker in workers:
            worker.kill()
            worker.join()
        # With no worker left to write, this end is the last: closing it ends the executor's wait.
        pool._result_queue._writer.close()  # type: ignore[attr-defined]
        raise BrokenProcessPool("a worker died")


_scorer: ChunkScorer | None = None  # of a worker process; loaded once


def _start_worker(job: Job) -> None:
    global _scorer  # noqa: PLW0603 - the one thing that a worker process keeps
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _scorer = ChunkScorer(job, loaded_assessor(job))


def _die_with_parent() -> None:
    """A parent killed outright tells nobody; its workers would wait for it for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_on(chunk: Chunk) -> Done:
    if _scorer is None:
        raise RuntimeError("the worker was not started")
    return _scorer(chunk)


def loaded_assessor(job: Job) -> Assessor:
    """The assessor of this process for a job; the model is loaded once, whatever the number of chunks."""
    return _assessor(job.model_dir, job.model_version)


@lru_cache(maxsize=1)
def _assessor(model_dir: Path | None, model_version: str | None) -> Assessor:
    from riskscore.assess import Assessor

    return Assessor.load(model_dir, model_version, compiled=True)
