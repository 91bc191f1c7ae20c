"""Paths, a glob, a folder or standard input in, chunks of raw rows out, in order and in little memory.

A chunk is what one worker is given at a time. Rows are cut here but decoded by the worker, so that
reading keeps many of them busy; a fault in a row, or in a file, is a row too and never stops the rest.
"""

from __future__ import annotations

import bz2
import csv
import glob
import gzip
import hashlib
import importlib
import io
import lzma
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

from riskscore.errors import ArchiveError

Format = Literal["jsonl", "csv", "parquet"]

MAX_ROWS_A_CHUNK = 500
MAX_CHUNK_BYTES = 4_000_000
MAX_ROW_BYTES = 32_000_000  # a longer one is no article, and must not fill the memory
_SAMPLE_BYTES = 65_536
_STDIN = "-"

_FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".csv": "csv", ".tsv": "csv",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")
_UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error)


@dataclass(frozen=True, slots=True)
class Fault:
    """In place of a row that could not be read."""

    reason: str


Raw = bytes | list[str] | dict[str, Any] | Fault


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring rows of one file.

    Attributes
    ----------
    first_row : int
        Number of the first row: lines of JSON Lines, otherwise rows after the header; from 1.
    names : tuple of str or None
        Columns of CSV and Parquet.
    progress : float
        Part of the whole input that has been read after this chunk, 0-1; 0 when unknown.
    digest : str
        Hash of everything read from standard input so far; empty for files.
    """

    source: int
    file: str
    first_row: int
    names: tuple[str, ...] | None
    rows: list[Raw]
    progress: float = 0.0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One input file, or standard input."""

    name: str
    format: Format
    compression: str = ""
    size: int = 0

    def fingerprint(self) -> list[object]:
        """What tells that the file is still the same: size, time, and hash of both ends."""
        if self.name == _STDIN:
            return [_STDIN, self.format]
        path = Path(self.name)
        with path.open("rb") as file:
            digest = hashlib.sha256(file.read(_SAMPLE_BYTES))
            file.seek(max(0, self.size - _SAMPLE_BYTES))
            digest.update(file.read(_SAMPLE_BYTES))
        return [self.name, self.format, self.size, path.stat().st_mtime_ns, digest.hexdigest()]


def find_sources(where: str, format: Format | None = None) -> list[Source]:
    """The input files, sorted by name.

    Parameters
    ----------
    where : str
        A file, a folder (searched at every depth), a glob or "-" for standard input.
    format : str, optional
        Overrides what the files' endings say; JSON Lines on standard input by default.

    Raises
    ------
    ArchiveError
    """
    if where == _STDIN:
        return [Source(_STDIN, format or "jsonl")]
    path = Path(where)
    if path.is_dir():
        paths = [found for found in path.rglob("*") if found.is_file() and _kind(found)[0] is not None]
    elif path.exists():
        paths = [path]
    else:
        # Not Path.glob: it takes no absolute pattern.
        paths = [Path(found) for found in glob.glob(where, recursive=True) if Path(found).is_file()]  # noqa: PTH207
    if not paths:
        raise ArchiveError(f"there is nothing to score at {where!r}: {_SUPPORTED}")
    sources = []
    for found in sorted(paths):
        kind, compression = _kind(found)
        kind = format or kind
        if kind is None:
            raise ArchiveError(f"{found}: unknown format; {_SUPPORTED}, or say --format")
        sources.append(Source(str(found), kind, compression, found.stat().st_size))
    return sources


_SUPPORTED = "files end in .jsonl, .csv, .tsv (also with .gz, .zst, .bz2, .xz) or .parquet"


def _kind(path: Path) -> tuple[Format | None, str]:
    suffix, compression = path.suffix.lower(), ""
    if suffix in _COMPRESSIONS:
        compression, suffix = suffix, Path(path.stem).suffix.lower()
    return _FORMATS.get(suffix), compression


def read_chunks(sources: Sequence[Source], after: tuple[int, int] = (0, 0)) -> Iterator[Chunk]:
    """Rows of all sources in order.

    Parameters
    ----------
    after : (int, int)
        Leave out the sources before this index, and this many rows of that one.
    """
    total = sum(source.size for source in sources)
    before = sum(source.size for source in sources[: after[0]])
    for index in range(after[0], len(sources)):
        source = sources[index]
        skip = after[1] if index == after[0] else 0
        for chunk, part in _chunks(source, index, skip):
            progress = (before + part * source.size) / total if total else 0.0
            yield Chunk(index, source.name, chunk.first_row, chunk.names, chunk.rows, progress, chunk.digest)
        before += source.size


def _chunks(source: Source, index: int, skip: int) -> Iterator[tuple[Chunk, float]]:
    """Chunks of one source, with the part of it that has been read."""
    reader = _parquet_rows if source.format == "parquet" else _text_rows
    rows: list[Raw] = []
    names: tuple[str, ...] | None = None
    number = weight = 0
    part, digest = 0.0, ""
    for found in reader(source):
        number += 1
        names, part, digest = found.names, found.part, found.digest
        if number <= skip:
            continue
        rows.append(found.row)
        weight += found.weight
        if len(rows) >= MAX_ROWS_A_CHUNK or weight >= MAX_CHUNK_BYTES:
            yield Chunk(index, source.name, number - len(rows) + 1, names, rows, digest=digest), part
            rows, weight = [], 0
    if rows:
        yield Chunk(index, source.name, number - len(rows) + 1, names, rows, digest=digest), 1.0


