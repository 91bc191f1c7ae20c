"""A manifest and adopted stretches of production in, what scores are compared with out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from riskscore.artifact.model import artifact_manifest
from riskscore.drift.counts import ALL_SOURCES, HeadSet
from riskscore.drift.histogram import BINS, EDGES, histogram
from riskscore.errors import ArtifactError
from riskscore.types import REGIMES, Regime

Kind = Literal["training", "adopted"]


@dataclass(frozen=True, slots=True)
class Reference:
    """How many items stood in each bin when all was as it should be."""

    kind: Kind
    bins: Mapping[Regime, Sequence[int]]
    items: int


def manifest_reference(log_odds: Mapping[Regime, Sequence[float]]) -> dict[str, Any]:
    """Held-out decision values as the manifest keeps them; `reference_of` reads them again."""
    return {
        "edges": list(EDGES),
        "regimes": {regime: histogram(values) for regime, values in log_odds.items()},
        "items": min((len(values) for values in log_odds.values()), default=0),
    }


def reference_of(manifest: Mapping[str, Any], language: str, main: str = "en") -> Reference | None:
    """The histograms that were kept when the model was trained; None where it keeps none of these bins.

    Parameters
    ----------
    language : str
        Of the head set.
    main : str
        That of the model's first head set, of which the manifest itself speaks.
    """
    section = manifest if language == main else manifest.get("languages", {}).get(language, {})
    kept = section.get("reference")
    if not isinstance(kept, dict) or kept.get("edges") != list(EDGES):
        return None
    bins = {regime: kept.get("regimes", {}).get(regime, []) for regime in REGIMES}
    if any(len(counts) != BINS for counts in bins.values()):
        return None
    return Reference("training", bins, int(kept["items"]))


def stored_reference(model_dir: Path | None, heads: HeadSet) -> Reference | None:
    """The same of an artifact on disk; None where there is none, or it cannot be read."""
    try:
        return reference_of(artifact_manifest(model_dir, heads.model_version), heads.language)
    except ArtifactError:
        return None


def best_reference(
    source: str, adopted: Mapping[str, Reference], training: Reference | None
) -> Reference | None:
    """What a source's scores are compared with: its own past, everything's past, or the training corpus."""
    return adopted.get(source) or adopted.get(ALL_SOURCES) or training
