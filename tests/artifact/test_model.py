"""Artifacts are verified before anything in them is used."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riskscore.artifact.model import available_versions, default_model_dir, load_model, model_identity
from riskscore.errors import ArtifactMismatchError, ArtifactNotFoundError, ArtifactTamperedError
from riskscore.knowledge import load_knowledge


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a copy of the newest shipped artifact as version v1."""
    shipped = default_model_dir()
    source = shipped / available_versions(shipped)[-1]
    target = tmp_path / "v1"
    target.mkdir()
    for name in ("scorer.npz", "manifest.json", "MODEL_CARD.md"):
        shutil.copy(source / name, target / name)
    return tmp_path


def edit(models: Path, **changes: object) -> None:
    path = models / "v1" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_shipped_artifact_fits_this_code() -> None:
    model = load_model(lexical_hash=load_knowledge().lexical_hash)
    assert len(model.document.features) == model.document.coef.shape[0]
    assert all(0 < threshold < 1 for threshold in model.thresholds.values())


def test_a_changed_byte_is_refused_with_both_hashes(models: Path) -> None:
    path = models / "v1" / "scorer.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(
        ArtifactTamperedError, match=r"scorer\.npz: SHA-256 is [0-9a-f]{64}, the manifest says"
    ):
        load_model(models)


def test_another_lexicon_is_refused(models: Path) -> None:
    with pytest.raises(ArtifactMismatchError, match="trained with lexicon and companies"):
        load_model(models, lexical_hash="0" * 64)


def test_another_schema_is_refused(models: Path) -> None:
    edit(models, schema=99)
    with pytest.raises(ArtifactMismatchError, match="artifact schema 99, this code reads"):
        load_model(models)


def test_other_feature_names_are_refused(models: Path) -> None:
    edit(models, document={"heads": [], "features_sha256": "0" * 64})
    with pytest.raises(ArtifactMismatchError, match="feature names differ"):
        load_model(models)


def test_a_manifest_that_is_no_json_is_refused(models: Path) -> None:
    (models / "v1" / "manifest.json").write_text("{")
    with pytest.raises(ArtifactTamperedError, match="is not JSON"):
        load_model(models)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"schema": 1}', "document is not an object"),
        ('{"schema": 1}', "files.scorer.npz is not a text"),
        ("[]", "holds no JSON object"),
        ("null", "holds no JSON object"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(models: Path, content: str, message: str) -> None:
    (models / "v1" / "manifest.json").write_text(content)
    with pytest.raises(ArtifactMismatchError, match=message):
        load_model(models)
    with pytest.raises(ArtifactMismatchError, match=message):
        model_identity(models)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thresholds": {"chips": 0.5, "cloud_data": 0.5}}, "thresholds.outbound_investment is not a number"),
        ({"thresholds": None}, "thresholds.chips is not a number from 0 to 1"),
        ({"languages": []}, "languages is not an object"),
        ({"languages": {"zh": {}}}, "languages.zh.published is neither true nor false"),
    ],
)
def test_missing_parts_of_a_manifest_are_named(models: Path, changes: dict[str, Any], message: str) -> None:
    edit(models, **changes)
    with pytest.raises(ArtifactMismatchError, match=message):
        load_model(models)


def test_the_identity_changes_with_a_threshold_and_not_with_the_metrics(models: Path) -> None:
    before = load_model(models).identity
    assert before == model_identity(models)
    edit(models, metrics={})
    assert load_model(models).identity == before
    edit(models, thresholds={"chips": 0.5, "cloud_data": 0.5, "outbound_investment": 0.5})
    assert load_model(models).identity not in {before, ""}


def test_versions_come_in_their_natural_order_and_unfinished_ones_are_none(tmp_path: Path) -> None:
    for name in ("1.10", ".writing-x", "2026-11-24", "1.9", "2026-2-3", "small"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
    assert available_versions(tmp_path) == ["1.9", "1.10", "2026-2-3", "2026-11-24", "small"]


@pytest.mark.parametrize("version", ["v2", "../v1", "v1/../v1"])
def test_unknown_and_crooked_versions_are_not_found(models: Path, version: str) -> None:
    with pytest.raises(ArtifactNotFoundError, match="there are v1"):
        load_model(models, version)


def test_an_empty_folder_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ArtifactNotFoundError, match="no model artifact"):
        load_model(tmp_path)


def test_a_pickle_in_the_archive_is_never_loaded(models: Path) -> None:
    path = models / "v1" / "scorer.npz"
    np.savez(path, document_features=np.array([object()], dtype=object))
    manifest = json.loads((models / "v1" / "manifest.json").read_text())
    manifest["files"]["scorer.npz"] = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(models, **manifest)
    with pytest.raises((ValueError, ArtifactTamperedError, ArtifactMismatchError)):
        load_model(models)
