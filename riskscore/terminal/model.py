"""A model, or plans for reading, in; what a person reads in a terminal out (rich renderables)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from riskscore.artifact.capacity import Plan
from riskscore.types import REGIMES, Regime

if TYPE_CHECKING:
    from riskscore.artifact.model import Model

_FIGURES = (
    ("average_precision", "Average precision"),
    ("f1", "F1"),
    ("precision", "Precision"),
    ("recall", "Recall"),
    ("ece", "Calibration error"),
)


def model_view(model: Model) -> Group:
    """Version, training, thresholds and the figures measured when the model was published."""
    manifest = model.manifest
    corpus = manifest.get("corpus", {})
    parts: list[RenderableType] = [
        Text.assemble(("Model ", "bold"), (model.version, "bold")),
        Text(
            f"Trained on {corpus.get('items', 0):,} items in {corpus.get('groups', 0):,} groups; "
            f"{sum(manifest.get('families', {}).values()):,} features; seed {manifest.get('seed')}"
        ),
        Text(""),
        _regimes(manifest),
    ]
    metrics = manifest.get("metrics", {})
    if "data" in metrics:
        parts.append(
            Text(
                f"Measured on {metrics['data']}, {metrics['items']:,} items; 95 % intervals. "
                "The whole card: riskscore model --card",
                style="dim",
            )
        )
    return Group(*parts)


def _regimes(manifest: Mapping[str, Any]) -> Table:
    measured = manifest.get("metrics", {}).get("regimes", {})
    table = Table("", *REGIMES, box=None, pad_edge=False)
    thresholds, operating = manifest["thresholds"], manifest.get("operating_points", {})
    table.add_row("Threshold", *(f"{thresholds[regime]:.2f}" for regime in REGIMES))
    if operating:
        rates = (operating[regime]["training_rate"] for regime in REGIMES)
        table.add_row("Positives in training", *(f"{rate:.1%}" for rate in rates))
    for name, title in _FIGURES if measured else ():
        figures = (measured[regime][name] for regime in REGIMES)
        table.add_row(
            title,
            *(f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]" for figure in figures),
        )
    return table


def capacity_view(plans: Mapping[Regime, Plan]) -> Group:
    """One row per regime: the threshold to set, and what to expect in a week."""
    table = Table(
        *("Regime", "Threshold", "To read", "Precision", "Found", "Missed", "Recall"),
        title="Expected in a week",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for regime, found in plans.items():
        table.add_row(
            regime,
            _threshold(found.point.threshold),
            f"{found.flagged:.1f}",
            f"{found.precision:.0%}",
            f"{found.caught:.1f}",
            f"{found.missed:.1f}",
            f"{found.point.recall:.0%}",
        )
    parts: list[RenderableType] = [table]
    if over := [regime for regime, found in plans.items() if not found.fits]:
        parts.append(Text(f"More than you can read even at the strictest threshold: {', '.join(over)}"))
    return Group(*parts)


def _threshold(value: float) -> str:
    """Rounded up where it makes a difference, so that what is set flags no more than was reckoned."""
    for places in range(2, 12):
        rounded = math.ceil(value * 10**places) / 10**places
        if 1.0 - rounded >= 0.9 * (1.0 - value):
            return f"{rounded:.{places}f}"
    return repr(value)
