"""What differs between the languages that are scored: tokens, the form to match on, families of features."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from riskscore.companies.mentions import MASK
from riskscore.concepts import WORD
from riskscore.text.han import CJK, simplify

_HAN_TOKEN = re.compile(rf"{MASK}+|[{CJK}]|[^\W{CJK}{MASK}]+")
_HAN_TERM_TOKEN = re.compile(rf"[{CJK}]|[^\W{CJK}]+\*?")


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Language:
    """How texts of one language become features; see docs/decisions/0007-chinese.md.

    Attributes
    ----------
    code : str
        ISO 639-1.
    token : Pattern
        A token of a sentence: a word, or where words are not written apart, a character. A masked name
        is a run of `MASK` characters and a token of its own.
    plain : callable
        Text → the form on which tokens are matched, of the same length.
    term_token : Pattern
        A token of a lexicon term.
    spaced : bool
        Whether words are written apart; else a feature's name is shown without the spaces between them.
    families : tuple of str
        Those of `features.FAMILIES` that there are, in that order.
    """

    code: str
    token: re.Pattern[str]
    plain: Callable[[str], str]
    term_token: re.Pattern[str]
    spaced: bool
    families: tuple[str, ...]

    def term(self, written: str) -> str:
        """A lexicon term as its tokens joined by spaces, "=" kept in front."""
        mark = "=" if written.startswith("=") else ""
        return mark + " ".join(self.term_token.findall(self.plain(written)))


ENGLISH = Language(
    code="en",
    token=WORD,
    plain=_as_it_is,
    term_token=re.compile(r"\w+\*?"),
    spaced=True,
    families=("word", "subword", "phrase", "concept", "role", "order"),
)
CHINESE = Language(
    code="zh",
    token=_HAN_TOKEN,
    plain=simplify,
    term_token=_HAN_TERM_TOKEN,
    spaced=False,
    families=("word", "phrase", "concept", "role", "order"),
)
LANGUAGES = {language.code: language for language in (ENGLISH, CHINESE)}
