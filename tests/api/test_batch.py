"""POST /v1/score/batch: order, per-item options, and items that fail alone."""

from __future__ import annotations

from typing import Any, cast

from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.errors import TooLargeError
from riskscore.settings import Settings, load_settings
from riskscore.types import Article, Assessment
from riskscore.wire.schemas import BatchAnswer
from tests.api.problems import PROBLEM_KEYS, assert_problem
from tests.api.test_score import TEXT, TITLE


def batch(client: TestClient, *items: object) -> list[dict[str, Any]]:
    response = client.post("/v1/score/batch", json={"items": items})
    assert response.status_code == 200, response.text
    TypeAdapter(BatchAnswer).validate_json(response.content, strict=True)
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_results_come_in_order_and_equal_single_ones(client: TestClient) -> None:
    articles = [{"title": f"{TITLE} {number}", "text": TEXT} for number in range(5)]
    results = batch(client, *({"id": f"n{i}", **article} for i, article in enumerate(articles)))
    assert [result["id"] for result in results] == [f"n{i}" for i in range(5)]
    for article, result in zip(articles, results, strict=True):
        assert result == {"id": result["id"], "assessment": client.post("/v1/score", json=article).json()}


def test_ids_are_optional_and_may_repeat(client: TestClient) -> None:
    results = batch(client, {"text": TEXT}, {"id": "a", "text": TEXT}, {"id": "a", "text": TEXT})
    assert [result["id"] for result in results] == [None, "a", "a"]


def test_each_item_has_its_own_options(client: TestClient) -> None:
    more, less = batch(client, {"text": TEXT}, {"text": TEXT, "options": {"contributions": 0, "evidence": 0}})
    assert more["assessment"]["regimes"]["chips"]["evidence"]
    assert less["assessment"]["regimes"]["chips"]["evidence"] == []
    assert less["assessment"]["regimes"]["chips"]["contributions"] == []


def test_a_bad_item_fails_alone_and_names_its_field(client: TestClient) -> None:
    results = batch(
        client,
        {"id": "good", "text": TEXT},
        {"id": "both", "text": TEXT, "html": "<p>x</p>"},
        {"id": "typed", "text": 7},
        {"id": "option", "text": TEXT, "options": {"evidence": 99}},
        "not an object",
        None,
        {"id": 5, "text": TEXT},
        {"id": "empty"},
        {"id": "last", "text": TEXT},
    )
    assert [result["id"] for result in results] == [
        "good", "both", "typed", "option", None, None, None, "empty", "last",
    ]  # fmt: skip
    assert ["assessment" in result for result in results] == [True, *[False] * 7, True]
    fields = [result["error"]["errors"][0]["field"] for result in results[1:-1]]
    assert fields == [
        "items.1.html", "items.2.text", "items.3.options.evidence", "items.4", "items.5", "items.6.id",
        "items.7.text",
    ]  # fmt: skip
    for index, result in enumerate(results[1:-1], start=1):
        assert set(result["error"]) == PROBLEM_KEYS
        assert result["error"]["status"] == 422
        assert result["error"]["instance"] == f"/v1/score/batch#/items/{index}"


def test_an_empty_batch_has_no_results(client: TestClient) -> None:
    assert batch(client) == []


def test_too_many_items_are_refused_with_the_limit(client: TestClient, settings: Settings) -> None:
    response = client.post("/v1/score/batch", json={"items": [{"text": TEXT}] * (settings.max_items + 1)})
    problem = assert_problem(response, 422, "items")
    assert str(settings.max_items) in problem["detail"]


def test_a_bad_envelope_is_refused_whole(client: TestClient) -> None:
    for body, field in (
        ([], "body"),
        ({}, "items"),
        ({"items": None}, "items"),
        ({"items": {"0": {}}}, "items"),
        ({"items": [], "options": {}}, "options"),
    ):
        assert_problem(client.post("/v1/score/batch", json=body), 422, field)


class _Faulty:
    """Fails on some titles, each in its own way."""

    def __init__(self, sound: Assessor) -> None:
        self.sound = sound
        self.model, self.knowledge, self.languages = sound.model, sound.knowledge, sound.languages

    def assess(self, article: Article, **options: Any) -> Assessment:
        if article.title == "bug":
            raise KeyError(article.text)
        if article.title == "large":
            raise TooLargeError("text is over 1 sentence", "text")
        return self.sound.assess(article, **options)


def test_an_item_that_breaks_the_assessor_fails_alone(assessor: Assessor) -> None:
    app = create_app(load_settings(), cast(Assessor, _Faulty(assessor)))
    with TestClient(app, base_url="http://localhost") as client:
        bug, large, sound = batch(
            client, {"title": "bug", "text": TEXT}, {"title": "large", "text": TEXT}, {"text": TEXT}
        )
    assert bug["error"]["status"] == 500
    assert "Nvidia" not in str(bug)
    assert large["error"]["status"] == 413
    assert large["error"]["errors"][0]["field"] == "items.1.text"
    assert sound["assessment"]["abstained"] is False
