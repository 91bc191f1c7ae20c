"""Word tokens in, concept occurrences out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.concepts import WORD, ConceptMatcher, fold
from riskscore.types import Concept

CONCEPTS = (
    Concept("export_control", "tighten", "export controls", ("export control*", "entity list")),
    Concept("restrict", "tighten", "a restriction", ("control*", "curb")),
    Concept("us", "us", "the United States", ("=US", "=U S", "washington")),
    Concept("capital", "cue", "a capital city", ("washington",)),
    Concept("form", "cue", "a form", ("1260h",)),
)


@pytest.fixture(scope="module")
def matcher() -> ConceptMatcher:
    return ConceptMatcher(CONCEPTS)


def names(matcher: ConceptMatcher, text: str) -> list[tuple[str, ...]]:
    words = WORD.findall(text)
    return [tuple(matcher.names[index] for index in match.concepts) for match in matcher.match(words)]


def test_longest_term_wins(matcher: ConceptMatcher) -> None:
    assert names(matcher, "new export controls bite") == [("export_control",)]
    assert names(matcher, "controls bite") == [("restrict",)]


def test_term_begun_but_not_finished_leaves_its_words_free(matcher: ConceptMatcher) -> None:
    assert names(matcher, "export curb") == [("restrict",)]


def test_cased_terms_match_only_as_written(matcher: ConceptMatcher) -> None:
    assert names(matcher, "told us about the US") == [("us",)]
    assert names(matcher, "the U.S. said") == [("us",)]


def test_one_term_may_name_two_concepts(matcher: ConceptMatcher) -> None:
    assert names(matcher, "Washington") == [("us", "capital")]


def test_digits_stay_in_lexicon_terms(matcher: ConceptMatcher) -> None:
    assert names(matcher, "the 1260H list") == [("form",)]


@pytest.mark.parametrize(
    ("word", "folded"),
    [("Chips", "chips"), ("Café", "cafe"), ("2024", "0000"), ("H20", "h20"), ("ﬁne", "fine"), ("İ", "i")],
)
def test_fold(word: str, folded: str) -> None:
    assert fold(word) == folded


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_matches_in_order_without_overlap(text: str) -> None:
    words = WORD.findall(text)
    end = 0
    for match in ConceptMatcher(CONCEPTS).match(words):
        assert match.first >= end
        end = match.first + match.length
    assert end <= len(words)
