"""Terms, patterns and word groups of instruments: how they are read, and each fault with file and line."""

from __future__ import annotations

from typing import Any

import pytest

from riskscore.knowledge import load_knowledge
from riskscore.knowledge.instrument_terms import parse_pattern
from riskscore.types import TermPattern
from tests.knowledge.conftest import INSTRUMENT, KnowledgeFolder

GROUPS = 'curb = ["curb*", "cut off"]\nchina = ["china", "=PRC"]\n'


def test_pattern_is_read_into_its_groups() -> None:
    groups = {"curb": ("curb*", "ban"), "china": ("china", "=PRC")}
    assert parse_pattern(
        "tool*|=EDA & @curb|ban|limits & ~@china & !dutch | the hague", groups
    ) == TermPattern(
        here=(("tool*", "=EDA"), ("curb*", "ban", "limits")),
        anywhere=(("china", "=PRC"),),
        absent=(("dutch", "the hague"),),
    )


def test_optional_fields_reach_the_instrument_with_groups_spelt_out(folder: KnowledgeFolder) -> None:
    folder.write("word_groups.toml", GROUPS)
    row = {
        **INSTRUMENT,
        "weak_terms": ["de minimis"],
        "patterns": ["tools & @curb"],
        "supersedes": ["old-rule"],
    }
    folder.write_instruments({**INSTRUMENT, "id": "old-rule"}, row)
    found = load_knowledge(folder.path).instruments["some-rule"]
    assert found.weak_terms == ("de minimis",)
    assert found.patterns == (TermPattern((("tools",), ("curb*", "cut off"))),)
    assert found.supersedes == ("old-rule",)
    assert load_knowledge(folder.path).instruments["old-rule"].patterns == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"terms": ["a  b"]}, "'terms': 'a  b' is not words joined by single spaces"),
        ({"terms": ["..."]}, "'terms': '...' is not words"),
        ({"terms": ["a|b"]}, "'terms': 'a|b' has one of | & ! ~ @ = in it"),
        ({"terms": ["a =B"]}, "'terms': 'a =B' has one of"),
        ({"terms": ["ex*port"]}, "'terms': 'ex*port' has a '*' that is not at the end"),
        ({"terms": ["=Export*"]}, "'terms': '=Export*' has a '*' that is not at the end of a word, or '='"),
        ({"terms": ["ai*"]}, "'terms': 'ai*' has a '*' after fewer than 3 letters"),
        ({"weak_terms": ["Some Rule"]}, "'weak_terms': 'Some Rule' stands in 'terms' too"),
        ({"weak_terms": ["x1", "X1"]}, "'x1' stands twice in 'weak_terms'"),
        ({"weak_terms": "x"}, "'weak_terms' must be a list of texts"),
        ({"patterns": ["a1 & @nobody"]}, "pattern 'a1 & @nobody' names '@nobody', which word_groups.toml"),
        ({"patterns": ["a1 & "]}, "pattern 'a1 & ' term '' is not words"),
        ({"patterns": ["~china & !dutch"]}, "pattern '~china & !dutch' needs a group that must stand in"),
        ({"patterns": ["a1 & b1", "A1 & b1"]}, "'a1 & b1' stands twice in 'patterns'"),
        ({"supersedes": ["no-rule"]}, "'supersedes' names 'no-rule', which is not another instrument"),
        ({"supersedes": ["some-rule"]}, "'supersedes' names 'some-rule', which is not another"),
        ({"supersedes": ["data-rule"]}, "'supersedes' names 'data-rule', which is of regime 'cloud_data'"),
    ],
)
def test_fault_of_a_row(folder: KnowledgeFolder, change: dict[str, Any], expected: str) -> None:
    folder.write("word_groups.toml", GROUPS)
    folder.write_instruments(
        {**INSTRUMENT, "id": "data-rule", "regime": "cloud_data"}, {**INSTRUMENT, **change}
    )
    faults = folder.faults()
    assert len(faults) == 1
    assert faults[0].startswith(f"instruments.jsonl:2: {expected}")


def test_two_instruments_that_supersede_each_other_are_both_at_fault(folder: KnowledgeFolder) -> None:
    folder.write_instruments(
        {**INSTRUMENT, "supersedes": ["other-rule"]},
        {**INSTRUMENT, "id": "other-rule", "supersedes": ["some-rule"]},
    )
    assert [fault.split(": ")[0] for fault in folder.faults()] == [
        "instruments.jsonl:1",
        "instruments.jsonl:2",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('fine = ["a1"]\ncurb = ["x|y"]\n', "word_groups.toml:2: group 'curb': term 'x|y' has one of"),
        ('curb = ["x1", "x1"]\n', "word_groups.toml:1: group 'curb': term 'x1' stands twice"),
        ("curb = []\n", "word_groups.toml:1: group 'curb' is not a list of texts"),
        ("curb = [1]\n", "word_groups.toml:1: group 'curb' is not a list of texts"),
        ('"Curb" = ["x1"]\n', "word_groups.toml:1: group 'Curb': a name is lower-case"),
        ('a = ["x1"]\nb = [\n', "word_groups.toml:"),
    ],
)
def test_fault_of_the_word_groups(folder: KnowledgeFolder, text: str, expected: str) -> None:
    folder.write("word_groups.toml", text)
    assert any(fault.startswith(expected) for fault in folder.faults())


def test_a_change_of_a_word_group_in_use_changes_the_hash(folder: KnowledgeFolder) -> None:
    folder.write_instruments({**INSTRUMENT, "patterns": ["tools & @curb"]})
    folder.write("word_groups.toml", GROUPS)
    before = load_knowledge(folder.path).hash
    folder.write("word_groups.toml", GROUPS.replace("cut off", "choke off"))
    assert load_knowledge(folder.path).hash != before
