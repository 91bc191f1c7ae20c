"""The memory of a run: which rows of the input are in the output, so that a killed run can go on.

Rows are appended to a file, and the journal then says how long that file was when all was well. What
was written after the last entry is cut off before going on, and those rows are read again: none is lost
and none comes twice. All of it stands in ``OUT.partial/``; ``OUT`` appears, whole, at the end::

    OUT.partial/journal.jsonl   first line: the run; then one line per checkpoint
    OUT.partial/rows            what will be OUT
    OUT.partial/errors.jsonl    what will be OUT.errors.jsonl
    OUT.partial/run.json        what will be OUT.run.json; stands there when all rows do
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from riskscore.archive.output import Output, sync
from riskscore.archive.summary import Summary
from riskscore.errors import ArchiveError

try:
    import fcntl
except ImportError:  # Windows has other locks; there two runs on one output are the user's to avoid
    fcntl = None  # type: ignore[assignment]


@dataclass(slots=True)
class Checkpoint:
    """How far a run has come."""

    source: int = 0  # index of the input file
    row: int = 0  # rows of it that are done
    row_bytes: int = 0
    error_bytes: int = 0
    digest: str = ""  # of standard input up to here
    summary: dict[str, Any] = field(default_factory=lambda: Summary().as_dict())


@dataclass(frozen=True, slots=True)
class Places:
    """The files of a run."""

    out: Path

    @property
    def errors(self) -> Path:
        return self.out.with_name(self.out.name + ".errors.jsonl")

    @property
    def record(self) -> Path:
        return self.out.with_name(self.out.name + ".run.json")

    @property
    def partial(self) -> Path:
        return self.out.with_name(self.out.name + ".partial")

    @property
    def journal(self) -> Path:
        return self.partial / "journal.jsonl"

    @property
    def rows(self) -> Path:
        return self.partial / "rows"

    @property
    def partial_errors(self) -> Path:
        return self.partial / "errors.jsonl"

    @property
    def partial_record(self) -> Path:
        return self.partial / "run.json"


def settle(places: Places) -> None:
    """Give the files of a run that has all its rows their names, if there is one; at any time again."""
    if not places.partial_record.exists():
        return
    record = json.loads(places.partial_record.read_text(encoding="utf-8"))
    if places.partial_errors.exists():
        if places.partial_errors.stat().st_size:
            places.partial_errors.replace(places.errors)
        else:
            places.errors.unlink(missing_ok=True)  # of an earlier run that this one replaces
    whole = places.partial / record["file"]
    if whole.exists():
        whole.replace(places.out)
    shutil.copyfile(places.partial_record, places.record)
    shutil.rmtree(places.partial)


def finished_run(places: Places, run: dict[str, Any]) -> Summary | None:
    """The summary of the same run where it is finished already, else None.

    Raises
    ------
    ArchiveError
        The output stands there, and is of another input, model or option, or was changed since.
    """
    if not places.out.exists():
        return None
    try:
        record = json.loads(places.record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArchiveError(f"{places.out} stands already; choose another name or say --replace") from None
    if record["run"] != run:
        raise ArchiveError(
            f"{places.out} is finished, but {difference(record['run'], run)}; choose another name or say "
            "--replace"
        )
    if record["bytes"] != places.out.stat().st_size:
        raise ArchiveError(f"{places.out} was changed after it was finished; say --replace to make it anew")
    return Summary.from_dict(record["summary"])


def difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """In words, which parts of a run's description changed."""
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return f"since then changed: {', '.join(changed)}"


class Journal:
    """Holds the files of one run open; a context manager.

    Parameters
    ----------
    run : dict
        What the run is of: fingerprints of the input, options, model. JSON values only.

    Raises
    ------
    ArchiveError
        A run of another input, model or option stands unfinished there, or one is going on.
    """

    def __init__(self, places: Places, output: Output, run: dict[str, Any]) -> None:
        self._places = places
        self._output = output
        self._run = run
        places.partial.mkdir(parents=True, exist_ok=True)
        self._journal: IO[bytes] = places.journal.open("a+b")
        self._lock()
        self.checkpoint = self._last_checkpoint()
        self._rows = _opened_at(places.rows, self.checkpoint.row_bytes)
        self._errors = _opened_at(places.partial_errors, self.checkpoint.error_bytes)
        self.summary = Summary.from_dict(self.checkpoint.summary)
        self._resumed = self.summary.rows > 0

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._rows, self._errors, self._journal):
            file.close()

    @property
    def resumed(self) -> bool:
        """Whether an earlier run had come somewhere."""
        return self._resumed

    def append(self, rows: bytes, faults: bytes, source: int, row: int, digest: str) -> None:
        """Write the rows of one chunk; they count from the next `save` on."""
        self._rows.write(rows)
        self._errors.write(faults)
        self.checkpoint.source, self.checkpoint.row, self.checkpoint.digest = source, row, digest

    def save(self) -> None:
        """Make what has been appended last."""
        for file in (self._rows, self._errors):
            file.flush()
            os.fsync(file.fileno())
        self.checkpoint.row_bytes = self._rows.tell()
        self.checkpoint.error_bytes = self._errors.tell()
        self.checkpoint.summary = self.summary.as_dict()
        self._write(asdict(self.checkpoint))

    def finish(self) -> None:
        """Give the output its name; if this is cut short, `settle` does the rest."""
        self.save()
        places = self._places
        whole = self._output.finish(places.rows)
        record = {
            "run": self._run,
            "file": whole.name,
            "bytes": whole.stat().st_size,
            "summary": self.checkpoint.summary,
        }
        written = places.partial / "run.json.new"
        written.write_text(json.dumps(record, indent=1), encoding="utf-8")
        sync(written)
        written.replace(places.partial_record)
        settle(places)

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._journal.close()
            raise ArchiveError(f"another run is writing {self._places.out} right now") from None

    def _last_checkpoint(self) -> Checkpoint:
        """From the journal, whose last line may be cut off; a new journal begins here."""
        self._journal.seek(0)
        lines = self._journal.read().split(b"\n")[:-1]
        entries = []
        for line in lines:
            try:
                entries.append(json.loads(line))
            except ValueError:
                break
        if len(entries) < 2:  # cut short before anything was done
            self._journal.truncate(0)
            beginning = self._output.beginning()
            self._places.rows.write_bytes(beginning)
            self._write(self._run)
            self._write(asdict(Checkpoint(row_bytes=len(beginning))))
            return Checkpoint(row_bytes=len(beginning))
        if entries[0] != self._run:
            self._journal.close()
            raise ArchiveError(
                f"{self._places.partial} is an unfinished run, but {difference(entries[0], self._run)}; "
                "restore that to go on, or say --replace to begin anew"
            )
        self._journal.truncate(sum(len(line) + 1 for line in lines[: len(entries)]))
        return Checkpoint(**entries[-1])

    def _write(self, entry: dict[str, Any]) -> None:
        self._journal.write(json.dumps(entry).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())


def _opened_at(path: Path, length: int) -> IO[bytes]:
    """The file open for writing at `length`; what stands behind is cut off."""
    file = path.open("r+b" if path.exists() else "w+b")
    file.seek(0, os.SEEK_END)
    if file.tell() < length:
        file.close()
        raise ArchiveError(f"{path} is shorter than its journal says; say --replace to begin anew")
    file.truncate(length)
    file.seek(length)
    return file
