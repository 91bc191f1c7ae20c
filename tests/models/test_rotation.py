"""Loaded models are exchanged as a whole; what nobody holds is freed; on a fault the old one stays."""

from __future__ import annotations

import gc
import json
import shutil
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

from riskscore.artifact.model import load_model, model_identity
from riskscore.assess import Assessor
from riskscore.errors import ArtifactMismatchError, ArtifactNotFoundError, ArtifactTamperedError
from riskscore.models.lineup import UnknownModelError
from riskscore.models.rotation import Rotation
from riskscore.store.model_choices import ModelChoice
from riskscore.types import Article


class Record:
    """A record of choices without a database."""

    def __init__(self, model_dir: Path) -> None:
        self.model_dir = model_dir
        self.choice: ModelChoice | None = None
        self.error: Exception | None = None

    def __call__(self) -> ModelChoice | None:
        if self.error is not None:
            raise self.error
        return self.choice

    def choose(self, version: str, challenger: str | None = None, identity: str | None = None) -> None:
        self.choice = ModelChoice(
            choice_key=1 if self.choice is None else self.choice.choice_key + 1,
            action="promote",
            version=version,
            identity=identity or model_identity(self.model_dir, version),
            previous=None,
            challenger=challenger,
            challenger_share=0.5 if challenger else 0.0,
            forced=False,
            reason="test",
            report=None,
            decided_by="test",
            decided_at=datetime(2026, 1, 10, tzinfo=UTC),
        )


class Verified:
    """A verified artifact without what scores, which takes most of the time to load."""

    def __init__(self, model_dir: Path, version: str) -> None:
        self.model = load_model(model_dir, version)


def begin(record: Record, most: int = 3, pinned: str | None = None) -> Rotation:
    def load(version: str) -> Assessor:
        return cast(Assessor, Verified(record.model_dir, version))

    return Rotation.begin(record, load, model_dir=record.model_dir, pinned=pinned, most=most)


def test_the_newest_answers_until_somebody_chooses(model_dir: Path) -> None:
    record = Record(model_dir)
    rotation = begin(record)
    assert (rotation.lineup.default, rotation.lineup.chosen_by) == ("v3", "newest")
    assert list(rotation.lineup.assessors) == ["v3", "v2", "v1"]
    record.choose("v1", challenger="v2")
    assert rotation.refresh()
    assert (rotation.lineup.default, rotation.lineup.chosen_by) == ("v1", "record")
    assert (rotation.lineup.challenger, rotation.lineup.share) == ("v2", 0.5)
    assert not rotation.refresh()


def test_a_setting_wins_over_the_record(model_dir: Path) -> None:
    record = Record(model_dir)
    record.choose("v1", challenger="v3")
    rotation = begin(record, pinned="v2")
    assert (rotation.lineup.default, rotation.lineup.chosen_by) == ("v2", "setting")
    assert rotation.lineup.challenger == "v3"


def test_no_more_are_loaded_than_allowed_but_for_the_challenger(model_dir: Path) -> None:
    record = Record(model_dir)
    record.choose("v1")
    assert list(begin(record, most=2).lineup.assessors) == ["v1", "v3"]
    record.choose("v1", challenger="v2")
    assert list(begin(record, most=1).lineup.assessors) == ["v1", "v2"]


def test_an_unknown_version_is_told_with_those_that_are_loaded(model_dir: Path) -> None:
    lineup = begin(Record(model_dir)).lineup
    assert lineup.find("v1").model.version == "v1"
    with pytest.raises(
        UnknownModelError, match=r"no model 'v9' is loaded; loaded are v3 \(default\), v2, v1"
    ):
        lineup.find("v9", "items.3.model_version")


