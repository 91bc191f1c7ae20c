"""The `riskscore` command, as a person or a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from riskscore import __version__
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.cli import app
from riskscore.examples import example_request
from riskscore.settings import load_settings, settings_markdown
from tests.api.conftest import make_assessor
from tests.api.test_score import TEXT, TITLE


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return make_assessor()


@pytest.fixture
def run(assessor: Assessor) -> Any:
    def run(*words: str, stdin: str | bytes | None = None, columns: int = 160) -> Result:
        return CliRunner().invoke(
            app, words, input=stdin, obj=assessor, env={"COLUMNS": str(columns), "NO_COLOR": "1"}
        )

    return run


@pytest.fixture(scope="module")
def client(assessor: Assessor) -> TestClient:
    return TestClient(create_app(load_settings(), assessor), base_url="http://localhost")


def test_json_is_byte_for_byte_what_the_api_answers(run: Any, client: TestClient, tmp_path: Path) -> None:
    assert run("score", "--example", "--json").stdout_bytes.rstrip(b"\n") == (
        client.post("/v1/score", json=example_request()).content
    )
    request = {"title": TITLE, "text": TEXT, "options": {"contributions": 1, "evidence": 1}}
    (tmp_path / "request.json").write_text(json.dumps(request))
    answered = run("score", str(tmp_path / "request.json"), "--json").stdout_bytes
    assert answered.rstrip(b"\n") == client.post("/v1/score", json=request).content


@pytest.mark.parametrize("options", [None, 5, []])
def test_options_that_are_no_object_are_refused_by_name(run: Any, tmp_path: Path, options: object) -> None:
    (tmp_path / "request.json").write_text(json.dumps({"title": TITLE, "text": TEXT, "options": options}))
    answered = run("score", str(tmp_path / "request.json"), "--verify")
    assert answered.exit_code == 2
    assert "error: options" in answered.stderr


@pytest.mark.parametrize("way", ["file", "stdin", "--text", "words"])
def test_a_text_comes_in_many_ways(run: Any, client: TestClient, tmp_path: Path, way: str) -> None:
    file = tmp_path / "news item.txt"
    file.write_text(TEXT, encoding="utf-8")
    words, stdin = {
        "file": ([str(file)], None),
        "stdin": (["-"], TEXT),
        "--text": (["--text", TEXT], None),
        "words": ([TEXT], None),
    }[way]
    result = run("score", *words, "--title", TITLE, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == client.post("/v1/score", json={"title": TITLE, "text": TEXT}).json()


def test_html_is_told_by_its_name_or_by_the_option(run: Any, tmp_path: Path) -> None:
    html = f"<html><body><p>{TEXT}</p><p>{TEXT}</p></body></html>"
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    for result in (
        run("score", str(tmp_path / "page.html"), "--json"),
        run("score", "-", "--html", "--json", stdin=html),
    ):
        evidence = json.loads(result.stdout)["regimes"]["chips"]["evidence"]
        assert {sentence["field"] for sentence in evidence} == {"html"}


def test_the_view_says_what_a_reader_needs(run: Any, client: TestClient) -> None:
    shown = run("score", "--example").stdout
    answer = client.post("/v1/score", json=example_request()).json()
    assert f"Score {answer['score']:.0f} of 100" in shown
    assert example_request()["title"] in shown
    for name, regime in answer["regimes"].items():
        assert name in shown
        assert f"{regime['probability']:.2f} (threshold {regime['threshold']:.2f})" in shown
        if regime["evidence"]:
            assert f"[{name}]" in shown  # the sentence is marked without colour too
    flagged = [regime for regime in answer["regimes"].values() if regime["flagged"]]
    assert flagged
    for regime in flagged:
        assert f"{regime['decision_value']:+.2f}" in shown
    for company in answer["companies"]:
        assert company["name"] in shown
    assert "exposed" in shown
    assert answer["model_version"] in shown


def test_the_evidence_is_tested_when_asked(run: Any, client: TestClient) -> None:
    shown = run("score", "--example", "--verify").stdout
    assert "Test of the evidence" in shown
    assert "Test of the evidence" not in run("score", "--example").stdout
    request = example_request()
    request["options"] = {**request.get("options", {}), "verify": True}
    answered = run("score", "--example", "--verify", "--json").stdout_bytes
    assert answered.rstrip(b"\n") == client.post("/v1/score", json=request).content


def test_the_view_of_an_abstention_gives_the_reason(run: Any) -> None:
    result = run("score", "--text", "Chips.")
    assert result.exit_code == 0
    assert "Not scored" in result.stdout


def test_nothing_in_a_text_steers_the_terminal(run: Any) -> None:
    hostile = TEXT.replace("Monday", "Monday\x1b[2J\x1b]0;owned\x07 [bold red]\u202e[/link]")
    shown = run("score", "--text", hostile, "--title", f"\x1b[31m{TITLE}").stdout
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "[bold red]" in shown


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_view_fits_any_terminal(run: Any, columns: int) -> None:
    result = run("score", "--example", columns=columns)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= columns


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        (["score"], None, "--example"),
        (["score", "-", "--example"], "x", "one of"),
        (["score", "missing.txt"], None, "missing.txt"),
        (["score", "."], None, "cannot read"),
        (["score", "-"], b"\xff\xfe", "not UTF-8"),
        (["score", "--text", TEXT, "--published-at", "soon"], None, "published_at: must be an ISO 8601"),
        (["score", "--text", TEXT, "--url", "ftp://x"], None, "url: "),
        (["score", "--text", "x" * 600_000], None, "max_text_chars"),
        (["model", "capacity", "--items-per-week", "9", "--reviews-per-week", "0"], None, "reviews must be"),
        (["score", "--text", TEXT, "--base-rate", "2"], None, "base_rate"),
        (["serve", "--host", "0.0.0.0"], None, "--insecure-no-keys"),
        (["serve", "--port", "70000"], None, "RISKSCORE_PORT"),
    ],
)
def test_mistakes_end_with_code_2_and_a_word(
    run: Any, words: list[str], stdin: str | bytes | None, told: str
) -> None:
    result = run(*words, stdin=stdin)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("error: ")
    assert told in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "one object"),
        ("{", "line 1"),
        ('{"text": "x", "colour": 1}', "colour"),
        ('{"text": "a\\ud800"}', "surrogate"),
    ],
)
def test_a_bad_request_file_is_told(run: Any, tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "request.json").write_text(content)
    result = run("score", str(tmp_path / "request.json"))
    assert result.exit_code == 2
    assert told in result.stderr


def test_companies_search(run: Any) -> None:
    assert "NASDAQ:NVDA" in run("companies", "search", "nvidia").stdout
    nothing = run("companies", "search", "zzzzqqqq")
    assert nothing.exit_code == 1
    assert "no company" in nothing.stdout


def test_the_model_in_short_and_its_card(run: Any, assessor: Assessor) -> None:
    shown = run("model").stdout
    assert assessor.model.version in shown
    assert "0.50" in shown  # thresholds
    assert "20.0%" in shown  # positives in training
    assert run("model", "--card").stdout == assessor.model.card


def test_thresholds_by_review_capacity(run: Any) -> None:
    words = ["model", "capacity", "--items-per-week", "10000", "--reviews-per-week"]
    row = next(line for line in run(*words, "300").stdout.splitlines() if line.startswith("chips"))
    # 200 of 10,000 are positive: at 0.5, 180 found, 98 false alarms.
    assert row.split() == ["chips", "0.50", "278.0", "65%", "180.0", "20.0", "90%"]
    assert "More than you can read" in run(*words, "50").stdout
    assert "More than you can read" not in run(*words, "50", "--base-rate", "0.001").stdout


def test_instruments_by_regime(run: Any, assessor: Assessor) -> None:
    shown = run("instruments", "--regime", "outbound_investment").stdout
    assert "outbound_investment" in shown
    assert "cloud_data" not in shown
    assert "unverified" in shown
    assert run("instruments", "--regime", "tariffs").exit_code == 2


def test_version_and_settings(run: Any) -> None:
    assert run("version").stdout.strip() == __version__
    assert run("settings", "--markdown").stdout == settings_markdown()
    assert "RISKSCORE_MAX_BODY_BYTES" in run("settings").stdout


def test_help_imports_nothing_heavy() -> None:
    heavy = {"numpy", "fastapi", "pydantic", "uvicorn", "trafilatura"}
    code = f"import sys, riskscore.cli; print(*({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""
