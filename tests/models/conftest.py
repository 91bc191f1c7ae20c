"""A folder with three versions of the small artifact, each with its own threshold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.artifacts import place


@pytest.fixture
def model_dir(small_model_dir: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    for version, threshold in (("v1", 0.1), ("v2", 0.5), ("v3", 0.9)):
        place(small_model_dir, folder, version, threshold)
    return folder
