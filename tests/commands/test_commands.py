"""The commands that store news and read the store, as a person or a script calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from riskscore.cli import app
from tests.api.conftest import make_assessor

Run = Callable[..., Result]

NEWS = [
    {
        "headline": "Nvidia told to stop chip sales",
        "body": "The Commerce Department told Nvidia to stop selling its newest chip in China. " * 2,
        "publisher": "Wire",
        "date": "2026-01-05",
    },
    {
        "headline": "Microsoft moves data abroad",
        "body": "Microsoft said that all data of its Chinese customers would move abroad. " * 2,
        "publisher": "Daily",
        "date": "January 6, 2026",
    },
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", f"sqlite:///{tmp_path / 'news.db'}")
    monkeypatch.chdir(tmp_path)

    def run(*words: str, stdin: str | None = None, **environment: str) -> Result:
        return CliRunner().invoke(
            app,
            words,
            input=stdin,
            obj=make_assessor(),
            env={"COLUMNS": "200", "NO_COLOR": "1", **environment},
        )

    return run


@pytest.fixture
def news(tmp_path: Path) -> str:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in NEWS))
    return str(path)


def test_an_archive_is_stored_once(run: Run, news: str) -> None:
    first = run("ingest", news)
    assert first.exit_code == 0, first.output
    assert "2 articles added (0 abstained) in 2 stories, 0 kept before, 0 at fault" in first.output
    assert "0 articles added (0 abstained) in 0 stories, 2 kept before" in run("ingest", news).output


def test_standard_input_and_rows_at_fault(run: Run) -> None:
    result = run("ingest", "-", stdin=json.dumps(NEWS[0]) + '\n{"headline": 7}\n')
    assert result.exit_code == 1
    assert "1 articles added" in result.output
    assert "row 2: column 'headline' holds int, not text" in result.output
    assert run("ingest", "none.jsonl").exit_code == 2


def test_a_companys_risk_in_the_terminal_as_json_and_as_memo(run: Run, news: str, tmp_path: Path) -> None:
    run("ingest", news)
    shown = run("companies", "risk", "nvda")
    assert shown.exit_code == 0, shown.output
    for words in ("exposure of Nvidia", "Overall", "told Nvidia to stop selling", "not clearance"):
        assert words in shown.output
    answer = json.loads(run("companies", "risk", "Nvidia", "--json", "--regime", "chips").output)
    assert answer["company"]["company_id"] == "nvidia"
    assert list(answer["regimes"]) == ["chips"]
    assert answer["risk"]["score"] > 0
    past = json.loads(
        run("companies", "risk", "Nvidia", "--json", "--as-of", "2026-01-06", "--published").output
    )
    assert past["as_of"] == "2026-01-06T00:00:00Z"
    assert past["risk"]["score"] > answer["risk"]["score"]
    for ending, beginning in ((".md", b"# Regulatory"), (".html", b"<!doctype"), (".pdf", b"%PDF")):
        assert run("companies", "risk", "Nvidia", "--memo", f"memo{ending}").exit_code == 0
        assert (tmp_path / f"memo{ending}").read_bytes().startswith(beginning)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("companies", "risk", "Zzyzx Unknown"), "no company matches"),
        (("companies", "risk", "Nvidia", "--regime", "tariffs"), "--regime is one of"),
        (("companies", "risk", "Nvidia", "--as-of", "soon"), "must be an ISO 8601"),
        (("companies", "risk", "Nvidia", "--as-of", "0001-01-01T00:00:00+14:00"), "1900 to 2200"),
        (("companies", "risk", "Nvidia", "--memo", "x.doc"), "must end in"),
        (("companies", "import", "x.csv", "--format", "xls"), "--format is one of"),
        (("companies", "import", "x.csv"), "cannot read"),
        (("feeds", "add", "ftp://x.example"), "no http or https address"),
        (("feeds", "remove", "none"), "there is no feed"),
        (("db", "hold", "add", "person", "x", "--reason", "y"), "a hold is on one of"),
        (("db", "hold", "release", "7"), "there is no hold 7"),
    ],
)
def test_mistakes_are_told_in_one_line(run: Run, words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_the_database_from_set_up_to_prune(run: Run, news: str, tmp_path: Path) -> None:
    assert "schema" in run("db", "upgrade").output
    run("ingest", news)
    assert "nothing is wrong" in run("db", "check").output
    assert "wrote 2 articles" in run("db", "export", "out.jsonl").output
    exported = (tmp_path / "out.jsonl").read_text().splitlines()
    assert run("db", "export").output.splitlines() == exported
    again = run("ingest", "out.jsonl", RISKSCORE_DATABASE_URL=f"sqlite:///{tmp_path / 'copy.db'}")
    assert "2 articles added" in again.output
    assert "0 of 2 articles scored again" in run("db", "rescore").output
    assert "no retention is set" in run("db", "prune").output
    assert (
        "hold 1 keeps company nvidia" in run("db", "hold", "add", "company", "nvidia", "--reason", "x").output
    )
    assert "in force" in run("db", "hold", "list").output
    kept = run("db", "prune", RISKSCORE_RETENTION_RECORD_DAYS="1", RISKSCORE_RETENTION_TEXT_DAYS="1")
    assert "deleted: 0 articles" in kept.output
    assert "released hold 1" in run("db", "hold", "release", "1").output


def test_companies_are_imported_and_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "name,country,parent\nGreenfield Group,DE,\nNvidia,US,Greenfield Group\nX,XXX,\n"
    )
    result = run("companies", "import", "own.csv")
    assert result.exit_code == 1
    assert "own.csv, row 4: 'XXX' is no country code" in result.output
    assert "1 companies added, 1 bound to companies we know, 1 rows at fault" in result.output
    answer = json.loads(run("companies", "risk", "Greenfield Group", "--json").output)
    assert answer["subsidiaries"][0][-1]["name"] == "Nvidia"


def test_feeds_from_adding_to_running(run: Run, tmp_path: Path) -> None:
    assert "no feeds" in run("feeds", "list").output
    folder = tmp_path / "drop"
    folder.mkdir()
    assert "added" in run("feeds", "add", str(folder), "--name", "Drop").output
    (tmp_path / "feeds.opml").write_text(
        '<opml><body><outline xmlUrl="http://127.0.0.1:9/rss" text="Wire"/><outline xmlUrl="ftp://x"/></body></opml>'
    )
    imported = run("feeds", "import", "feeds.opml")
    assert imported.exit_code == 1
    assert "1 feeds added, 1 refused" in imported.output
    ran = run("feeds", "run", "--once")
    assert ran.exit_code == 1
    assert "drop: 0 added" in ran.output
    assert "not a public address" in ran.output
    listed = run("feeds", "list").output
    assert "Wire: http://127.0.0.1:9/rss" in listed
    assert "removed" in run("feeds", "remove", "http://127.0.0.1:9/rss").output
