"""Records in, longer items mixed from several of them out: training text in which one part matters.

Written items are short and about one thing; a newsletter or a feature is long and about many. A mixed
item sets a positive item among negative ones, or only negative ones together, so that the heads learn
that unrelated matter beside a measure does not take it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskscore.types import REGIMES, Regime
from training.corpus import Record

MOST_NEGATIVES = 4
POSITIVE_SHARE = 0.5  # of the mixed items that hold a positive one
TITLED_SHARE = 0.7  # of the mixed items that carry the title of one of their parts


@dataclass(frozen=True, slots=True)
class MixedItem:
    """One mixed item; `parts` are the indices of the records that it is made of."""

    document: str
    severity: dict[Regime, int]
    parts: tuple[int, ...]


def mixed_items(records: Sequence[Record], count: int, seed: int) -> list[MixedItem]:
    """Mix `count` items; the same records and seed give the same items."""
    generator = np.random.default_rng(seed)
    positive = [at for at, record in enumerate(records) if record.positive]
    negative = [at for at, record in enumerate(records) if not record.positive]
    if not positive or not negative:
        return []
    items = []
    for _ in range(count):
        size = int(generator.integers(1, MOST_NEGATIVES + 1))
        parts = generator.choice(negative, min(size, len(negative)), replace=False).tolist()
        if generator.random() < POSITIVE_SHARE:
            parts = [*parts[: max(1, size - 1)], int(generator.choice(positive))]
        generator.shuffle(parts)
        titled = generator.random() < TITLED_SHARE
        title = records[parts[int(generator.integers(len(parts)))]].title if titled else ""
        body = "\n".join(_body(records[part]) for part in parts)
        severity = {regime: max(records[part].severity[regime] for part in parts) for regime in REGIMES}
        items.append(MixedItem(title.replace("\n", " ") + "\n" + body, severity, tuple(parts)))
    return items


def _body(record: Record) -> str:
    # Evidence may stand in the title alone, so a positive part keeps it.
    return f"{record.title}\n{record.text}" if record.positive or not record.text else record.text
