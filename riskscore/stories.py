"""An article's words in, its MinHash signature and bands out; which of some stories it belongs to (pure).

A story is a set of near-duplicates: a wire item and its reprints. The first article leads; a later one
joins when its estimated Jaccard similarity with the leader reaches `SIMILARITY` and it was published
within `WINDOW` of it. Comparing with the leader alone keeps chains of small changes from joining
what has nothing in common. See docs/decisions/0002-stories.md for the measurements.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rensa import RMinHash

SIMILARITY = 0.6
WINDOW = timedelta(days=14)

# 24 bands of 4 rows: two texts of similarity 0.6 share a band with probability 0.96, of 0.7 with 0.998,
# of 0.3 with 0.18 (and are then told apart by the whole signature).
_BANDS, _ROWS = 24, 4
_PERMUTATIONS = _BANDS * _ROWS
_SEED = 1
_SHINGLE_WORDS = 3
_MAX_WORDS = 5_000  # reprints that agree for so long do not part later
# In each band's key, so that signatures made another way are never compared with these.
_SCHEME = b"rensa1/3w/24x4/1"

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

Signature = bytes  # 96 little-endian unsigned 32-bit numbers


@dataclass(frozen=True, slots=True)
class KnownStory:
    """A story that shares a band with an article."""

    story_id: str
    published_at: datetime
    signature: Signature


def signature(text: str) -> Signature:
    """The MinHash of a text's three-word shingles; case, punctuation and layout do not count.

    Chinese and Japanese, written without blanks, count by character.
    """
    words = _WORD.findall(_CJK.sub(r" \g<0> ", text.casefold()))[:_MAX_WORDS]
    count = max(1, len(words) - _SHINGLE_WORDS + 1)
    shingles = [" ".join(words[start : start + _SHINGLE_WORDS]) for start in range(count)]
    hashed = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    hashed.update(shingles)
    return struct.pack(f"<{_PERMUTATIONS}I", *hashed.digest())


def bands(of: Signature) -> tuple[int, ...]:
    """Keys by which near-duplicates find each other: signed 64-bit numbers, at most 24, in order."""
    width = 4 * _ROWS
    keys = set()
    for index in range(_BANDS):
        rows = of[index * width : (index + 1) * width]
        key = hashlib.blake2b(bytes([index]) + rows, digest_size=8, person=_SCHEME).digest()
        keys.add(int.from_bytes(key, "big", signed=True))
    return tuple(sorted(keys))


def similarity(first: Signature, second: Signature) -> float:
    """Estimated Jaccard similarity of two texts' shingles, 0-1, with a standard error of at most 0.05."""
    pairs = zip(struct.iter_unpack("<I", first), struct.iter_unpack("<I", second), strict=True)
    return sum(a == b for a, b in pairs) / _PERMUTATIONS


def matching_story(of: Signature, published_at: datetime, candidates: Iterable[KnownStory]) -> str | None:
    """The id of the most similar story that the article belongs to; the earliest of equals."""
    best: tuple[float, float, str] | None = None
    for story in candidates:
        if abs(story.published_at - published_at) > WINDOW:
            continue
        likeness = similarity(of, story.signature)
        if likeness < SIMILARITY:
            continue
        rank = (-likeness, story.published_at.timestamp(), story.story_id)
        if best is None or rank < best:
            best = rank
    return None if best is None else best[2]
