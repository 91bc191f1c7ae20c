"""Records in, a corpus's health out: counts, sameness, balance, and the faults that stop CI."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from riskscore.types import REGIMES
from training.corpus import Record, groups

MAX_SAME_OPENING_SHARE = 0.004  # of items that begin with the same three words
MIN_NEGATIVE_SHARE = 0.45
MIN_BODY_WORDS = 25  # headlines and social posts may be shorter
_SHORT_GENRES = ("headline", "social")


@dataclass(frozen=True, slots=True)
class Health:
    """What was counted, and what is wrong."""

    counts: dict[str, int]
    faults: tuple[str, ...]

    def table(self) -> Table:
        """The counts, for the terminal."""
        table = Table("count", "items", title="corpus")
        for name, count in self.counts.items():
            table.add_row(name, str(count))
        return table


def lint(records: Sequence[Record]) -> Health:
    """Look over a whole corpus; the format has been checked by `read_records`."""
    faults = []
    counts: Counter[str] = Counter()
    openings: Counter[str] = Counter()
    texts: dict[str, str] = {}
    vocabulary: set[str] = set()
    for record in records:
        words = re.findall(r"\w+", record.document.lower())
        vocabulary.update(words)
        openings[" ".join(words[:3])] += 1
        counts["items"] += 1
        counts[f"lang {record.lang}"] += 1
        counts["negative"] += not record.positive
        counts[f"genre {record.genre}"] += 1
        for regime in REGIMES:
            if record.severity[regime]:
                counts[f"{regime} {record.severity[regime]}"] += 1
        if record.stage:
            counts[f"stage {record.stage}"] += 1
            counts[f"direction {record.direction}"] += 1
        body = len(re.findall(r"\w+", record.text))
        if record.lang == "en" and record.genre not in _SHORT_GENRES and body < MIN_BODY_WORDS // 2:
            faults.append(f"{record.id}: a {record.genre} with a body of {body} words")
        same = texts.setdefault(" ".join(words), record.id)
        if same != record.id:
            faults.append(f"{record.id}: the same text as {same}")
    counts["distinct words"] = len(vocabulary)
    counts["groups (pairs, events, near-duplicates)"] = len(set(groups(records).tolist()))
    opening, often = openings.most_common(1)[0]
    if often > MAX_SAME_OPENING_SHARE * len(records) + 3:
        faults.append(f"{often} items begin “{opening} …”")
    if counts["negative"] < MIN_NEGATIVE_SHARE * len(records):
        faults.append(f"only {counts['negative']} of {len(records)} items are negative")
    return Health(dict(sorted(counts.items())), tuple(faults))
