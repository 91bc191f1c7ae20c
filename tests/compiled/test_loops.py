"""Loops that stand for something of Python's or NumPy's own do the same."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest

from riskscore.compiled.layout import FIELDS, segments_of
from riskscore.compiled.machine import version_of
from riskscore.compiled.places import Spans, locate
from riskscore.compiled.ranking import largest
from riskscore.compiled.summing import MAX_DEPTH, SumSpace, pairwise_sum
from riskscore.types import Document, Segment

from .test_examiner import in_pieces


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 127, 128, 129, 255, 1_000, 4_097, 100_003])
def test_sums_are_those_of_numpy_to_the_last_bit(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count) * 10.0 ** np.arange(count).clip(max=9)
    space = SumSpace(np.empty(MAX_DEPTH, np.int64), np.empty(MAX_DEPTH, np.int64), np.empty(MAX_DEPTH))
    assert pairwise_sum(values, count, space) == values.sum()


@pytest.mark.parametrize("most", [0, 1, 5, 40, 100])
def test_the_largest_come_in_order(most: int) -> None:
    chance = random.Random(most)
    for count in (0, 1, 30, 60):
        sizes = np.array([float(chance.randrange(9)) for _ in range(count)])
        ranks = np.array(chance.sample(range(1_000), count), np.int64)
        places = np.empty(max(count, 1), np.int32)
        kept = largest(sizes, ranks, count, most, places)
        expected = sorted(range(count), key=lambda at: (-sizes[at], ranks[at]))[:most]
        assert places[:kept].tolist() == expected


def test_places_are_those_of_the_document() -> None:
    chance = random.Random(4)
    for _ in range(300):
        one = in_pieces("a title\n" + "x" * chance.randrange(60), chance)
        segments, first = segments_of([Document("", (), ()), one])
        for _ in range(20):
            start = chance.randrange(len(one.text))
            end = chance.randrange(start + 1, len(one.text) + 1)
            spans = Spans(*np.zeros((3, 1), np.int32))
            found = locate(segments, first[1], first[2], start, end, spans, 0)
            expected = one.locate(start, end)
            if expected is None:
                assert found == 0
            else:
                assert (FIELDS[spans.field[0]], spans.start[0], spans.end[0]) == expected


def test_an_empty_document_has_no_place() -> None:
    segments, first = segments_of([Document("x", (Segment(0, 1, "text", 0),), ()), Document("", (), ())])
    assert locate(segments, first[1], first[2], 0, 1, Spans(*np.zeros((3, 1), np.int32)), 0) == 0


def test_machine_code_is_made_anew_when_a_file_changes(tmp_path: Path) -> None:
    """numba looks at the called function's file alone."""
    path = tmp_path / "loop.py"
    path.write_text("one = 1\n")
    before = version_of([tmp_path])
    assert version_of([tmp_path]) == before
    os.utime(path, ns=(1, 1))
    after = version_of([tmp_path])
    assert after != before
    (tmp_path / "more.py").write_text("")
    assert version_of([tmp_path]) != after
