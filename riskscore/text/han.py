"""Chinese text in, the same text in Simplified characters out, one for one, so that every offset holds."""

from __future__ import annotations

import re
from pathlib import Path

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # inside a character class of a pattern
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
KANA = re.compile(r"[\u3040-\u30ff]")

_TABLE_FILE = Path(__file__).with_name("traditional.txt")


def _read_table() -> dict[int, str]:
    lines = _TABLE_FILE.read_text(encoding="utf-8").splitlines()
    pairs = [pair for line in lines if not line.startswith("#") for pair in line.split()]
    return {ord(pair[0]): pair[1] for pair in pairs}


TABLE = _read_table()


def simplify(text: str) -> str:
    """`text` with each Traditional character in its Simplified form; same length, same offsets.

    Characters alone are looked at, never words: where one Traditional character has several Simplified
    forms, the commonest is taken. That is enough to match on, since terms are folded in the same way.
    """
    return text if text.isascii() else text.translate(TABLE)
