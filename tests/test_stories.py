"""Signatures, bands and the choice of a story."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.stories import SIMILARITY, WINDOW, KnownStory, bands, matching_story, signature, similarity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = " ".join(f"word{number}" for number in range(200))


def test_signatures_are_those_that_stores_already_hold() -> None:
    """If this fails, stories of before will not be found: keep the old scheme, or re-sign what is stored."""
    made = signature("The Commerce Department told Nvidia to stop selling its newest chip in China.")
    digest = hashlib.sha256(made + repr(bands(made)).encode()).hexdigest()
    assert digest == "2204ff9614e85e9526b3d961965d4efab0fc516bdf3750a5539fd7fbc53eea97"


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        (TEXT, 1.0, 1.0),
        (TEXT.upper().replace(" ", ",\n"), 1.0, 1.0),
        (TEXT + " Additional reporting by our staff.", 0.85, 1.0),
        (" ".join(f"other{number}" for number in range(200)), 0.0, 0.05),
    ],
)
def test_similarity_is_that_of_the_words(other: str, least: float, most: float) -> None:
    assert least <= similarity(signature(TEXT), signature(other)) <= most


@given(st.text(max_size=300))
def test_any_text_has_a_signature_and_is_like_itself(text: str) -> None:
    made = signature(text)
    assert len(made) == 384
    assert similarity(made, made) == 1.0
    keys = bands(made)
    assert 1 <= len(keys) <= 24
    assert all(-(2**63) <= key < 2**63 for key in keys)


@given(st.integers(0, 60))
def test_what_is_alike_enough_shares_a_band(changed: int) -> None:
    words = TEXT.split()
    words[:changed] = [f"new{number}" for number in range(changed)]
    one, other = signature(TEXT), signature(" ".join(words))
    if similarity(one, other) >= SIMILARITY:
        assert set(bands(one)) & set(bands(other))


def test_chinese_counts_by_character() -> None:
    one = "美国商务部要求英伟达停止在中国销售其最新芯片，两位知情人士周一表示。"
    assert similarity(signature(one), signature(one + "记者")) > SIMILARITY
    assert (
        similarity(signature(one), signature("微软表示将把所有中国客户的数据转移到国外，并于下月生效。"))
        < 0.2
    )


def test_the_most_similar_story_within_the_window_is_taken() -> None:
    made = signature(TEXT)
    near = signature(TEXT + " Additional reporting by our staff.")
    stories = [
        KnownStory("near", NOW, near),
        KnownStory("same", NOW, made),
        KnownStory("twin", NOW + WINDOW, made),
    ]
    assert matching_story(made, NOW, stories) == "same"
    assert matching_story(made, NOW + WINDOW + timedelta(days=1), stories) == "twin"
    assert matching_story(made, NOW + timedelta(days=100), stories) is None
    assert matching_story(signature("other words altogether"), NOW, stories) is None
