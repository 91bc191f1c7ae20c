"""The queue for review and analysts' agreement in, what people read in a terminal out (rich renderables)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from riskscore.harmless import harmless
from riskscore.labels.agreement import PairAgreement, mean_kappa
from riskscore.labels.label import Author
from riskscore.labels.queue import REASON_WORDS
from riskscore.reviewing.picking import Picked
from riskscore.types import REGIMES

_NOTHING = "–"
_ID_WIDTH = 35  # whole, on a narrow terminal too: people copy it


def queue_view(queue: Sequence[Picked]) -> RenderableType:
    """One row for an article."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Article", min_width=_ID_WIDTH)
    for heading in ("Why", "Regime", "Score", "Title"):
        table.add_column(heading)
    for one in queue:
        table.add_row(
            one.article.article_id,
            REASON_WORDS[one.chosen.reason],
            one.chosen.regime,
            f"{one.score:.0f}",
            Text(harmless(one.article.title)),
        )
    return table


def agreement_view(pairs: Sequence[PairAgreement]) -> RenderableType:
    """Each pair of analysts, and the means over all."""
    table = Table(
        *("Analysts", "Articles", "Regime", "Labelled or not", "Severity"),
        title="Cohen's kappa; of severity, quadratic-weighted",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for pair in pairs:
        names = Text(" and ".join(_name(author) for author in pair.authors))
        for place, regime in enumerate(REGIMES):
            one = pair.regimes[regime]
            first = (names, f"{pair.items:,}") if place == 0 else ("", "")
            table.add_row(*first, regime, _kappa(one.presence), _kappa(one.severity))
    if len(pairs) > 1:
        for place, regime in enumerate(REGIMES):
            found = [(one.regimes[regime], one.items) for one in pairs]
            presence = mean_kappa([(each.presence, items) for each, items in found])
            severity = mean_kappa([(each.severity, items) for each, items in found])
            table.add_row("all" if place == 0 else "", "", regime, _kappa(presence), _kappa(severity))
    return table


def _name(author: Author) -> str:
    return harmless(author.name) + (f" ({author.key_id})" if author.key_id else "")


def _kappa(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.2f}"
