"""`riskscore alerts` and `riskscore worker` in a terminal, from an endpoint to an export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskscore.cli import app
from riskscore.service import Newsroom
from riskscore.store import open_store
from tests.store.scripted import ScriptedAssessor, tell


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'news.db'}"
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", url)
    return url


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["alerts", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_from_an_endpoint_to_an_export(database: str, tmp_path: Path) -> None:
    added = run("endpoints", "add", "Desk", "https://hooks.example.com/").split()
    endpoint, secret = added[0], added[-1]
    assert secret.startswith("whsec_")
    assert endpoint in run("endpoints", "list")
    run("watchlists", "set", "holdings", "nvidia", "amd")
    assert "2 companies" in run("watchlists", "list")
    rule = tmp_path / "rule.json"
    rule.write_text(json.dumps({"watchlist_id": "holdings", "minimum_severity": 1}))
    subscription = run("subscriptions", "add", "All", "--endpoint", endpoint, "--rule", f"@{rule}").strip()
    assert subscription in run("subscriptions", "list")
    store = open_store(database)
    tell(Newsroom(ScriptedAssessor(), store))
    store.close()
    assert "1 alerts on 1 companies" in run("subscriptions", "preview", "--capacity", "3")
    assert json.loads(run("subscriptions", "preview", "--json"))["alerts"] == 1
    alert = next(word for word in run("list").split() if word.startswith("al_"))
    run("decide", alert, "dismiss", "--reason", "no business", "--user", "ann")
    assert "no alerts" in run("list", "--status", "open")
    run("export", str(tmp_path / "out.csv"))
    assert "no business" in (tmp_path / "out.csv").read_text()
    run("export", str(tmp_path / "out.json"))
    (exported,) = json.loads((tmp_path / "out.json").read_text())
    assert exported["dispositions"][0]["user"] == "ann"
    run("endpoints", "test", endpoint)
    assert "endpoint.test" in run("deliveries", "list")
    assert "0 deliveries queued" in run("deliveries", "replay", "--endpoint", endpoint)
    run("endpoints", "disable", endpoint)
    assert "disabled by" in run("endpoints", "list")
    assert "2 events wait" in run("endpoints", "enable", endpoint)
    assert secret not in run("endpoints", "secret", endpoint)
    run("subscriptions", "remove", subscription)
    run("endpoints", "remove", endpoint)
    assert "no endpoints" in run("endpoints", "list")


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--status", "lost"),
        ("decide", "al_none", "dismiss", "--reason", "x", "--user", "y"),
        ("decide", "al_none", "ignore", "--reason", "x", "--user", "y"),
        ("endpoints", "add", "x", "https://127.1/"),
        ("endpoints", "add", "x", "https://hooks.example", "--channel", "pager"),
        ("endpoints", "enable", "ep_none"),
        ("subscriptions", "add", "x", "--rule", "{"),
        ("subscriptions", "add", "x", "--rule", '{"minimum_score": 101}'),
        ("subscriptions", "add", "x", "--endpoint", "ep_none"),
        ("subscriptions", "preview", "--rule", "@/nowhere.json"),
        ("deliveries", "replay"),
        ("export", "alerts.xlsx"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(database: str, arguments: tuple[str, ...]) -> None:
    assert "error: " in run(*arguments, code=2)


def test_a_worker_that_could_send_twice_does_not_start(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKSCORE_DELIVERY_LEASE_S", "20")
    result = CliRunner().invoke(app, ["worker", "--once"])
    assert result.exit_code == 2
    assert "RISKSCORE_DELIVERY_LEASE_S" in result.output


def test_a_worker_with_nothing_to_do_stops_when_asked_once(database: str) -> None:
    result = CliRunner().invoke(app, ["worker", "--once"])
    assert result.exit_code == 0, result.output
    assert "0 events delivered" in result.output
