"""Counts and references become figures, and what is missing is said."""

from __future__ import annotations

import pytest

from riskscore.drift.counts import ALL_SOURCES, Counts, HeadSet, SourceKey
from riskscore.drift.figures import drift_of, missing
from riskscore.drift.histogram import BINS, psi
from riskscore.drift.reference import Reference, best_reference, manifest_reference, reference_of
from riskscore.types import REGIMES

HEADS = HeadSet("v1", "en")


def counts(scored: int, abstained: int = 0, at: int = 3) -> Counts:
    found = Counts(scored=scored, abstained=abstained, words=scored * 100, unknown_words=scored * 7)
    for regime in REGIMES:
        found.bins[regime][at] = scored
        found.flagged[regime] = scored // 10
    return found


def reference(at: int = 3) -> Reference:
    bins = [0] * BINS
    bins[at] = 1_000
    return Reference("training", dict.fromkeys(REGIMES, bins), 1_000)


def test_all_sources_come_first_then_the_largest() -> None:
    found = {
        SourceKey(HEADS, "small"): counts(100),
        SourceKey(HEADS, "large"): counts(300, abstained=100, at=9),
        SourceKey(HeadSet("v2", "en"), "other model"): counts(5_000),
    }
    everything, large, small = drift_of(HEADS, found, {}, reference(), min_items=200)
    assert (everything.source, everything.items, large.source, small.source) == ("*", 500, "large", "small")
    assert everything.abstention_rate == pytest.approx(0.2)
    assert everything.unknown_word_share == pytest.approx(0.07)
    assert everything.label_rates["chips"] == pytest.approx(0.1)
    assert large.psi["chips"] == pytest.approx(
        psi(reference().bins["chips"], counts(300, at=9).bins["chips"])
    )
    assert small.psi["chips"] is None  # too few


def test_a_sources_own_past_goes_before_everything_and_that_before_training() -> None:
    own, everything, training = (reference(at) for at in (1, 2, 3))
    adopted = {"Wire": own, ALL_SOURCES: everything}
    assert best_reference("Wire", adopted, training) is own
    assert best_reference("Post", adopted, training) is everything
    assert best_reference("Post", {}, training) is training
    assert best_reference("Post", {}, None) is None


def test_what_is_missing_is_said() -> None:
    assert "scored nothing" in str(missing(HEADS, [], 200))
    without = drift_of(HEADS, {SourceKey(HEADS, ""): counts(500)}, {}, None, 200)
    assert "--adopt" in str(missing(HEADS, without, 200))
    few = drift_of(HEADS, {SourceKey(HEADS, ""): counts(50)}, {}, reference(), 200)
    assert "50 articles" in str(missing(HEADS, few, 200))
    enough = drift_of(HEADS, {SourceKey(HEADS, ""): counts(500)}, {}, reference(), 200)
    assert missing(HEADS, enough, 200) is None


def test_a_manifest_keeps_histograms_by_language() -> None:
    entry = manifest_reference({regime: [-9.0, -3.5, 6.0] for regime in REGIMES})
    manifest = {"reference": entry, "languages": {"zh": {"reference": {**entry, "edges": [0.0]}}}}
    found = reference_of(manifest, "en")
    assert found is not None
    assert (found.items, sum(found.bins["chips"])) == (3, 3)
    assert reference_of(manifest, "zh") is None  # of other bins
    assert reference_of({}, "en") is None
    assert reference_of({"reference": {**entry, "regimes": {}}}, "en") is None
