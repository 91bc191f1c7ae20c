"""CSV that a spreadsheet can open safely, and cursors that cannot be made up."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.tabular import csv_response
from riskscore.errors import InputError


def test_no_cell_is_run_as_a_formula() -> None:
    rows: list[dict[str, object]] = [
        {"name": "=cmd|' /C calc'!A0", "score": -1.5},
        {"name": 'a "quoted", name\n', "score": None},
    ]
    text = bytes(csv_response(("name", "score"), rows).body).decode()
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["name", "score"],
        ["'=cmd|' /C calc'!A0", "-1.5"],
        ['a "quoted", name\n', ""],
    ]


MOMENTS = st.integers(-2_000_000_000, 7_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)


@given(MOMENTS, WORDS, st.integers(0, 2**53))
def test_a_cursor_comes_back_as_it_was(moment: datetime, word: str, number: int) -> None:
    cursor = encode_cursor(moment, word, number)
    assert decode_cursor(cursor, (datetime, str, int)) == [moment, word, number]
    with pytest.raises(InputError):
        decode_cursor(cursor, (datetime, str))


@given(st.text(max_size=60))
def test_no_made_up_cursor_is_more_than_refused(cursor: str) -> None:
    try:
        decode_cursor(cursor, (int,))
    except InputError as error:
        assert error.field == "cursor"


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        (2**63, int),
        (-1, int),
        (True, int),
        ("0001-01-01T00:00:00+14:00", datetime),
        ("9999-12-31T23:59:59-14:00", datetime),
        ("0001-01-01T00:00:00+00:00", datetime),
        ("a\0b", str),
    ],
)
def test_a_place_that_no_list_has_is_refused(place: object, kind: type) -> None:
    with pytest.raises(InputError) as caught:
        decode_cursor(encode_cursor(place), (kind,))
    assert caught.value.field == "cursor"
