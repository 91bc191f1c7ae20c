"""Labels of several readers in, how far each two agree beyond chance out: Cohen's kappa (pure).

J. Cohen, "A coefficient of agreement for nominal scales" (1960), and "Weighted kappa" (1968).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from riskscore.labels.label import MAX_SEVERITY, Author, Label
from riskscore.types import REGIMES, Regime


@dataclass(frozen=True, slots=True)
class RegimeAgreement:
    """On one regime; a kappa is None where both give one and the same answer throughout."""

    agreed: int  # items on which both label the regime, or neither does
    presence: float | None  # kappa of "labelled or not"
    severity: float | None  # kappa of severity 0-3, quadratic-weighted


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Of two readers on the items that both labelled."""

    authors: tuple[Author, Author]
    items: int
    regimes: Mapping[Regime, RegimeAgreement]


def agreements(labels: Mapping[str, Mapping[Author, Label]]) -> list[PairAgreement]:
    """Each pair of readers that share items, most items first.

    Parameters
    ----------
    labels : mapping of str to mapping of Author to Label
        By item.
    """
    shared: dict[tuple[Author, Author], list[tuple[Label, Label]]] = {}
    for by_author in labels.values():
        for first, second in combinations(sorted(by_author, key=_order), 2):
            shared.setdefault((first, second), []).append((by_author[first], by_author[second]))
    found = [
        PairAgreement(pair, len(both), {regime: _on(regime, both) for regime in REGIMES})
        for pair, both in shared.items()
    ]
    return sorted(found, key=lambda one: (-one.items, *map(_order, one.authors)))


def mean_kappa(values: Sequence[tuple[float | None, int]]) -> float | None:
    """The mean of pairs' kappas by their items; None where no pair has one."""
    known = [(kappa, items) for kappa, items in values if kappa is not None]
    total = sum(items for _, items in known)
    return sum(kappa * items for kappa, items in known) / total if total else None


def cohen_kappa(first: Sequence[int], second: Sequence[int], most: int, *, quadratic: bool) -> float | None:
    """Agreement of two readers beyond chance: 1 is perfect, 0 what chance gives, below 0 less.

    Parameters
    ----------
    first, second : sequence of int
        Their answers to the same questions, 0 to `most`.
    quadratic : bool
        Whether an answer farther off counts as worse, by the square of the distance.

    Returns
    -------
    float or None
        None where chance alone would agree always: both give one and the same answer throughout.
    """
    answers = range(most + 1)
    counted_first, counted_second = (
        [one.count(answer) for answer in answers] for one in (list(first), list(second))
    )

    def cost(a: int, b: int) -> float:
        return float((a - b) ** 2) if quadratic else float(a != b)

    observed = sum(cost(a, b) for a, b in zip(first, second, strict=True)) * len(first)
    by_chance = sum(cost(a, b) * counted_first[a] * counted_second[b] for a in answers for b in answers)
    return 1.0 - observed / by_chance if by_chance else None


def _on(regime: Regime, both: Sequence[tuple[Label, Label]]) -> RegimeAgreement:
    first, second = ([pair[side].severity[regime] for pair in both] for side in (0, 1))
    labelled_first, labelled_second = ([int(level > 0) for level in levels] for levels in (first, second))
    return RegimeAgreement(
        agreed=sum(a == b for a, b in zip(labelled_first, labelled_second, strict=True)),
        presence=cohen_kappa(labelled_first, labelled_second, 1, quadratic=False),
        severity=cohen_kappa(first, second, MAX_SEVERITY, quadratic=True),
    )


def _order(author: Author) -> tuple[str, str]:
    return author.name, author.key_id or ""
