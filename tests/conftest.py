"""Fixtures that more than one part of the tests needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskscore.assess import Assessor
from riskscore.knowledge import load_knowledge
from training.corpus import corpus_files, read_records
from training.fit import FittedModel, fit
from training.publish import publish

_EVERY = 30  # of the corpus: enough for every head to see both answers


@pytest.fixture(scope="session")
def small_fit() -> FittedModel:
    """The real estimator, fitted on a slice of the corpus: poor scores, true arithmetic."""
    records = [record for record in read_records(corpus_files()) if record.lang == "en"]
    return fit(records[::_EVERY], load_knowledge())


@pytest.fixture(scope="session")
def small_model_dir(small_fit: FittedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with that fit, as an artifact of version "small"."""
    folder = tmp_path_factory.mktemp("models")
    publish(small_fit, load_knowledge(), corpus_files(), folder, "small", metrics={}, card="# Small\n")
    return folder


@pytest.fixture(scope="session")
def small_assessor(small_model_dir: Path) -> Assessor:
    return Assessor.load(small_model_dir)
