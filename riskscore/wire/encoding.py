"""JSON bytes in, Python values out, and back; strict where RFC 8259 leaves room for harm.

Reading refuses NaN and Infinity, invalid UTF-8 and nesting beyond what the parser stands. A lone
surrogate (`"\\ud800"`) is let through here: only the schema behind can name the field it stands in.
Writing never fails on one either: it goes out as the same JSON escape.
"""

from __future__ import annotations

import json
import math

import orjson

from riskscore.errors import InputError


class MalformedJsonError(InputError):
    """The bytes are not JSON text in UTF-8."""


def decode_json(body: bytes) -> object:
    """Parse a JSON text.

    Parameters
    ----------
    body : bytes
        UTF-8, with or without a byte order mark (some Windows clients send one).

    Returns
    -------
    object
        Numbers are finite; strings may hold lone surrogates.

    Raises
    ------
    MalformedJsonError
        The message gives the position of the fault, never the text around it.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _decode_leniently(body)


def _decode_leniently(body: bytes) -> object:
    """The slow way: for texts with a lone surrogate or a byte order mark, and for a good message."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedJsonError(
            f"the body is not UTF-8: invalid byte at offset {error.start}", "body"
        ) from None
    if not text.strip():
        raise MalformedJsonError("the body is empty; send a JSON object", "body")
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite_float)
    except json.JSONDecodeError as error:
        message = f"the body is not valid JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        raise MalformedJsonError(message, "body") from None
    except RecursionError:
        raise MalformedJsonError("the body is nested too deeply", "body") from None
    except MalformedJsonError:
        raise
    except ValueError:  # an integer of more digits than Python converts (4,300)
        raise MalformedJsonError("the body holds a number with too many digits", "body") from None


def _refuse_constant(name: str) -> None:
    raise MalformedJsonError(f"the body is not valid JSON: {name} is not a JSON number", "body")


def _finite_float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise MalformedJsonError("the body holds a number that is too large", "body")
    return value


def encode_json(value: object, *, indent: bool = False) -> bytes:
    """JSON text in UTF-8 of a value made of dicts, sequences, strings, numbers, bools and None.

    orjson refuses strings with lone surrogates; those go out as `\\ud800` escapes instead, as the
    caller sent them. A number that is not finite becomes null, never NaN.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None)
    except TypeError:
        return json.dumps(
            _without_infinities(value),
            ensure_ascii=True,
            allow_nan=False,
            indent=2 if indent else None,
            separators=(",", ": " if indent else ":"),
        ).encode("ascii")


def _without_infinities(value: object) -> object:
    """The value with None for every number that is not finite, as orjson has it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_infinities(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_without_infinities(held) for held in value]
    return value
