"""The knowledge files → one validated, hashed `Knowledge`; every fault of every file is reported at once.

The files hold what reviewers decide (which rules exist, which words count, which firms are known), so
that a change of the domain is a change of data. `README.md` beside them says how to add a row.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from riskscore.knowledge.company_file import read_companies
from riskscore.knowledge.faults import Faults
from riskscore.knowledge.instruments import read_instruments
from riskscore.knowledge.toml_files import RegimeDefinition, Vocabulary, read_lexicon, read_vocabulary
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

    @property
    def regimes(self) -> dict[Regime, RegimeDefinition]:
        """The three regimes, in the order of `types.REGIMES`."""
        return self.vocabulary.regimes


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """Read and check `regimes.toml`, `lexicon.toml`, `instruments.jsonl` and `companies.csv`.

    Parameters
    ----------
    folder : Path or None
        Where the four files stand; None for those of the package, which are read once a process.

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
    faults.raise_if_any()
    lexical = _hash({"concepts": concepts, "companies": companies})
    everything = _hash({"vocabulary": vocabulary, "instruments": instruments, "lexical": lexical})
    return Knowledge(vocabulary, concepts, instruments, companies, everything, lexical)


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
