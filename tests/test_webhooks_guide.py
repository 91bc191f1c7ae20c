"""docs/webhooks.md: its receiver runs, verifies what a worker sends, and its commands and tables are real."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import anyio
import pytest
from typer.testing import CliRunner

from riskscore.alerts.channels import CHANNELS
from riskscore.alerts.events import EventType
from riskscore.alerts.rules import Rule
from riskscore.cli import app
from riskscore.commands.worker import make_worker
from riskscore.service import Newsroom
from riskscore.settings import Settings, load_settings
from riskscore.store import open_store
from tests.store.scripted import ScriptedAssessor, subscribe, tell

GUIDE = (Path(__file__).parents[1] / "docs" / "webhooks.md").read_text(encoding="utf-8")
(RECEIVER,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)


def test_the_receiver_has_fifteen_lines() -> None:
    assert len([line for line in RECEIVER.splitlines() if line.strip()]) <= 15


def test_the_receiver_verifies_what_a_worker_sends(tmp_path: Path) -> None:
    secret = "whsec_" + "c2VjcmV0" * 4
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "receiver.py").write_text(RECEIVER)
    command = [sys.executable, str(tmp_path / "receiver.py"), secret, str(port)]
    receiver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        _wait_for(port)
        settings = load_settings(
            database_url=f"sqlite:///{tmp_path / 'news.db'}", delivery_allowed_networks="127.0.0.1/32"
        )
        store = open_store(settings.database_url)
        newsroom = Newsroom(ScriptedAssessor(), store)
        target = f"http://127.0.0.1:{port}/"
        subscribe(store, newsroom.clock(), target=target, secret=secret)
        subscribe(store, newsroom.clock(), target=target)  # with a secret that the receiver has not
        tell(newsroom, "stage=proposed")
        tell(newsroom, "stage=adopted")
        worker = make_worker(settings, store)
        anyio.run(lambda: worker.run(anyio.Event(), once=True))
        assert worker.delivered == 2
        store.close()
    finally:
        receiver.terminate()
    assert receiver.stdout is not None
    lines = [line.split() for line in receiver.stdout.read().splitlines()]
    assert [(kind, sequence) for kind, _, sequence in lines] == [
        ("alert.opened", "1"),
        ("alert.changed", "2"),
    ]


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the receiver does not start")


@pytest.mark.parametrize("name", [*Rule.model_fields, *get_args(EventType), *CHANNELS])
def test_every_field_event_and_channel_is_in_the_guide(name: str) -> None:
    assert f"`{name}`" in GUIDE


def test_every_setting_that_the_guide_names_is_one() -> None:
    named = re.findall(r"RISKSCORE_([A-Z_]+)", GUIDE)
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_command_of_the_guide_is_one() -> None:
    commands = re.findall(r"riskscore ((?:alerts|worker)[a-z ]*[a-z])", GUIDE)
    assert len(commands) >= 8
    for command in commands:
        result = CliRunner().invoke(app, [*command.split(), "--help"])
        assert result.exit_code == 0, command
