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
    at_house = any(
        before[-gap] in _OF and not _SPEAKERS.isdisjoint(before[-gap - 4 : -gap])
        for gap in (1, 2, 3)  # "at X", "at brokerage X", "with the bank X"
        if len(before) > gap
    )
    if at_house or not _SPEAKERS.isdisjoint(after[:3]):
        return "its analyst"
    says_in = after[:2] == ["said", "in"] and not _PAPERS.isdisjoint(after[2:5])
    if says_in or not _OPINES.isdisjoint(after[:2]) or not _PAPERS.isdisjoint(after[:1]):
        return "its opinion"
    if any(before[at : at + 2] == ["according", "to"] for at in range(max(0, len(before) - 5), len(before))):
        return "according to it"
    return None
