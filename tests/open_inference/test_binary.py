"""Binary tensors: what is written is read again, and no bytes whatever do more than be refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.api.requests import Limits
from riskscore.errors import InputError
from riskscore.open_inference.binary import read_strings, split_body, write_tensor
from riskscore.open_inference.reading import read_inference

LIMITS = Limits(max_text_chars=1_000, max_html_chars=1_000, max_items=10)


@given(st.lists(st.text(max_size=20), max_size=10))
def test_what_is_written_is_read(texts: list[str]) -> None:
    assert read_strings(write_tensor("BYTES", texts), "text", 10) == texts


@pytest.mark.parametrize(
    ("datatype", "values", "content"),
    [
        ("INT64", [1, -1], b"\x01" + b"\0" * 7 + b"\xff" * 8),
        ("BOOL", [True, False], b"\x01\x00"),
        ("FP64", [1.0], b"\0" * 6 + b"\xf0\x3f"),
        ("BYTES", ["é", ""], b"\x02\0\0\0\xc3\xa9\0\0\0\0"),
        ("FP64", [], b""),
    ],
)
def test_numbers_are_little_endian(datatype: str, values: list[Any], content: bytes) -> None:
    assert write_tensor(datatype, values) == content


@given(st.binary(max_size=60), st.integers(min_value=0, max_value=70), st.integers(min_value=0, max_value=12))
def test_any_bytes_are_read_or_refused(behind: bytes, size: int, count: int) -> None:
    one = {"name": "text", "shape": [count], "datatype": "BYTES", "parameters": {"binary_data_size": size}}
    try:
        found = read_inference({"inputs": [one]}, behind, LIMITS, None)
    except InputError:
        return
    assert len(found.submissions) == count


@given(st.binary(max_size=20), st.text(max_size=25))
def test_any_header_splits_the_body_or_is_refused(body: bytes, declared: str) -> None:
    try:
        content, behind = split_body(body, declared)
    except InputError:
        return
    assert content + behind == body
    assert len(content) == int(declared)
