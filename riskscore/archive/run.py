"""Archive in, scored archive out: reads, scores on all cores, writes, and can be killed at any time."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskscore.archive.columns import Columns
from riskscore.archive.journal import Checkpoint, Journal, Places, finished_run, settle
from riskscore.archive.output import Output
from riskscore.archive.sources import Chunk, Format, Source, find_sources, read_chunks
from riskscore.archive.summary import Summary
from riskscore.archive.work import Job, scored_chunks
from riskscore.errors import ArchiveError, InputError

if TYPE_CHECKING:
    from riskscore.assess import Assessor

Progress = Callable[[int, float], None]  # rows done, part of the input done (0-1, 0 when unknown)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has come to."""

    summary: Summary
    already_finished: bool = False  # by an earlier run; nothing was done now
    resumed: bool = False


def score_archive(
    source: str,
    out: Path,
    *,
    columns: Columns | None = None,
    format: Format | None = None,
    rationale: bool = False,
    processes: int | None = None,
    model_dir: Path | None = None,
    model_version: str | None = None,
    replace: bool = False,
    assessor: Assessor | None = None,
    save_every_s: float = 1.0,
    progress: Progress = lambda rows, part: None,
) -> Result:
    """Score every article of an archive.

    Parameters
    ----------
    source : str
        A file, a folder, a glob or "-" for standard input.
    out : Path
        Ends in .jsonl or .csv (also with .gz or .zst) or .parquet. Appears when it is whole; rows at
        fault are listed in ``OUT.errors.jsonl``, the run is recorded in ``OUT.run.json``.
    columns : Columns, optional
        Columns that do not go by one of the usual names.
    format : str, optional
        Of the input, where its name does not tell.
    rationale : bool
        Also write contributions, evidence and reason codes, in a nested column.
    processes : int, optional
        All cores by default.
    assessor : Assessor, optional
        Used when this process does the work itself (`processes` 1).
    replace : bool
        Begin anew, whatever stands at `out`; it is replaced when the new one is whole.
    save_every_s : float
        Seconds between checkpoints: what a kill can cost. Each waits for the disk.

    Returns
    -------
    Result

    Raises
    ------
    ArchiveError
        There is nothing to read, something else stands at `out`, or the run was cut short.
    InputError
        No column holds a title, text or html.
    """
    columns = columns or Columns()
    output = Output.of(out, rationale=rationale)
    sources = find_sources(source, format)
    if not out.parent.is_dir():
        raise ArchiveError(f"there is no folder {out.parent}; make it first")
    places = Places(out)
    run = _identity(sources, columns, output, model_dir, model_version, assessor)
    settle(places)
    if replace and places.partial.exists():
        shutil.rmtree(places.partial)
    if not replace and (finished := finished_run(places, run)) is not None:
        return Result(finished, already_finished=True)
    job = Job(columns, output, model_dir, model_version)
    with Journal(places, output, run) as journal:
        start = journal.checkpoint
        chunks = _checked(read_chunks(sources, _begin_at(start, sources)), sources, start, columns)
        saved = time.monotonic()
        for done in scored_chunks(job, chunks, processes or os.cpu_count() or 1, assessor):
            journal.append(done.rows, done.faults, done.source, done.last_row, done.digest)
            journal.summary.add(done.summary)
            if time.monotonic() - saved >= save_every_s:
                journal.save()
                saved = time.monotonic()
            progress(journal.summary.rows, done.progress)
        journal.finish()
        return Result(journal.summary, resumed=journal.resumed)


def _identity(
    sources: list[Source],
    columns: Columns,
    output: Output,
    model_dir: Path | None,
    model_version: str | None,
    assessor: Assessor | None,
) -> dict[str, Any]:
    """Everything on which the output depends, as JSON gives it back."""
    from riskscore.artifact.model import model_identity
    from riskscore.knowledge import load_knowledge

    run = {
        "input": [source.fingerprint() for source in sources],
        "columns": columns.given(),
        "rationale": output.rationale,
        "model": assessor.model.identity if assessor else model_identity(model_dir, model_version),
        "knowledge": load_knowledge().hash,
    }
    stored: dict[str, Any] = json.loads(json.dumps(run))
    return stored


def _begin_at(start: Checkpoint, sources: list[Source]) -> tuple[int, int]:
    """Standard input is always read from its beginning; `_checked` then tells whether it is the same."""
    return (0, 0) if sources[0].name == "-" else (start.source, start.row)


def _checked(
    chunks: Iterator[Chunk], sources: list[Source], start: Checkpoint, columns: Columns
) -> Iterator[Chunk]:
    """The chunks still to do; the first of each file tells whether its columns can be read."""
    seen: set[int] = set()
    for chunk in chunks:
        if sources[0].name == "-" and chunk.first_row <= start.row:
            last = chunk.first_row + len(chunk.rows) - 1
            if last == start.row and chunk.digest != start.digest:
                raise ArchiveError("standard input differs from that of the unfinished run; say --replace")
            continue
        if chunk.source not in seen and chunk.names is not None:
            seen.add(chunk.source)
            try:
                columns.completed(chunk.names)
            except InputError as error:
                raise InputError(f"{chunk.file}: {error}", error.field) from None
        yield chunk
