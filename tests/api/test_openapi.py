"""The OpenAPI document: complete, true to the answers, with examples that work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from riskscore.assess import Assessor
from riskscore.settings import Settings


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_resource_is_documented(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {
        "/v1/score", "/v1/score/batch", "/v1/model", "/v1/regimes", "/v1/instruments",
        "/v1/instruments/{instrument_id}", "/v1/companies", "/v1/companies/{company_id}", "/healthz",
        "/readyz", "/v1/articles", "/v1/articles/{article_id}", "/v1/articles/bulk",
        "/v1/audit", "/v1/audit/head", "/v1/assessments/{assessment_id}",
        "/v1/assessments/{assessment_id}/replay", "/v1/stories/{story_id}",
        "/v1/changes", "/v1/companies/{company_id}/risk", "/v1/companies/{company_id}/timeline",
        "/v1/companies/{company_id}/memo", "/v1/companies/compare",
        "/v1/endpoints", "/v1/endpoints/{endpoint_id}", "/v1/endpoints/{endpoint_id}/test",
        "/v1/endpoints/{endpoint_id}/secret", "/v1/subscriptions", "/v1/subscriptions/{subscription_id}",
        "/v1/subscriptions/preview", "/v1/watchlists", "/v1/watchlists/{watchlist_id}", "/v1/deliveries",
        "/v1/deliveries/{delivery_id}", "/v1/deliveries/replay", "/v1/attempts", "/v1/alerts",
        "/v1/alerts/{alert_id}", "/v1/alerts/{alert_id}/disposition", "/v1/alerts/export",
        "/healthz/delivery", "/health/live", "/health/ready", "/metrics", "/v1/drift", "/v1/models",
        "/v1/models/{version}/promote", "/v1/models/rollback", "/v1/models/reload",
        "/v1/keys", "/v1/keys/{key_id}", "/v1/keys/{key_id}/secret",
        "/v1/articles/{article_id}/labels", "/v1/labels", "/v1/review/queue", "/v1/review/agreement",
        "/v2", "/v2/", "/v2/health/live", "/v2/health/ready", "/v2/models/{model_name}",
        "/v2/models/{model_name}/ready", "/v2/models/{model_name}/infer",
        "/v2/models/{model_name}/versions/{model_version}",
        "/v2/models/{model_name}/versions/{model_version}/ready",
        "/v2/models/{model_name}/versions/{model_version}/infer",
    }  # fmt: skip


def test_every_operation_has_an_answer_example_and_problems(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"], path
        kinds = operation["responses"]["200"]["content"]
        assert kinds.get("application/json", {"example": "another kind"})["example"], path
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                kind = "application/json" if path.startswith("/v2") else "application/problem+json"
                assert list(response["content"]) == [kind], path


def test_request_examples_are_taken_as_they_stand(client: TestClient, document: dict[str, Any]) -> None:
    seen = 0
    for path, method, operation in operations(document):
        if path == "/v1/keys":  # from the first key on, this client would need one: see test_access.py
            continue
        if "requestBody" in operation and "{" not in path:  # no resource of that name is there
            kinds = operation["requestBody"]["content"]
            for example in kinds.get("application/json", {"examples": {}})["examples"].values():
                response = client.request(method, path, json=example["value"])
                assert response.status_code in {200, 202}
                assert "error" not in str(response.json())
                seen += 1
    assert seen >= 2


def test_answer_examples_are_what_the_server_answers(
    client: TestClient, document: dict[str, Any], assessor: Assessor
) -> None:
    def example(path: str) -> Any:
        operation = next(iter(document["paths"][path].values()))
        return operation["responses"]["200"]["content"]["application/json"]["example"]

    assert example("/readyz") == client.get("/readyz").json()
    assert example("/v1/regimes") == client.get("/v1/regimes").json()
    assert example("/v1/score")["model_version"] == assessor.model.version
    company = example("/v1/companies/{company_id}")
    assert client.get(f"/v1/companies/{company['company_id']}").json() == company


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    for reference in set(references(document)):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def test_the_limits_in_force_are_stated(document: dict[str, Any], settings: Settings) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["BatchRequest"]["properties"]["items"]["maxItems"] == settings.max_items
    assert schemas["ScoreRequest"]["properties"]["text"]["anyOf"][0]["maxLength"] == settings.max_text_chars
    assert schemas["ScoreRequest"]["additionalProperties"] is False
