"""`riskscore mcp` as assistants start it: a process of its own, spoken to over its standard streams."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from riskscore.store import open_store
from riskscore.store.ledger import LedgerFilter, list_entries
from tests.mcp.conftest import ORDER, TEXT, answer_of, asked, asker, refusal_of

RISKSCORE = str(Path(sys.executable).parent / "riskscore")


def test_an_assistant_asks_over_standard_streams(database: str, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+", encoding="utf-8") as log:
        process = StdioServerParameters(
            command=RISKSCORE, args=["mcp"], env={"RISKSCORE_DATABASE_URL": database}, cwd=tmp_path
        )
        with asked(Client(stdio_client(process, errlog=log))) as (client, portal):
            ask = asker(client, portal)
            assert client.server_info.name == "riskscore"
            assert len(portal.call(client.list_tools).tools) == 7
            risk = answer_of(ask("company_risk", company="nvda"))
            assert risk["company"]["company_id"] == "nvidia"
            assert ORDER in risk["evidence"][0]["quoted_title"]
            score = answer_of(ask("score_text", text=TEXT))
            assert score["regimes"][0]["flagged"] is True
            assert score["provenance"]["model_version"] != "0.0-fake"  # the model that ships
            assert "zzzzqq" in refusal_of(ask("company_risk", company="zzzzqq"))
            (card,) = portal.call(client.read_resource, "riskscore://model/card").contents
            assert card.text.startswith("# Model card")
        log.seek(0)
        written = log.read()
    assert "Traceback" not in written
    assert "zzzzqq" not in written
    assert ORDER not in written
    assert [path.name for path in tmp_path.iterdir()] == ["log"]  # no database where it was started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_the_ledger_written(database: str, number: signal.Signals) -> None:
    code = (
        "from riskscore.cli import app; from tests.api.conftest import make_assessor; "
        "app(['mcp'], obj=make_assessor())"  # loads no model
    )
    question = {"name": "company_risk", "arguments": {"company": "amd"}}
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    messages: list[dict[str, object]] = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": question},
    ]
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={"RISKSCORE_DATABASE_URL": database, "RISKSCORE_AUDIT_INTERVAL_S": "60"},
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        assert json.loads(process.stdout.readline())["result"]["isError"] is False
        process.send_signal(number)
        assert process.wait(10) == 128 + number
    store = open_store(database)
    with store.read() as connection:
        (last,) = list_entries(connection, LedgerFilter(), 1)
    store.close()
    assert (last.entry.action, last.entry.subject) == ("company.risk", "amd")


def test_without_a_database_it_says_so_and_makes_none(tmp_path: Path) -> None:
    done = subprocess.run(
        [RISKSCORE, "mcp"], cwd=tmp_path, capture_output=True, text=True, check=False, input=""
    )
    assert done.returncode == 2
    assert "there is no database" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_what_to_install(database: str) -> None:
    code = "import sys; sys.modules['mcp'] = None; from riskscore.cli import app; app(['mcp'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"RISKSCORE_DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "pip install 'riskscore[mcp]'" in done.stderr
