"""Find, verify and load a model artifact: a folder with scorer.npz, manifest.json and MODEL_CARD.md.

Nothing is unpickled: ``scorer.npz`` is read with ``allow_pickle=False`` after its SHA-256 has been
compared with the manifest's.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.errors import ArtifactMismatchError, ArtifactNotFoundError, ArtifactTamperedError
from riskscore.types import REGIMES, Regime

SCHEMA = 1
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*\Z")
_PACKAGE = Path(__file__).parent
# In a checkout the artifacts stand beside the package; in a wheel they are packed inside it.
_DEFAULT_FOLDERS = (_PACKAGE / "_models", _PACKAGE.parent / "models")


@dataclass(frozen=True)
class LinearHeads:
    """Named linear functions of one feature space.

    Attributes
    ----------
    coef : ndarray of float32, shape (n_features, n_heads)
    intercept : ndarray of float64, shape (n_heads,)
    heads, features : tuple of str
        Names, in column and row order.
    """

    heads: tuple[str, ...]
    features: tuple[str, ...]
    coef: NDArray[np.float32]
    intercept: NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A verified artifact.

    Attributes
    ----------
    idf : ndarray of float64, shape (n_features,)
        Inverse document frequency of word and subword features; 1 elsewhere.
    """

    version: str
    manifest: dict[str, Any]
    card: str
    document: LinearHeads
    idf: NDArray[np.float64]
    exposure: LinearHeads

    @property
    def identity(self) -> str:
        """Version and hash of the numbers: equal only if every score is."""
        return _identity(self.manifest)

    @cached_property
    def thresholds(self) -> dict[Regime, float]:
        """Probability from which a regime is flagged, 0-1."""
        return {regime: float(self.manifest["thresholds"][regime]) for regime in REGIMES}


def default_model_dir() -> Path:
    """Folder in which the shipped artifacts stand."""
    for folder in _DEFAULT_FOLDERS:
        if folder.is_dir():
            return folder
    raise ArtifactNotFoundError(
        f"no model folder at {' or '.join(map(str, _DEFAULT_FOLDERS))}; set RISKSCORE_MODEL_DIR"
    )


def available_versions(model_dir: Path) -> list[str]:
    """Versions that have a manifest, oldest first; they sort as their names do."""
    return sorted(path.parent.name for path in model_dir.glob("*/manifest.json"))


def load_model(
    model_dir: Path | None = None, version: str | None = None, *, lexical_hash: str | None = None
) -> Model:
    """Load an artifact after checking it.

    Parameters
    ----------
    model_dir : Path, optional
        Folder of version folders; the shipped one by default.
    version : str, optional
        The latest by default.
    lexical_hash : str, optional
        Hash of the lexicon and company names that this code would compute features with; compared
        with the one that the model was trained with.

    Raises
    ------
    ArtifactNotFoundError, ArtifactTamperedError, ArtifactMismatchError
    """
    folder, manifest = _read_manifest(model_dir, version)
    version = folder.name
    arrays = _verified_arrays(folder, manifest)
    trained_with = manifest["knowledge"]["lexical_hash"]
    if lexical_hash is not None and trained_with != lexical_hash:
        raise ArtifactMismatchError(
            f"{folder}: trained with lexicon and companies {trained_with[:12]}, the knowledge files here are "
            f"{lexical_hash[:12]}; restore them or retrain (python -m training fit)"
        )
    document = _heads(folder, manifest, arrays, "document")
    exposure = _heads(folder, manifest, arrays, "exposure")
    if arrays["idf"].shape != (len(document.features),):
        raise ArtifactMismatchError(f"{folder}: idf has shape {arrays['idf'].shape}")
    card = folder / "MODEL_CARD.md"
    return Model(
        version=version,
        manifest=manifest,
        card=card.read_text(encoding="utf-8") if card.exists() else "",
        document=document,
        idf=arrays["idf"],
        exposure=exposure,
    )


def model_identity(model_dir: Path | None = None, version: str | None = None) -> str:
    """`Model.identity` of an artifact, without loading it; arguments and errors as of `load_model`."""
    return _identity(_read_manifest(model_dir, version)[1])


def _identity(manifest: dict[str, Any]) -> str:
    return f"{manifest['version']} {manifest['files']['scorer.npz']}"


def _read_manifest(model_dir: Path | None, version: str | None) -> tuple[Path, dict[str, Any]]:
    model_dir = model_dir or default_model_dir()
    versions = available_versions(model_dir)
    if not versions:
        raise ArtifactNotFoundError(f"no model artifact in {model_dir}")
    version = version or versions[-1]
    if not _VERSION.match(version) or version not in versions:
        raise ArtifactNotFoundError(f"no model {version!r} in {model_dir}; there are {', '.join(versions)}")
    folder = model_dir / version
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ArtifactTamperedError(f"{folder / 'manifest.json'} is not JSON: {fault}") from fault
    if manifest.get("schema") != SCHEMA:
        raise ArtifactMismatchError(
            f"{folder}: artifact schema {manifest.get('schema')}, this code reads {SCHEMA}"
        )
    return folder, manifest


def pack_names(names: tuple[str, ...] | list[str]) -> NDArray[np.uint8]:
    """Names as one byte array, so that the file needs no pickle."""
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def names_hash(names: tuple[str, ...] | list[str]) -> str:
    """SHA-256 of the names in their order."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _verified_arrays(folder: Path, manifest: dict[str, Any]) -> dict[str, NDArray[Any]]:
    try:
        content = (folder / "scorer.npz").read_bytes()
    except FileNotFoundError:
        raise ArtifactNotFoundError(f"{folder} has no scorer.npz") from None
    found, expected = hashlib.sha256(content).hexdigest(), manifest["files"]["scorer.npz"]
    if found != expected:
        raise ArtifactTamperedError(
            f"{folder / 'scorer.npz'}: SHA-256 is {found}, the manifest says {expected}; do not use this file"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _heads(folder: Path, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]], kind: str) -> LinearHeads:
    described = manifest[kind]
    features = tuple(arrays[f"{kind}_features"].tobytes().decode().split("\n"))
    if names_hash(features) != described["features_sha256"]:
        raise ArtifactMismatchError(f"{folder}: the {kind} feature names differ from the manifest's")
    heads = tuple(described["heads"])
    coef, intercept = arrays[f"{kind}_coef"], arrays[f"{kind}_intercept"]
    if coef.shape != (len(features), len(heads)) or intercept.shape != (len(heads),):
        raise ArtifactMismatchError(
            f"{folder}: {kind} coefficients have shape {coef.shape}, expected {(len(features), len(heads))}"
        )
    return LinearHeads(heads, features, coef, intercept)
