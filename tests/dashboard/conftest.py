"""An application with pages, on a store of its own with some news and watches in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store import open_store
from riskscore.store.alerts import AlertFilter, list_alerts
from tests.browser.news import articles, fill, now


@pytest.fixture(scope="session")
def real_assessor() -> Assessor:
    """With the model in force: alerts need scores as they are."""
    return Assessor.load()


class Desk:
    """Pages of an application, and ids of what is in its store."""

    def __init__(self, folder: Path, assessor: Assessor, **overrides: Any) -> None:
        self.url = f"sqlite:///{folder / 'desk.db'}"
        store = open_store(self.url)
        fill(store, assessor, articles(90, now(), days=20), now())
        with store.read() as connection:
            self.alert = list_alerts(connection, AlertFilter(), 1)[0]
        store.close()
        self.settings = load_settings(database_url=self.url, **overrides)
        self.app = create_app(self.settings, assessor)
        self.client = TestClient(self.app, base_url="http://localhost", follow_redirects=False)

    @property
    def paths(self) -> dict[str, str]:
        """An address of each page that shows something of the store."""
        return {
            "overview": "/",
            "companies": "/companies",
            "company": f"/companies/{self.alert.company_id}",
            "article": f"/articles/{self.alert.article_id}",
            "story": f"/stories/{self.alert.story_id}",
            "score": "/score",
            "alerts": "/alerts",
            "alert": f"/alerts/{self.alert.alert_id}",
            "review": "/review",
            "correction": f"/review/{self.alert.article_id}",
            "watches": "/subscriptions",
            "deliveries": "/deliveries",
            "delivery": "/deliveries/1",
            "rule book": "/instruments",
            "rule": "/instruments/ear-3a090",
        }


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, real_assessor: Assessor) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"), real_assessor)
    with desk.client:
        yield desk
