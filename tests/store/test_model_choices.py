"""Promotions, rollbacks and challengers on record: who, when, why; refused where the gate objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskscore.artifact.gate import GATE_FILE, read_gate
from riskscore.artifact.model import model_identity
from riskscore.errors import (
    ArtifactMismatchError,
    ArtifactTamperedError,
    InputError,
    PromotionRefusedError,
)
from riskscore.knowledge import load_knowledge
from riskscore.models.choice import wanted_of
from riskscore.models.examination import examine
from riskscore.models.promotion import promote, rollback, set_shadow
from riskscore.store import Store
from riskscore.store.late import LateStore
from riskscore.store.model_choices import ModelChoice, list_choices
from riskscore.store.schema import downgrade, upgrade
from tests.models.artifacts import judge, place

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
KNOWLEDGE = load_knowledge()
WHO = {"by": "m.odel", "at": NOW}


@pytest.fixture(scope="module")
def shelf(small_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    for version, threshold in (("v1", 0.1), ("v2", 0.5), ("v3", 0.9)):
        place(small_model_dir, folder, version, threshold)
    return folder


@pytest.fixture
def model_dir(shelf: Path) -> Iterator[Path]:
    """The shelf, with no gate's reports left behind."""
    yield shelf
    for report in shelf.glob(f"*/{GATE_FILE}"):
        report.unlink()


def put_in_force(store: Store, model_dir: Path, version: str, against: str, **options: bool) -> ModelChoice:
    examined = examine(model_dir, version, against, KNOWLEDGE)
    return promote(store, examined, reason="better", **WHO, **options)  # type: ignore[arg-type]


def test_a_promotion_needs_the_gates_report(store: Store, model_dir: Path) -> None:
    with pytest.raises(PromotionRefusedError, match="the gate was never run on v1"):
        put_in_force(store, model_dir, "v1", "v3")
    judge(model_dir, "v1", "v3")
    choice = put_in_force(store, model_dir, "v1", "v3")
    assert (choice.version, choice.previous, choice.forced) == ("v1", "v3", False)
    assert (choice.decided_by, choice.decided_at, choice.reason) == ("m.odel", NOW, "better")
    assert choice.identity == model_identity(model_dir, "v1")
    report = json.loads(choice.report or "")
    assert (report["against"], report["losses"]) == ("v3", [])
    with store.read() as connection:
        assert list_choices(connection, 5) == [choice]


@pytest.mark.parametrize(
    ("against", "lost", "objection"),
    [
        ("v3", True, "gate lost on chips"),
        ("v2", False, "compared it with v2, not v3"),
        (None, False, "no other"),
    ],
)
def test_objections_can_be_overruled_and_that_is_recorded(
    store: Store, model_dir: Path, against: str | None, lost: bool, objection: str
) -> None:
    judge(model_dir, "v1", against, lost=lost)
    with pytest.raises(PromotionRefusedError, match=objection):
        put_in_force(store, model_dir, "v1", "v3")
    assert put_in_force(store, model_dir, "v1", "v3", force=True).forced


def test_the_report_of_another_model_is_none(store: Store, model_dir: Path) -> None:
    judge(model_dir, "v2", "v3")
    (model_dir / "v1" / GATE_FILE).write_bytes((model_dir / "v2" / GATE_FILE).read_bytes())
    with pytest.raises(PromotionRefusedError, match="report is of another model"):
        put_in_force(store, model_dir, "v1", "v3")
    (model_dir / "v1" / GATE_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(ArtifactMismatchError, match="no gate's report"):
        read_gate(model_dir / "v1")


def test_nothing_forces_an_artifact_that_cannot_be_loaded(
    store: Store, small_model_dir: Path, tmp_path: Path
) -> None:
    for version in ("card", "scorer", "lexicon"):
        place(small_model_dir, tmp_path, version, 0.5)
    (tmp_path / "card" / "MODEL_CARD.md").write_text("# Better than it is\n", encoding="utf-8")
    with (tmp_path / "scorer" / "scorer.npz").open("ab") as file:
        file.write(b"x")
    manifest = tmp_path / "lexicon" / "manifest.json"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace(KNOWLEDGE.lexical_hash, "0" * 64), encoding="utf-8"
    )
    for version, error in (
        ("card", ArtifactTamperedError),
        ("scorer", ArtifactTamperedError),
        ("lexicon", ArtifactMismatchError),
    ):
        with pytest.raises(error):
            put_in_force(store, tmp_path, version, "v1", force=True)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001, "two\nlines", "a\x00b", "\ud800"])
