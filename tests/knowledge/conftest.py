"""A small set of knowledge files that loads, for tests to spoil."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from riskscore.errors import KnowledgeError
from riskscore.knowledge import company_file, load_knowledge

REGIMES = """
[regimes.chips]
name = "Chips"
description = "Trade in chips."

[regimes.cloud_data]
name = "Data"
description = "Cloud and data."

[regimes.outbound_investment]
name = "Outbound"
description = "Money going out."

[severities]
none = "no"
watch = "talk"
material = "sector"
acute = "named"

[stages]
signal = "talk"
proposed = "draft"
adopted = "law"
enforced = "done"
eased = "undone"

[directions]
tightening = "more"
easing = "less"
mixed = "both"

[roles]
foundry = "makes chips"
other = "none of these"
"""

LEXICON = """
[concepts.ban]
role = "tighten"
description = "a ban"
terms = ["ban", "outlaw*", "cut off"]

[concepts.agency]
role = "us"
description = "a US agency"
terms = ["=BIS", "commerce department"]
"""

INSTRUMENT: dict[str, Any] = {
    "id": "some-rule",
    "regime": "chips",
    "name": "Some rule",
    "citation": "1 FR 1",
    "agency": "Commerce / BIS",
    "jurisdiction": "US",
    "country": "US",
    "status": "in force",
    "dates": {"effective": "2023-11-17", "proposed": "2022"},
    "restricts": "Sales of chips",
    "exposes": ["foundry"],
    "terms": ["some rule"],
    "summary": "It restricts sales.",
    "source": "https://example.org/rule",
    "verified": True,
    "citation_verified": True,
    "source_kind": "primary_text",
}

COMPANIES = (
    ",".join(company_file.COLUMNS),
    "acme-chips,Acme Chips,Acme|ACME Foundry,NASDAQ:ACMQ,US,foundry,,Acme",
    "beta-fab,Beta Fab,Betafab,HKEX:0042|SSE:600042,CN,foundry|other,贝塔晶圆,",
)


class KnowledgeFolder:
    """The four files in a folder of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("regimes.toml", REGIMES)
        self.write("lexicon.toml", LEXICON)
        self.write_instruments(INSTRUMENT)
        self.write_companies(*COMPANIES[1:])

    def write(self, name: str, text: str) -> None:
        """Replace one file."""
        (self.path / name).write_text(text, encoding="utf-8")

    def write_instruments(self, *rows: dict[str, Any]) -> None:
        """Replace instruments.jsonl."""
        self.write("instruments.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    def faults(self) -> tuple[str, ...]:
        """What loading the folder complains of; fails when it loads."""
        with pytest.raises(KnowledgeError) as caught:
            load_knowledge(self.path)
        return caught.value.faults

    def write_companies(self, *rows: str) -> None:
        """Replace companies.csv, header kept."""
        self.write("companies.csv", "\n".join((COMPANIES[0], *rows)) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> KnowledgeFolder:
    """Knowledge files without a fault."""
    return KnowledgeFolder(tmp_path)
