"""The words around a company's name in, whether it stands there as the source of an opinion out.

A bank whose analysts comment on a rule, a brokerage that puts a figure on it, a think-tank that
"reckons": named, not touched. The words are English; in other languages nothing is found.
"""

from __future__ import annotations

from collections.abc import Sequence

REACH = 6  # words on either side of the name that are looked at


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Not brokers, partners, consultants and market researchers: measures hit those too.
_SPEAKERS = _words(
    """analyst analysts attorney attorneys economist economists expert experts fellow fellows forecaster
    forecasters lawyer lawyers lecturer lecturers pollster pollsters professor professors scholar scholars
    strategist strategists"""
)
_OPINES = _words(
    """calculated calculates estimated estimates forecast forecasts predicted predicts reckoned reckons
    writes wrote"""
)
_PAPERS = _words("analysis note notes paper report research study survey")
_OF = _words("at from of with")

# The part that a word can play, a bit each; words that play none are 0.
_SPEAKER, _OPINION, _PAPER, _BEFORE_HOUSE, _SAID, _IN, _ACCORDING, _TO = (1 << bit for bit in range(8))
_PARTS = {
    **dict.fromkeys(_SPEAKERS, _SPEAKER),
    **dict.fromkeys(_OPINES, _OPINION),
    **dict.fromkeys(_PAPERS, _PAPER),
    **dict.fromkeys(_OF, _BEFORE_HOUSE),
    "said": _SAID,
    "in": _IN,
    "according": _ACCORDING,
    "to": _TO,
}
SOURCES = (None, "its analyst", "its opinion", "according to it")  # by kind
_ANALYST, _OPINES_ITSELF, _ACCORDING_TO_IT = 1, 2, 3


def quoted_as(before: Sequence[str], after: Sequence[str]) -> str | None:
    """How the name is that of a source, or None.

    Parameters
    ----------
    before, after : sequence of str
        Up to `REACH` folded words of the sentence on either side of the name, in reading order.

    Returns
    -------
    str or None
        "its analyst" (an analyst at X, X's economists), "its opinion" (X estimates, X said in a note) or
        "according to it".
    """
    parts_before, parts_after = list(map(speech_part, before)), list(map(speech_part, after))
    return SOURCES[source_kind(parts_before, len(before), parts_after, len(after))]


def speech_part(word: str) -> int:
    """The part that a folded word can play in how an opinion is quoted, for `source_kind`."""
    return _PARTS.get(word, 0)


def source_kind(before: Sequence[int], n_before: int, after: Sequence[int], n_after: int) -> int:
    """`quoted_as` on the parts of the words, as an index of `SOURCES`.

    Written without slices or sets: `riskscore.compiled.exposure` compiles this very function.
    """
    for gap in (1, 2, 3):  # "at X", "at brokerage X", "with the bank X"
        if n_before > gap and before[n_before - gap] & _BEFORE_HOUSE:
            for at in range(max(0, n_before - gap - 4), n_before - gap):
                if before[at] & _SPEAKER:
                    return _ANALYST
    for at in range(min(3, n_after)):
        if after[at] & _SPEAKER:
            return _ANALYST
    if n_after > 1 and after[0] & _SAID and after[1] & _IN:
        for at in range(2, min(5, n_after)):
            if after[at] & _PAPER:
                return _OPINES_ITSELF
    for at in range(min(2, n_after)):
        if after[at] & _OPINION or (at == 0 and after[at] & _PAPER):
            return _OPINES_ITSELF
    for at in range(max(0, n_before - 5), n_before - 1):
        if before[at] & _ACCORDING and before[at + 1] & _TO:
            return _ACCORDING_TO_IT
    return 0
