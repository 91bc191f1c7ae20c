"""Whatever is done to a ledger is found, and the first place named, wherever it is done."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.audit.chain import GENESIS, Head, Sealed, seal
from riskscore.audit.entry import Entry, digest
from riskscore.audit.verification import Fault, verify
from tests.audit.made import entry, ledger

LENGTH = 12
CHAIN = ledger(LENGTH)
HEAD = CHAIN[-1].head
places = st.integers(1, LENGTH)

FIELDS = [field.name for field in fields(Entry)]


def first(rows: list[Sealed], head: Head | None = HEAD, *kept: Head) -> tuple[int, str]:
    found = verify(rows, head, kept)
    assert found, "nothing was found"
    assert [fault.sequence for fault in found] == sorted(fault.sequence for fault in found)
    return found[0].sequence, found[0].kind


def other(value: object) -> object:
    """Another value of the same kind."""
    if isinstance(value, str):
        return digest(value.encode()) if len(value) == 64 else value + "x"
    if isinstance(value, dict):
        return {**value, "number": -1}
    return value + timedelta(microseconds=1)  # type: ignore[operator]


def test_a_whole_ledger_has_no_faults() -> None:
    assert verify(CHAIN, HEAD) == []
    assert verify([], Head()) == []
    assert verify(CHAIN, HEAD, [row.head for row in CHAIN]) == []
    assert verify(CHAIN[5:], HEAD, [CHAIN[2].head, CHAIN[8].head], after=CHAIN[4].head) == []


@given(place=places, field=st.sampled_from(FIELDS), gone=st.booleans())
def test_a_changed_field_is_found(place: int, field: str, gone: bool) -> None:
    row = CHAIN[place - 1]
    nullable = field not in {"occurred_at", "actor", "action"}
    value = None if gone and nullable else other(getattr(row.entry, field))
    rows = [*CHAIN]
    rows[place - 1] = replace(row, entry=replace(row.entry, **{field: value}))  # type: ignore[arg-type]
    assert first(rows) == (place, "changed")
    assert len(verify(rows, HEAD)) == 1


@given(place=places, field=st.sampled_from(["previous_hash", "entry_hash"]))
def test_a_changed_hash_is_found(place: int, field: str) -> None:
    rows = [*CHAIN]
    rows[place - 1] = replace(rows[place - 1], **{field: digest(b"another")})  # type: ignore[arg-type]
    assert first(rows)[0] == place


@given(place=places)
def test_a_changed_entry_with_a_hash_that_fits_is_found(place: int) -> None:
    before = CHAIN[place - 2].head if place > 1 else Head()
    rows = [*CHAIN]
    (rows[place - 1],) = seal(before, [replace(rows[place - 1].entry, actor="somebody else")])
    assert first(rows) == (place, "head" if place == LENGTH else "replaced")


@given(place=places, count=st.integers(1, LENGTH))
def test_missing_entries_are_found(place: int, count: int) -> None:
    rows = CHAIN[: place - 1] + CHAIN[place - 1 + count :]
    (fault,) = verify(rows, HEAD)
    assert (fault.sequence, fault.kind, fault.last) == (place, "missing", min(place + count - 1, LENGTH))


@given(place=st.integers(1, LENGTH - 1))
def test_a_missing_entry_whose_gap_was_closed_is_found(place: int) -> None:
    rows = CHAIN[: place - 1] + [replace(row, sequence=row.sequence - 1) for row in CHAIN[place:]]
    assert first(rows) == (place, "moved")
    assert f"sealed as {place + 1}" in verify(rows, HEAD)[0].message


@given(places=st.sets(places, min_size=2, max_size=2))
def test_entries_that_changed_places_are_found(places: set[int]) -> None:
    here, there = sorted(places)
    rows = [*CHAIN]
    rows[here - 1] = replace(CHAIN[there - 1], sequence=here)
    rows[there - 1] = replace(CHAIN[here - 1], sequence=there)
    found = verify(rows, HEAD)
    assert [(fault.sequence, fault.kind) for fault in found] == [(here, "moved"), (there, "moved")]
    assert f"sealed as {there}" in found[0].message


@given(places=st.sets(places, min_size=2, max_size=2))
def test_contents_that_changed_places_are_found(places: set[int]) -> None:
    here, there = sorted(places)
    rows = [*CHAIN]
    rows[here - 1] = replace(CHAIN[here - 1], entry=CHAIN[there - 1].entry)
    rows[there - 1] = replace(CHAIN[there - 1], entry=CHAIN[here - 1].entry)
    assert first(rows) == (here, "changed")


@given(place=places, fits=st.booleans())
def test_an_inserted_entry_is_found(place: int, fits: bool) -> None:
    before = CHAIN[place - 2].head if place > 1 else Head()
    (forged,) = seal(before, [entry(99)])
    if not fits:
        forged = replace(forged, entry_hash=digest(b"made up"))
    shifted = [replace(row, sequence=row.sequence + 1) for row in CHAIN[place - 1 :]]
    assert first([*CHAIN[: place - 1], forged, *shifted]) == (place, "inserted")


def test_entries_outside_the_ledger_are_found() -> None:
    (behind,) = seal(HEAD, [entry(99)])
    assert first([*CHAIN, behind]) == (LENGTH + 1, "inserted")
    assert first([replace(CHAIN[0], sequence=0), *CHAIN]) == (0, "inserted")


@given(place=st.integers(0, LENGTH - 1), rewritten=st.booleans())
def test_an_end_cut_off_is_found(place: int, rewritten: bool) -> None:
    rows = CHAIN[:place]
    assert first(rows) == (place + 1, "missing")
    head = rows[-1].head if rows else Head()
    assert verify(rows, head) == []  # nothing in the database tells of it any more,
    assert first(rows, head, CHAIN[-1].head) == (place + 1, "missing")  # but a kept head does


@given(place=places, kept=st.sets(places, min_size=1))
def test_a_rewritten_ledger_is_found_by_the_next_kept_head(place: int, kept: set[int]) -> None:
    before = CHAIN[place - 2].head if place > 1 else Head()
    entries = [replace(CHAIN[place - 1].entry, actor="nobody"), *(row.entry for row in CHAIN[place:])]
    rows = [*CHAIN[: place - 1], *seal(before, entries)]
    heads = [CHAIN[one - 1].head for one in kept]
    assert verify(rows, rows[-1].head) == []
    found = verify(rows, rows[-1].head, heads)
    later = sorted(one for one in kept if one >= place)
    assert [(fault.sequence, fault.kind) for fault in found] == [(one, "rewritten") for one in later]
    earlier = [one for one in kept if one < place]
    if later and earlier:
        assert f"after entry {max(earlier)}," in found[0].message


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        (None, (LENGTH, "head")),
        (Head(LENGTH, GENESIS), (LENGTH, "head")),
        (Head(LENGTH + 3, HEAD.entry_hash), (LENGTH + 1, "missing")),
        (CHAIN[3].head, (5, "inserted")),
    ],
)
def test_a_changed_head_is_found(head: Head | None, fault: tuple[int, str]) -> None:
    assert first(CHAIN, head) == fault


@settings(max_examples=300)
@given(kept=st.lists(st.sampled_from(CHAIN), max_size=2 * LENGTH))
def test_no_other_order_or_selection_passes(kept: list[Sealed]) -> None:
    """Rows of the true ledger, some left out, some twice, in any order, numbered as they then stand."""
    rows = [replace(row, sequence=number) for number, row in enumerate(kept, 1)]
    assert (verify(rows, HEAD) == []) == (rows == CHAIN)


def test_many_faults_are_told_in_a_while() -> None:
    long = ledger(3_000)
    shifted = [replace(row, sequence=row.sequence - 1) for row in long[1:]]
    found: list[Fault] = verify(shifted, long[-1].head)
    assert found[0].sequence == 1
    assert len(found) <= 1_001
