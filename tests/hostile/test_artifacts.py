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

from riskscore.artifact.model import load_model
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


@pytest.mark.parametrize("name", sorted(_files(Path())))
def test_what_is_no_scorer_is_refused_and_never_run(small_model_dir: Path, tmp_path: Path, name: str) -> None:
    trap = tmp_path / "run"
    folder = tmp_path / "models" / "small"
    shutil.copytree(small_model_dir / "small", folder)
    content = _files(trap)[name]
    (folder / "scorer.npz").write_bytes(content)
    with pytest.raises(ArtifactTamperedError):
        load_model(tmp_path / "models")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["scorer.npz"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactMismatchError):
        load_model(tmp_path / "models")
    assert not trap.exists()


def test_a_pickled_estimator_is_not_even_opened(small_model_dir: Path, tmp_path: Path) -> None:
    trap = tmp_path / "run"
    folder = tmp_path / "models" / "small"
    shutil.copytree(small_model_dir / "small", folder)
    (folder / "model.joblib").write_bytes(pickle.dumps(_Touch(trap)))
    load_model(tmp_path / "models")
    assert not trap.exists()


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_coefficients_that_are_no_numbers_are_refused(
    small_model_dir: Path, tmp_path: Path, number: float
) -> None:
    folder = tmp_path / "models" / "small"
    shutil.copytree(small_model_dir / "small", folder)
    with np.load(folder / "scorer.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["document_coef"] = np.array(arrays["document_coef"])
    arrays["document_coef"][0, 0] = number
    np.savez(folder / "scorer.npz", **arrays)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["scorer.npz"] = hashlib.sha256((folder / "scorer.npz").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactMismatchError, match="finite"):
        load_model(tmp_path / "models")
