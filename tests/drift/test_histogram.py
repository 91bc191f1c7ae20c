"""Bins and the stability index: known values, symmetry, and what it makes of small samples."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.drift.histogram import BINS, EDGES, bin_of, histogram, psi

counts = st.lists(st.integers(0, 10_000), min_size=BINS, max_size=BINS)


def test_every_value_has_one_bin() -> None:
    assert bin_of(float("-inf")) == 0
    assert bin_of(float("inf")) == BINS - 1
    for at, edge in enumerate(EDGES):
        assert bin_of(edge) == at + 1
        assert bin_of(edge - 1e-9) == at
    assert histogram([-100.0, -7.5, -7.5, 3.0]) == [1, 2, *[0] * 8, 1, 0]


@given(counts, counts)
def test_the_index_is_symmetric_and_never_negative(one: list[int], other: list[int]) -> None:
    assert psi(one, other) == pytest.approx(psi(other, one))
    assert psi(one, other) >= 0.0
    assert psi(one, one) == 0.0


def test_the_index_has_the_textbook_value() -> None:
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5), but for the bins that are empty in both
    before, after = [0] * BINS, [0] * BINS
    before[3] = before[4] = 5_000_000
    after[3], after[4] = 6_000_000, 4_000_000
    assert psi(before, after) == pytest.approx(0.040547, abs=1e-5)


def test_samples_of_one_population_are_told_apart_from_a_shift() -> None:
    chance = random.Random(7)
    reference = histogram([chance.gauss(-5, 2) for _ in range(5_000)])
    same = histogram([chance.gauss(-5, 2) for _ in range(500)])
    moved = histogram([chance.gauss(-4, 2) for _ in range(500)])
    assert psi(reference, same) < 0.1
    assert psi(reference, moved) > 0.2
