"""Files put in place of a model, the manifest made to fit: each is refused, and nothing in it is run."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from riskscore.artifact.model import available_versions, default_model_dir, load_model
from riskscore.errors import ArtifactMismatchError, ArtifactTamperedError


class _Touch:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Path]]:
        return Path.touch, (self.path,)


def _zip(**members: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return written.getvalue()


def _array(value: object, **options: object) -> bytes:
    written = io.BytesIO()
    np.save(written, np.asarray(value, **options))  # type: ignore[call-overload]
    return written.getvalue()


def _huge_zip() -> bytes:
    """An archive whose directory says that it unfolds to 4 GB, as a bomb's does."""
    content = bytearray(_zip(idf=_array([1.0])))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    return bytes(content)


def _header(shape: str) -> bytes:
    described = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(described).to_bytes(2, "little") + described.encode()


def _files(trap: Path) -> dict[str, bytes]:
    pickled = pickle.dumps(_Touch(trap))
    objects = _array([_Touch(trap)], dtype=object)
    return {
        "pickle": pickled,
        "pickle of protocol 0": pickle.dumps(_Touch(trap), protocol=0),
        "array of objects": objects,
        "archive with a pickle": _zip(idf=pickled),
        "archive with an array of objects": _zip(document_coef=objects, idf=_array([1.0])),
        "zip bomb": _huge_zip(),
        "array of 2^60 numbers": _zip(idf=_header("(1152921504606846976,)")),
        "array of a negative shape": _zip(idf=_header("(-1,)")),
        "header that is code": _zip(idf=_header("(__import__('os').getpid(),)")),
        "cut off": _zip(idf=_array(np.zeros(1000)))[:-40],
        "not the arrays of a model": _zip(x=_array([1.0])),
        "empty archive": _zip(),
        "empty": b"",
        "gzip": gzip.compress(b"\0" * 1_000_000),
        "text": b"<html>404</html>",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped artifact, under models/."""
    shipped = default_model_dir()
    target = tmp_path / "models" / "copy"
    target.mkdir(parents=True)
    for name in ("scorer.npz", "manifest.json", "MODEL_CARD.md"):
        shutil.copy(shipped / available_versions(shipped)[-1] / name, target / name)
    return target


def _sign(folder: Path) -> None:
    """Have the manifest say that the scorer is as it should be."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["scorer.npz"] = hashlib.sha256((folder / "scorer.npz").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("name", sorted(_files(Path())))
def test_what_is_no_scorer_is_refused_and_never_run(folder: Path, tmp_path: Path, name: str) -> None:
    trap = tmp_path / "run"
    (folder / "scorer.npz").write_bytes(_files(trap)[name])
    with pytest.raises(ArtifactTamperedError):
        load_model(folder.parent)
    _sign(folder)
    with pytest.raises(ArtifactMismatchError):
        load_model(folder.parent)
    assert not trap.exists()


def test_a_pickled_estimator_is_not_even_opened(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "run"
    (folder / "model.joblib").write_bytes(pickle.dumps(_Touch(trap)))
    load_model(folder.parent)
    assert not trap.exists()


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_coefficients_that_are_no_numbers_are_refused(folder: Path, number: float) -> None:
    with np.load(folder / "scorer.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["document_coef"][0, 0] = number
    np.savez(folder / "scorer.npz", **arrays)
    _sign(folder)
    with pytest.raises(ArtifactMismatchError, match="finite"):
        load_model(folder.parent)
