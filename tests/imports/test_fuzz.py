"""Whatever an imported file holds: rows, faults of rows, or one sentence on why it is none of that kind."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from riskscore.errors import InputError
from riskscore.imports.formats import FORMATS, ImportFormat, read_rows
from riskscore.imports.records import CompanyRow, ListRow, RowFault

# A key's value is what the format wants often enough that the rest of the row is read.
_NAMES = [
    "cik_str", "title", "ticker", "results", "id", "name", "source", "type", "alt_names", "start_date",
    "caption", "schema", "properties", "datasets", "alias", "listingDate", "sourceUrl", "entity_number",
]  # fmt: skip
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from(["Company", "individual", "Huawei", "2020-12-18", "0" * 300])
    | st.text(max_size=8)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6),
    max_leaves=12,
)
_COLUMNS = st.sampled_from(["name", "id", "lei", "country", "parent", "schema", "source", "NAME ", "", "x"])


def check(folder: Path, format: ImportFormat, content: bytes) -> None:
    path = folder / "file"
    path.write_bytes(content)
    try:
        rows = read_rows(path, format)
    except InputError as error:
        assert str(error)
        return
    for row in rows:
        assert isinstance(row, CompanyRow | ListRow | RowFault)
        if isinstance(row, CompanyRow):
            assert 0 < len(row.external_id) <= 200
        elif isinstance(row, ListRow):
            assert 0 < len(row.entry_id) <= 200


def _entity(**properties: object) -> dict[str, object]:
    return {"id": "a", "caption": "x", "schema": "Company", "properties": properties}


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=_VALUES)
@example(value=_entity(listingDate={"a": 1}))
@example(value=_entity(listingDate=5))
@example(value=_entity(sourceUrl=5))
@example(value=[{"name": "x", "source": "y", "alt_names": 5}])
@example(value={"0": {"cik_str": 1e300, "title": "x", "ticker": "y"}})
@example(value={"0": {"cik_str": -1, "title": "x", "ticker": "y"}})
def test_any_json_is_read_or_refused(tmp_path: Path, format: ImportFormat, value: object) -> None:
    check(tmp_path, format, json.dumps(value).encode())
    check(tmp_path, format, json.dumps({"results": [value]}).encode())


@pytest.mark.parametrize("format", ["csl", "opensanctions", "csv"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.lists(_COLUMNS, max_size=6),
    rows=st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=7), max_size=4),
)
def test_any_table_is_read_or_refused(
    tmp_path: Path, format: ImportFormat, columns: list[str], rows: list[list[str]]
) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([columns, *rows])
    check(tmp_path, format, written.getvalue().encode())


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
@example(content=b"")
@example(content=b"[" * 100_000)
@example(content=b'{"results": 1e999}')
@example(content=b"name\n" + b"a" * 16_000_001)
@example(content=b'name,"' + b"a" * 16_000_001)
def test_any_bytes_are_read_or_refused(tmp_path: Path, format: ImportFormat, content: bytes) -> None:
    check(tmp_path, format, content)
