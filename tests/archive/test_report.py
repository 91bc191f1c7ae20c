"""The report is one page that stands alone, and says what the archive says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskscore.archive import score_archive
from riskscore.archive.report import write_report
from riskscore.assess import Assessor
from riskscore.errors import ArchiveError
from tests.archive.conftest import articles, read_jsonl, write_jsonl


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, small_assessor: Assessor) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    rows = articles(48)
    rows[1]["title"] = '<script>alert(1)</script> "quoted" & sold for $5 and $6'
    rows[1]["url"] = "javascript:alert(1)"
    rows[2]["published_at"] = None
    source = write_jsonl(folder / "in.jsonl", rows)
    for name in ("out.jsonl", "out.csv", "out.parquet", "out.jsonl.gz"):
        score_archive(str(source), folder / name, processes=1, assessor=small_assessor)
    return folder


def _page(folder: Path, name: str) -> str:
    write_report(folder / name, folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def test_every_format_gives_the_same_page(folder: Path) -> None:
    pages = {_page(folder, name).replace(name, "NAME") for name in ("out.jsonl", "out.csv", "out.parquet")}
    assert len(pages) == 1


def test_the_page_needs_nothing_else(folder: Path) -> None:
    page = _page(folder, "out.jsonl")
    assert len(page) < 300_000
    assert "<script" not in page
    assert not re.search(r"""(?:src|xlink:href|href)=["'](?!#|https://news\.example)""", page)
    assert not re.search(r"@import|url\((?!#)", page)
    assert page.count("<svg ") >= 3


def test_what_strangers_wrote_is_text(folder: Path) -> None:
    page = _page(folder, "out.jsonl")
    assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)", "", page)
    assert "javascript:" not in page


def test_the_page_says_what_the_rows_say(folder: Path) -> None:
    page = _page(folder, "out.jsonl")
    rows = read_jsonl(folder / "out.jsonl")
    assert f"{len(rows)} articles scored" in page
    best = max(rows, key=lambda row: row["score"])
    assert f"<td class=number>{best['score']:.0f}</td>" in page
    assert "2025-01 to 2025-12" in page
    assert "1 articles without a date" in page
    levels = [sum(row["chips_severity"] == level for row in rows) for level in range(4)]
    cells = "".join(f"<td class=number>{count}</td>" for count in levels)
    assert f"<tr><td>Chips</td>{cells}</tr>" in page


def test_what_is_no_finished_output_is_refused(tmp_path: Path) -> None:
    (tmp_path / "half.jsonl.partial").mkdir()
    with pytest.raises(ArchiveError, match="not finished yet"):
        write_report(tmp_path / "half.jsonl", tmp_path / "page.html")
    write_jsonl(tmp_path / "other.jsonl", [{"title": "x"}])
    with pytest.raises(ArchiveError, match="was not written by"):
        write_report(tmp_path / "other.jsonl", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
