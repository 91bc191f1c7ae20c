"""Imported companies over HTTP: found by whatever they are called, and in every article that names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.api import record_schemas
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.imports.records import CompanyRow
from riskscore.imports.save import save_rows
from riskscore.knowledge import load_knowledge
from riskscore.settings import load_settings
from riskscore.store import open_store
from riskscore.wire import schemas

ARTICLE = {
    "title": "Zorvan Foundry told to stop chip sales",
    "text": "The Commerce Department told Zorvan Foundry on Monday to stop selling its newest chip in China. "
    "The order covers each chip of Nvidia too, and takes effect at once.",
    "source": "Wire",
}


@pytest.fixture
def client(tmp_path: Path, assessor: Assessor) -> Iterator[TestClient]:
    url = f"sqlite:///{tmp_path / 'news.db'}"
    store = open_store(url)
    rows = [
        CompanyRow(1, "quex", "Quexal Holdings", names=(("lei", "529900T8BM49AURSDO55"),)),
        CompanyRow(
            2,
            "zor",
            "Zorvan Foundry GmbH",
            "DE",
            "quex",
            (("alias", "ZF Chips"), ("ticker", "ZRV"), ("chinese_name", "佐尔万晶圆")),
        ),
    ]
    save_rows(store, load_knowledge(), rows, "csv", datetime(2026, 1, 1, tzinfo=UTC))
    store.close()
    with TestClient(
        create_app(load_settings(database_url=url), assessor), base_url="http://localhost"
    ) as client:
        yield client


def got(client: TestClient, path: str, schema: type, **query: Any) -> Any:
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    TypeAdapter(schema).validate_json(response.content, strict=True)
    return response.json()


@pytest.mark.parametrize("query", ["zorvan", "ZF chips", "zrv", "佐尔万晶圆", "zorvna foundry"])
def test_they_are_looked_up_with_their_origin(client: TestClient, query: str) -> None:
    found = got(client, "/v1/companies", schemas.CompaniesAnswer, q=query)["companies"][0]
    assert found == got(client, "/v1/companies/zor", schemas.CompanyAnswer)
    assert found == {
        "company_id": "zor",
        "name": "Zorvan Foundry GmbH",
        "aliases": ["ZF Chips"],
        "tickers": ["ZRV"],
        "country": "DE",
        "roles": [],
        "chinese_name": "佐尔万晶圆",
        "origins": ["csv"],
        "leis": [],
        "parent_id": "quex",
    }
    (owner,) = got(client, "/v1/companies", schemas.CompaniesAnswer, q="529900T8BM49AURSDO55")["companies"]
    assert (owner["company_id"], owner["leis"]) == ("quex", ["529900T8BM49AURSDO55"])
    known = got(client, "/v1/companies", schemas.CompaniesAnswer, q="Nvidia", limit=1)["companies"]
    assert known[0]["origins"] == ["knowledge"]


def test_a_stored_article_names_them_and_says_with_which_list(client: TestClient) -> None:
    stored = client.post("/v1/articles", json=ARTICLE).json()
    assert stored["imported"] == ["zor"]
    assert "imported" not in stored["assessment"]
    shown = got(client, f"/v1/articles/{stored['article_id']}", record_schemas.ArticleAnswer)
    assert shown["companies"] == ["nvidia", "zor"]
    ((search,),) = [one["searches"] for one in shown["assessments"]]
    assert (search["companies"], len(search["portfolio"])) == (2, 64)
    replayed = client.get(f"/v1/assessments/{stored['assessment']['assessment_id']}/replay").json()
    assert replayed["identical"] is True
    risk = client.get("/v1/companies/quex/risk").json()
    assert risk["risk"]["score"] > 0
    assert [one["company_id"] for one in risk["evidence"][0]["path"]] == ["quex", "zor"]
    ranked = client.get("/v1/companies", params={"order": "risk"}).json()["companies"]
    assert {"zor", "nvidia"} <= {one["company_id"] for one in ranked}


def test_bulk_finds_the_same(client: TestClient) -> None:
    lines = "".join(json.dumps({**ARTICLE, "source": f"s{number}"}) + "\n" for number in range(3))
    answer = client.post("/v1/articles/bulk", content=lines, headers={"content-type": "application/x-ndjson"})
    assert [json.loads(line)["created"] for line in answer.text.splitlines()] == [True] * 3
    assert client.get("/v1/companies/zor/risk").json()["coverage"]["articles"] == 3


def test_a_score_that_is_not_kept_names_them_beside_the_rest(client: TestClient) -> None:
    answer = client.post("/v1/score", json=ARTICLE)
    TypeAdapter(schemas.AssessmentAnswer).validate_json(answer.content, strict=True)
    imported = answer.json()["imported"]
    assert [company["company_id"] for company in imported["companies"]] == ["zor"]
    company = imported["companies"][0]
    (title,) = company["title_spans"]
    assert ARTICLE["title"][slice(*title)] == "Zorvan Foundry"
    (body,) = company["spans"]
    assert ARTICLE["text"][slice(*body)] == "Zorvan Foundry"
    batch = client.post("/v1/score/batch", json={"items": [ARTICLE]}).json()["results"][0]["assessment"]
    assert batch["imported"] == imported


def test_without_imports_nothing_is_added(tmp_path: Path, assessor: Assessor) -> None:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'other.db'}")
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        assert "imported" not in client.post("/v1/score", json=ARTICLE).json()
        assert client.post("/v1/articles", json=ARTICLE).json()["imported"] == []
