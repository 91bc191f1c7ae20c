"""Importing, finding and removing one's own companies, and searching old news for them, in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.test_commands import Run, news, run

__all__ = ["news", "run"]

OWN = "name,id,aliases,chinese_name,parent\nZorvan Foundry,zor,ZF Chips,佐尔万晶圆,quex\nQuexal,quex,,,\n"
NEWS = {
    "title": "Zorvan Foundry told to stop chip sales",
    "text": "The Commerce Department told Zorvan Foundry to stop selling its newest chip in China. " * 2,
    "published_at": "2026-01-05",
}


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "own.csv").write_text(OWN)
    return "own.csv"


def test_old_news_is_found_after_an_import(run: Run, own: str) -> None:
    assert run("ingest", "-", stdin=json.dumps(NEWS)).exit_code == 0
    imported = run("companies", "import", own)
    assert "2 companies added" in imported.output
    assert "run: riskscore db rescore --mentions-only" in imported.output
    risk = json.loads(run("companies", "risk", "zor", "--json").output)
    assert (risk["coverage"]["articles"], risk["risk"]["score"]) == (0, 0)
    assert any("was not searched for it" in warning for warning in risk["warnings"])
    searched = run("db", "rescore", "--mentions-only")
    assert "1 of 1 articles searched for 2 companies; 1 name others of them than before" in searched.output
    risk = json.loads(run("companies", "risk", "zor", "--json").output)
    assert risk["coverage"]["articles"] == 1
    assert risk["risk"]["score"] > 0
    assert not any("was not searched for it" in warning for warning in risk["warnings"])
    owner = json.loads(run("companies", "risk", "quex", "--json").output)
    assert owner["risk"]["score"] == pytest.approx(risk["risk"]["score"], abs=0.01)
    assert "0 of 1 articles searched" in run("db", "rescore", "--mentions-only").output
    assert "nothing is wrong" in run("db", "check").output


def test_an_import_before_any_news_leaves_nothing_to_do(run: Run, own: str) -> None:
    assert "rescore" not in run("companies", "import", own).output
    assert run("ingest", "-", stdin=json.dumps(NEWS)).exit_code == 0
    risk = json.loads(run("companies", "risk", "zor", "--json").output)
    assert risk["coverage"]["articles"] == 1
    assert not any("was not searched for it" in warning for warning in risk["warnings"])


def test_companies_are_found_with_their_origin_and_removed(run: Run, own: str) -> None:
    run("companies", "import", own)
    for query in ("zorvan", "ZF Chips", "佐尔万晶圆", "zorvna foundry"):
        assert "Zorvan Foundry" in run("companies", "search", query).output
    assert run("companies", "search", "zorvan").output.rstrip().endswith("csv")
    assert run("companies", "search", "Nvidia").output.rstrip().endswith("knowledge")
    assert "1 companies removed" in run("companies", "remove", "zor").output
    refused = run("companies", "remove", "zor")
    assert (refused.exit_code, "no company was imported as 'zor'" in refused.stderr) == (2, True)
    assert run("companies", "search", "佐尔万晶圆").exit_code == 1
    assert "1 companies removed" in run("companies", "remove", "--origin", "csv").output
    assert run("companies", "remove").exit_code == 2


def test_names_that_several_companies_share_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("name,id\nZorvan Inc,a\nZorvan Ltd,b\n")
    assert "1 names are shared by several companies" in run("companies", "import", "two.csv").output


def test_a_score_in_the_terminal_names_them(run: Run, own: str, tmp_path: Path) -> None:
    run("companies", "import", own)
    (tmp_path / "a.txt").write_text(NEWS["text"])
    scored = json.loads(run("score", "a.txt", "--json").output)
    assert [company["company_id"] for company in scored["imported"]["companies"]] == ["zor"]
    assert "Zorvan Foundry" in run("score", "a.txt").output
