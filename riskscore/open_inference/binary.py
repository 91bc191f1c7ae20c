"""The binary tensor data extension: a body in, its JSON object and what follows it out; and back.

Little-endian, row-major, without padding. An element of BYTES is a length (four bytes, unsigned) and so many
bytes; one of BOOL a byte, 0 or 1.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from riskscore.errors import InputError

HEADER = "Inference-Header-Content-Length"
EXTENSION = "binary_tensor_data"

_NUMBERS = {"FP64": "<f8", "INT64": "<i8", "BOOL": "?"}
_LENGTH = struct.Struct("<I")
_MOST_DIGITS = 19


def split_body(body: bytes, declared: str | None) -> tuple[bytes, bytes]:
    """The JSON object of a body, and the binary data behind it.

    Parameters
    ----------
    declared : str or None
        The header `HEADER`; None where the body is JSON alone.

    Raises
    ------
    InputError
        The header is no length of a part of the body.
    """
    if declared is None:
        return body, b""
    if not (declared.isascii() and declared.isdigit() and len(declared) <= _MOST_DIGITS):
        raise InputError(f"{HEADER} must be the length of the JSON object in bytes", HEADER)
    if (length := int(declared)) > len(body):
        raise InputError(f"{HEADER} is {length:,}, and the body has {len(body):,} bytes", HEADER)
    return body[:length], body[length:]


def read_strings(content: bytes, field: str, most: int) -> list[str]:
    """The elements of a BYTES tensor, each UTF-8 text.

    Parameters
    ----------
    field : str
        Where the tensor stands in the request, for errors.
    most : int
        Elements to read; one more is read where there are more.

    Raises
    ------
    InputError
        The lengths do not lead from element to element, or an element is not UTF-8.
    """
    found: list[str] = []
    at = 0
    while at < len(content) and len(found) <= most:
        if at + _LENGTH.size > len(content):
            raise InputError(f"ends within the length of element {len(found)}", field)
        (size,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        if at + size > len(content):
            raise InputError(f"ends within element {len(found)}, which is to have {size:,} bytes", field)
        try:
            found.append(content[at : at + size].decode())
        except UnicodeDecodeError:
            raise InputError(f"element {len(found)} is not UTF-8 text", field) from None
        at += size
    return found


def write_tensor(datatype: str, values: Sequence[float | bool | str]) -> bytes:
    """The elements of a tensor as binary data."""
    if datatype == "BYTES":
        encoded = [str(value).encode() for value in values]
        return b"".join(part for one in encoded for part in (_LENGTH.pack(len(one)), one))
    return np.array(values, dtype=_NUMBERS[datatype]).tobytes()
