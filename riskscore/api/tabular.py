"""Rows in, CSV out, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO

from starlette.responses import Response

from riskscore.harmless import runs_as_formula

DOCUMENTED = {"text/csv": {"schema": {"type": "string"}}}


def csv_response(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Response:
    """A CSV file in UTF-8 (RFC 4180) with a line of headings."""
    return Response(csv_text(columns, rows).encode(), media_type="text/csv")


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """The same as text."""
    written = io.StringIO()
    write_csv(written, columns, rows)
    return written.getvalue()


def write_csv(
    file: IO[str], columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, headings: bool = True
) -> None:
    """The same, or a part of it, into an open file."""
    writer = csv.writer(file)
    if headings:
        writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    # A cell that begins with ' gets another, so that whoever reads the file can take it off again.
    if isinstance(value, str) and (value.startswith("'") or runs_as_formula(value)):
        return f"'{value}"
    return value
