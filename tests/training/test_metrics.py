"""Labels and predictions in, figures out."""

from __future__ import annotations

import numpy as np
import pytest

from training.metrics import (
    ap_difference,
    binary_figures,
    expected_calibration_error,
    quadratic_weighted_kappa,
    span_iou_f1,
    token_f1,
)


def test_calibration_error_of_a_hand_made_case() -> None:
    y = np.array([1, 0, 1, 1])
    probability = np.array([0.95, 0.95, 0.05, 0.05])
    # Two bins of half the items each: |0.5 - 0.95| and |1.0 - 0.05|.
    assert expected_calibration_error(y, probability) == pytest.approx(0.5 * 0.45 + 0.5 * 0.95)


def test_a_perfect_and_a_reversed_ranking() -> None:
    y = np.array([0, 1] * 30)
    figures = binary_figures(y, y * 0.9 + 0.05, 0.5, seed=0)
    assert figures["average_precision"].value == 1.0
    assert figures["f1"].value == 1.0
    worse = ap_difference(y, 1.0 - y, y.astype(float), seed=0)
    assert worse.high < 0


def test_the_interval_holds_the_value_and_is_seeded() -> None:
    generator = np.random.default_rng(1)
    y = generator.integers(0, 2, 200)
    probability = np.clip(y * 0.3 + generator.random(200) * 0.7, 0, 1)
    one, again = (binary_figures(y, probability, 0.5, seed=3)["f1"] for _ in range(2))
    assert one == again
    assert one.low <= one.value <= one.high


def test_kappa_weighs_distance() -> None:
    expected = [1, 1, 2, 2, 3, 3]
    assert quadratic_weighted_kappa(expected, expected) == 1.0
    near = quadratic_weighted_kappa(expected, [1, 2, 2, 2, 3, 3])
    far = quadratic_weighted_kappa(expected, [1, 3, 2, 2, 3, 3])
    assert far < near < 1.0


def test_token_f1_counts_tokens_where_they_stand() -> None:
    whole = "Sales need a licence. Sales rose."
    assert token_f1(["Sales need a licence."], ["Sales need a licence"], whole) == 1.0
    assert token_f1(["Sales rose."], ["need a licence"], whole) == 0.0
    assert token_f1(["Sales need a licence."], ["need a licence"], whole) == pytest.approx(6 / 7)


def test_span_f1_counts_spans_that_share_half_their_tokens() -> None:
    whole = "Sales need a licence. Shares fell by a tenth in Tokyo on the news."
    assert span_iou_f1(["Sales need a licence."], ["need a licence"], whole) == 1.0
    assert span_iou_f1(["Shares fell by a tenth in Tokyo on the news."], ["Shares fell"], whole) == 0.0
    # One of two spans is found, and the one that is given is right.
    found = span_iou_f1(["Sales need a licence."], ["need a licence", "Shares fell"], whole)
    assert found == pytest.approx(2 / 3)
    assert span_iou_f1([], ["need a licence"], whole) == 0.0
