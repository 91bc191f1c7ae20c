"""PhraseFinder: the syntax of terms, overlapping occurrences, offsets, hostile text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.phrases import PhraseFinder


def found(text: str, *terms: str) -> list[tuple[str, str]]:
    """(term, text of the occurrence) of each occurrence."""
    return [(terms[o.term], text[o.start : o.end]) for o in PhraseFinder(terms).find(text)]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("Entity List", "on the entity list, it", "entity list"),
        ("Oct. 7 rule*", "the OCT 7 RULES of", "OCT 7 RULES"),
        ("50% rule", "a 50-rule", "50-rule"),
        ("1260H", "section 1260h names", "1260h"),
        ("licen*", "unlicensed, relicensed; a licence", "licence"),
        ("licen* refus*", "licences\nrefused", "licences\nrefused"),
        ("=US", "tell us what the US did", "US"),
        ("=U.S.", "of us, u.s. and U.S. firms", "U.S"),
        ("regles", "nouvelles règles", "règles"),
        ("China's", "China’s law", "China’s"),
        ("实体清单", "列入实体清单的企业", "实体清单"),
    ],
)
def test_term_finds(term: str, text: str, expected: str) -> None:
    assert found(text, term) == [(term, expected)]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("EAR", "fear of an early year"),
        ("Entity List", "entity, listed"),
        ("Entity List", "entity and list"),
        ("ban", "bank banned banks"),
        ("=BIS", "bis Bis"),
        ("2022", "2023 20221"),
    ],
)
def test_term_does_not_find(term: str, text: str) -> None:
    assert found(text, term) == []


def test_occurrences_overlap_and_are_in_order() -> None:
    terms = ("us", "chip curb*", "us chip curbs", "curbs", "chip*")
    assert [term for term, _ in found("US chip curbs", *terms)] == [
        "us",
        "us chip curbs",
        "chip*",
        "chip curb*",
        "curbs",
    ]


def test_terms_that_are_alike_are_all_found() -> None:
    assert found("列入實體清單", "实体清单", "實體清單") == [
        ("实体清单", "實體清單"),
        ("實體清單", "實體清單"),
    ]
    assert found("the ban", "ban", "Ban") == [("ban", "ban"), ("Ban", "ban")]


def test_offsets_are_those_of_the_whole_text_when_a_range_is_searched() -> None:
    text = "The ban. Another ban."
    finder = PhraseFinder(("ban",))
    assert [(o.start, o.end) for o in finder.find(text, 9, len(text))] == [(17, 20)]
    assert finder.find(text, 9, 19) == []


def test_without_a_leading_term_a_led_search_returns_nothing() -> None:
    finder = PhraseFinder(("china", "entity list", "实体清单"), leading={1, 2})
    assert finder.find("China said", led=True) == []
    assert [o.term for o in finder.find("China on the entity list", led=True)] == [0, 1]
    assert [o.term for o in finder.find("China 实体清单", led=True)] == [0, 2]


@given(st.text(max_size=200))
def test_any_text_gives_occurrences_inside_it(text: str) -> None:
    for occurrence in PhraseFinder(("a", "b c", "国", "=X*y"[:2])).find(text):
        assert 0 <= occurrence.start < occurrence.end <= len(text)


@pytest.mark.parametrize(
    "text", ["entity " * 150_000, "entity list " * 85_000, "e" * 1_000_000, "\ud800\x00" * 500_000]
)
def test_a_million_characters_take_no_more_than_linear_time(text: str) -> None:
    finder = PhraseFinder(("entity list", "entity entity list", "ent*"))
    began = time.perf_counter()
    finder.find(text)
    assert time.perf_counter() - began < 3.0
