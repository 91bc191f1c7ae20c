"""Operating points measured on made-up decision values."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from training.operating_points import N_POINTS, operating_points


@pytest.fixture
def labels_and_values() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    y = (generator.random(4000) < 0.25).astype(np.int64)
    return y, generator.normal(size=4000) + 3.0 * y - 2.0


def test_each_point_is_what_its_threshold_does(labels_and_values: tuple[np.ndarray, np.ndarray]) -> None:
    y, log_odds = labels_and_values
    probability = 1 / (1 + np.exp(-log_odds))
    curve = operating_points(y, log_odds)
    assert curve.training_rate == y.mean()
    assert 40 <= len(curve.points) <= N_POINTS
    for point in curve.points:
        called = probability >= point.threshold
        assert point.recall == pytest.approx(called[y == 1].mean())
        assert point.false_positive_rate == pytest.approx(called[y == 0].mean(), abs=1 / (y == 0).sum())
        assert point.false_positive_rate > 0


def test_points_run_from_lenient_to_strict(labels_and_values: tuple[np.ndarray, np.ndarray]) -> None:
    points = operating_points(*labels_and_values).points
    for lenient, strict in pairwise(points):
        assert lenient.threshold < strict.threshold
        assert lenient.recall >= strict.recall
        assert lenient.false_positive_rate >= strict.false_positive_rate
    assert points[0].false_positive_rate == pytest.approx(0.5, abs=0.01)
    assert points[-1].recall == pytest.approx(0.01, abs=0.005)


def test_values_beyond_what_a_probability_can_tell_apart_are_left_out() -> None:
    y = np.array([0] * 50 + [1] * 50)
    curve = operating_points(y, np.r_[np.linspace(40, 90, 50), np.full(50, 99.0)])
    thresholds = [point.threshold for point in curve.points]
    assert thresholds == sorted(set(thresholds))
