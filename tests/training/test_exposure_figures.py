"""Company exposure is measured as far as the labels allow."""

from __future__ import annotations

import numpy as np
import pytest

from training.exposure_figures import company_figures, out_of_fold_figures
from training.fit import FittedModel


def test_one_kind_of_label_gives_one_figure() -> None:
    figures = company_figures(np.ones(4, dtype=int), np.array([0.9, 0.8, 0.2, 0.7]), np.ones(4), 0.5, seed=0)
    assert figures.keys() == {"exposed_called_exposed"}
    assert figures["exposed_called_exposed"].value == 0.75
    assert company_figures(np.array([], dtype=int), np.array([]), np.array([]), 0.5, seed=0) == {}


def test_both_kinds_give_all_figures() -> None:
    exposed = np.array([1, 1, 0, 0] * 10)
    probability = np.array([0.9, 0.4, 0.6, 0.1] * 10)
    figures = company_figures(exposed, probability, np.ones(40), 0.5, seed=0)
    assert figures["exposed_called_exposed"].value == 0.5
    assert figures["bystanders_called_bystanders"].value == 0.5
    assert figures["f1"].value == pytest.approx(0.5)
    assert figures["f1_if_article_flagged"].value == pytest.approx(2 / 3)
    assert figures["roc_auc"].value == pytest.approx(0.75)
    assert not any(np.isnan(figure.value) for figure in figures.values())


def test_the_corpus_is_measured_out_of_fold(small_fit: FittedModel) -> None:
    figures = out_of_fold_figures(small_fit, seed=0)
    assert figures.keys() == {"all", "positive items"}
    # A thirtieth of the corpus teaches little, but better than a guess.
    assert 0.6 < figures["all"]["roc_auc"].value < 1.0
    exposed = small_fit.exposure.exposed[~np.isin(small_fit.exposure.records, _positive(small_fit))]
    assert exposed.sum() == 0  # in a negative item nobody is exposed


def _positive(fitted: FittedModel) -> list[int]:
    return [at for at, record in enumerate(fitted.records) if record.positive]
