"""Who is named as the source of an opinion, and who is not."""

from __future__ import annotations

import re

import pytest

from riskscore.quotation import REACH, quoted_as


def found(sentence: str) -> str | None:
    before, _, after = sentence.partition("_")
    return quoted_as(_words(before)[-REACH:], _words(after)[:REACH])


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@pytest.mark.parametrize(
    ("sentence", "how"),
    [
        ("An analyst at _ expects the curbs to stay.", "its analyst"),
        ("The rule will bite, said Ann Poole, an economist with the bank _.", "its analyst"),
        ("_ analysts cut their estimates for the toolmaker.", "its analyst"),
        ("_'s strategists expect more listings.", "its analyst"),
        ("_ estimates that the rule costs vendors a tenth of sales.", "its opinion"),
        ("_ also reckons with a delay.", "its opinion"),
        ("The hit is immediate, _ said in a client note.", "its opinion"),
        ("A tenth of sales is at risk, according to _.", "according to it"),
        ("According to the think-tank _, little will change.", "according to it"),
    ],
)
def test_a_source_is_known(sentence: str, how: str) -> None:
    assert found(sentence) == how


@pytest.mark.parametrize(
    "sentence",
    [
        "Washington told _ that it needs a licence.",
        "_ said that it would appeal.",
        "_ shares fell 6% after the order.",
        "Engineers at _ were told to stop work.",
        "Brokerage _ dropped ten Chinese shares.",
        "Treasury fined adviser _ over a stake in Wuhan.",
        "The ban on _ takes effect on Sunday.",
        "_",
    ],
)
def test_others_are_not_sources(sentence: str) -> None:
    assert found(sentence) is None
