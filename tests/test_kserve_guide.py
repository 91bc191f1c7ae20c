"""docs/kserve.md: its requests work, its tables are what the server says, its code runs against a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.open_inference.tensors import input_metadata, output_metadata
from riskscore.settings import load_settings
from riskscore.types import REGIMES
from tests.api.conftest import make_assessor
from tests.api.live import served

GUIDE = (Path(__file__).parents[1] / "docs" / "kserve.md").read_text(encoding="utf-8")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'news.db'}")
    return TestClient(create_app(settings, make_assessor()), base_url="http://localhost")


def test_every_request_of_the_guide_works(client: TestClient) -> None:
    command = r"curl -s http://127\.0\.0\.1:8000(\S+)(?: -H '(\S+): (\S+)' -d '(.*?)')?\n"
    commands = re.findall(command, GUIDE, re.S)
    assert len(commands) == 3
    for path, header, value, body in commands:
        if not body:
            assert client.get(path).status_code == 200
            continue
        response = client.post(path, content=body.encode(), headers={header: value})
        assert response.status_code == 200, response.text


def test_tensors_are_those_of_the_guide() -> None:
    for tensor in input_metadata():
        assert f"| `{tensor['name']}` | " in GUIDE
    for tensor in output_metadata():
        shape = ", ".join("n" if size < 0 else str(size) for size in tensor["shape"])
        assert f"| `{tensor['name']}` | {tensor['datatype']} [{shape}] | " in GUIDE
    assert ", ".join(f"`{regime}`" for regime in REGIMES) in GUIDE


def test_the_clients_code_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assessor: Assessor = make_assessor()
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'news.db'}")
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    with served(create_app(settings, assessor)) as address:
        exec(code.replace("127.0.0.1:8000", address), {})
    assert "[[" in capsys.readouterr().out
