"""An answer and the challenger's in, how far they agree out; added up over articles, regime by regime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from riskscore.types import Assessment

WHOLE = "*"  # in the place of a regime: the article as a whole


class Pair(NamedTuple):
    """The model that answered and the one that would have."""

    model_version: str
    challenger: str


@dataclass(slots=True)
class Comparison:
    """Of some articles, on one regime or as a whole."""

    compared: int = 0
    agreed: int = 0  # both flag, or neither does; as a whole: on every regime
    difference: float = 0.0  # sum of |score - score|, each 0-100
    flagged_more: int = 0  # by the challenger alone; as a whole: any regime at all
    flagged_less: int = 0  # by the model that answered alone
    dropped: int = 0  # not compared: too many waited
    failed: int = 0  # not compared: the challenger raised an error

    def add(self, other: Comparison) -> None:
        """Add another's counts to these."""
        self.compared += other.compared
        self.agreed += other.agreed
        self.difference += other.difference
        self.flagged_more += other.flagged_more
        self.flagged_less += other.flagged_less
        self.dropped += other.dropped
        self.failed += other.failed

    @property
    def agreement(self) -> float | None:
        """Share of the compared on which they agree, 0-1; None where nothing was compared."""
        return self.agreed / self.compared if self.compared else None

    @property
    def mean_difference(self) -> float | None:
        """Mean absolute difference of the scores, 0-100; None where nothing was compared."""
        return self.difference / self.compared if self.compared else None


def compare(answered: Assessment, challenger: Assessment) -> Iterator[tuple[str, Comparison]]:
    """By regime, and as a whole; of an article on which either abstains, as a whole alone."""
    whole = Comparison(compared=1)
    ours = {name for name, score in answered.regimes.items() if score.flagged}
    theirs = {name for name, score in challenger.regimes.items() if score.flagged}
    whole.agreed = int(ours == theirs and answered.abstained == challenger.abstained)
    whole.difference = abs((answered.score or 0.0) - (challenger.score or 0.0))
    whole.flagged_more, whole.flagged_less = int(bool(theirs - ours)), int(bool(ours - theirs))
    yield WHOLE, whole
    if answered.abstained or challenger.abstained:
        return
    for regime, score in answered.regimes.items():
        other = challenger.regimes[regime]
        yield (
            regime,
            Comparison(
                compared=1,
                agreed=int(score.flagged == other.flagged),
                difference=abs(score.score - other.score),
                flagged_more=int(other.flagged and not score.flagged),
                flagged_less=int(score.flagged and not other.flagged),
            ),
        )
