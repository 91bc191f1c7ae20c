"""Which labels teach, which judge and which may do neither; and that weights count in a fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from training.config import FitConfig
from training.corpus import Record, corpus_files, parse_record, read_records
from training.feedback import falls_to_held_out, part_feedback, weighed
from training.heads import fit_calibrated

ENGLISH = [record for record in read_records(corpus_files()) if record.lang == "en" and not record.pair]
CORPUS, FROZEN, FREE = ENGLISH[::40], ENGLISH[13::200], ENGLISH[27::60]


def as_label(record: Record, story: str, *, judging: bool | None = None) -> Record:
    """The item as a label of an article of a story; with `judging`, of one that is held out or is not."""
    for number in range(100):
        made = replace(record, id=f"fb-{record.id}", event=f"{story}-{number}", pair=None)
        if judging is None or falls_to_held_out(made) == judging:
            return made
    raise AssertionError("no such story")


def test_a_fifth_of_the_stories_judges_and_always_the_same() -> None:
    made = [replace(FREE[0], event=f"st_{number}") for number in range(2_000)]
    share = sum(map(falls_to_held_out, made)) / len(made)
    assert 0.17 < share < 0.23
    assert falls_to_held_out(made[3]) == falls_to_held_out(replace(made[3], id="other", text="other"))


def test_labels_are_parted_and_none_is_lost() -> None:
    labels = [as_label(record, f"st_{at}") for at, record in enumerate(FREE)]
    parted = part_feedback(labels, CORPUS, FROZEN)
    assert len(parted.train) + len(parted.held_out) + len(parted.refused) == len(labels)
    assert 0.05 < len(parted.held_out) / len(labels) < 0.35
    assert len(parted.refused) < len(labels) / 4


def test_labels_of_the_frozen_sets_are_refused_however_the_text_was_changed() -> None:
    same, copied = FROZEN[0], FROZEN[1]
    reprint = replace(copied, text=f"{copied.text} Additional reporting by our own staff.")
    labels = [as_label(same, "a"), as_label(reprint, "b"), as_label(FREE[0], "c", judging=False)]
    parted = part_feedback(labels, CORPUS, FROZEN)
    assert [record.id for record in parted.refused] == [labels[0].id, labels[1].id]
    assert [record.id for record in parted.train] == [labels[2].id]


def test_copies_of_a_story_stand_on_one_side() -> None:
    unlike = [FREE[at] for at in range(4)]
    judging = as_label(unlike[0], "story", judging=True)
    labels = [judging, *(replace(as_label(record, "x"), event=judging.event) for record in unlike[1:])]
    parted = part_feedback(labels, CORPUS, FROZEN)
    assert {record.id for record in parted.held_out} == {record.id for record in labels}
    # A near-duplicate of it that was taken for a story of its own goes along.
    twin = replace(as_label(unlike[0], "other", judging=False), id="fb-twin")
    parted = part_feedback([judging, twin], CORPUS, FROZEN)
    assert {record.id for record in parted.held_out} == {judging.id, "fb-twin"}


def test_what_the_corpus_has_too_does_not_judge() -> None:
    known = as_label(CORPUS[0], "known", judging=True)
    parted = part_feedback([known], CORPUS, FROZEN)
    assert (parted.train, parted.held_out) == ([known], [])


def test_chinese_labels_teach_since_nothing_judges_them() -> None:
    chinese = [record for record in read_records(corpus_files()) if record.lang == "zh"][:40]
    label = as_label(chinese[0], "zh", judging=True)
    assert part_feedback([label], [*CORPUS, *chinese], FROZEN).train == [label]
    french = replace(label, lang="fr")
    assert part_feedback([french], [*CORPUS, *chinese], FROZEN).refused == [french]


def test_weights_multiply() -> None:
    disputed = replace(FREE[0], weight=0.5)
    assert [record.weight for record in weighed([FREE[0], disputed], 3.0)] == [3.0, 1.5]


@pytest.mark.parametrize("weight", [0, -1, "2", None, float("inf")])
def test_a_weight_is_a_number_above_zero(weight: Any) -> None:
    raw: dict[str, Any] = {"id": "a", "title": "t", "text": "", "genre": "wire"}
    raw |= {"labels": {"chips": 0, "cloud_data": 0, "outbound_investment": 0}}
    assert parse_record(raw).weight == 1.0
    assert parse_record(raw | {"weight": 2}).weight == 2.0
    with pytest.raises(ValueError, match="weight"):
        parse_record(raw | {"weight": weight})


def test_a_heavy_sample_counts_as_several() -> None:
    generator = np.random.default_rng(1)
    X = sparse.csr_matrix(generator.normal(size=(90, 4)))
    y = (X.toarray()[:, 0] + 0.8 * generator.normal(size=90) > 0).astype(np.int64)
    groups = np.arange(90)
    plain, _ = fit_calibrated(X, y, groups, 1.0, FitConfig())
    ones, _ = fit_calibrated(X, y, groups, 1.0, FitConfig(), weights=np.ones(90))
    heavy = np.ones(90)
    heavy[:10] = 3.0
    weighted, _ = fit_calibrated(X, y, groups, 1.0, FitConfig(), weights=heavy)
    assert np.array_equal(plain.coef_, ones.coef_)
    assert not np.allclose(plain.coef_, weighted.coef_, rtol=1e-3)
