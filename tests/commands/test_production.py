"""`riskscore model …`: what the commands print, and what they leave on record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskscore.cli import app
from riskscore.store import connect
from riskscore.store.ledger import entries_after
from tests.models.artifacts import judge, place


@pytest.fixture
def model_dir(small_model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    for version, threshold in (("v1", 0.1), ("v2", 0.9)):
        place(small_model_dir, folder, version, threshold)
    monkeypatch.setenv("RISKSCORE_MODEL_DIR", str(folder))
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", f"sqlite:///{tmp_path / 'news.db'}")
    return folder


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["model", *arguments])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def test_from_the_first_promotion_to_a_rollback(model_dir: Path, tmp_path: Path) -> None:
    assert "v2 default never run yes" in run("list")
    assert "the newest by name" in run("status")
    refused = run("promote", "v1", "--reason", "recall", code=2)
    assert "the gate was never run on v1" in refused
    judge(model_dir, "v1", "v2")
    said = run("promote", "v1", "--reason", "recall")
    assert "Gate: 100 items of held-out.jsonl" in said
    assert "chips 0.950 0.900 +0.050 [+0.020, +0.080] held" in said
    assert "Model v1 answers from now on (promoted; before: v2)" in said
    assert "v1 default passed against v2 yes" in run("list")
    assert "v2 scores 25% beside it" in run("shadow", "v2", "--share", "0.25")
    status = run("status")
    assert "Model v1 answers: on record." in status
    assert "Challenger v2, 25% of the articles" in status
    assert "no challenger" in run("shadow", "--off")
    assert "Model v2 answers from now on (rolled back; before: v1)" in run("rollback", "--reason", "worse")
    with connect(f"sqlite:///{tmp_path / 'news.db'}").read() as connection:
        actions = [sealed.entry.action for sealed in entries_after(connection)]
    assert [one for one in actions if one.startswith("model.")] == [
        "model.promoted", "model.changed", "model.changed", "model.rolled_back",
    ]  # fmt: skip


def test_scores_come_from_the_model_in_force(model_dir: Path) -> None:
    judge(model_dir, "v1", "v2")
    run("promote", "v1", "--reason", "recall")
    article = "Washington told makers on Monday to stop selling advanced chips to China, officials said."
    done = CliRunner().invoke(app, ["score", "--text", article, "--json"])
    assert '"model_version":"v1"' in done.output


def test_a_pinned_version_is_warned_of(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge(model_dir, "v1", "v2")
    monkeypatch.setenv("RISKSCORE_MODEL_VERSION", "v2")
    assert "RISKSCORE_MODEL_VERSION=v2 wins over it" in run("promote", "v1", "--reason", "recall")


def test_news_that_commands_bring_counts_for_drift(model_dir: Path, tmp_path: Path) -> None:
    news = tmp_path / "news.jsonl"
    text = "Washington told makers on Monday to stop selling chips to China."
    line = json.dumps({"title": "Chips", "text": text, "source": "Wire"})
    news.write_text(line + "\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["ingest", str(news)]).exit_code == 0
    said = run("drift")
    assert "Wire 1" in said
    assert CliRunner().invoke(app, ["db", "rescore"]).exit_code == 0
    assert "Wire 1" in run("drift")
    assert "needs 200" in run("drift", "--adopt", code=2)
