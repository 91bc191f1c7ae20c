"""A label in the codebook's terms: regimes with their severity, stage, direction, companies, evidence (pure).

One set of rules for corrections and for the training corpus (`training.corpus.parse_record`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from riskscore.types import DIRECTIONS, REGIMES, STAGES, Direction, Regime, Stage

GENRES = frozenset(
    {
        *("headline", "wire", "feature", "opinion", "press_release", "filing", "earnings_call"),
        *("law_alert", "official_notice", "newsletter", "chinese_media", "markets_brief"),
        *("interview", "social"),
    }
)
MAX_SEVERITY = 3
_SHOWN_CHARS = 60


class Author(NamedTuple):
    """Who labels."""

    name: str
    key_id: str | None  # of the API key with which it was done; None: no key was asked for


class NamedCompany(NamedTuple):
    """A company that a text names."""

    name: str  # as written there
    exposed: bool  # the measure constrains, threatens or frees its business


@dataclass(frozen=True, slots=True)
class Label:
    """What an article says, in somebody's reading.

    Attributes
    ----------
    severity : mapping of Regime to int
        Of every regime, 0-3; 0: not labelled.
    stage, direction : str or None
        None where every severity is 0.
    evidence : mapping of Regime to tuple of str
        Of each labelled regime at least one span, verbatim in title or text.
    """

    severity: Mapping[Regime, int]
    stage: Stage | None
    direction: Direction | None
    companies: tuple[NamedCompany, ...]
    evidence: Mapping[Regime, tuple[str, ...]]

    @property
    def flagged(self) -> frozenset[Regime]:
        """The labelled regimes."""
        return frozenset(regime for regime in REGIMES if self.severity[regime])


def label_faults(
    severity: Mapping[Any, object],
    stage: object,
    direction: object,
    evidence: Mapping[Any, Collection[str]],
    companies: Iterable[str],
    whole: str,
) -> Iterator[tuple[str, str]]:
    """What is wrong with a label, as (field, message); nothing where it follows the codebook.

    Parameters
    ----------
    severity : mapping of str to object
        By regime, as given.
    evidence : mapping of str to collection of str
        Spans by regime.
    companies : iterable of str
        Their names.
    whole : str
        Title and text.
    """
    if set(severity) != set(REGIMES):
        yield "labels", f"labels must hold exactly {', '.join(REGIMES)}"
        return
    if any(value not in range(MAX_SEVERITY + 1) for value in severity.values()):
        yield "labels", f"severities must be 0, 1, 2 or 3, not {dict(severity)}"
        return
    flagged = {regime for regime in REGIMES if severity[regime]}
    if flagged and (stage not in STAGES or direction not in DIRECTIONS):
        field = "stage" if stage not in STAGES else "direction"
        yield field, f"a positive item needs a stage and a direction, not {stage!r}, {direction!r}"
    if not flagged and (stage is not None or direction is not None):
        yield "stage" if stage is not None else "direction", "a negative item has neither stage nor direction"
    if set(evidence) != flagged:
        yield "evidence", f"evidence is for {sorted(evidence)}, labels are for {sorted(flagged)}"
    for regime, spans in evidence.items():
        if not spans:
            yield f"evidence.{regime}", f"no evidence span for {regime}"
        for span in spans:
            if not span.strip() or span not in whole:
                yield f"evidence.{regime}", f"evidence is not verbatim: {span[:_SHOWN_CHARS]!r}"
    for place, name in enumerate(companies):
        if not name.strip() or name not in whole:
            yield f"companies.{place}.name", f"company is not in the text: {name[:_SHOWN_CHARS]!r}"
