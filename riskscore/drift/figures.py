"""Counts of a window and references in, how far each source has drifted out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskscore.drift.counts import ALL_SOURCES, Counts, HeadSet, SourceKey, total
from riskscore.drift.histogram import psi
from riskscore.drift.reference import Reference, best_reference
from riskscore.types import REGIMES, Regime


@dataclass(frozen=True, slots=True)
class SourceDrift:
    """One source in the window, or all together ("*"); shares are None where nothing was counted."""

    source: str
    items: int  # scored or abstained on
    abstained: int
    abstention_rate: float | None
    unknown_word_share: float | None  # of the words, those that the model has no weight for
    reference: Reference | None
    label_rates: Mapping[Regime, float | None]  # share of the scored that were flagged
    psi: Mapping[Regime, float | None]  # None without a reference, or with too few items to tell
    bins: Mapping[Regime, list[int]]


def source_drift(source: str, counts: Counts, reference: Reference | None, min_items: int) -> SourceDrift:
    """The figures of one source.

    Parameters
    ----------
    min_items : int
        Scored items below which no index is told: of few items it is noise.
    """
    items = counts.scored + counts.abstained
    index: dict[Regime, float | None] = dict.fromkeys(REGIMES)
    if reference is not None and counts.scored >= min_items:
        index = {regime: psi(reference.bins[regime], counts.bins[regime]) for regime in REGIMES}
    return SourceDrift(
        source=source,
        items=items,
        abstained=counts.abstained,
        abstention_rate=_share(counts.abstained, items),
        unknown_word_share=_share(counts.unknown_words, counts.words),
        reference=reference,
        label_rates={regime: _share(counts.flagged[regime], counts.scored) for regime in REGIMES},
        psi=index,
        bins=counts.bins,
    )


def drift_of(
    heads: HeadSet,
    counts: Mapping[SourceKey, Counts],
    adopted: Mapping[str, Reference],
    training: Reference | None,
    min_items: int,
) -> list[SourceDrift]:
    """All sources together ("*"), then each by the number of its items; [] where nothing was counted."""
    own = {key.source: found for key, found in counts.items() if key.heads == heads}
    if not own:
        return []
    everything = total(own.values())
    found = [
        source_drift(source, one, best_reference(source, adopted, training), min_items)
        for source, one in own.items()
    ]
    return [
        source_drift(ALL_SOURCES, everything, best_reference(ALL_SOURCES, adopted, training), min_items),
        *sorted(found, key=lambda one: (-one.items, one.source)),
    ]


def missing(heads: HeadSet, sources: Sequence[SourceDrift], min_items: int) -> str | None:
    """What is missing for an index of all sources together, and what to do; None where nothing is.

    Parameters
    ----------
    sources : sequence of SourceDrift
        As `drift_of` gives them.
    """
    named = f"model {heads.model_version} ({heads.language})"
    if not sources:
        return f"{named} scored nothing within the window"
    everything = sources[0]
    if everything.reference is None:
        return (
            f"{named} was published without histograms to compare with: retrain it (python -m training fit), "
            "or take this window as the reference (riskscore model drift --adopt)"
        )
    scored = everything.items - everything.abstained
    if scored < min_items:
        return f"{named} scored {scored:,} articles within the window; an index needs {min_items:,}"
    return None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
