"""cases.toml in, cases out: the bytes to send, and the one answer that is right."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

FILE = Path(__file__).with_name("cases.toml")
_JSON = "Content-Type: application/json"
_MARK = "{payload}"


@dataclass(frozen=True, slots=True)
class HostileCase:
    """One request made to harm.

    Attributes
    ----------
    kind : str
        Its class, by which docs/security.md counts.
    sent : bytes
        What goes over the wire.
    statuses : tuple of int
        Of the answers, nearly always one.
    problem : str or None
        Last part of the problem's type, where the answer is to be a problem.
    absent : tuple of str
        What must not be in the answer.
    both : bool
        Whether it reaches a database, and is sent on each.
    """

    kind: str
    name: str
    sent: bytes
    statuses: tuple[int, ...]
    problem: str | None
    absent: tuple[str, ...]
    both: bool


@cache
def hostile_cases() -> tuple[HostileCase, ...]:
    """All of them, each name once."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    cases = [_case(entry, entry["name"], "") for entry in read["case"]]
    for matrix in read["matrix"]:
        cases += _matrix(matrix, read["payloads"])
    assert len({(case.kind, case.name) for case in cases}) == len(cases)
    return tuple(cases)


def _matrix(matrix: Mapping[str, Any], shared: Mapping[str, list[str]]) -> Iterator[HostileCase]:
    payloads = matrix["payloads"]
    for place in matrix["places"]:
        for number, payload in enumerate(shared[payloads] if isinstance(payloads, str) else payloads):
            entry = {**matrix, **place}
            headers = " ".join(map(str, place.get("headers", ())))
            yield _case(entry, f"{place['target']} {headers}#{number}", payload)


def _case(entry: Mapping[str, Any], name: str, payload: str) -> HostileCase:
    status = entry["status"]
    return HostileCase(
        kind=entry["class"],
        name=name,
        sent=_raw(entry, payload),
        statuses=tuple(status) if isinstance(status, list) else (status,),
        problem=entry.get("problem"),
        absent=tuple(entry.get("absent", ())),
        both=entry.get("both", False),
    )


def _raw(entry: Mapping[str, Any], payload: str) -> bytes:
    if "raw" in entry:
        return _text(entry["raw"]).encode("latin-1")
    in_url = payload if entry.get("quoted") else quote(payload, safe="")
    lines = [
        f"{_text(entry['target']).replace(_MARK, in_url)} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
    ]
    body = b""
    if "gzip_of_mb" in entry:
        body = _bomb(entry["gzip_of_mb"])
    elif "body" in entry:
        written = _text(entry["body"]).replace(_MARK, json.dumps(payload)[1:-1])
        body = written.encode(entry.get("encoding", "utf-8"))
    headers = [_text(line).replace(_MARK, payload) for line in entry.get("headers", ())]
    if body or "body" in entry:
        lines.append(f"Content-Length: {len(body)}")
        if not any(line.lower().startswith("content-type:") for line in headers):
            lines.append(_JSON)
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


@cache
def _bomb(megabytes: int) -> bytes:
    return gzip.compress(bytes(megabytes * 1_000_000))


def _text(written: str | list[Any]) -> str:
    """A text, or [text, times] after each other."""
    return written if isinstance(written, str) else "".join(text * times for text, times in written)
