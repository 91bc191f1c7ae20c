"""docs/mcp.md: its tools, settings, commands, configuration and figures are real."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from riskscore.cli import app
from riskscore.mcp.quoting import MOST_SENTENCE_CHARS, MOST_TITLE_CHARS
from riskscore.settings import Settings

GUIDE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")


def test_every_tool_and_resource_is_in_the_guide(client: tuple[Any, Any]) -> None:
    connected, portal = client
    for tool in portal.call(connected.list_tools).tools:
        assert re.search(rf"^\| .*`{tool.name}`.* \| ", GUIDE, re.MULTILINE), tool.name
    for resource in portal.call(connected.list_resources).resources:
        assert f"`{resource.uri}`" in GUIDE


def test_commands_settings_and_figures_are_real() -> None:
    for command in sorted(set(re.findall(r"\briskscore ((?:db|keys) [a-z]+|mcp|serve|ingest)", GUIDE))):
        assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0, command
    named = {name.lower() for name in re.findall(r"RISKSCORE_([A-Z_]+)", GUIDE)}
    assert named <= set(Settings.model_fields)
    assert f"at most {MOST_TITLE_CHARS} characters (titles) or {MOST_SENTENCE_CHARS} (sentences)" in GUIDE


def test_the_configuration_starts_the_command() -> None:
    (written,) = re.findall(r"```json\n(.*?)```", GUIDE, re.S)
    (server,) = json.loads(written)["mcpServers"].values()
    assert (server["command"], server["args"]) == ("riskscore", ["mcp"])
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    compile(code, "guide", "exec")
    assert server["env"]["RISKSCORE_DATABASE_URL"] in code
