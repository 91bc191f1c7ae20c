"""The loop as analysts live it: correct, export, retrain, gate, promote, score, roll back; or be refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from riskscore.api.app import create_app
from riskscore.artifact.gate import read_gate
from riskscore.artifact.model import artifact_manifest, available_versions
from riskscore.knowledge import load_knowledge
from riskscore.labels.reading import read_text
from riskscore.settings import load_settings
from riskscore.store import connect
from riskscore.store.ledger import entries_after
from riskscore.types import REGIMES, Article
from training.cli import app as training_app
from training.config import FitConfig
from training.corpus import CORPUS_DIR, Record, corpus_files, read_records
from training.desk import opened_desk
from training.feedback import falls_to_held_out
from training.fit import fit
from training.publish import PublishError, publish
from training.retrain import DECISIONS_FILE, Decision, FeedbackError, retrain

# Quick, and the same estimator: no mixed items, and three folds in place of five.
QUICK = replace(FitConfig(), mixed_items=0, folds=3)
ENGLISH = [record for record in read_records(corpus_files()) if record.lang == "en"]
CORPUS, FROZEN = ENGLISH[::60], ENGLISH[15::150]
CORRECTIONS = 40


def lines_of(wanted: set[str]) -> list[str]:
    """The corpus's own lines of these items."""
    return [
        line
        for path in sorted(CORPUS_DIR.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if json.loads(line)["id"] in wanted
    ]


def write(path: Path, records: Sequence[Record]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines_of({record.id for record in records})) + "\n", encoding="utf-8")
    return path


