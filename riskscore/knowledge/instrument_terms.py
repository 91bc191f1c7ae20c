"""Terms and patterns as written in instruments.jsonl → checked terms, and `TermPattern`s.

A pattern is one line of groups joined by "&": ``tiktok & ban*|divest*|@sale & ~@china & !india``. A group
is terms joined by "|", of which one must stand in the sentence; "~" in front: anywhere in the text; "!" in
front: none of them may stand in the sentence. "@name" is a set of terms from word_groups.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from riskscore.knowledge.faults import Faults
from riskscore.types import TermPattern

WordGroups = Mapping[str, tuple[str, ...]]

_RESERVED = re.compile(r"[|&!~@=]")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_STAR = re.compile(r"\w*\*\w*")
_SHORTEST_PREFIX = 3  # "ai*" would take in "aid" and "air"


def term_fault(term: str) -> str | None:
    """What is wrong with a term, or None."""
    bare = term.removeprefix("=")
    if not re.search(r"\w", bare) or bare != " ".join(bare.split()):
        return "is not words joined by single spaces"
    if _RESERVED.search(bare):
        return "has one of | & ! ~ @ = in it ('=' may only stand in front)"
    for starred in _STAR.findall(bare):
        if bare != term or not starred.endswith("*") or starred.count("*") > 1:
            return "has a '*' that is not at the end of a word, or '=' and '*' together"
        if starred == bare and len(starred) <= _SHORTEST_PREFIX:
            return f"has a '*' after fewer than {_SHORTEST_PREFIX} letters"
    return None


def parse_pattern(line: str, groups: WordGroups) -> TermPattern:
    """A pattern as written; raises ValueError that says what is wrong."""
    parts: dict[str, list[tuple[str, ...]]] = {"": [], "~": [], "!": []}
    for piece in line.split("&"):
        group = piece.strip()
        mark = group[0] if group[:1] in ("~", "!") else ""
        parts[mark].append(_alternatives(group.removeprefix(mark), groups))
    if not parts[""]:
        raise ValueError("needs a group that must stand in the sentence")
    return TermPattern(tuple(parts[""]), tuple(parts["~"]), tuple(parts["!"]))


def _alternatives(group: str, groups: WordGroups) -> tuple[str, ...]:
    terms: list[str] = []
    for alternative in group.split("|"):
        term = alternative.strip()
        if term.startswith("@"):
            if term[1:] not in groups:
                raise ValueError(f"names {term!r}, which word_groups.toml does not define")
            terms += groups[term[1:]]
            continue
        fault = term_fault(term)
        if fault:
            raise ValueError(f"term {term!r} {fault}")
        terms.append(term)
    return tuple(dict.fromkeys(terms))


def read_word_groups(path: Path, faults: Faults) -> WordGroups:
    """The sets of terms of word_groups.toml by name; whatever is amiss goes to `faults`.

    Without the file there are no groups: a pattern that names one is then at fault.
    """
    if not path.exists():
        return {}
    text = faults.read(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        faults.add(path, int(found[1]) if found else 0, f"bad TOML: {error}")
        return {}
    groups: dict[str, tuple[str, ...]] = {}
    for name, terms in table.items():
        at = _line_of(text, name)
        if not _NAME.match(name):
            faults.add(path, at, f"group {name!r}: a name is lower-case letters, digits and underscores")
        if not isinstance(terms, list) or not terms or not all(isinstance(term, str) for term in terms):
            faults.add(path, at, f"group {name!r} is not a list of texts")
            continue
        for term in terms:
            fault = "stands twice" if terms.count(term) > 1 else term_fault(term)
            if fault:
                faults.add(path, at, f"group {name!r}: term {term!r} {fault}")
        groups[name] = tuple(dict.fromkeys(terms))
    return groups


def _line_of(text: str, key: str) -> int:
    # tomllib keeps no positions, so a fault's line is looked for in the text again.
    found = re.search(rf"^[ \t]*\"?{re.escape(key)}\"?[ \t]*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
