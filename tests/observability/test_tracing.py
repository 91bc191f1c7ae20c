"""Spans of a request and its steps, as an in-memory exporter sees them; none where traces are off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.observability.tracing import span, trace_to
from riskscore.settings import load_settings

ARTICLE = {
    "title": "Washington curbs chips",
    "text": "The Commerce Department told makers on Monday to stop selling advanced chips to China, it said.",
    "source": "Wire",
}
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace_to(provider)
    yield exporter
    trace_to(None)


@pytest.fixture
def client(small_assessor: Assessor, tmp_path: Path) -> Iterator[TestClient]:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'news.db'}")
    with TestClient(create_app(settings, small_assessor), base_url="http://localhost") as client:
        yield client


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {one.name: one for one in exporter.get_finished_spans()}


def test_a_request_is_one_trace_of_its_steps(exporter: InMemorySpanExporter, client: TestClient) -> None:
    response = client.post("/v1/articles", json=ARTICLE, headers={"traceparent": CALLER})
    assert response.status_code == 202
    found = by_name(exporter)
    assert set(found) == {"POST /v1/articles", "clean", "score", "rationale", "store"}
    request = found["POST /v1/articles"]
    assert request.attributes is not None
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/articles",
        "http.response.status_code": 202,
        "riskscore.request_id": response.headers["x-request-id"],
    }
    assert f"{request.context.trace_id:032x}" == CALLER.split("-")[1]
    for name in ("clean", "score", "rationale", "store"):
        parent = found[name].parent
        assert parent is not None
        assert parent.span_id == request.context.span_id


def test_no_span_holds_a_word_of_the_article(exporter: InMemorySpanExporter, client: TestClient) -> None:
    client.post("/v1/articles", json=ARTICLE)
    client.post("/v1/score", json={"text": [ARTICLE["text"]]})
    client.get("/v1/companies", params={"q": "Fenwick Optics"})
    written = " ".join(one.to_json() for one in exporter.get_finished_spans())
    for word in ("Washington", "Commerce", "Fenwick"):
        assert word not in written


def test_a_failing_step_names_the_error_and_not_its_message(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="the text"), span("clean"):
        raise ValueError("the text")
    failed = by_name(exporter)["clean"]
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "ValueError"
    assert "the text" not in failed.to_json()


def test_without_traces_nothing_is_made() -> None:
    exporter = InMemorySpanExporter()
    with span("clean") as step:
        step.set_attribute("riskscore.articles", 1)
    assert exporter.get_finished_spans() == ()
