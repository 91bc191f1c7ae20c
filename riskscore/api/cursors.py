"""Where a page of a list ends, as an opaque word for the caller, and back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

import orjson

from riskscore.errors import InputError
from riskscore.moments import utc

_MAX_NUMBER = 2**63 - 1  # what a database counts with


def encode_cursor(*place: object) -> str:
    """A cursor for a place: numbers, strings and datetimes."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def decode_cursor(cursor: str, types: Sequence[type]) -> list[object]:
    """The place that a cursor stands for.

    Raises
    ------
    InputError
        It is none of ours.
    """
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(place, list) or len(place) != len(types):
            raise ValueError
        decoded: list[object] = []
        for value, kind in zip(place, types, strict=True):
            if kind is datetime:
                decoded.append(utc(datetime.fromisoformat(value)))
                continue
            if type(value) is not kind:
                raise ValueError
            if isinstance(value, int) and not 0 <= value <= _MAX_NUMBER:
                raise ValueError
            if isinstance(value, str) and "\0" in value:  # PostgreSQL takes none
                raise ValueError
            decoded.append(value)
    except (binascii.Error, ValueError, TypeError):
        raise InputError(
            "is not a cursor of this list; leave it out to begin at the start", "cursor"
        ) from None
    return decoded
