"""One application for the tests of the API, on the assessor that `make_assessor` gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from fastapi.testclient import TestClient

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import Settings, load_settings
from tests.api.fake import FakeAssessor


def make_assessor() -> Assessor:
    """The assessor that API and command-line tests score with."""
    return cast(Assessor, FakeAssessor())


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    return make_assessor()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    path = tmp_path_factory.mktemp("store") / "news.db"
    return load_settings(database_url=f"sqlite:///{path}")


@pytest.fixture(scope="session")
def client(settings: Settings, assessor: Assessor) -> Iterator[TestClient]:
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        yield client
