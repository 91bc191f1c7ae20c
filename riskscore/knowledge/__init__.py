"""The knowledge files → one validated, hashed `Knowledge`; every fault of every file is reported at once.

The files hold what reviewers decide (which rules exist, which words count, which firms are known), so
that a change of the domain is a change of data. `README.md` beside them says how to add a row.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from riskscore.knowledge.company_file import read_companies
from riskscore.knowledge.faults import Faults
from riskscore.knowledge.instruments import read_instruments
from riskscore.knowledge.owners_file import read_owners
from riskscore.knowledge.toml_files import (
    RegimeDefinition,
    Vocabulary,
    check_translation,
    read_lexicon,
    read_vocabulary,
)
from riskscore.text import han
from riskscore.types import Company, Concept, Instrument, Regime

__all__ = ["Knowledge", "RegimeDefinition", "Vocabulary", "load_knowledge"]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The content of the knowledge files; mappings keep the order of the files."""

    vocabulary: Vocabulary
    concepts: dict[str, Concept]
    instruments: dict[str, Instrument]
    companies: dict[str, Company]
    hash: str  # hex SHA-256 of the content; blanks, comments and the order of rows do not count
    lexical_hash: str  # the same over lexicon and companies alone: what features are computed with
    chinese_concepts: dict[str, Concept] = field(default_factory=dict)  # empty without lexicon_zh.toml
    chinese_lexical_hash: str = ""  # of what features of Chinese text are computed with
    owners: dict[str, str] = field(default_factory=dict)  # by company id; no part of any hash

    @property
    def regimes(self) -> dict[Regime, RegimeDefinition]:
        """The three regimes, in the order of `types.REGIMES`."""
        return self.vocabulary.regimes


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """Read and check `regimes.toml`, `lexicon.toml`, `instruments.jsonl` and `companies.csv`.

    `lexicon_zh.toml`, the lexicon in Chinese, may be missing: then no Chinese is scored. So may `owners.csv`:
    then nobody owns anybody.

    Parameters
    ----------
    folder : Path or None
        Where the files stand; None for those of the package, which are read once a process.

    Raises
    ------
    KnowledgeError
        With all faults of all files, each as "file:line: what is wrong".
    """
    return _packaged() if folder is None else _load(folder)


@cache
def _packaged() -> Knowledge:
    return _load(Path(__file__).parent)


def _load(folder: Path) -> Knowledge:
    faults = Faults()
    vocabulary = read_vocabulary(folder / "regimes.toml", faults)
    concepts = read_lexicon(folder / "lexicon.toml", faults)
    instruments = read_instruments(folder / "instruments.jsonl", vocabulary.roles, faults)
    companies = read_companies(folder / "companies.csv", vocabulary.roles, faults)
    owners = read_owners(folder / "owners.csv", companies, faults)
    chinese = _read_chinese_lexicon(folder / "lexicon_zh.toml", concepts, faults)
    faults.raise_if_any()
    lexical = _hash({"concepts": concepts, "companies": companies})
    content: dict[str, Any] = {"vocabulary": vocabulary, "instruments": instruments, "lexical": lexical}
    chinese_lexical = ""
    if chinese:
        folding = {chr(code): simplified for code, simplified in han.TABLE.items()}
        chinese_lexical = _hash({"concepts": chinese, "companies": companies, "folding": folding})
        content["chinese_lexical"] = chinese_lexical
    return Knowledge(
        vocabulary,
        concepts,
        instruments,
        companies,
        _hash(content),
        lexical,
        chinese,
        chinese_lexical,
        owners,
    )


def _read_chinese_lexicon(path: Path, english: dict[str, Concept], faults: Faults) -> dict[str, Concept]:
    if not path.exists():
        return {}
    concepts = read_lexicon(path, faults)
    check_translation(concepts, english, path, faults)
    return concepts


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
