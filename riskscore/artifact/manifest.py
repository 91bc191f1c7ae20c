"""An artifact's manifest.json, decoded, in; the faults of its shape and a hash of what scores hang on out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from riskscore.types import REGIMES

# What, beside the numbers of scorer.npz, decides about scores, flags and exposures.
_SCORE_RELEVANT = ("document", "exposure", "operating_points", "published", "thresholds")
_HEAD_KINDS = ("document", "exposure")


def check_manifest(manifest: Mapping[str, Any]) -> list[str]:
    """What is missing or of the wrong type, one line for each fault, among what scoring needs."""
    faults = list(_section_faults(manifest, ""))
    if not _is_text(manifest.get("version")):
        faults.append("version is not a text")
    files = manifest.get("files")
    if not isinstance(files, dict) or not _is_text(files.get("scorer.npz")):
        faults.append("files.scorer.npz is not a text")
    languages = manifest.get("languages", {})
    if not isinstance(languages, dict):
        return [*faults, "languages is not an object"]
    for language, section in languages.items():
        if not isinstance(section, dict):
            faults.append(f"languages.{language} is not an object")
            continue
        faults += _section_faults(section, f"languages.{language}.")
        if not isinstance(section.get("published"), bool):
            faults.append(f"languages.{language}.published is neither true nor false")
    return faults


def score_relevant_hash(manifest: Mapping[str, Any]) -> str:
    """16 hex digits that change with whatever in a sound manifest a score, flag or exposure hangs on."""
    sections = {"": manifest, **manifest.get("languages", {})}
    relevant = {
        language: {name: section.get(name) for name in _SCORE_RELEVANT}
        for language, section in sections.items()
    }
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()[:16]


def _section_faults(section: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Faults of what the manifest says of one head set."""
    for kind in _HEAD_KINDS:
        heads = section.get(kind)
        if not isinstance(heads, dict):
            yield f"{prefix}{kind} is not an object"
            continue
        names = heads.get("heads")
        if not isinstance(names, list) or not all(map(_is_text, names)):
            yield f"{prefix}{kind}.heads is not a list of texts"
        if not _is_text(heads.get("features_sha256")):
            yield f"{prefix}{kind}.features_sha256 is not a text"
        if kind == "exposure" and not _is_share(heads.get("threshold")):
            yield f"{prefix}exposure.threshold is not a number from 0 to 1"
    thresholds = section.get("thresholds")
    for regime in REGIMES:
        if not isinstance(thresholds, dict) or not _is_share(thresholds.get(regime)):
            yield f"{prefix}thresholds.{regime} is not a number from 0 to 1"
    knowledge = section.get("knowledge")
    if not isinstance(knowledge, dict) or not _is_text(knowledge.get("lexical_hash")):
        yield f"{prefix}knowledge.lexical_hash is not a text"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0
