"""Numbers in, the same with as many digits as mean something out: assistants repeat what they read."""

from __future__ import annotations

from typing import Any, TypeVar, cast

_PLACES = 4

_Reading = TypeVar("_Reading")


def brief(reading: _Reading) -> _Reading:
    """The answer with every number rounded to four places."""
    return cast(_Reading, _rounded(reading))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _PLACES)
    if isinstance(value, dict):
        return {name: _rounded(held) for name, held in value.items()}
    return [_rounded(held) for held in value] if isinstance(value, list) else value
