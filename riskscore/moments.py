"""A date and time of a caller in, a moment in UTC within the years that we reckon with out."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Room for every article and question, and far enough from the ends of the calendar (years 1 and 9999) that
# a time zone, a half-life or a step more or less never leaves it.
FIRST_YEAR, LAST_YEAR = 1900, 2200

# `datetime.fromisoformat` takes any character at all between date and time.
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d(-?\d)?)([T ].+)?", re.ASCII)


def utc(value: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken as UTC.

    Raises
    ------
    ValueError
        It lies outside the years `FIRST_YEAR` to `LAST_YEAR`.
    """
    try:
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def parsed(written: str) -> datetime:
    """An ISO 8601 date or date-time, zone or no zone, as RFC 3339 lets it be written ("t", "z", a space).

    Raises
    ------
    ValueError
        It is none.
    """
    plain = written.strip().upper()
    if _WRITTEN.fullmatch(plain) is None:
        raise ValueError("must be an ISO 8601 date or date-time, such as 2025-11-18T14:05:00Z")
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        raise ValueError("must be an ISO 8601 date or date-time, such as 2025-11-18T14:05:00Z") from None
