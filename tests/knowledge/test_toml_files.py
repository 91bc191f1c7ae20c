"""Faults of regimes.toml and lexicon.toml, each with its line."""

from __future__ import annotations

import pytest

from tests.knowledge.conftest import LEXICON, REGIMES, KnowledgeFolder


@pytest.mark.parametrize(
    ("written", "replacement", "expected"),
    [
        ('"outlaw*"', '"out*law"', "lexicon.toml:5: concept 'ban': term 'out*law' is not words"),
        ('"outlaw*"', '"out  law"', "lexicon.toml:5: concept 'ban': term 'out  law' is not words"),
        ('"outlaw*"', '"out-law"', "lexicon.toml:5: concept 'ban': term 'out-law' is not words"),
        ('"outlaw*"', '"=Out*"', "lexicon.toml:5: concept 'ban': term '=Out*' is not words"),
        ('"outlaw*"', '"Outlaw"', "lexicon.toml:5: concept 'ban': term 'Outlaw' has capitals"),
        ('"outlaw*"', '""', "lexicon.toml:5: concept 'ban': term '' is not a text"),
        ('"outlaw*"', '"ban"', "lexicon.toml:5: concept 'ban': term 'ban' stands twice"),
        ('["=BIS", "commerce department"]', "[]", "lexicon.toml:7: concept 'agency' has no list of terms"),
        ('role = "us"', 'roll = "us"', "lexicon.toml:8: [concepts.agency] has an unknown key 'roll'"),
        ('role = "us"', 'role = ""', "lexicon.toml:7: [concepts.agency] needs a text for 'role'"),
        ("[concepts.agency]", "[concepts.Agency]", "lexicon.toml:7: concept 'Agency': a name is lower-case"),
        ("[concepts.agency]", "[idea.agency]", "lexicon.toml:7: unknown table [idea]"),
        ('role = "us"', "role = ", "lexicon.toml:8: bad TOML"),
    ],
)
def test_fault_of_the_lexicon(folder: KnowledgeFolder, written: str, replacement: str, expected: str) -> None:
    folder.write("lexicon.toml", LEXICON.replace(written, replacement, 1))
    assert any(fault.startswith(expected) for fault in folder.faults()), folder.faults()


def test_term_may_stand_in_two_roles_but_not_twice_in_one(folder: KnowledgeFolder) -> None:
    concept = '\n[concepts.block]\nrole = "{}"\ndescription = "a block"\nterms = ["ban"]\n'
    folder.write("lexicon.toml", LEXICON + concept.format("tighten"))
    assert folder.faults() == (
        "lexicon.toml:15: concept 'block': term 'ban' is claimed by 'ban' too,"
        " which has the same role 'tighten'",
    )
    folder.write("lexicon.toml", LEXICON + concept.format("cue"))
    folder.write_companies("bad line")
    assert not any(fault.startswith("lexicon") for fault in folder.faults())


@pytest.mark.parametrize(
    ("written", "replacement", "expected"),
    [
        ("[regimes.chips]", "[regimes.ships]", "table [regimes.chips] is missing"),
        ("[regimes.chips]", "[regimes.ships]", "regimes.toml:2: unknown regime 'ships'"),
        ('name = "Data"', "name = 3", "regimes.toml:6: [regimes.cloud_data] needs a text for 'name'"),
        (
            'watch = "talk"\nmaterial = "sector"',
            'material = "sector"\nwatch = "talk"',
            "[severities] must hold none",
        ),
        ('eased = "undone"', 'eased = ""', "[stages] 'eased' needs a meaning"),
        ("[directions]", "[ways]", "table [directions] is missing or empty"),
    ],
)
def test_fault_of_the_vocabulary(
    folder: KnowledgeFolder, written: str, replacement: str, expected: str
) -> None:
    folder.write("regimes.toml", REGIMES.replace(written, replacement, 1))
    assert any(expected in fault for fault in folder.faults()), folder.faults()
