"""`riskscore audit` in a terminal, and what other commands leave in the ledger."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskscore.assess import Assessor
from riskscore.audit.entry import process_actor
from riskscore.cli import app
from riskscore.store import open_store
from riskscore.store.ledger import GUARDS, append, entries_after
from tests.api.fake import FakeAssessor
from tests.audit.made import entry

COUNT = 8
SENTENCE = "Nvidia may not sell its chips to customers in China any more."


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "news.db"
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def ledger(database: Path) -> Path:
    store = open_store(f"sqlite:///{database}")
    for number in range(1, COUNT + 1):
        with store.write() as connection:
            append(connection, entry(number))
    store.close()
    return database


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), obj=FakeAssessor(), env={"COLUMNS": "160"})
    assert result.exit_code == code, result.output
    return result.output


def tamper(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        triggers = {
            name: sql
            for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            if name in GUARDS["sqlite"]
        }
        for name in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        for sql in triggers.values():
            connection.execute(sql)
    connection.close()


def test_a_whole_ledger(ledger: Path, tmp_path: Path) -> None:
    head = run("audit", "head")
    number, digest = head.split()
    assert number == str(COUNT)
    assert len(digest) == 64
    told = run("audit", "verify")
    assert f"{COUNT} entries are whole" in told
    assert f"head {head}" in told
    log = tmp_path / "service.log"
    log.write_text(f"2026-01-01 INFO riskscore.audit ledger head {head}and so on\n{head}")
    assert "3 kept heads fit" in run("audit", "verify", "--heads", str(log), "--head", head)
    assert "0 entries are whole" in run("audit", "verify", "--after", head)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE ledger SET actor = 'nobody' WHERE sequence = 5", "5  changed"),
        ("DELETE FROM ledger WHERE sequence = 3", "3  missing"),
        ("DELETE FROM ledger WHERE sequence > 6", "7  missing"),
        ("UPDATE ledger SET sequence = 20 WHERE sequence = 8", "8  missing"),
    ],
)
def test_tampering_is_told_with_its_place(ledger: Path, statement: str, told: str) -> None:
    tamper(ledger, statement)
    output = run("audit", "verify", code=1)
    assert told in output
    assert f"the first at entry {told.split()[0]}" in output


def test_a_rewritten_ledger_is_told_by_a_kept_head_alone(ledger: Path, tmp_path: Path) -> None:
    kept = tmp_path / "heads.txt"
    kept.write_text(run("audit", "head"))
    tamper(ledger, "DELETE FROM ledger WHERE sequence > 6")
    sixth = "(SELECT entry_hash FROM ledger WHERE sequence = 6)"
    tamper(ledger, f"UPDATE ledger_head SET sequence = 6, entry_hash = {sixth}")
    assert "no kept head was given" in run("audit", "verify")
    assert "7  missing" in run("audit", "verify", "--heads", str(kept), code=1)


def test_a_trigger_that_is_gone_is_told(ledger: Path) -> None:
    with sqlite3.connect(ledger) as connection:
        connection.execute("DROP TRIGGER ledger_kept_on_delete")
    connection.close()
    assert "ledger_kept_on_delete is gone" in run("audit", "verify", code=1)


def test_entries_are_shown(ledger: Path) -> None:
    shown = run("audit", "show", "--limit", "3")
    assert [line.split()[0] for line in shown.splitlines()[1:]] == ["8", "7", "6"]
    assert "analyst 8 (rk_8)" in shown
    only = run("audit", "show", "--action", "alert.decided", "--until", "2026-03-01T09:30:05Z")
    assert [line.split()[0] for line in only.splitlines()[1:]] == ["4", "2"]
    one = run("audit", "show", "5")
    assert "request-5" in one
    assert "entry_hash" in one
    assert "no entries" in run("audit", "show", "--subject", "none")
    assert "there is no entry 99" in run("audit", "show", "99", code=1)
    assert "alert.decided" in run("audit", "show", "--action", "made.up", code=2)


def test_unusable_words_are_refused(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("nothing")
    run("audit", "verify", "--heads", str(tmp_path / "empty.txt"), code=2)
    run("audit", "verify", "--heads", str(tmp_path / "none.txt"), code=2)
    run("audit", "verify", "--head", "5 abc", code=2)
    run("audit", "export", str(tmp_path / "ledger.xlsx"), code=2)
    run("audit", "show", "--since", "yesterday", code=2)


def test_commands_leave_their_entries(database: Path, tmp_path: Path) -> None:
    endpoint = run("alerts", "endpoints", "add", "Desk", "https://hooks.example.com/").split()[0]
    run("alerts", "endpoints", "disable", endpoint)
    run("alerts", "endpoints", "enable", endpoint)
    run("alerts", "endpoints", "secret", endpoint)
    run("alerts", "watchlists", "set", "holdings", "nvidia")
    subscription = run("alerts", "subscriptions", "add", "All", "--endpoint", endpoint).strip()
    run("alerts", "subscriptions", "remove", subscription)
    run("alerts", "endpoints", "remove", endpoint)
    run("feeds", "add", "https://news.example.com/feed")
    run("feeds", "remove", "https://news.example.com/feed")
    run("db", "hold", "add", "company", "nvidia", "--reason", "case 7")
    run("db", "hold", "release", "1")
    portfolio = tmp_path / "own.csv"
    portfolio.write_text("name,id\nOwn Holdings,own\n")
    run("companies", "import", str(portfolio))
    run("companies", "risk", "Nvidia")
    run("score", "--text", SENTENCE)
    items = tmp_path / "news.csv"
    items.write_text(f'title,text\nChips,"{SENTENCE}"\n')
    run("ingest", str(items))
    run("audit", "export", str(tmp_path / "ledger.jsonl"))
    run("audit", "verify")
    store = open_store(f"sqlite:///{database}")
    with store.read() as connection:
        entries = [one.entry for one in entries_after(connection)]
    store.close()
    assert {one.actor for one in entries} == {process_actor().name}
    assert [(one.action, one.subject) for one in entries if one.action != "article.added"] == [
        ("endpoint.created", endpoint),
        ("endpoint.changed", endpoint),
        ("endpoint.changed", endpoint),
        ("endpoint.secret_changed", endpoint),
        ("watchlist.saved", "holdings"),
        ("subscription.created", subscription),
        ("subscription.deleted", subscription),
        ("endpoint.deleted", endpoint),
        ("feed.added", entries[8].subject),
        ("feed.removed", entries[8].subject),
        ("hold.placed", "1"),
        ("hold.released", "1"),
        ("company.imported", None),
        ("company.risk", "nvidia"),
        ("article.scored", entries[14].subject),
        ("model.changed", "0.0-fake"),
        ("ledger.exported", None),
    ]
    assert [one.action for one in entries].count("article.added") == 1


def test_an_archive_run_is_one_entry(database: Path, tmp_path: Path, small_assessor: Assessor) -> None:
    items = tmp_path / "news.csv"
    items.write_text(f'title,text\nChips,"{SENTENCE}"\nNo,\n')
    words = ["archive", "score", str(items), str(tmp_path / "out.jsonl"), "--processes", "1"]
    for _ in range(2):  # the second time there is nothing to do
        assert CliRunner().invoke(app, words, obj=small_assessor).exit_code == 0
    store = open_store(f"sqlite:///{database}")
    with store.read() as connection:
        (entry,) = [one.entry for one in entries_after(connection)]
    store.close()
    assert entry.action == "archive.scored"
    assert entry.knowledge_hash == small_assessor.knowledge.hash
    assert entry.detail == {"scored": 1, "abstained": 1, "bad": 0}


def test_what_cannot_be_recorded_is_not_answered(ledger: Path) -> None:
    with sqlite3.connect(ledger) as connection:
        connection.execute("ALTER TABLE ledger RENAME TO away")
    connection.close()
    assert "RISKSCORE_AUDIT=false" in run("companies", "risk", "Nvidia", code=2)


def test_a_score_makes_no_database_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RISKSCORE_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    run("score", "--text", SENTENCE)
    assert list(tmp_path.iterdir()) == []
