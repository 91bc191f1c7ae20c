"""Rows in, CSV out, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from starlette.responses import Response

# A cell that begins so is run as a formula by spreadsheets (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

DOCUMENTED = {"text/csv": {"schema": {"type": "string"}}}


def csv_response(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Response:
    """A CSV file in UTF-8 (RFC 4180) with a line of headings."""
    return Response(csv_text(columns, rows).encode(), media_type="text/csv")


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """The same as text."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
