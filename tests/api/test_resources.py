"""The read-only resources: model, regimes, instruments, companies, health."""

from __future__ import annotations

from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.wire import schemas
from tests.api.problems import assert_problem


def get(client: TestClient, path: str, schema: type, **query: Any) -> dict[str, Any]:
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    TypeAdapter(schema).validate_json(response.content, strict=True)
    answer: dict[str, Any] = response.json()
    return answer


def test_model_has_card_metrics_and_thresholds(client: TestClient, assessor: Assessor) -> None:
    answer = get(client, "/v1/model", schemas.ModelAnswer)
    assert answer["version"] == assessor.model.version
    assert answer["card"] == assessor.model.card
    assert answer["metrics"] == assessor.model.manifest["metrics"]
    assert set(answer["thresholds"]) >= {"chips", "cloud_data", "outbound_investment"}
    for curve in answer["operating_points"].values():
        assert curve["training_rate"] == 0.2
        assert curve["points"][1] == {"threshold": 0.5, "recall": 0.9, "false_positive_rate": 0.01}
    assert "metrics" not in answer["manifest"]
    assert "seed" in answer["manifest"]


def test_regimes_explain_every_word_of_an_assessment(client: TestClient) -> None:
    answer = get(client, "/v1/regimes", schemas.RegimesAnswer)
    assert [regime["regime"] for regime in answer["regimes"]] == [
        "chips",
        "cloud_data",
        "outbound_investment",
    ]
    assert [term["name"] for term in answer["severities"]] == ["none", "watch", "material", "acute"]
    assert [term["name"] for term in answer["stages"]] == [
        "signal",
        "proposed",
        "adopted",
        "enforced",
        "eased",
    ]
    assert [term["name"] for term in answer["directions"]] == ["tightening", "easing", "mixed"]


def instruments(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = get(client, "/v1/instruments", schemas.InstrumentsAnswer, **query)
    assert answer["count"] == len(answer["instruments"])
    found: list[dict[str, Any]] = answer["instruments"]
    return found


def test_unverified_citations_are_withheld_and_said_to_be(client: TestClient, assessor: Assessor) -> None:
    listed = instruments(client)
    assert len(listed) == len(assessor.knowledge.instruments)
    assert {instrument["citation_verified"] for instrument in listed} == {True, False}
    for instrument in listed:
        known = assessor.knowledge.instruments[instrument["instrument_id"]]
        if instrument["citation_verified"]:
            assert instrument["citation"] == known.citation
        else:
            assert instrument["citation"] is None
            assert "unverified" in instrument["note"]
            assert known.citation not in str(instrument["note"])


@pytest.mark.parametrize("regime", ["chips", "cloud_data", "outbound_investment"])
def test_instruments_by_regime(client: TestClient, regime: str) -> None:
    found = instruments(client, regime=regime)
    assert found
    assert {instrument["regime"] for instrument in found} == {regime}


def test_instruments_by_status_verification_and_words(client: TestClient) -> None:
    proposed = instruments(client, status="Proposed")
    assert proposed
    assert all(instrument["status"].startswith("proposed") for instrument in proposed)
    unverified = instruments(client, verified=False)
    assert unverified
    assert not any(instrument["verified"] for instrument in unverified)
    assert len(unverified) + len(instruments(client, verified=True)) == len(instruments(client))
    entity_list = instruments(client, q="entity list")
    assert 0 < len(entity_list) < len(instruments(client))
    assert instruments(client, q="entity list", regime="chips", verified=True) == [
        instrument for instrument in entity_list if instrument["regime"] == "chips" and instrument["verified"]
    ]
    assert instruments(client, q="no such words") == []


def test_one_instrument_is_as_in_the_list(client: TestClient) -> None:
    for instrument in instruments(client)[:5]:
        path = f"/v1/instruments/{instrument['instrument_id']}"
        assert get(client, path, schemas.InstrumentAnswer) == instrument


def companies(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = get(client, "/v1/companies", schemas.CompaniesAnswer, **query)
    assert answer["count"] == len(answer["companies"])
    found: list[dict[str, Any]] = answer["companies"]
    return found


@pytest.mark.parametrize("query", ["Nvidia", "nvidia corporation", "NVDA", "英伟达"])
def test_a_company_is_found_by_any_of_its_names(client: TestClient, query: str) -> None:
    assert companies(client, q=query)[0]["name"] == "Nvidia"


def test_companies_without_query_are_listed_by_name(client: TestClient, assessor: Assessor) -> None:
    everyone = companies(client, limit=10_000)
    assert len(everyone) == len(assessor.knowledge.companies)
    names = [company["name"] for company in everyone]
    assert names == sorted(names, key=str.casefold)
    assert companies(client, limit=2) == everyone[:2]


def test_a_query_that_matches_nothing_finds_nothing(client: TestClient) -> None:
    assert companies(client, q="") == []
    assert companies(client, q="zzzzqqqq") == []


def test_one_company_is_as_in_the_list(client: TestClient) -> None:
    found = companies(client, q="Microsoft", limit=1)[0]
    assert get(client, f"/v1/companies/{found['company_id']}", schemas.CompanyAnswer) == found


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/instruments?regime=tariffs", "regime"),
        ("/v1/instruments?verified=perhaps", "verified"),
        ("/v1/instruments?region=eu", "region"),
        ("/v1/instruments?q=" + "x" * 201, "q"),
        ("/v1/companies?limit=0", "limit"),
        ("/v1/companies?limit=10001", "limit"),
        ("/v1/companies?limit=many", "limit"),
        ("/v1/companies?query=x", "query"),
        ("/v1/companies/" + "x" * 250, "company_id"),
        ("/v1/instruments/" + "x" * 250, "instrument_id"),
    ],
)
def test_bad_queries_name_the_parameter(client: TestClient, path: str, field: str) -> None:
    assert_problem(client.get(path), 422, field)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/instruments/none", "/v1/companies/none", "/v1/companies/%00", "/v1/companies/%F0%9F%9A%A8",
        "/v1/instruments/%FF", "/none", "/v1", "/v1/score/", "/docs", "/v1/%0A",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404_problem(client: TestClient, path: str) -> None:
    problem = client.get(path).json()
    assert problem["status"] == 404
    assert problem["type"] == "urn:riskscore:problem:not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/score", "POST"),
        ("PUT", "/v1/score/batch", "POST"),
        ("DELETE", "/v1/companies", "GET"),
        ("POST", "/healthz", "GET"),
        ("BREW", "/v1/model", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    assert_problem(response, 405)
    assert response.headers["allow"] == allowed


def test_health_and_readiness(client: TestClient, assessor: Assessor) -> None:
    assert get(client, "/healthz", schemas.HealthAnswer) == {"status": "alive"}
    assert get(client, "/readyz", schemas.ReadyAnswer) == {
        "status": "ready",
        "model_version": assessor.model.version,
        "knowledge_hash": assessor.knowledge.hash,
    }


class _Broken:
    """The fixture's assessor, out of order."""

    def __init__(self, assessor: Assessor) -> None:
        self.model = assessor.model
        self.knowledge = assessor.knowledge

    def assess(self, *_: object, **__: object) -> None:
        raise RuntimeError("out of order")


def test_a_process_that_cannot_score_is_alive_but_not_ready(assessor: Assessor) -> None:
    app = create_app(load_settings(), cast(Assessor, _Broken(assessor)))
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/healthz").status_code == 200
        assert_problem(client.get("/readyz"), 500)
