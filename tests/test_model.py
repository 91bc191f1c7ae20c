"""Artifacts are verified before anything in them is used."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from riskscore.errors import ArtifactMismatchError, ArtifactNotFoundError, ArtifactTamperedError
from riskscore.knowledge import load_knowledge
from riskscore.model import available_versions, default_model_dir, load_model


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
