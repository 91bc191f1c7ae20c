"""Analysts' labels in, those that teach, those that judge and those that may do neither out.

A record of `riskscore labels export` is an item of the corpus like any other; its `event` is its story.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from training.corpus import Record, groups

HELD_OUT_SHARE = 0.2  # of the stories
JUDGED_LANGUAGE = "en"  # of the frozen sets


@dataclass(frozen=True)
class Feedback:
    """Labels, parted."""

    train: list[Record] = field(default_factory=list)
    held_out: list[Record] = field(default_factory=list)
    # In a frozen set, near an item of one, or in a language that the corpus has not.
    refused: list[Record] = field(default_factory=list)


def part_feedback(labels: Sequence[Record], corpus: Sequence[Record], frozen: Sequence[Record]) -> Feedback:
    """Part labels so that no near-duplicate stands on both sides.

    Groups are those of `training.corpus.groups`, over labels, corpus and frozen sets together: one story
    and what is nearly equal share one. A group with a frozen item teaches nothing. Of the others, those
    with a story whose id falls to the held-out fifth judge: the same stories with every retraining, so
    that the champion has not learnt from what it is judged on either. A group that has items of the corpus
    too, from which both models learn, teaches.
    """
    parted = Feedback()
    for language in sorted({record.lang for record in labels}):
        known, own, sealed = (
            [record for record in records if record.lang == language] for records in (corpus, labels, frozen)
        )
        if not known:
            parted.refused.extend(own)
            continue
        numbers = groups([*known, *own, *sealed]).tolist()
        of_corpus = set(numbers[: len(known)])
        of_labels = numbers[len(known) : len(known) + len(own)]
        of_frozen = set(numbers[len(known) + len(own) :])
        judging = {
            number
            for number, record in zip(of_labels, own, strict=True)
            if language == JUDGED_LANGUAGE and number not in of_corpus and falls_to_held_out(record)
        }
        for number, record in zip(of_labels, own, strict=True):
            if number in of_frozen:
                parted.refused.append(record)
            elif number in judging:
                parted.held_out.append(record)
            else:
                parted.train.append(record)
    return parted


def falls_to_held_out(record: Record) -> bool:
    """Whether its story is one of those that judge; decided by its id alone."""
    story = record.event or record.id
    return int.from_bytes(hashlib.sha256(story.encode()).digest()[:8], "big") / 2**64 < HELD_OUT_SHARE


def weighed(records: Sequence[Record], weight: float) -> list[Record]:
    """The records, each as many times as heavy."""
    return [replace(record, weight=weight * record.weight) for record in records]