def test_what_has_not_changed_is_taken_over_and_what_has_is_loaded_anew(model_dir: Path) -> None:
    record = Record(model_dir)
    record.choose("v1")
    rotation = begin(record)
    before = rotation.lineup
    manifest = model_dir / "v2" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["thresholds"]["chips"] = 0.123
    manifest.write_text(json.dumps(content), encoding="utf-8")
    assert rotation.refresh()
    assert rotation.lineup.find("v1") is before.find("v1")
    assert rotation.lineup.find("v2") is not before.find("v2")
    assert rotation.lineup.find("v2").model.thresholds["chips"] == 0.123


def test_an_exchanged_model_is_freed_without_the_collector(model_dir: Path) -> None:
    def load(version: str) -> Assessor:
        return Assessor.load(model_dir, version, compiled=True)

    record = Record(model_dir)
    record.choose("v1")
    rotation = Rotation.begin(record, load, model_dir=model_dir, most=1)
    rotation.assess(Article(title="Washington curbs chip exports to China, officials said on Monday."))
    old = weakref.ref(rotation.lineup.find())
    held = rotation.lineup  # as a request does
    gc.collect()
    gc.disable()
    try:
        record.choose("v2")
        rotation.refresh()
        assert old() is not None
        assert held.find().model.version == "v1"
        del held
        assert old() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("fault", ["missing", "tampered", "replaced", "database"])
def test_what_cannot_be_followed_leaves_the_old_model_in_place(model_dir: Path, fault: str) -> None:
    record = Record(model_dir)
    record.choose("v1")
    rotation = begin(record, most=1)
    before = rotation.lineup
    expected: type[Exception] = ArtifactNotFoundError
    record.choose("v2")
    if fault == "missing":
        shutil.rmtree(model_dir / "v2")
    elif fault == "tampered":
        expected = ArtifactTamperedError
        with (model_dir / "v2" / "scorer.npz").open("ab") as file:
            file.write(b"x")
    elif fault == "replaced":
        expected = ArtifactMismatchError
        record.choose("v2", identity="v2 0 0")
    else:
        expected = OperationalError
        record.error = OperationalError("SELECT 1", {}, Exception("gone"))
    with pytest.raises(expected):
        rotation.refresh()
    assert rotation.lineup is before
    assert rotation.fault is not None


def test_other_models_that_do_not_fit_are_left_out_with_the_reason(model_dir: Path) -> None:
    with (model_dir / "v2" / "scorer.npz").open("ab") as file:
        file.write(b"x")
    lineup = begin(Record(model_dir)).lineup
    assert list(lineup.assessors) == ["v3", "v1"]
    assert "SHA-256" in lineup.refused["v2"]


def test_a_promoted_artifact_that_was_replaced_does_not_start(model_dir: Path) -> None:
    record = Record(model_dir)
    record.choose("v1", identity="v1 0123456789 abcdef")
    with pytest.raises(ArtifactMismatchError, match="another model under the same name"):
        begin(record)


def test_without_the_database_a_server_begins_and_follows_later(model_dir: Path) -> None:
    record = Record(model_dir)
    record.choose("v1")
    record.error = OperationalError("SELECT 1", {}, Exception("connection refused"))
    rotation = begin(record)
    assert (rotation.lineup.default, rotation.choice_known) == ("v3", False)
    record.error = None
    rotation.follow(0.02)
    try:
        wait_for(lambda: rotation.lineup.default == "v1")
        assert rotation.choice_known
        assert rotation.fault is None
    finally:
        rotation.stop()


def test_the_record_is_followed_and_new_artifacts_alone_are_not(model_dir: Path) -> None:
    record = Record(model_dir)
    rotation = begin(record, most=1)
    rotation.follow(0.02)
    try:
        shutil.copytree(model_dir / "v1", model_dir / "v9")
        time.sleep(0.2)
        assert rotation.lineup.default == "v3"
        record.choose("v2")
        wait_for(lambda: rotation.lineup.default == "v2")
        record.choice = None
        rotation.ask()  # as SIGHUP does: now the folder is looked at
        wait_for(lambda: rotation.lineup.default == "v9")
    finally:
        rotation.stop()


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
