"""Find, verify and load a model artifact: a folder with scorer.npz, manifest.json and MODEL_CARD.md.

Nothing is unpickled: ``scorer.npz`` is read with ``allow_pickle=False`` after its SHA-256 has been
compared with the manifest's.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.artifact.manifest import check_manifest, score_relevant_hash
from riskscore.errors import ArtifactMismatchError, ArtifactNotFoundError, ArtifactTamperedError
from riskscore.types import REGIMES, Regime

SCHEMA = 1
_MAX_UNPACKED_BYTES = 2_000_000_000  # a hundred times the shipped scorer
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*\Z")
_NUMBER = re.compile(r"([0-9]+)")
_PACKAGE = Path(__file__).parent.parent
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
    others : mapping of str to Model
        By language code, the artifact's further head sets; the manifest of each is this one with the
        language's section laid over it.
    """

    version: str
    manifest: dict[str, Any]
    card: str
    document: LinearHeads
    idf: NDArray[np.float64]
    exposure: LinearHeads
    others: Mapping[str, Model] = field(default_factory=dict)

    @cached_property
    def identity(self) -> str:
        """Version and hashes of the numbers and of what the manifest says of them.

        Equal only if every score, flag and exposure is.
        """
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
    """Versions that have a manifest, oldest first: by name, a number in it by its value (1.9, 1.10)."""
    names = (path.parent.name for path in model_dir.glob("*/manifest.json"))
    return sorted(filter(_VERSION.match, names), key=_version_order)


def _version_order(name: str) -> tuple[list[str | int], str]:
    parts = _NUMBER.split(name)  # text and number in turn, so that like meets like
    return [int(part) if at % 2 else part for at, part in enumerate(parts)], name


