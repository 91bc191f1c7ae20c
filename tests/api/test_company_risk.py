"""Company risk over HTTP: the answer, its past, its course, its rank, and the file note."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.api.app import create_app
from riskscore.api.cursors import encode_cursor
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store.companies import CompanyRecord, save_companies
from riskscore.store.lists import Membership, save_memberships
from riskscore.wire import risk_schemas
from tests.api.problems import assert_problem

NOW = datetime.now(UTC)


def article(title: str, topic: str, days_ago: float, source: str = "Wire") -> dict[str, Any]:
    text = f"{title}. The {topic} rule takes effect, and each {topic} of the firm falls under it. " * 2
    published = (NOW - timedelta(days=days_ago)).isoformat()
    return {"title": title, "text": text, "source": source, "published_at": published}


NEWS = [
    article("Nvidia told to stop chip sales <b>now</b>", "chip", 5),
    article("Nvidia told to stop chip sales <b>now</b>", "chip", 4, "Herald"),
    article("Nvidia told to stop chip sales <b>now</b>", "chip", 3, "Post"),
    article("Nvidia fears second round", "chip", 50),
    article("Microsoft moves data abroad", "data", 100),
    article("Huawei opens a bakery", "cake", 10),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, assessor: Assessor) -> Iterator[TestClient]:
    path: Path = tmp_path_factory.mktemp("risk") / "news.db"
    with TestClient(
        create_app(load_settings(database_url=f"sqlite:///{path}"), assessor), base_url="http://localhost"
    ) as client:
        for item in NEWS:
            assert client.post("/v1/articles", json=item).status_code == 202
        records = client.app.state.records  # type: ignore[attr-defined]
        with records.store.write() as connection:
            child = CompanyRecord("greenfield-chips", "Greenfield Chips", "US", "nvidia", "csv")
            parent = CompanyRecord("microsoft", "Microsoft", "US", "greenfield-chips", "csv")
            save_companies(connection, [child, parent], NOW)
            listed = Membership(
                "Entity List", "1", "huawei", "Huawei Co", "2019-05-21", "https://x.example", NOW
            )
            save_memberships(connection, [listed])
        yield client


def risk(client: TestClient, company_id: str, **query: Any) -> dict[str, Any]:
    response = client.get(f"/v1/companies/{company_id}/risk", params=query)
    assert response.status_code == 200, response.text
    TypeAdapter(risk_schemas.CompanyRiskAnswer).validate_json(response.content)
    answer: dict[str, Any] = response.json()
    return answer


def test_risk_is_answered_with_its_reasons(client: TestClient) -> None:
    answer = risk(client, "nvidia", rollup=False)
    assert 0 < answer["risk"]["score"] < 100
    assert answer["regimes"]["chips"]["score"] == answer["risk"]["score"]
    assert answer["regimes"]["cloud_data"]["score"] == 0
    assert answer["risk"]["independent_stories"] == 2
    assert answer["risk"]["latest_measure"]["stage"] == "enforced"
    first, second = answer["evidence"]
    assert (first["copies"], first["sources"], first["source"]) == (3, 3, "Wire")
    assert first["weight"] > second["weight"]
    assert "chip" in first["regimes"]["chips"]["sentences"][0]["text"]
    assert answer["instruments"][0]["stories"] == 2
    assert answer["coverage"]["articles"] == 4
    assert {source["source"] for source in answer["coverage"]["sources"]} == {"Wire", "Herald", "Post"}
    assert "not clearance" in answer["coverage"]["note"]
    assert len(answer["coverage"]["gaps"]) == 1


def test_a_company_without_news_is_not_cleared(client: TestClient) -> None:
    answer = risk(client, "blackrock")
    assert answer["risk"]["score"] == 0
    assert answer["warnings"] == ["no stored article names this company"]
    huawei = risk(client, "huawei")
    assert huawei["risk"]["score"] == 0
    assert huawei["coverage"]["articles"] == 1
    assert huawei["lists"][0]["list_code"] == "Entity List"
    assert_problem(client.get("/v1/companies/none/risk"), 404)


def test_the_news_of_subsidiaries_counts_with_its_path(client: TestClient) -> None:
    alone, whole = risk(client, "nvidia", rollup=False), risk(client, "nvidia")
    assert whole["risk"]["score"] > alone["risk"]["score"]
    assert whole["regimes"]["cloud_data"]["score"] > 0
    assert [[company["company_id"] for company in path] for path in whole["subsidiaries"]] == [
        ["nvidia", "greenfield-chips"],
        ["nvidia", "greenfield-chips", "microsoft"],
    ]
    paths = {tuple(company["name"] for company in story["path"]) for story in whole["evidence"]}
    assert ("Nvidia", "Greenfield Chips", "Microsoft") in paths


def test_questions_narrow_the_answer(client: TestClient) -> None:
    assert list(risk(client, "nvidia", regime="cloud_data")["regimes"]) == ["cloud_data"]
    recent = risk(client, "nvidia", since=(NOW - timedelta(days=20)).isoformat())
    assert recent["risk"]["independent_stories"] == 1
    brief = risk(client, "nvidia", half_life_days=5, rollup=False)
    assert brief["risk"]["score"] < risk(client, "nvidia", rollup=False)["risk"]["score"]
    assert len(risk(client, "nvidia", evidence=1)["evidence"]) == 1


def test_the_past_is_what_was_known_then(client: TestClient) -> None:
    then = (NOW - timedelta(days=1)).isoformat()
    known = risk(client, "nvidia", as_of=then, rollup=False)
    assert known["risk"]["score"] == 0
    assert known["today"]["risk"]["score"] == 0
    assert known["not_known_then"] == 4
    assert "basis=published" in known["warnings"][1]
    published = risk(client, "nvidia", as_of=then, basis="published", rollup=False)
    assert published["risk"]["score"] > 0
    assert published["today"] is None


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("nvidia/risk?as_of=2999-01-01", "as_of"),
        ("nvidia/risk?half_life_days=0", "half_life_days"),
        ("nvidia/risk?regime=tariffs", "regime"),
        ("nvidia/timeline?since=2026-02-01&until=2026-01-01", "since"),
        ("nvidia/timeline?since=1900-01-01", "step_days"),
        ("compare?ids=,", "ids"),
        ("?order=risk&q=x", "q"),
        ("?regime=chips", "regime"),
        ("?order=risk&cursor=zz", "cursor"),
    ],
)
def test_bad_questions_name_the_parameter(client: TestClient, path: str, field: str) -> None:
    slash = "" if path.startswith("?") else "/"
    assert_problem(client.get(f"/v1/companies{slash}{path}"), 422, field)


def test_a_timeline_ends_at_todays_risk(client: TestClient) -> None:
    until = datetime.now(UTC).isoformat()
    query = {"until": until, "step_days": 10, "rollup": False}
    response = client.get("/v1/companies/nvidia/timeline", params=query)
    TypeAdapter(risk_schemas.TimelineAnswer).validate_json(response.content)
    points = response.json()["points"]
    assert points[-1]["overall"] == pytest.approx(
        risk(client, "nvidia", rollup=False)["risk"]["score"], abs=0.01
    )
    assert points[0]["overall"] == 0
    assert sum(point["stories"] for point in points) == 2
    table = client.get("/v1/companies/nvidia/timeline", params=query | {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [float(row["overall"]) for row in rows] == [point["overall"] for point in points]


def test_companies_compared_and_ranked(client: TestClient) -> None:
    compared = client.get("/v1/companies/compare", params={"ids": "huawei,nvidia,microsoft"})
    TypeAdapter(risk_schemas.ComparisonAnswer).validate_json(compared.content)
    assert [one["company_id"] for one in compared.json()["companies"]] == ["nvidia", "microsoft", "huawei"]
    ranked = client.get("/v1/companies", params={"order": "risk"}).json()
    assert [one["company_id"] for one in ranked["companies"]] == ["nvidia", "microsoft"]
    by_regime = client.get("/v1/companies", params={"order": "risk", "regime": "cloud_data"}).json()
    assert [one["company_id"] for one in by_regime["companies"]] == ["microsoft"]
    page = client.get("/v1/companies", params={"order": "risk", "limit": 1}).json()
    rest = client.get(
        "/v1/companies", params={"order": "risk", "limit": 1, "cursor": page["next_cursor"]}
    ).json()
    assert [one["rank"] for one in (*page["companies"], *rest["companies"])] == [1, 2]
    assert rest["next_cursor"] is None
    table = client.get("/v1/companies", params={"order": "risk", "format": "csv"}).text
    assert next(csv.DictReader(io.StringIO(table)))["name"] == "Nvidia"


def test_the_memo_says_the_same_in_every_format(client: TestClient) -> None:
    then = datetime.now(UTC).isoformat()
    answers = {
        form: client.get("/v1/companies/nvidia/memo", params={"format": form, "as_of": then})
        for form in ("md", "html", "pdf")
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    (digest,) = {answer.headers["memo-sha256"] for answer in answers.values()}
    text, page, pdf = (answer.content for answer in answers.values())
    assert pdf.startswith(b"%PDF-")
    for content in (text, page):
        assert digest.encode() in content
        for section in ("Question", "Answer", "Evidence", "Coverage", "Method, model and limits"):
            assert section.encode() in content
        assert b"not clearance" in content
    assert b"<b>now</b>" not in page
    assert b"&lt;b&gt;now" in page
    assert rb"\<b\>now" in text
    assert "default-src 'none'" in answers["html"].headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("nvidia/timeline", "until"),
        ("nvidia/timeline", "since"),
        ("nvidia/risk", "as_of"),
        ("nvidia/risk", "since"),
        ("nvidia/memo", "as_of"),
    ],
)
@pytest.mark.parametrize(
    "written", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00", "1899-12-31"]
)
def test_a_moment_at_the_end_of_the_calendar_is_refused(
    client: TestClient, path: str, name: str, written: str
) -> None:
    response = client.get(f"/v1/companies/{path}", params={name: written})
    problem = assert_problem(response, 422, name)
    assert "1900 to 2200" in problem["detail"]


@pytest.mark.parametrize("place", [("0001-01-01T00:00:00+00:00", 0), ("2026-01-01T00:00:00+00:00", -1)])
def test_a_made_up_place_in_the_ranking_is_refused(client: TestClient, place: tuple[str, int]) -> None:
    response = client.get("/v1/companies", params={"order": "risk", "cursor": encode_cursor(*place)})
    assert_problem(response, 422, "cursor")
