"""Authoring text in, corpus records out: the compact form in which items are written by hand.

A writer marks evidence and companies where they stand, so spans are verbatim by construction::

    @@ wire | c3 | enforced | tightening | event=h20-licence
    T: <+>Nvidia</+> warns of charge as <c>Washington requires licences for H20 sales to China</c>
    Body paragraphs follow until the next ``@@`` line. May be empty.

Header fields: genre | labels | stage | direction | options. Labels are space-separated codes
(``c`` chips, ``d`` cloud_data, ``i`` outbound_investment) with a severity 1-3, or ``0`` for a
negative item, whose stage and direction are left out. Options are ``pair=KEY`` and ``event=KEY``.
Marks: ``<c>…</c> <d>…</d> <i>…</i>`` evidence; ``<+>…</+>`` an exposed company and ``<->…</->``
one only named, each at its first mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

CODES = {"c": "chips", "d": "cloud_data", "i": "outbound_investment"}
_MARK = re.compile(r"<(/?)([cdi+\-])>")
_LABEL = re.compile(r"([cdi])([123])\Z")


class AuthoringError(ValueError):
    """A block that cannot be read; the message names its line."""


def _strip_marks(text: str, line: int) -> tuple[str, list[tuple[str, str]]]:
    """Text without marks, and (mark, marked text) pairs in order of closing."""
    out: list[str] = []
    length = 0
    position = 0
    open_marks: list[tuple[str, int]] = []
    found: list[tuple[str, int, int]] = []
    for match in _MARK.finditer(text):
        piece = text[position : match.start()]
        out.append(piece)
        length += len(piece)
        position = match.end()
        if not match[1]:
            open_marks.append((match[2], length))
            continue
        for at in range(len(open_marks) - 1, -1, -1):
            if open_marks[at][0] == match[2]:
                found.append((match[2], open_marks.pop(at)[1], length))
                break
        else:
            raise AuthoringError(f"line {line}: </{match[2]}> closes nothing")
    out.append(text[position:])
    if open_marks:
        raise AuthoringError(f"line {line}: <{open_marks[0][0]}> is not closed")
    clean = "".join(out)
    return clean, [(mark, clean[start:end].strip()) for mark, start, end in found]


def parse(source: str, id_prefix: str) -> Iterator[dict[str, Any]]:
    """Yield corpus records (codebook section 7) from authoring text.

    Parameters
    ----------
    source : str
        Blocks in the form shown in the module's docstring.
    id_prefix : str
        Records are numbered ``<id_prefix>-0001`` upwards.

    Raises
    ------
    AuthoringError
        A header or mark is malformed, or a span lies across title and body.
    """
    blocks: list[tuple[int, str, list[str]]] = []
    for number, text in enumerate(source.splitlines(), 1):
        if text.startswith("@@"):
            blocks.append((number, text[2:].strip(), []))
        elif blocks:
            blocks[-1][2].append(text)
        elif text.strip():
            raise AuthoringError(f"line {number}: text before the first @@ header")
    for index, (line, header, body_lines) in enumerate(blocks, 1):
        yield _record(line, header, body_lines, f"{id_prefix}-{index:04d}")


def _record(line: int, header: str, body_lines: list[str], record_id: str) -> dict[str, Any]:
    fields = [field.strip() for field in header.split("|")]
    options = dict(field.split("=", 1) for field in fields if "=" in field)
    fields = [field for field in fields if "=" not in field]
    if len(fields) < 2:
        raise AuthoringError(f"line {line}: a header needs at least genre | labels")
    labels = dict.fromkeys(CODES.values(), 0)
    for code in fields[1].split():
        match = _LABEL.match(code)
        if match:
            labels[CODES[match[1]]] = int(match[2])
        elif code != "0":
            raise AuthoringError(f"line {line}: label {code!r} is not 0 or one of c/d/i with 1-3")
    positive = any(labels.values())
    if positive and len(fields) != 4:
        raise AuthoringError(f"line {line}: a positive item needs genre | labels | stage | direction")
    if not body_lines or not body_lines[0].startswith("T:"):
        raise AuthoringError(f"line {line}: the line after the header must start with 'T:'")
    title, title_marks = _strip_marks(body_lines[0][2:].strip(), line + 1)
    text, text_marks = _strip_marks("\n".join(body_lines[1:]).strip(), line + 2)
    evidence: dict[str, list[str]] = {}
    companies: dict[str, bool] = {}
    for mark, span in title_marks + text_marks:
        if mark in CODES:
            evidence.setdefault(CODES[mark], []).append(span)
        else:
            companies[span] = companies.get(span, False) or mark == "+"
    return {
        "id": record_id,
        "title": title,
        "text": text,
        "lang": options.pop("lang", "en"),
        "genre": fields[0],
        "labels": labels,
        "stage": fields[2] if positive else None,
        "direction": fields[3] if positive else None,
        "companies": [{"name": name, "exposed": exposed} for name, exposed in companies.items()],
        "evidence": evidence,
        **options,
    }
