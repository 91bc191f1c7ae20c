"""Cohen's kappa beside scikit-learn's, and whose labels are compared."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from riskscore.labels.agreement import agreements, cohen_kappa, mean_kappa
from riskscore.labels.label import Author
from tests.labels.made import label

ANNA, BEN, KEYED = Author("Anna", None), Author("Ben", None), Author("Anna", "k_1")


@pytest.mark.parametrize("quadratic", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn(seed: int, quadratic: bool) -> None:
    generator = np.random.default_rng(seed)
    first = generator.integers(0, 4, 60)
    second = np.where(generator.random(60) < 0.6, first, generator.integers(0, 4, 60))
    weights = "quadratic" if quadratic else None
    expected = cohen_kappa_score(first, second, weights=weights, labels=[0, 1, 2, 3])
    found = cohen_kappa(first.tolist(), second.tolist(), 3, quadratic=quadratic)
    assert found == pytest.approx(expected, abs=1e-12)


def test_one_answer_throughout_tells_nothing() -> None:
    assert cohen_kappa([0, 0], [0, 0], 1, quadratic=False) is None
    assert cohen_kappa([], [], 1, quadratic=False) is None
    assert cohen_kappa([0, 1], [1, 0], 1, quadratic=False) == -1.0


def test_only_items_of_both_count_and_a_key_makes_another_reader() -> None:
    found = agreements(
        {
            "a": {ANNA: label(chips=3), BEN: label(chips=1)},
            "b": {ANNA: label(), BEN: label(), KEYED: label(cloud_data=1)},
            "c": {ANNA: label(chips=2)},
            "d": {BEN: label(), ANNA: label(chips=1)},
        }
    )
    assert [(one.authors, one.items) for one in found] == [
        ((ANNA, BEN), 3),
        ((ANNA, KEYED), 1),
        ((KEYED, BEN), 1),
    ]
    chips = found[0].regimes["chips"]
    assert chips.agreed == 2
    assert chips.presence == pytest.approx(cohen_kappa_score([1, 0, 1], [1, 0, 0]))
    assert chips.severity == pytest.approx(
        cohen_kappa_score([3, 0, 1], [1, 0, 0], weights="quadratic", labels=[0, 1, 2, 3])
    )
    assert found[0].regimes["outbound_investment"].presence is None


def test_the_mean_goes_by_items_and_leaves_out_what_is_unknown() -> None:
    assert mean_kappa([(1.0, 1), (0.0, 3), (None, 100)]) == 0.25
    assert mean_kappa([(None, 2)]) is None