def test_a_reason_is_one_line_of_text(store: Store, model_dir: Path, reason: str) -> None:
    judge(model_dir, "v1", "v3")
    with pytest.raises(InputError) as caught:
        promote(store, examine(model_dir, "v1", "v3", KNOWLEDGE), reason=reason, **WHO)  # type: ignore[arg-type]
    assert caught.value.field == "reason"


def test_rollbacks_go_back_and_never_forth(store: Store, model_dir: Path) -> None:
    with pytest.raises(PromotionRefusedError, match="no version before it"):
        rollback(store, model_dir, reason="worse", **WHO)  # type: ignore[arg-type]
    for version, before in (("v1", "v3"), ("v2", "v1")):
        judge(model_dir, version, before)
        put_in_force(store, model_dir, version, before)
    gone_back = [rollback(store, model_dir, reason="worse", **WHO).version for _ in range(2)]  # type: ignore[arg-type]
    assert gone_back == ["v1", "v3"]
    with pytest.raises(PromotionRefusedError, match="no version before it"):
        rollback(store, model_dir, reason="worse", **WHO)  # type: ignore[arg-type]


def test_a_rollback_wants_the_model_as_it_was(store: Store, small_model_dir: Path, tmp_path: Path) -> None:
    for version, before in (("v1", "v0"), ("v2", "v1")):
        place(small_model_dir, tmp_path, version, 0.5)
        judge(tmp_path, version, before)
        put_in_force(store, tmp_path, version, before)
    manifest = tmp_path / "v1" / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("0.5", "0.6"), encoding="utf-8")
    with pytest.raises(PromotionRefusedError, match="and was"):
        rollback(store, tmp_path, reason="worse", **WHO)  # type: ignore[arg-type]


def test_a_challenger_stays_through_promotions_until_it_is_promoted(store: Store, model_dir: Path) -> None:
    choice = set_shadow(store, model_dir, "v1", 0.25, reason="try", **WHO)  # type: ignore[arg-type]
    assert (choice.version, choice.challenger, choice.challenger_share) == ("v3", "v1", 0.25)
    judge(model_dir, "v2", "v3")
    assert put_in_force(store, model_dir, "v2", "v3").challenger == "v1"
    judge(model_dir, "v1", "v2")
    assert put_in_force(store, model_dir, "v1", "v2").challenger is None
    with pytest.raises(InputError, match="answers already"):
        set_shadow(store, model_dir, "v1", 0.5, reason="try", **WHO)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="within 0 and 1"):
        set_shadow(store, model_dir, "v2", 1.5, reason="try", **WHO)  # type: ignore[arg-type]
    off = set_shadow(store, model_dir, None, 0.0, reason="done", **WHO)  # type: ignore[arg-type]
    assert (off.version, off.challenger) == ("v1", None)


def test_the_record_is_read_whatever_the_schema(store: Store, database_url: str, model_dir: Path) -> None:
    late = LateStore(database_url)
    assert late.newest_choice() is None
    judge(model_dir, "v1", "v3")
    put_in_force(store, model_dir, "v1", "v3")
    choice = late.newest_choice()
    assert wanted_of(model_dir, None, choice).version == "v1"
    assert wanted_of(model_dir, "v2", choice).version == "v2"
    downgrade(store, "0003")
    assert late.newest_choice() is None
    upgrade(store)
    late.close()


def test_a_question_makes_no_sqlite_file(tmp_path: Path) -> None:
    late = LateStore(f"sqlite:///{tmp_path / 'none.db'}")
    assert late.newest_choice() is None
    assert not late.exists()
    assert list(tmp_path.iterdir()) == []
