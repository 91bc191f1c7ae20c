"""instruments.jsonl → instruments by id: the rules, statutes and orders that a rationale may cite."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from riskscore.knowledge.faults import Faults
from riskscore.knowledge.instrument_terms import WordGroups, parse_pattern, read_word_groups, term_fault
from riskscore.types import REGIMES, Instrument

JURISDICTIONS = ("US", "CN", "allied")
SOURCE_KINDS = ("primary_text", "law_firm", "press_or_secondary", "")

_TEXTS = ("id", "regime", "name", "citation", "agency", "jurisdiction", "country", "status", "restricts")
_FIELDS = (*_TEXTS, "dates", "exposes", "terms", "summary", "source", "verified", "citation_verified")
_NEEDED = frozenset((*_FIELDS, "source_kind"))
_OPTIONAL = frozenset(("weak_terms", "patterns", "supersedes"))
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?\Z")  # to the year, month or day that is known


def read_instruments(path: Path, roles: Collection[str], faults: Faults) -> dict[str, Instrument]:
    """Instruments by id, in file order; whatever is amiss goes to `faults` and its row is left out.

    The sets of terms that patterns name stand in word_groups.toml beside `path`.
    """
    groups = read_word_groups(path.with_name("word_groups.toml"), faults)
    instruments: dict[str, Instrument] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(faults.read(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            faults.add(path, number, f"bad JSON: {error}")
            continue
        wrong = _row_faults(row, roles, groups)
        if not wrong and row["id"] in instruments:
            wrong = [f"instrument {row['id']!r} is defined twice"]
        for what in wrong:
            faults.add(path, number, what)
        if not wrong:
            instruments[row["id"]] = _instrument(row, groups)
            lines[row["id"]] = number
    for instrument in instruments.values():
        for fault in _succession_faults(instrument, instruments):
            faults.add(path, lines[instrument.instrument_id], fault)
    return instruments


def _succession_faults(instrument: Instrument, instruments: dict[str, Instrument]) -> list[str]:
    faults = []
    for old in instrument.supersedes:
        if old not in instruments or old == instrument.instrument_id:
            faults.append(f"'supersedes' names {old!r}, which is not another instrument")
        elif instruments[old].regime != instrument.regime:
            faults.append(f"'supersedes' names {old!r}, which is of regime {instruments[old].regime!r}")
        elif instrument.instrument_id in instruments[old].supersedes:
            faults.append(f"supersedes {old!r}, and is superseded by it")
    return faults


def _instrument(row: dict[str, Any], groups: WordGroups) -> Instrument:
    return Instrument(
        instrument_id=row["id"],
        regime=row["regime"],
        name=row["name"],
        citation=row["citation"],
        agency=row["agency"],
        jurisdiction=row["jurisdiction"],
        status=row["status"],
        dates=row["dates"],
        restricts=row["restricts"],
        exposes=tuple(row["exposes"]),
        terms=tuple(row["terms"]),
        summary=row["summary"],
        source=row["source"],
        verified=row["verified"],
        citation_verified=row["citation_verified"],
        weak_terms=tuple(row.get("weak_terms", ())),
        patterns=tuple(parse_pattern(line, groups) for line in row.get("patterns", ())),
        supersedes=tuple(row.get("supersedes", ())),
    )


def _row_faults(row: object, roles: Collection[str], groups: WordGroups) -> list[str]:
    if not isinstance(row, dict):
        return ["not a JSON object"]
    missing, unknown = _NEEDED - row.keys(), row.keys() - _NEEDED - _OPTIONAL
    if missing or unknown:
        return [f"field {name!r} is missing" for name in sorted(missing)] + [
            f"unknown field {name!r}" for name in sorted(unknown)
        ]
    faults = [
        f"{name!r} must be a text that is not blank"
        for name in (*_TEXTS, "summary")
        if not isinstance(row[name], str) or not row[name].strip()
    ]
    faults += [
        f"{name!r} must be a text" for name in ("source", "source_kind") if not isinstance(row[name], str)
    ]
    faults += [
        f"{name!r} must be true or false"
        for name in ("verified", "citation_verified")
        if not isinstance(row[name], bool)
    ]
    for name in ("exposes", "terms"):
        values = row[name]
        if not isinstance(values, list) or not values or not all(isinstance(v, str) and v for v in values):
            faults.append(f"{name!r} must be a list of texts that is not empty")
    for name in sorted(_OPTIONAL & row.keys()):
        if not isinstance(row[name], list) or not all(isinstance(value, str) for value in row[name]):
            faults.append(f"{name!r} must be a list of texts")
    if not isinstance(row["dates"], dict):
        faults.append("'dates' must be an object")
    return faults or _content_faults(row, roles) + _term_faults(row, groups)


def _term_faults(row: dict[str, Any], groups: WordGroups) -> list[str]:
    faults = []
    names = [name.casefold() for name in row["terms"]]
    for field in ("terms", "weak_terms"):
        for term in row.get(field, ()):
            fault = term_fault(term)
            if field == "weak_terms" and fault is None and term.casefold() in names:
                fault = "stands in 'terms' too, where it is enough alone"
            if fault:
                faults.append(f"{field!r}: {term!r} {fault}")
    for line in row.get("patterns", ()):
        try:
            parse_pattern(line, groups)
        except ValueError as error:
            faults.append(f"pattern {line!r} {error}")
    return faults


def _content_faults(row: dict[str, Any], roles: Collection[str]) -> list[str]:
    faults = []
    if not _ID.match(row["id"]):
        faults.append(f"id {row['id']!r} is not lower-case words joined by hyphens")
    for field, known in (("regime", REGIMES), ("jurisdiction", JURISDICTIONS), ("source_kind", SOURCE_KINDS)):
        if row[field] not in known:
            faults.append(f"unknown {field} {row[field]!r}; known are {', '.join(filter(None, known))}")
    faults += [f"unknown role {role!r} in 'exposes'" for role in row["exposes"] if role not in roles]
    for field in ("exposes", "terms", "weak_terms", "patterns", "supersedes"):
        folded = [value.casefold() for value in row.get(field, ())]
        repeated = {value for value in folded if folded.count(value) > 1}
        faults += [f"{value!r} stands twice in {field!r}" for value in sorted(repeated)]
    faults += [
        f"date {name!r} is {value!r}, not YYYY, YYYY-MM or YYYY-MM-DD"
        for name, value in row["dates"].items()
        if not _is_date(value)
    ]
    if row["citation_verified"] and not row["verified"]:
        faults.append("'citation_verified' without 'verified'")
    if row["verified"] and not row["source"].startswith("https://"):
        faults.append("'verified' needs the https address of its 'source'")
    return faults


def _is_date(value: object) -> bool:
    found = _DATE.match(value) if isinstance(value, str) else None
    if found is None:
        return False
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return False
    return True
