"""regimes.toml and lexicon.toml → the vocabulary of answers, and the concepts of the features."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskscore.knowledge.faults import Faults
from riskscore.types import DIRECTIONS, REGIMES, SEVERITY_NAMES, STAGES, Concept, Regime

_ERROR_LINE = re.compile(r"\(at (?:line (\d+)|end of document)")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_TERM = re.compile(r"=\w+(?: \w+)*\Z|\w+\*?(?: \w+\*?)*\Z")


@dataclass(frozen=True, slots=True)
class RegimeDefinition:
    """A regime as shown to people."""

    regime: Regime
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words in which an assessment answers, with their meanings, in their natural order."""

    regimes: dict[Regime, RegimeDefinition]
    severities: dict[str, str]  # name -> meaning; the position is the level
    stages: dict[str, str]
    directions: dict[str, str]
    roles: dict[str, str]  # a company's line of business, as far as the instruments tell them apart


def read_vocabulary(path: Path, faults: Faults) -> Vocabulary:
    """The content of regimes.toml; whatever is amiss goes to `faults` and is left out."""
    text = faults.read(path)
    tables = _parse(text, path, faults)
    known = {"regimes", "severities", "stages", "directions", "roles"}
    for name in tables.keys() - known:
        faults.add(
            path, _line_of(text, name), f"unknown table [{name}]; known are {', '.join(sorted(known))}"
        )
    regimes: dict[Regime, RegimeDefinition] = {}
    described = _table(tables, "regimes", text, path, faults)
    for regime in REGIMES:
        fields = described.pop(regime, None)
        if not isinstance(fields, dict):
            faults.add(path, _line_of(text, "regimes"), f"table [regimes.{regime}] is missing")
            continue
        header = f"regimes.{regime}"
        name, description = _strings(fields, ("name", "description"), header, text, path, faults)
        regimes[regime] = RegimeDefinition(regime, name, description)
    for unknown in described:
        faults.add(path, _line_of(text, f"regimes.{unknown}"), f"unknown regime {unknown!r}")
    return Vocabulary(
        regimes,
        _meanings(tables, "severities", SEVERITY_NAMES, text, path, faults),
        _meanings(tables, "stages", STAGES, text, path, faults),
        _meanings(tables, "directions", DIRECTIONS, text, path, faults),
        _meanings(tables, "roles", None, text, path, faults),
    )


def read_lexicon(path: Path, faults: Faults) -> dict[str, Concept]:
    """The concepts of lexicon.toml by name, in file order; whatever is amiss goes to `faults`."""
    text = faults.read(path)
    tables = _parse(text, path, faults)
    for unknown in tables.keys() - {"concepts"}:
        faults.add(path, _line_of(text, unknown), f"unknown table [{unknown}]; known is [concepts.NAME]")
    concepts: dict[str, Concept] = {}
    claims: dict[tuple[str, str], str] = {}  # (role, term) -> the concept that holds it
    for name, fields in _table(tables, "concepts", text, path, faults).items():
        header = f"concepts.{name}"
        at = _line_of(text, header)
        if not _NAME.match(name):
            faults.add(path, at, f"concept {name!r}: a name is lower-case letters, digits and underscores")
        if not isinstance(fields, dict):
            faults.add(path, at, f"concept {name!r} is not a table")
            continue
        terms = fields.pop("terms", None)
        role, description = _strings(fields, ("role", "description"), header, text, path, faults)
        if role and not _NAME.match(role):
            faults.add(path, at, f"concept {name!r}: role {role!r} is not lower-case letters and underscores")
        if not isinstance(terms, list) or not terms:
            faults.add(path, at, f"concept {name!r} has no list of terms")
            continue
        kept: list[str] = []
        for term in terms:
            fault = _term_fault(term)
            if fault is None and term in kept:
                fault = "stands twice in this concept"
            if fault is None:
                claimant = claims.setdefault((role, term), name)
                if claimant != name:
                    fault = f"is claimed by {claimant!r} too, which has the same role {role!r}"
            if fault:
                faults.add(
                    path, _line_of(text, header, f'"{term}"'), f"concept {name!r}: term {term!r} {fault}"
                )
            else:
                kept.append(term)
        concepts[name] = Concept(name, role, description, tuple(kept))
    return concepts


def check_translation(
    concepts: Mapping[str, Concept], original: Mapping[str, Concept], path: Path, faults: Faults
) -> None:
    """Report concepts that lexicon.toml lacks or has with another role or description.

    Rationales name concepts by their descriptions, which must not depend on the article's language.
    """
    for name, concept in concepts.items():
        known = original.get(name)
        if known is None:
            fault = "is not in lexicon.toml"
        elif (concept.role, concept.description) != (known.role, known.description):
            fault = "has another role or description than in lexicon.toml"
        else:
            continue
        faults.add(path, _line_of(faults.read(path), f"concepts.{name}"), f"concept {name!r} {fault}")


def _term_fault(term: object) -> str | None:
    if not isinstance(term, str) or not term:
        return "is not a text of one word or more"
    if not _TERM.match(term):
        return "is not words joined by single spaces ('=' only in front, '*' only at a word's end)"
    if not term.startswith("=") and term != term.lower():
        return "has capitals, which folded text never has; write '=' in front to match the case"
    return None


def _parse(text: str, path: Path, faults: Faults) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _ERROR_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        faults.add(path, line, f"bad TOML: {error}")
        return {}


def _table(tables: dict[str, Any], name: str, text: str, path: Path, faults: Faults) -> dict[str, Any]:
    table = tables.get(name, {})
    if isinstance(table, dict) and table:
        return dict(table)
    if text and tables:  # an unreadable file has been reported already
        faults.add(path, _line_of(text, name), f"table [{name}] is missing or empty")
    return {}


def _strings(
    fields: dict[str, Any], wanted: Sequence[str], header: str, text: str, path: Path, faults: Faults
) -> list[str]:
    at = _line_of(text, header)
    for unknown in fields.keys() - set(wanted):
        faults.add(path, _line_of(text, header, unknown), f"[{header}] has an unknown key {unknown!r}")
    values = []
    for key in wanted:
        value = fields.get(key)
        if not isinstance(value, str) or not value.strip():
            faults.add(path, at, f"[{header}] needs a text for {key!r}")
            value = ""
        values.append(value)
    return values


def _meanings(
    tables: dict[str, Any], name: str, wanted: Sequence[str] | None, text: str, path: Path, faults: Faults
) -> dict[str, str]:
    table = _table(tables, name, text, path, faults)
    for key, meaning in table.items():
        if not isinstance(meaning, str) or not meaning.strip():
            faults.add(path, _line_of(text, name, key), f"[{name}] {key!r} needs a meaning")
    if wanted is not None and table and list(table) != list(wanted):
        faults.add(path, _line_of(text, name), f"[{name}] must hold {', '.join(wanted)}, in this order")
    return {key: meaning for key, meaning in table.items() if isinstance(meaning, str)}


def _line_of(text: str, header: str, needle: str = "") -> int:
    """Line of [header], or of the first `needle` under it; 1 when the header is not written out."""
    # tomllib keeps no positions, so a fault's line is looked for in the text again.
    found = re.search(rf"^[ \t]*\[+[ \t]*{re.escape(header)}\b", text, re.MULTILINE)
    at = found.start() if found else 0
    if needle:
        at = max(at, text.find(needle, at))
    return text.count("\n", 0, at) + 1