@dataclass
class Desk:
    """A service with one model, what it was fitted on, and a frozen set."""

    folder: Path
    client: TestClient
    url: str

    @property
    def models(self) -> Path:
        return self.folder / "models"

    def retrain(self, labels: Path, version: str, **options: Any) -> Decision:
        return retrain(
            labels,
            [self.folder / "frozen.jsonl"],
            self.models,
            version,
            corpus=self.folder / "corpus",
            against="v1",
            config=QUICK,
            measure=False,
            **options,
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("loop")
    path = write(folder / "corpus" / "slice.jsonl", CORPUS)
    write(folder / "frozen.jsonl", FROZEN)
    knowledge = load_knowledge()
    fitted = fit(CORPUS, knowledge, QUICK)
    publish(fitted, knowledge, [path], folder / "models", "v1", metrics={}, card="# The first\n")
    url = f"sqlite:///{folder / 'desk.db'}"
    settings = load_settings(model_dir=folder / "models", database_url=url, request_timeout_s=120)
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        yield Desk(folder, client, url)


def correct(client: TestClient, record: Record) -> str:
    """Store an item as an article and label it as the corpus does; its id."""
    body = {"title": record.title, "text": record.text or None, "source": "Wire"}
    article_id: str = client.post("/v1/articles", json=body).json()["article_id"]
    given = {
        "labels": record.severity,
        "stage": record.stage,
        "direction": record.direction,
        "companies": [{"name": name, "exposed": exposed} for name, exposed in record.companies],
        "evidence": {regime: list(spans) for regime, spans in record.evidence.items()},
    }
    answer = client.post(f"/v1/articles/{article_id}/labels", json=given)
    assert answer.status_code == 200, answer.text
    return article_id


def corrections() -> list[Record]:
    """Items that neither corpus nor frozen set of the desk has, whose quotations survive cleaning."""
    taken = {record.id for record in (*CORPUS, *FROZEN)}
    found = []
    for record in ENGLISH[7::101]:
        read = read_text(Article(title=record.title, text=record.text or None))
        spans = [name for name, _ in record.companies]
        spans += [span for found_here in record.evidence.values() for span in found_here]
        if record.id not in taken and all(map(read.verbatim, spans)):
            found.append(record)
    assert len(found) >= CORRECTIONS
    return found[:CORRECTIONS]


def test_forty_corrections_make_a_model_that_is_promoted_and_taken_back(desk: Desk) -> None:
    client = desk.client
    ids = [correct(client, record) for record in corrections()]
    assert len(set(ids)) == CORRECTIONS
    labels = desk.folder / "labels.jsonl"
    labels.write_bytes(client.get("/v1/labels", params={"format": "jsonl"}).content)
    given = read_records([labels])
    assert len(given) == CORRECTIONS

    decision = desk.retrain(labels, "v2")
    assert (decision.passed, decision.published, decision.reasons) == (True, True, ())
    assert decision.trained + decision.held_out + len(decision.refused) == CORRECTIONS
    assert decision.trained >= 25
    report = read_gate(desk.models / "v2")
    assert report is not None
    assert (report.against, report.losses, report.items) == ("v1", (), len(FROZEN))
    manifest = artifact_manifest(desk.models, "v2")
    assert manifest["corpus"]["files"] == ["slice.jsonl", "labels.jsonl"]
    assert manifest["corpus"]["items"] == len(CORPUS) + decision.trained
    assert "Analysts' labels" in (desk.models / "v2" / "MODEL_CARD.md").read_text(encoding="utf-8")
    with pytest.raises(PublishError, match="stands already"):
        desk.retrain(labels, "v2")

    learnt = next(one for one in given if one.positive and not falls_to_held_out(one))
    article = {"title": learnt.title, "text": learnt.text}
    regime = next(regime for regime in REGIMES if learnt.severity[regime])

    def scored() -> tuple[str, float]:
        answer = client.post("/v1/score", json=article).json()
        return answer["model_version"], answer["regimes"][regime]["probability"]

    version, before = scored()
    assert version == "v1"
    promoted = client.post("/v1/models/v2/promote", json={"reason": "Forty corrections"})
    assert promoted.status_code == 200, promoted.text
    version, after = scored()
    assert version == "v2"
    assert after > before  # it was told that this article is one of the regime's
    assert client.post("/v1/models/rollback", json={"reason": "Only a rehearsal"}).json()["default"] == "v1"
    assert scored() == ("v1", before)


def test_labels_that_make_it_worse_are_refused_and_that_is_on_record(desk: Desk) -> None:
    """Somebody who labels all the wrong way round, with much weight."""
    wrong = desk.folder / "wrong.jsonl"
    lines = []
    for line in lines_of({record.id for record in ENGLISH[9::120]}):
        raw = json.loads(line)
        positive = any(raw["labels"].values())
        raw["labels"] = dict.fromkeys(REGIMES, 0 if positive else 3)
        raw["stage"], raw["direction"] = (None, None) if positive else ("enforced", "tightening")
        span = (raw["text"] or raw["title"])[:40]
        raw["evidence"] = {} if positive else {regime: [span] for regime in REGIMES}
        raw |= {"id": f"fb-{raw['id']}", "event": f"st_{raw['id']}"}
        raw.pop("pair", None)
        lines.append(json.dumps(raw))
    wrong.write_text("\n".join(lines) + "\n", encoding="utf-8")
    decision = desk.retrain(wrong, "worse", weight=20.0)
    assert not decision.published
    assert any(reason.startswith("lost on chips: average precision -") for reason in decision.reasons)
    assert any("held-out labels" not in reason for reason in decision.reasons)
    assert "worse" not in available_versions(desk.models)
    record = json.loads((desk.models / DECISIONS_FILE).read_text(encoding="utf-8").splitlines()[-1])
    assert (record["version"], record["passed"], record["forced"]) == ("worse", False, False)
    assert tuple(record["reasons"]) == decision.reasons
    assert record["gate"]["losses"]
    with opened_desk(desk.url, desk.models) as office:
        office.note(decision)
    with connect(desk.url).read() as connection:
        entry = [one.entry for one in entries_after(connection)][-1]
    assert (entry.action, entry.subject) == ("model.judged", "worse")
    assert entry.detail is not None
    assert entry.detail["passed"] is False
    assert entry.detail["reasons"] == list(decision.reasons)
    assert desk.client.post("/v1/models/worse/promote", json={"reason": "x"}).status_code == 404


def test_there_must_be_labels_and_something_to_judge_by(desk: Desk, tmp_path: Path) -> None:
    empty, one_sided = tmp_path / "empty.jsonl", tmp_path / "one-sided.jsonl"
    empty.write_text("")
    write(one_sided, [record for record in FROZEN if not record.positive])
    frozen, corpus = desk.folder / "frozen.jsonl", desk.folder / "corpus"
    with pytest.raises(FeedbackError, match="there are no labels"):
        retrain(empty, [frozen], desk.models, "none", corpus=corpus)
    with pytest.raises(FeedbackError, match=r"one-sided\.jsonl judges nothing: 0 of its"):
        retrain(frozen, [one_sided], desk.models, "none", corpus=corpus)
    with pytest.raises(FeedbackError, match="they stand in a frozen set"):
        retrain(frozen, [frozen], desk.models, "none", corpus=corpus)
    options = ["retrain", "--name", "none", "--data", str(frozen), "--out", str(desk.models)]
    done = CliRunner().invoke(training_app, options)
    assert done.exit_code == 2
    assert "--with-feedback" in done.output
