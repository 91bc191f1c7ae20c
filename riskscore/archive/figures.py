"""Counts of a scored archive in, plots as SVG text out; needs matplotlib (extra `archive`).

SVG drawn here, rather than a charting script in the page: the page then shows without a network, in
mail programs that strip scripts, and on paper, and stays below 200 KB where a script alone is 4 MB.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from riskscore.archive.sources import require
from riskscore.types import REGIMES, SEVERITY_NAMES, Regime

_COLOURS = dict(
    zip(REGIMES, ("#1f5a94", "#b8651b", "#3d7a4e"), strict=True)
)  # told apart by the colour-blind
_SEVERITY_COLOURS = ("#d9dde2", "#f3c677", "#e08240", "#a8321f")
_TITLES = {"chips": "Chips", "cloud_data": "Cloud and data", "outbound_investment": "Outbound investment"}
_WIDTH = 8.0  # inches


def regime_title(regime: str) -> str:
    """A regime's name for a heading."""
    return _TITLES[regime]


def by_month(months: Sequence[str], values: Mapping[Regime, Sequence[float]], axis: str) -> str:
    """A line for each regime over months ("2025-11")."""
    figure, axes = _figure(2.6)
    for regime in REGIMES:
        axes.plot(
            range(len(months)),
            values[regime],
            color=_COLOURS[regime],
            label=_TITLES[regime],
            marker="o",
            markersize=3,
            linewidth=1.5,
        )
    step = max(1, len(months) // 12)
    axes.set_xticks(range(0, len(months), step), months[::step], rotation=30, ha="right")
    axes.set_ylabel(axis)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return _svg(figure, f"{axis} of each regime by month")


def severity_mix(counts: Mapping[Regime, Sequence[int]]) -> str:
    """A bar for each regime: shares of severity 1 to 3 among the scored articles, in per cent."""
    figure, axes = _figure(1.8)
    for place, regime in enumerate(reversed(REGIMES)):
        left, total = 0.0, max(1, sum(counts[regime]))
        for level in (1, 2, 3):
            share = 100 * counts[regime][level] / total
            axes.barh(
                place,
                share,
                left=left,
                color=_SEVERITY_COLOURS[level],
                label=SEVERITY_NAMES[level] if place == 0 else None,
            )
            left += share
    axes.set_yticks(range(len(REGIMES)), [_TITLES[regime] for regime in reversed(REGIMES)])
    axes.set_xlabel("% of scored articles")
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return _svg(figure, "Severity mix of each regime")


def ranking(names: Sequence[str], counts: Sequence[int], axis: str) -> str:
    """Horizontal bars, the longest on top."""
    figure, axes = _figure(0.5 + 0.24 * max(1, len(names)))
    places = range(len(names), 0, -1)
    axes.barh(places, counts, color=_COLOURS["chips"])
    axes.set_yticks(places, [_plain(name) for name in names])
    for place, count in zip(places, counts, strict=True):
        axes.text(count, place, f" {count:,}", va="center", fontsize=8)
    axes.set_xlabel(axis)
    return _svg(figure, axis)


def _figure(height: float) -> tuple[Any, Any]:
    figure = require("matplotlib.figure").Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _svg(figure: Any, label: str) -> str:
    written = io.StringIO()
    # Text stays text (small, searchable); a fixed salt and no date make the same page of the same rows.
    with require("matplotlib").rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    drawing = written.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    return re.sub("<svg ", f'<svg role="img" aria-label="{label}" ', drawing, count=1)


def _plain(text: str) -> str:
    return text.replace("$", r"\$")  # matplotlib reads what stands between two as a formula