@dataclass(slots=True)
class _Found:
    row: Raw
    weight: int  # bytes, about
    names: tuple[str, ...] | None
    part: float
    digest: str = ""


def _text_rows(source: Source) -> Iterator[_Found]:
    with _opened(source) as (raw, content):
        hasher = hashlib.sha256() if source.name == _STDIN else None
        part = 0.0
        rows = _csv_rows(content) if source.format == "csv" else _lines(content)
        while True:
            try:
                row, weight, names, written = next(rows)
            except StopIteration:
                return
            except _UNREADABLE + _zstd_errors() as error:
                fault = Fault(f"the file cannot be read from here on: {error}")
                yield _Found(fault, 0, None, part)
                return
            if source.size:
                part = raw.tell() / source.size
            if hasher is not None:
                hasher.update(written)
            yield _Found(row, weight, names, part, hasher.hexdigest() if hasher else "")


_Row = tuple[Raw, int, tuple[str, ...] | None, bytes]


def _lines(content: IO[bytes]) -> Iterator[_Row]:
    while line := content.readline(MAX_ROW_BYTES):
        if len(line) == MAX_ROW_BYTES and not line.endswith(b"\n"):
            while (rest := content.readline(MAX_ROW_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield Fault(f"the line has more than {MAX_ROW_BYTES:,} bytes"), 0, None, line
        else:
            yield line, len(line), None, line


def _csv_rows(content: IO[bytes]) -> Iterator[_Row]:
    # Undecodable bytes become lone surrogates here, and the worker reports the row that has them.
    text = io.TextIOWrapper(content, encoding="utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(MAX_ROW_BYTES)
    heading = text.readline()
    delimiter = max(",;\t|", key=heading.count)
    names = tuple(next(csv.reader([heading], delimiter=delimiter), ()))
    rows = csv.reader(text, delimiter=delimiter, strict=False)
    while True:
        try:
            row: Raw = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            row = Fault(f"not CSV: {error}")
        if row == []:  # an empty line
            continue
        cells = row if isinstance(row, list) else []
        if cells and len(cells) != len(names):
            row = Fault(f"the row has {len(cells)} columns, the header {len(names)}")
        written = "\x1f".join(cells).encode("utf-8", "surrogateescape")
        yield row, len(written), names, written


@contextmanager
def _opened(source: Source) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file as it is stored, whose position shows the progress, and its content."""
    if source.name == _STDIN:
        yield sys.stdin.buffer, sys.stdin.buffer
        return
    try:
        file = Path(source.name).open("rb")  # noqa: SIM115 - closed below; only the opening may fail so
    except OSError as error:
        raise ArchiveError(f"cannot read {source.name}: {error.strerror}") from None
    with file:
        yield file, _decompressed(file, source.compression)


def _decompressed(file: IO[bytes], compression: str) -> IO[bytes]:
    if compression == ".gz":
        return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=file))))
    if compression == ".bz2":
        return cast("IO[bytes]", bz2.BZ2File(file))
    if compression == ".xz":
        return cast("IO[bytes]", lzma.LZMAFile(file))
    if compression == ".zst":
        return cast("IO[bytes]", io.BufferedReader(_ZstdFile(file)))
    return file


class _ZstdFile(io.RawIOBase):
    """Reads zstd frames; the library's own reader takes a file that breaks off for one that ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decompressor = require("zstandard").ZstdDecompressor()
        self._frame = self._decompressor.decompressobj()
        self._content = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._content:
            packed = self._frame.unused_data if self._frame.eof else b""
            packed = packed or self._file.read(_SAMPLE_BYTES)
            if not packed:
                if not self._frame.eof:
                    raise EOFError("the zstd data breaks off")
                return 0
            if self._frame.eof:
                self._frame = self._decompressor.decompressobj()
            self._content = memoryview(self._frame.decompress(packed))
        count = min(len(buffer), len(self._content))
        buffer[:count] = self._content[:count]
        self._content = self._content[count:]
        return count


def _zstd_errors() -> tuple[type[BaseException], ...]:
    module = sys.modules.get("zstandard")
    return (module.ZstdError,) if module else ()


def _parquet_rows(source: Source) -> Iterator[_Found]:
    arrow, parquet = require("pyarrow"), require("pyarrow.parquet")
    try:
        file = parquet.ParquetFile(source.name)
    except (OSError, arrow.ArrowInvalid) as error:
        yield _Found(Fault(f"the file cannot be read as Parquet: {error}"), 0, None, 1.0)
        return
    names = tuple(file.schema_arrow.names)
    total, number = file.metadata.num_rows, 0
    batches = file.iter_batches(batch_size=MAX_ROWS_A_CHUNK)
    while True:
        try:
            batch = next(batches, None)
        except (OSError, arrow.ArrowInvalid) as error:
            yield _Found(Fault(f"the file cannot be read from here on: {error}"), 0, names, 1.0)
            return
        if batch is None:
            return
        weight = batch.nbytes // max(1, batch.num_rows)
        for row in batch.to_pylist():
            number += 1
            yield _Found(row, weight, names, number / total)


def require(module: str) -> Any:
    """Import a library of the extra `archive`, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ArchiveError(
            f"this needs {module.partition('.')[0]}: pip install 'riskscore[archive]'"
        ) from None
