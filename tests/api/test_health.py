"""Readiness that means it: each thing that is amiss is named, and alive is another question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store import connect
from riskscore.store.schema import downgrade, upgrade
from tests.api.problems import assert_problem


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "data").mkdir()
    return f"sqlite:///{tmp_path / 'data' / 'news.db'}"


@pytest.fixture
def client(url: str, assessor: Assessor) -> Iterator[TestClient]:
    settings = load_settings(database_url=url)
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("path", ["/health/ready", "/readyz"])
def test_ready_when_all_is_well(client: TestClient, path: str, assessor: Assessor) -> None:
    assert client.get(path).json() == {
        "status": "ready",
        "model_version": assessor.model.version,
        "knowledge_hash": assessor.knowledge.hash,
    }


def test_not_ready_with_an_old_schema_until_it_is_upgraded(client: TestClient, url: str) -> None:
    assert client.get("/health/ready").status_code == 200
    store = connect(url)
    downgrade(store, "0003")
    problem = assert_problem(client.get("/health/ready"), 503, "database")
    assert problem["type"].endswith(":not-ready")
    assert "riskscore db upgrade" in problem["detail"]
    assert client.get("/health/live").json() == {"status": "alive"}
    upgrade(store)
    store.close()
    assert client.get("/health/ready").status_code == 200


def test_not_ready_without_a_database(tmp_path: Path, assessor: Assessor) -> None:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'none' / 'news.db'}")
    client = TestClient(create_app(settings, assessor), base_url="http://localhost")
    assert_problem(client.get("/health/ready"), 503, "database")
    assert client.get("/health/live").status_code == 200


def test_not_ready_while_a_postgresql_does_not_answer(assessor: Assessor) -> None:
    settings = load_settings(database_url="postgresql://nobody:secret@127.0.0.1:1/none")
    client = TestClient(create_app(settings, assessor), base_url="http://localhost")
    problem = assert_problem(client.get("/health/ready"), 503, "database")
    assert "secret" not in str(problem)


def test_not_ready_without_room(url: str, assessor: Assessor) -> None:
    settings = load_settings(database_url=url, ready_free_bytes=1_099_511_627_776)
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        problem = assert_problem(client.get("/health/ready"), 503, "disk")
    assert "ready_free_bytes" in problem["detail"]


def test_not_ready_while_nobody_knows_which_model_is_in_force(small_model_dir: Path) -> None:
    settings = load_settings(
        database_url="postgresql://nobody@127.0.0.1:1/none", model_dir=small_model_dir, audit=False
    )
    client = TestClient(create_app(settings), base_url="http://localhost")
    problem = assert_problem(client.get("/health/ready"), 503, "model")
    assert {fault["field"] for fault in problem["errors"]} == {"model", "database"}
    assert client.get("/health/live").status_code == 200
