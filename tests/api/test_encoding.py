"""JSON in and out, where orjson and RFC 8259 disagree with what callers send."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.wire.encoding import MalformedJsonError, decode_json, encode_json

text = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates included
numbers = st.floats(allow_nan=False, allow_infinity=False)


def json_values(integers: st.SearchStrategy[int]) -> st.SearchStrategy[object]:
    return st.recursive(
        st.none() | st.booleans() | integers | numbers | text,
        lambda children: st.lists(children, max_size=4) | st.dictionaries(text, children, max_size=4),
        max_leaves=10,
    )


@given(value=json_values(st.integers(-(2**70), 2**70)))
def test_whatever_is_written_is_read_the_same_by_anyone(value: object) -> None:
    for indent in (False, True):
        assert json.loads(encode_json(value, indent=indent).decode("utf-8")) == value


@given(value=json_values(st.integers(-(2**63), 2**64 - 1)))  # orjson reads longer ones as floats
def test_whatever_anyone_wrote_is_read_the_same(value: object) -> None:
    assert decode_json(json.dumps(value).encode()) == value


def test_a_lone_surrogate_goes_out_as_it_came_in() -> None:
    assert encode_json({"text": "a\ud800b"}) == b'{"text":"a\\ud800b"}'
    assert decode_json(b'{"text":"a\\ud800b"}') == {"text": "a\ud800b"}


def test_numbers_that_are_not_finite_never_appear() -> None:
    assert encode_json([float("nan"), float("inf")]) == b"[null,null]"
    # A lone surrogate takes the slow way.
    assert (
        encode_json({"a": ["\ud800", float("nan"), (float("-inf"), 0.5)]})
        == b'{"a":["\\ud800",null,[null,0.5]]}'
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"a": 1,}', "line 1, column 9"),
        (b'{\n "a" 1}', "line 2, column 6"),
        (b"ab\xff", "offset 2"),
        (b"[1e999]", "too large"),
        (b'["\\ud800", 1e999]', "too large"),
        (b"[Infinity]", "Infinity"),
        (b"", "empty"),
        (b"[" * 5_000 + b"]" * 5_000, "nested too deeply"),
    ],
)
def test_a_fault_is_told_with_its_place(body: bytes, told: str) -> None:
    with pytest.raises(MalformedJsonError, match=told) as raised:
        decode_json(body)
    assert raised.value.field == "body"
