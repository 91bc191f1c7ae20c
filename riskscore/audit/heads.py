"""Heads of a ledger as they are written down elsewhere: text in, `Head`s out, and back."""

from __future__ import annotations

import re

from riskscore.audit.chain import Head
from riskscore.errors import InputError

_WRITTEN = re.compile(r"\b(\d{1,18})[ :]([0-9a-f]{64})\b")


def written_head(head: Head) -> str:
    """One line for a file of heads: the number of the last entry, and its hash."""
    return f"{head.sequence} {head.entry_hash}"


def read_heads(text: str) -> list[Head]:
    """Every head in a text: a file of `riskscore audit head`, or the service's log.

    Raises
    ------
    InputError
        There is none.
    """
    found = [Head(int(sequence), entry_hash) for sequence, entry_hash in _WRITTEN.findall(text)]
    if not found:
        raise InputError("holds no head of a ledger, such as: 1207 5f70bf18…", "heads")
    return found


def read_head(text: str) -> Head:
    """The one head that a text is; errors as of `read_heads`."""
    if _WRITTEN.fullmatch(text.strip()) is None:
        raise InputError(f"{text[:100]!r} is no head of a ledger: give its number and its 64 digits", "head")
    return read_heads(text)[0]
