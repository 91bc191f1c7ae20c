"""Parquet files in, a folder of scored Parquet parts out, worked on by a Dask cluster.

A part is one row group or more of one input file. Its worker writes it under a temporary name and then
renames it, so a part that stands is whole, and doing one twice (a worker died, or the run was started
again) changes nothing. ``OUT/_SUCCESS`` says that all parts are there. IN and OUT must be reachable
under the same paths from all workers, as on a shared file system.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskscore.archive.columns import Columns
from riskscore.archive.journal import difference
from riskscore.archive.output import Output, arrow_schema, sync
from riskscore.archive.run import Progress, Result
from riskscore.archive.sources import Chunk, find_sources, require
from riskscore.archive.summary import Summary
from riskscore.archive.work import ChunkScorer, Job, loaded_assessor
from riskscore.artifact.model import model_identity
from riskscore.errors import ArchiveError
from riskscore.knowledge import load_knowledge

_PART_ROWS = 50_000
_BATCH_ROWS = 500
_RETRIES = 2  # of a part that fails, as a disk may; Dask itself moves the parts of a worker that dies


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring row groups of one input file."""

    index: int
    file: str
    row_groups: tuple[int, ...]
    first_row: int


def score_on_cluster(
    address: str,
    source: str,
    out: Path,
    *,
    columns: Columns | None = None,
    rationale: bool = False,
    replace: bool = False,
    model_dir: Path | None = None,
    model_version: str | None = None,
    progress: Progress = lambda rows, part: None,
    part_rows: int = _PART_ROWS,
) -> Result:
    """Score Parquet files on a Dask cluster.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``. Its workers need riskscore installed.
    out : Path
        A folder; it gets ``part-00000.parquet`` and so on, ``errors.jsonl`` and, when whole, ``_SUCCESS``.
    part_rows : int
        Rows of a part, about: what is lost when a worker dies.

    Other parameters, errors and the result are those of `score_archive`.
    """
    distributed = require_dask()
    output = Output("parquet", rationale=rationale)
    columns = columns or Columns()
    files = find_sources(source)
    for file in files:
        if file.format != "parquet":
            raise ArchiveError(f"{file.name}: a cluster reads Parquet; without --cluster any format is read")
    run = {
        "input": [file.fingerprint() for file in files],
        "columns": columns.given(),
        "rationale": rationale,
        "model": model_identity(model_dir, model_version),
        "knowledge": load_knowledge().hash,
        "part_rows": part_rows,
    }
    parts = list(_parts([file.name for file in files], columns, part_rows))
    if (finished := _begin(out, run, replace=replace)) is not None:
        return Result(finished, already_finished=True)
    job = Job(columns, output, model_dir, model_version)
    summary = Summary()
    missing = [part for part in parts if not _record(out, part.index).exists()]
    with distributed.Client(address) as client:
        tasks = [
            client.submit(
                score_part,
                part,
                job,
                out,
                pure=False,
                retries=_RETRIES,
                key=f"riskscore-{_key(run)}-{part.index}",
            )
            for part in missing
        ]
        for done, task in enumerate(distributed.as_completed(tasks), len(parts) - len(missing) + 1):
            task.result()
            task.release()
            progress(done, done / len(parts))
    with (out / "errors.jsonl.writing").open("wb") as errors:
        for part in parts:
            record = json.loads(_record(out, part.index).read_text())
            summary.add(Summary.from_dict(record["summary"]))
            errors.write("".join(record["faults"]).encode())
    (out / "errors.jsonl.writing").replace(out / "errors.jsonl")
    for left in out.glob(".part-*.*.*"):  # half-written, by workers that died
        left.unlink()
    (out / "_SUCCESS").write_text(json.dumps(summary.as_dict()))
    return Result(summary, resumed=len(missing) < len(parts))


def score_part(part: Part, job: Job, out: Path) -> None:
    """Score one part and write it; the task that a worker is given."""
    parquet = require("pyarrow.parquet")
    scorer = ChunkScorer(job, loaded_assessor(job))
    summary, faults = Summary(), []
    target = out / f"part-{part.index:05}.parquet"
    writing = target.with_name(f".{target.name}.{os.getpid()}")
    with parquet.ParquetWriter(
        writing, arrow_schema(rationale=job.output.rationale), compression="zstd"
    ) as writer:
        first = part.first_row
        file = parquet.ParquetFile(part.file)
        names = tuple(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, row_groups=list(part.row_groups)):
            rows = batch.to_pylist()
            done = scorer(Chunk(0, part.file, first, names, rows))
            first += len(rows)
            summary.add(done.summary)
            faults.append(done.faults.decode())
            for scored in job.output.batches(done.rows):
                writer.write_batch(scored)
    sync(writing)
    writing.replace(target)
    record = _record(out, part.index)
    written = record.with_name(f".{record.name}.{os.getpid()}")
    written.write_text(json.dumps({"summary": summary.as_dict(), "faults": faults}))
    written.replace(record)


def require_dask() -> Any:
    """Import Dask's distributed scheduler, or say how to install it."""
    try:
        import distributed
    except ImportError:
        raise ArchiveError("--cluster needs Dask: pip install 'riskscore[dask]'") from None
    return distributed


def _parts(files: list[str], columns: Columns, part_rows: int) -> Iterator[Part]:
    parquet = require("pyarrow.parquet")
    index = 0
    for name in files:
        file = parquet.ParquetFile(name)
        columns.completed(file.schema_arrow.names)
        groups: list[int] = []
        rows = first = 0
        for group in range(file.num_row_groups):
            groups.append(group)
            rows += file.metadata.row_group(group).num_rows
            if rows >= part_rows or group == file.num_row_groups - 1:
                yield Part(index, name, tuple(groups), first + 1)
                index, first, groups, rows = index + 1, first + rows, [], 0


def _begin(out: Path, run: dict[str, Any], *, replace: bool) -> Summary | None:
    """Make the folder, or check that it is of the same run; the summary where that is finished."""
    now: dict[str, Any] = json.loads(json.dumps(run))
    kept = out / "run.json"
    if out.exists() and replace:
        if any(out.iterdir()) and not kept.exists():
            raise ArchiveError(f"{out} was not made by riskscore; it is not deleted, choose another name")
        shutil.rmtree(out)
    if not out.exists():
        out.mkdir(parents=True)
        kept.write_text(json.dumps(now))
        return None
    if not kept.exists():
        raise ArchiveError(f"{out} stands already; choose another name")
    before = json.loads(kept.read_text())
    if before != now:
        raise ArchiveError(f"{out} is of another run: {difference(before, now)}; say --replace to begin anew")
    success = out / "_SUCCESS"
    return Summary.from_dict(json.loads(success.read_text())) if success.exists() else None


def _record(out: Path, index: int) -> Path:
    return out / f".part-{index:05}.json"


def _key(run: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()[:16]
