"""Flat rows in, bytes of an output file out, such that files of whole chunks can be strung together.

JSON Lines and CSV are appended as they are, compressed ones as members of their own. Parquet cannot be
appended to, so its rows are collected as an Arrow stream and turned into Parquet when all are there.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from riskscore.archive.rows import FlatRow, Kind, columns
from riskscore.archive.sources import require
from riskscore.errors import ArchiveError
from riskscore.harmless import runs_as_formula
from riskscore.wire.encoding import encode_json

OutputFormat = Literal["jsonl", "csv", "parquet"]

_FORMATS: dict[str, OutputFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True, slots=True)
class Output:
    """Format, compression and columns of an output file."""

    format: OutputFormat
    compression: str = ""
    rationale: bool = False

    @classmethod
    def of(cls, path: Path, *, rationale: bool = False) -> Output:
        """What the ending of the file's name asks for.

        Raises
        ------
        ArchiveError
        """
        suffix, compression = path.suffix.lower(), ""
        if suffix in (".gz", ".zst"):
            compression, suffix = suffix, Path(path.stem).suffix.lower()
        format = _FORMATS.get(suffix)
        if format is None or (compression and format == "parquet"):
            raise ArchiveError(
                f"{path}: the output's name ends in .jsonl or .csv (also with .gz or .zst) or .parquet"
            )
        if format == "parquet":
            require("pyarrow.parquet")
        if compression == ".zst":
            require("zstandard")
        return cls(format, compression, rationale)

    def beginning(self) -> bytes:
        """What stands before the first chunk."""
        if self.format == "csv":
            return self._packed(_csv([list(columns(rationale=self.rationale))]))
        if self.format == "parquet":
            return bytes(memoryview(arrow_schema(rationale=self.rationale).serialize()))
        return b""

    def encode(self, rows: Sequence[FlatRow]) -> bytes:
        """One chunk of rows, to be appended."""
        if not rows:
            return b""
        if self.format == "jsonl":
            return self._packed(b"".join(encode_json(row) + b"\n" for row in rows))
        if self.format == "csv":
            return self._packed(_csv([_cell(value) for value in row.values()] for row in rows))
        arrow = require("pyarrow")
        schema = arrow_schema(rationale=self.rationale)
        batch = arrow.RecordBatch.from_pylist([_arrow_row(row) for row in rows], schema=schema)
        options = arrow.ipc.IpcWriteOptions(compression="lz4")
        sink = arrow.BufferOutputStream()
        writer = arrow.ipc.new_stream(sink, schema, options=options)
        writer.write_batch(batch)
        return bytes(memoryview(sink.getvalue()))[len(self.beginning()) :]

    def batches(self, encoded: bytes) -> list[Any]:
        """Arrow record batches of one encoded chunk of Parquet output."""
        arrow = require("pyarrow")
        return list(arrow.ipc.open_stream(self.beginning() + encoded)) if encoded else []

    def finish(self, collected: Path) -> Path:
        """The whole output, made of what was appended to `collected`: a file beside it, or it itself."""
        if self.format != "parquet":
            return collected
        arrow, parquet = require("pyarrow"), require("pyarrow.parquet")
        whole = collected.with_name("rows.parquet")
        schema = arrow_schema(rationale=self.rationale)
        with (
            collected.open("rb") as file,
            parquet.ParquetWriter(whole, schema, compression="zstd") as writer,
        ):
            group: list[Any] = []
            rows = 0
            for batch in arrow.ipc.open_stream(file):
                group.append(batch)
                rows += batch.num_rows
                if rows >= _ROW_GROUP:
                    writer.write_table(arrow.Table.from_batches(group, schema))
                    group, rows = [], 0
            writer.write_table(arrow.Table.from_batches(group, schema))
        sync(whole)
        return whole

    def _packed(self, content: bytes) -> bytes:
        if self.compression == ".gz":
            return gzip.compress(content, 6, mtime=0)
        if self.compression == ".zst":
            packed: bytes = require("zstandard").ZstdCompressor().compress(content)
            return packed
        return content


_ROW_GROUP = 20_000


def sync(path: Path) -> None:
    """Have the system write a file out, so that it outlives a power cut."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)  # RFC 4180; a lone \r in a cell is then quoted
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = "; ".join(value)
    elif isinstance(value, dict):
        return encode_json(value).decode()
    if isinstance(value, str) and runs_as_formula(value):
        return "'" + value
    return value


def arrow_schema(*, rationale: bool = False) -> Any:
    """Column types of the Parquet output."""
    arrow = require("pyarrow")
    made: dict[Kind, Callable[[], Any]] = {
        "text": arrow.string,
        "integer": arrow.int64,
        "number": arrow.float64,
        "flag": arrow.bool_,
        "texts": lambda: arrow.list_(arrow.string()),
        "nested": lambda: arrow.list_(_regime_type(arrow)),
    }
    return arrow.schema([(name, made[kind]()) for name, kind in columns(rationale=rationale).items()])


def _regime_type(arrow: Any) -> Any:
    text, number, whole = arrow.string(), arrow.float64(), arrow.int64()
    spans = arrow.list_(arrow.list_(whole))
    evidence = {"text": text, "start": whole, "end": whole, "contribution": number, "field": text}
    contribution = {
        "feature": text,
        "description": text,
        "value": number,
        "spans": spans,
        "title_spans": spans,
    }
    code = {
        **{"instrument_id": text, "name": text, "citation": text, "status": text, "as_of": text},
        **{"verified": arrow.bool_(), "terms": arrow.list_(text), "spans": spans, "title_spans": spans},
    }

    def struct(fields: Mapping[str, Any]) -> Any:
        return arrow.struct(list(fields.items()))

    return struct(
        {
            "regime": text,
            "intercept": number,
            "decision_value": number,
            "contributions_omitted": number,
            "evidence": arrow.list_(struct(evidence)),
            "contributions": arrow.list_(struct(contribution)),
            "reason_codes": arrow.list_(struct(code)),
        }
    )


def _arrow_row(row: FlatRow) -> FlatRow:
    """Arrow has no objects with free keys, so the regimes of the rationale become a list."""
    if not isinstance(row.get("rationale"), dict):
        return row
    return {**row, "rationale": [{"regime": name, **reasons} for name, reasons in row["rationale"].items()]}
