"""Labelled JSON Lines in, validated records and leak-free groups out (codebook section 7)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from riskscore.labels.label import GENRES, label_faults
from riskscore.types import REGIMES, Direction, Regime, Stage

CORPUS_DIR = Path(__file__).parent / "corpus"
NEAR_DUPLICATE_COSINE = 0.55  # of word 1-2-gram TF-IDF; pairs of one event measured above it


class CorpusError(ValueError):
    """Records that break the codebook's format; one line per fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{len(faults)} fault(s) in the corpus:\n" + "\n".join(faults[:50]))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled item."""

    id: str
    title: str
    text: str
    lang: str
    genre: str
    severity: dict[Regime, int]
    stage: Stage | None
    direction: Direction | None
    companies: tuple[tuple[str, bool], ...]  # name as written, exposed
    evidence: dict[Regime, tuple[str, ...]]
    pair: str | None = None
    event: str | None = None
    weight: float = 1.0  # of it in a fit, beside 1 of an ordinary item

    @property
    def document(self) -> str:
        """The text that the model reads: title line, then body."""
        return self.title.replace("\n", " ") + "\n" + self.text

    @property
    def file(self) -> str:
        """The file of the corpus that it stands in, by its id."""
        return self.id.partition("-")[0]

    @property
    def positive(self) -> bool:
        return any(self.severity.values())


def parse_record(raw: dict[str, Any]) -> Record:
    """One JSON object as a Record.

    Raises
    ------
    ValueError
        Says what is wrong; the caller adds where.
    """
    for field in ("id", "title", "text"):
        if not isinstance(raw.get(field), str):
            raise ValueError(f"{field} must be text")
    if raw.get("genre") not in GENRES:
        raise ValueError(f"unknown genre {raw.get('genre')!r}")
    severity = raw.get("labels")
    if not isinstance(severity, dict):
        raise ValueError(f"labels must hold exactly {', '.join(REGIMES)}")
    evidence, companies = raw.get("evidence") or {}, raw.get("companies") or []
    names = [company["name"] for company in companies]
    whole = raw["title"] + "\n" + raw["text"]
    for _, message in label_faults(severity, raw.get("stage"), raw.get("direction"), evidence, names, whole):
        raise ValueError(message)
    weight = raw.get("weight", 1.0)
    if not isinstance(weight, int | float) or not 0 < weight < math.inf:
        raise ValueError(f"weight must be a number above 0, not {weight!r}")
    return Record(
        id=raw["id"],
        title=raw["title"],
        text=raw["text"],
        lang=raw.get("lang", "en"),
        genre=raw["genre"],
        severity={regime: severity[regime] for regime in REGIMES},
        stage=raw.get("stage"),
        direction=raw.get("direction"),
        companies=tuple((company["name"], bool(company["exposed"])) for company in companies),
        evidence={regime: tuple(spans) for regime, spans in evidence.items()},
        pair=raw.get("pair"),
        event=raw.get("event"),
        weight=float(weight),
    )


def read_records(paths: Iterable[Path]) -> list[Record]:
    """All records of some JSON Lines files, in order.

    Raises
    ------
    CorpusError
        Lists every fault with file and line; nothing is returned from a faulty corpus.
    """
    records: list[Record] = []
    faults: list[str] = []
    seen: dict[str, str] = {}
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                where = f"{path}:{number}"
                try:
                    record = parse_record(json.loads(line))
                except (ValueError, KeyError, TypeError) as fault:
                    faults.append(f"{where}: {fault}")
                    continue
                if record.id in seen:
                    faults.append(f"{where}: id {record.id} stands at {seen[record.id]} too")
                    continue
                seen[record.id] = where
                records.append(record)
    if faults:
        raise CorpusError(faults)
    return records


def corpus_files(folder: Path = CORPUS_DIR) -> list[Path]:
    """The corpus's files in a fixed order."""
    return sorted(folder.glob("*.jsonl"))


def corpus_hash(paths: Iterable[Path]) -> str:
    """SHA-256 over names and bytes of the files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def groups(records: Sequence[Record]) -> NDArray[np.int64]:
    """Group number of each record: items of one pair, one event or of near-equal text share one.

    Parameters
    ----------
    records : sequence of Record

    Returns
    -------
    ndarray of int64, shape (n_records,)
        Give it to a group-wise splitter so that no group stands on both sides of a split.
    """
    parent = list(range(len(records)))

    def find(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first_with: dict[tuple[str, str], int] = {}
    for index, record in enumerate(records):
        for kind, key in (("pair", record.pair), ("event", record.event)):
            if key:
                parent[find(index)] = find(first_with.setdefault((kind, key), index))
    # Chinese is written without spaces: there, two or three characters say what one or two words do.
    unit = "char" if all(record.lang == "zh" for record in records) else "word"
    lengths = (2, 3) if unit == "char" else (1, 2)
    vectors = TfidfVectorizer(analyzer=unit, ngram_range=lengths, sublinear_tf=True, min_df=2).fit_transform(
        [record.document for record in records]
    )
    for start in range(0, len(records), 1000):
        similar = (vectors[start : start + 1000] @ vectors.T).tocoo()
        close = similar.data >= NEAR_DUPLICATE_COSINE
        for row, column in zip(similar.row[close], similar.col[close], strict=True):
            parent[find(start + int(row))] = find(int(column))
    roots = [find(index) for index in range(len(records))]
    numbers = {root: number for number, root in enumerate(dict.fromkeys(roots))}
    return np.array([numbers[root] for root in roots], dtype=np.int64)
