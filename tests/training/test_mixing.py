"""Records in, longer items mixed from several of them out."""

from __future__ import annotations

from training.corpus import corpus_files, read_records
from training.mixing import mixed_items

RECORDS = [record for record in read_records(corpus_files()[:2]) if record.lang == "en"]


def test_a_mixed_item_holds_its_parts_and_their_labels() -> None:
    items = mixed_items(RECORDS, 50, seed=3)
    assert len(items) == 50
    for item in items:
        parts = [RECORDS[part] for part in item.parts]
        assert all(part.text in item.document for part in parts)
        for regime, level in item.severity.items():
            assert level == max(part.severity[regime] for part in parts)
        for part in parts:
            for span in (span for spans in part.evidence.values() for span in spans):
                assert span in item.document
    assert any(any(item.severity.values()) for item in items)
    assert not all(any(item.severity.values()) for item in items)


def test_the_seed_decides() -> None:
    assert mixed_items(RECORDS, 20, seed=1) == mixed_items(RECORDS, 20, seed=1)
    assert mixed_items(RECORDS, 20, seed=1) != mixed_items(RECORDS, 20, seed=2)


def test_one_sided_records_give_none() -> None:
    assert mixed_items([record for record in RECORDS if record.positive], 5, seed=1) == []
