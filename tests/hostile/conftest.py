"""One running server on each database for all hostile requests, with something in it to steal or break."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy
import uvicorn

from riskscore.api.app import create_app
from riskscore.api.connections import server_options
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store import connect
from riskscore.store.schema import upgrade
from tests.api.test_score import TEXT
from tests.store.conftest import postgres_url

__all__ = ["postgres_url"]


@dataclass(frozen=True)
class Target:
    """A server to attack."""

    address: tuple[str, int]
    database: str
    database_url: str

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def hostile_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    """Name and URL of an empty database; that of PostgreSQL goes with its server."""
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("hostile")
        return "sqlite", f"sqlite:///{folder / 'riskscore.db'}"
    server_url = request.getfixturevalue("postgres_url")
    name = f"hostile_{uuid.uuid4().hex}"
    engine = connect(server_url).engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = sqlalchemy.make_url(server_url).set(database=name).render_as_string(hide_password=False)
    return "postgresql", url


@pytest.fixture(scope="session")
def target(hostile_database: tuple[str, str]) -> Iterator[Target]:
    """The server, as `riskscore serve` runs it, with an article, a watchlist, a watch and an endpoint."""
    database, database_url = hostile_database
    store = connect(database_url)
    upgrade(store)
    store.close()
    settings = load_settings(database_url=database_url, keep_alive_timeout_s=1, header_timeout_s=2)
    app = create_app(settings, Assessor.load())
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, **server_options(settings))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    target = Target(listener.getsockname()[:2], database, database_url)
    watch = {"name": "Everything", "rule": {"minimum_score": 1}}
    hook = {"name": "Desk", "channel": "webhook", "target": "https://hooks.example.com/risk"}
    article = {"title": "Chips", "text": TEXT, "published_at": datetime.now(UTC).isoformat()}
    with httpx.Client(base_url=target.url, timeout=30) as client:
        for method, path, body in (
            ("PUT", "/v1/watchlists/holdings", {"name": "Holdings", "companies": ["nvidia"]}),
            ("POST", "/v1/endpoints", hook),
            ("POST", "/v1/subscriptions", watch),
            ("POST", "/v1/articles", article),
        ):
            client.request(method, path, json=body).raise_for_status()
        assert client.get("/v1/alerts").json()["alerts"]
    yield target
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()