def load_model(
    model_dir: Path | None = None,
    version: str | None = None,
    *,
    lexical_hash: str | None = None,
    other_lexical_hashes: Mapping[str, str] | None = None,
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
    other_lexical_hashes : mapping of str to str, optional
        The same for further languages, by their codes.

    Raises
    ------
    ArtifactNotFoundError, ArtifactTamperedError, ArtifactMismatchError
    """
    folder, manifest = _read_manifest(model_dir, version)
    arrays = _verified_arrays(folder, manifest)
    _check_lexical_hash(folder, manifest, lexical_hash)
    card = folder / "MODEL_CARD.md"
    model = _head_set(folder, manifest, arrays, card.read_text(encoding="utf-8") if card.exists() else "")
    others = {}
    for language, section in manifest.get("languages", {}).items():
        laid_over = {**manifest, **section}
        _check_lexical_hash(folder, laid_over, (other_lexical_hashes or {}).get(language))
        prefix = f"{language}_"
        own = {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
        others[language] = _head_set(folder, laid_over, own, model.card)
    return replace(model, others=others)


def model_identity(model_dir: Path | None = None, version: str | None = None) -> str:
    """`Model.identity` of an artifact, without loading it; arguments and errors as of `load_model`."""
    return _identity(_read_manifest(model_dir, version)[1])


def short_identity(identity: str) -> str:
    """A `Model.identity` as people compare it: the beginnings of its two hashes."""
    return "/".join(part[:8] for part in identity.split(" ")[1:])


def artifact_manifest(model_dir: Path | None, version: str | None) -> dict[str, Any]:
    """An artifact's manifest, its shape checked; arguments and errors as of `load_model`."""
    return _read_manifest(model_dir, version)[1]


def check_files(model_dir: Path | None, version: str) -> None:
    """Compare every file that the manifest lists, and that is there, with its hash.

    The scorer must be there; what only people need (the fitted estimator, the card) may have been left out
    of a deployment.

    Raises
    ------
    ArtifactNotFoundError, ArtifactTamperedError, ArtifactMismatchError
    """
    folder, manifest = _read_manifest(model_dir, version)
    for name, expected in manifest["files"].items():
        path = folder / name
        if name != Path(name).name:
            raise ArtifactMismatchError(f"{folder}: the manifest lists a file elsewhere: {name!r}")
        if not path.exists() and name != "scorer.npz":
            continue
        _check_hash(path, _content(path), expected)


def _identity(manifest: dict[str, Any]) -> str:
    return f"{manifest['version']} {manifest['files']['scorer.npz']} {score_relevant_hash(manifest)}"


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
    if not isinstance(manifest, dict):
        raise ArtifactMismatchError(f"{folder / 'manifest.json'} holds no JSON object")
    if manifest.get("schema") != SCHEMA:
        raise ArtifactMismatchError(
            f"{folder}: artifact schema {manifest.get('schema')}, this code reads {SCHEMA}"
        )
    faults = check_manifest(manifest)
    if faults:
        raise ArtifactMismatchError(f"{folder / 'manifest.json'}: {'; '.join(faults)}")
    return folder, manifest


def pack_names(names: tuple[str, ...] | list[str]) -> NDArray[np.uint8]:
    """Names as one byte array, so that the file needs no pickle."""
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def names_hash(names: tuple[str, ...] | list[str]) -> str:
    """SHA-256 of the names in their order."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _verified_arrays(folder: Path, manifest: dict[str, Any]) -> dict[str, NDArray[Any]]:
    path = folder / "scorer.npz"
    content = _content(path)
    _check_hash(path, content, manifest["files"]["scorer.npz"])
    # Whoever can write the manifest can make the hash fit: what is no archive of arrays is told as such too.
    try:
        _refuse_bomb(path, content)
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as fault:
        raise ArtifactMismatchError(f"{path} is no archive of plain arrays: {fault}") from fault


def _refuse_bomb(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _MAX_UNPACKED_BYTES:
        raise ArtifactMismatchError(
            f"{path} unfolds to {unpacked:,} bytes; a scorer has at most {_MAX_UNPACKED_BYTES:,}"
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArtifactNotFoundError(f"{path.parent} has no {path.name}") from None


def _check_hash(path: Path, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ArtifactTamperedError(
            f"{path}: SHA-256 is {found}, the manifest says {expected}; do not use this file"
        )


def _check_lexical_hash(folder: Path, manifest: dict[str, Any], here: str | None) -> None:
    trained_with = manifest["knowledge"]["lexical_hash"]
    if here is not None and trained_with != here:
        raise ArtifactMismatchError(
            f"{folder}: trained with lexicon and companies {trained_with[:12]}, the knowledge files here are "
            f"{here[:12]}; restore them or retrain (python -m training fit)"
        )


def _head_set(folder: Path, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]], card: str) -> Model:
    """The heads of one language, as a model of their own."""
    parts = ("features", "coef", "intercept")
    needed = {"idf", *(f"{kind}_{part}" for kind in ("document", "exposure") for part in parts)}
    if missing := needed - arrays.keys():
        raise ArtifactMismatchError(f"{folder}: scorer.npz has no {', '.join(sorted(missing))}")
    document = _heads(folder, manifest, arrays, "document")
    exposure = _heads(folder, manifest, arrays, "exposure")
    if arrays["idf"].shape != (len(document.features),):
        raise ArtifactMismatchError(f"{folder}: idf has shape {arrays['idf'].shape}")
    return Model(
        version=folder.name,
        manifest=manifest,
        card=card,
        document=document,
        idf=arrays["idf"],
        exposure=exposure,
    )


def _heads(folder: Path, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]], kind: str) -> LinearHeads:
    described = manifest[kind]
    features = tuple(arrays[f"{kind}_features"].tobytes().decode(errors="replace").split("\n"))
    if names_hash(features) != described["features_sha256"]:
        raise ArtifactMismatchError(f"{folder}: the {kind} feature names differ from the manifest's")
    heads = tuple(described["heads"])
    coef, intercept = arrays[f"{kind}_coef"], arrays[f"{kind}_intercept"]
    if coef.shape != (len(features), len(heads)) or intercept.shape != (len(heads),):
        raise ArtifactMismatchError(
            f"{folder}: {kind} coefficients have shape {coef.shape}, expected {(len(features), len(heads))}"
        )
    if not all(array.dtype.kind == "f" and np.isfinite(array).all() for array in (coef, intercept)):
        raise ArtifactMismatchError(f"{folder}: {kind} coefficients are not all finite numbers")
    return LinearHeads(heads, features, coef, intercept)
