"""owners.csv: who owns whom among the companies of the knowledge files."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskscore.errors import KnowledgeError
from riskscore.knowledge import load_knowledge
from riskscore.knowledge.faults import Faults
from riskscore.knowledge.owners_file import read_owners

HEADER = "company_id,owner_id,basis\n"
IDS = {"a", "b", "c"}


def read(folder: Path, text: str) -> dict[str, str]:
    path, faults = folder / "owners.csv", Faults()
    path.write_text(text)
    owners = read_owners(path, IDS, faults)
    faults.raise_if_any()
    return owners


def test_owners_are_read_and_none_are_needed(tmp_path: Path) -> None:
    assert read_owners(tmp_path / "none.csv", IDS, Faults()) == {}
    assert read(tmp_path, f"{HEADER}a,b,bought in 2020\nb,c,wholly owned\n") == {"a": "b", "b": "c"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,z,bought\n", "owners.csv:2: 'z' is no company of companies.csv"),
        ("a,b,\n", "says not on what it is based"),
        ("a,b,x\na,c,x\n", "owners.csv:3: 'a' has an owner already"),
        ("a,a,x\n", "'a' would own itself"),
        ("a,b,x\nb,c,x\nc,a,x\n", "owners.csv:4: 'c' would own itself"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(KnowledgeError, match=message):
        read(tmp_path, HEADER + rows)
    with pytest.raises(KnowledgeError, match="the columns must be"):
        read(tmp_path, "a,b\n")


def test_the_shipped_file_leaves_the_hash_alone_and_knows_tiktoks_owner() -> None:
    knowledge = load_knowledge()
    assert knowledge.owners["tiktok"] == "bytedance"
    assert not set(knowledge.owners) & set(knowledge.owners.values()) - set(knowledge.companies)
