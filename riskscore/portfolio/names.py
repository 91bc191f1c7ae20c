"""A company's name as a list writes it → the forms that news uses, each with how far it can be trusted.

Lists write "ROOT, INC." and "ALIBABA GROUP HOLDING LTD"; news writes Root and Alibaba. A form is the folded
words of a name (lower case, no accents, no apostrophes) without its legal form. Its trust says what a text
must show before the form counts: nothing for an invented word, much for one that is ordinary English.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from riskscore.text.han import CJK

RULES = 1  # to be raised when the forms of a name, or what they need in a text, change

_LETTER = rf"[^\W{CJK}]"  # CJK is written without spaces, so it ends a Latin word
# A word with its apostrophes, an abbreviation with its full stops ("U.S.", "S.p.A."), or an ampersand.
TOKEN = re.compile(rf"(?:[^\W\d_{CJK}]\.){{2,}}|{_LETTER}+(?:['’]{_LETTER}+)*|&")
_NO_LETTERS = re.compile(r"['’.]")
_JOINED = re.compile(r"\w&\w|\w\w\.\w|\w\.\w\w")  # "AT&T", "C3.ai", not "U.S. Steel"
_POSSESSIVE = ("'s", "’s", "'S", "’S")

_TABLES = tomllib.loads(Path(__file__).with_name("name_words.toml").read_text(encoding="utf-8"))
_LEGAL, _TAILS, _OF_THE_FIRM, CONNECTORS, _BARE, _PLACES = (
    frozenset(_TABLES[name].split())
    for name in ("legal", "tails", "of_the_firm", "connectors", "bare", "places")
)
_MOST_WORDS = 12  # of a form; longer names are entries of lists that no news writes out
_CHINESE_LEGAL = re.compile(
    r"(?:[(（][^()（）]*[)）])?(?:股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|公司|集团|控股)+\Z"
)
_HAN = re.compile(rf"[{CJK}]")


class Trust(IntEnum):
    """What a text must show before a form counts."""

    BARE = 0  # that the company is named otherwise too: "On", "Best", two letters, the Match of "Match Group"
    WEAK = 1  # that a company is meant (`riskscore.companies.context`): "Target", "Root", three letters
    PLAIN = 2  # a capital that tells, or the same: ordinary words together, as in "Trade Desk"
    SURE = 3  # nothing: "Zscaler", "Zhejiang Dahua"


class Form(NamedTuple):
    """A way in which news may write a name."""

    words: tuple[str, ...]  # folded
    trust: Trust
    is_full: bool  # nothing but the legal form is left out


@cache
def ordinary_words() -> frozenset[str]:
    """Words of four letters and more that are ordinary English, or well-known persons and places."""
    lines = Path(__file__).with_name("ordinary_words.txt").read_text(encoding="ascii").splitlines()
    return _PLACES.union(line for line in lines if not line.startswith("#"))


@lru_cache(maxsize=50_000)
def fold(token: str) -> str:
    """One word (as `TOKEN` finds it) without case, accents, apostrophes and full stops."""
    if token == "&":  # noqa: S105
        return "and"
    bare = _NO_LETTERS.sub("", token)
    if bare.isascii():
        return bare.lower()
    plain = unicodedata.normalize("NFKD", bare)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def fold_owner(token: str) -> str | None:
    """The same of the word that a possessive is made of ("Kohl's" of "Kohl"); None where it is none."""
    return fold(token[:-2]) if token.endswith(_POSSESSIVE) and len(token) > 2 else None


def forms(written: str) -> Iterator[Form]:
    """The forms of a name in Latin letters, the full one first; none of a name that is too long.

    The full form lacks the legal form alone. The others lack words at the end that firms add to what they are
    called by: "Alibaba Group Holding" is Alibaba too. Those need context, as nobody said that it is so.
    """
    words = [fold(token) for token in TOKEN.findall(written)]
    words = [word for word in words if word]
    if words[:1] == ["the"] and len(words) > 1:
        words = words[1:]
    full = _without(words, _LEGAL)
    while full and full[-1] == "and":  # "JPMorgan Chase & Co"
        full = _without(full[:-1], _LEGAL)
    if not full or len(full) > _MOST_WORDS:
        return
    trust = Trust.SURE if len(full) > 1 and _JOINED.search(written) else _trust(full)
    yield Form(tuple(full), trust, is_full=True)
    shorter = full
    while len(shorter) > 1 and shorter[-1] in _TAILS:
        shorter = _without(shorter[:-1], _LEGAL)
        if shorter[-1] in CONNECTORS:
            return
        trust = _trust(shorter)
        if len(shorter) == 1:
            trust = Trust.WEAK if trust is Trust.SURE else Trust.BARE
        elif trust is Trust.PLAIN and full[len(shorter)] not in _OF_THE_FIRM:
            trust = Trust.BARE  # the National Bank of "National Bank Technologies"
        yield Form(tuple(shorter), trust, is_full=False)


def _without(words: Sequence[str], endings: frozenset[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 1 and kept[-1] in endings:
        kept.pop()
    return kept


def _trust(words: Sequence[str]) -> Trust:
    if len(words) == 1:
        word = words[0]
        if len(word) <= 2 or word in _BARE:
            return Trust.BARE
        return Trust.WEAK if len(word) == 3 or word.isdecimal() or word in ordinary_words() else Trust.SURE
    ordinary = ordinary_words()
    for word in words:
        if len(word) > 3 and word not in ordinary and not word.isdecimal():
            return Trust.SURE
    return Trust.PLAIN


def is_chinese(written: str) -> bool:
    """Whether a name is looked for in Chinese text."""
    return bool(_HAN.search(written))


def chinese_forms(written: str) -> Iterator[str]:
    """The name without blanks, and without its legal form where three characters and more are left."""
    name = "".join(written.split())
    if len(name) >= 2:
        yield name
    core = _CHINESE_LEGAL.sub("", name)
    if core != name and len(core) >= 3:
        yield core
