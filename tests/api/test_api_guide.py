"""docs/api.md against the application: every path, status, limit and request of the guide is real."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from riskscore.api.problems import KINDS
from riskscore.settings import Settings

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_path_is_in_the_guide(client: TestClient) -> None:
    for path in client.get("/openapi.json").json()["paths"]:
        assert re.sub(r"\{\w+\}", "{id}", path) in GUIDE


def test_every_kind_of_problem_is_in_the_guide() -> None:
    for kind in KINDS:
        assert f"| {kind.status} | `{kind.slug}` |" in GUIDE


@pytest.mark.parametrize(
    "name", ["max_body_bytes", "max_items", "max_text_chars", "max_html_chars", "request_timeout_s"]
)
def test_every_limit_is_in_the_guide_with_its_default(name: str) -> None:
    default = Settings.model_fields[name].default
    row = next(line for line in GUIDE.splitlines() if f"`RISKSCORE_{name.upper()}`" in line)
    assert f" {default:,g} " in row or f" {default:,} " in row


def test_every_curl_command_works(client: TestClient) -> None:
    command = r"curl -s '?http://127\.0\.0\.1:8000(\S+?)'?(?: -H '(\S+): (\S+)' -d '(.*?)')?\n"
    commands = re.findall(command, GUIDE, re.S)
    assert len(commands) == 12
    for path, header, value, body in commands:
        if body:
            json.loads(body)
            response = client.post(path, content=body.encode(), headers={header: value})
        else:
            response = client.get(path)
        assert response.status_code in {200, 202}, path


def test_the_example_problem_is_what_the_server_says(client: TestClient) -> None:
    example = json.loads(re.findall(r"```json\n(\{\n  \"type\".*?)```", GUIDE, re.S)[0])
    answer = client.post("/v1/score", json={"text": "x", "options": {"evidenc": 1}}).json()
    assert answer | {"request_id": ""} == example | {"request_id": ""}
