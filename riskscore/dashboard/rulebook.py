"""A rule's recorded dates and a day in, how it stood on that day out (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Phase = Literal["recorded", "before", "undated"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stood on a day, as far as its recorded dates tell."""

    phase: Phase  # recorded: some event was there by then. before: all of them came later
    event: str | None  # the last by then, or the first after it
    when: str | None  # ISO date, as precise as it is recorded


def standing(dates: Mapping[str, str], on: date) -> Standing:
    """The last event by a day.

    Parameters
    ----------
    dates : mapping
        ISO dates by event, some of them a month or a year alone, which count from their first day.
    """
    ordered = sorted((when, name) for name, when in dates.items())
    if not ordered:
        return Standing("undated", None, None)
    there = [(when, name) for when, name in ordered if when <= on.isoformat()]
    if not there:
        when, name = ordered[0]
        return Standing("before", name, when)
    when, name = there[-1]
    return Standing("recorded", name, when)
