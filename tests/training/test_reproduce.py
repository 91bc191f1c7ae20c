"""The shipped artifact is what this corpus, code and seed make: refitted and compared."""

from __future__ import annotations

import hashlib
import io

import joblib
import numpy as np
import pytest

from riskscore.artifact.model import available_versions, default_model_dir, load_model
from riskscore.assess import Assessor
from riskscore.knowledge import load_knowledge
from riskscore.types import Article
from training.cli import english
from training.corpus import corpus_files, corpus_hash, read_records
from training.fit import FittedModel, fit
from training.publish import check_against_sklearn, compile_document_heads


@pytest.fixture(scope="module")
def refitted() -> FittedModel:
    return fit(english(read_records(corpus_files())), load_knowledge())


def test_manifest_names_this_corpus_and_knowledge() -> None:
    manifest = load_model().manifest
    assert manifest["corpus"]["sha256"] == corpus_hash(corpus_files())
    assert manifest["knowledge"]["lexical_hash"] == load_knowledge().lexical_hash


def test_refitting_gives_the_shipped_coefficients(refitted: FittedModel) -> None:
    shipped = load_model()
    document, idf = compile_document_heads(refitted.classifier)
    assert document.features == shipped.document.features
    assert document.heads == shipped.document.heads
    np.testing.assert_array_equal(idf, shipped.idf)
    # Byte-equal on one machine; another BLAS may round a last bit of the calibration differently.
    np.testing.assert_allclose(document.coef, shipped.document.coef, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(document.intercept, shipped.document.intercept, rtol=1e-6)
    assert refitted.thresholds == pytest.approx(shipped.thresholds, rel=1e-6)


def test_shipped_scorer_gives_the_refitted_models_numbers(refitted: FittedModel) -> None:
    folder = default_model_dir()
    difference = check_against_sklearn(
        refitted, load_knowledge(), folder, load_model().version, tolerance=1e-4
    )
    assert difference < 1e-4


def test_the_joblib_file_is_the_same_model() -> None:
    folder = default_model_dir() / available_versions(default_model_dir())[-1]
    content = (folder / "model.joblib").read_bytes()
    manifest = load_model().manifest
    assert hashlib.sha256(content).hexdigest() == manifest["files"]["model.joblib"]
    classifier = joblib.load(io.BytesIO(content))["classifier"]  # our own file, hash just checked
    text = "US curbs chips\nWashington told the firm that each sale to China needs a licence."
    assessor = Assessor.load()
    title, body = text.split("\n")
    assessment = assessor.assess(Article(title=title, text=body))
    expected = classifier.decision_function([text])[0]
    for column, score in enumerate(assessment.regimes.values()):
        assert score.decision_value == pytest.approx(expected[column], abs=1e-9)
