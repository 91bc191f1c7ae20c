"""Bodies that are broken, hostile or huge: each a 4xx in the one shape, or an abstention; never a 500."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskscore.settings import Settings
from tests.api.problems import assert_problem
from tests.api.test_score import TEXT

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"   ", id="blank"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"{'text': 'x'}", id="single quotes"),
        pytest.param(b'{"text": "x",}', id="trailing comma"),
        pytest.param(b'{"text": NaN}', id="NaN"),
        pytest.param(b'{"text": "\\ud800", "x": NaN}', id="NaN beside a surrogate"),
        pytest.param(b'{"text": -Infinity}', id="Infinity"),
        pytest.param(b'{"text": "\xff\xfe"}', id="invalid UTF-8"),
        pytest.param('{"text": "x"}'.encode("utf-16"), id="UTF-16"),
        pytest.param(bytes(range(256)) * 20, id="binary"),
        pytest.param(b"[" * 100_000, id="deep and cut off"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="deep"),
        pytest.param(b'{"text":' * 50_000 + b"1" + b"}" * 50_000, id="deep objects"),
        pytest.param(b'{"text": "\\ud800", "x": ' + b"1" * 5_000 + b"}", id="many digits beside a surrogate"),
        pytest.param(b'{"text": "raw \x00 NUL"}', id="raw control character"),
    ],
)
def test_what_is_not_json_is_refused(client: TestClient, path: str, body: bytes) -> None:
    problem = assert_problem(client.post(path, content=body, headers=JSON), 400, "body")
    assert problem["type"] == "urn:riskscore:problem:malformed-json"


@pytest.mark.parametrize("body", [b"null", b"true", b"5", b'"text"', b"[]", b"1e5", b"9" * 400])
def test_json_that_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    assert_problem(client.post("/v1/score", content=body, headers=JSON), 422, "body")


def test_a_byte_order_mark_is_forgiven(client: TestClient) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"text": TEXT}).encode()
    assert client.post("/v1/score", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json; charset=utf-8; charset=latin-1"},
        {"content-type": "application/json; charset=latin-1; charset=utf-8"},
        {"content-type": "application/json; charset=utf-16; " + "a;" * 30_000},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": ";;;"},
    ],
)
def test_other_content_is_not_taken(client: TestClient, headers: dict[str, str]) -> None:
    response = client.post("/v1/score", content=json.dumps({"text": TEXT}).encode(), headers=headers)
    assert_problem(response, 415)


def test_charset_and_case_of_the_content_type_are_free(client: TestClient) -> None:
    body = json.dumps({"text": TEXT}).encode()
    for declared in (
        "Application/JSON",
        "application/json; charset=UTF-8",
        'application/json;charset="utf-8"',
    ):
        assert client.post("/v1/score", content=body, headers={"content-type": declared}).status_code == 200


def test_five_megabytes_are_refused_with_the_limit(client: TestClient, settings: Settings) -> None:
    problem = assert_problem(client.post("/v1/score", json={"text": "chips " * 833_334}), 413, "body")
    assert f"{settings.max_body_bytes:,}" in problem["detail"]


@pytest.mark.parametrize(("field", "limit"), [("text", "max_text_chars"), ("html", "max_html_chars")])
def test_a_field_over_its_limit_is_named(
    client: TestClient, settings: Settings, field: str, limit: str
) -> None:
    request = {field: "x" * (getattr(settings, limit) + 1)}
    problem = assert_problem(client.post("/v1/score", json=request), 422, field)
    assert f"{getattr(settings, limit):,}" in problem["detail"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n\t ", id="blank"),
        pytest.param("\u0000", id="NUL"),
        pytest.param(TEXT.replace(" ", "\u0000 "), id="NUL in a text"),
        pytest.param("\u202e" + TEXT, id="right-to-left mark"),
        pytest.param("x" * 400_000, id="one long word"),
        pytest.param("\u0301" * 10_000, id="combining marks alone"),
        pytest.param("a" + "\u0301" * 50_000, id="one letter under many marks"),
        pytest.param("\uffff\ufffe\U0010ffff" * 1_000, id="noncharacters"),
        pytest.param("." * 100_000, id="full stops"),
        pytest.param("\n" * 100_000, id="line breaks"),
        pytest.param("中国" * 5_000, id="Chinese"),
        pytest.param("🚨" * 5_000, id="emoji"),
    ],
)
@pytest.mark.parametrize("field", ["text", "html"])
def test_strange_texts_are_answered(client: TestClient, field: str, text: str) -> None:
    response = client.post("/v1/score", json={field: text})
    if response.status_code != 200:
        assert response.status_code in {413, 422}
        assert_problem(response, response.status_code, field)
    else:
        answer = response.json()
        assert answer["abstained"] is False or answer["abstain_reason"]


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 100_000, id="never closed"),
        pytest.param("<div>" * 20_000 + TEXT + "</div>" * 20_000, id="deep"),
        pytest.param("<a " + "b=c " * 200_000 + ">", id="attributes"),
        pytest.param("<!--" * 100_000, id="comments"),
        pytest.param("&lt;" * 200_000, id="entities"),
        pytest.param('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><p>&b;</p>', id="entity bomb"),
        pytest.param("<script>" + "x" * 500_000, id="script"),
        pytest.param("\x00<p>" + TEXT, id="NUL first"),
    ],
)
def test_html_bombs_are_answered(client: TestClient, html: str) -> None:
    response = client.post("/v1/score", json={"html": html})
    assert response.status_code in {200, 413, 422}, response.text[:300]


@pytest.mark.parametrize("escape", ["\\ud800", "\\udfff", "\\udc00\\ud800", "a\\ud83d"])
@pytest.mark.parametrize("field", ["title", "text", "html", "url", "source", "published_at", "language"])
def test_a_lone_surrogate_is_refused_by_field(client: TestClient, field: str, escape: str) -> None:
    body = f'{{"{field}": "{escape}"}}'
    problem = assert_problem(client.post("/v1/score", content=body, headers=JSON), 422, field)
    assert "surrogate" in str(problem)


def test_a_surrogate_in_a_name_or_an_id_is_answered_too(client: TestClient) -> None:
    assert_problem(client.post("/v1/score", content='{"\\ud800": "x", "text": "y"}', headers=JSON), 422)
    items = '{"items": [{"id": "\\ud800", "text": "x"}, {"text": "y"}]}'
    response = client.post("/v1/score/batch", content=items, headers=JSON)
    assert response.status_code == 200
    first, second = response.json()["results"]
    assert first["error"]["errors"][0]["field"] == "items.0.id"
    assert "assessment" in second


def test_a_surrogate_pair_is_one_character(client: TestClient) -> None:
    text = f"🚨 {TEXT}"
    body = json.dumps({"text": text}, ensure_ascii=True)
    assert "\\ud83d\\udea8" in body
    answer = client.post("/v1/score", content=body, headers=JSON).json()
    spans = [span for company in answer["companies"] for span in company["spans"]]
    assert [text[start:end] for start, end in spans] == ["Nvidia"]


SECRET = "The acquisition of Fenwick Optics by Dorado Capital will be announced on Friday at noon. " * 5


@pytest.mark.parametrize(
    "request_body",
    [
        {"text": [SECRET]},
        {"published_at": SECRET, "text": "x"},
        {"language": SECRET, "text": "x"},
        {"url": SECRET, "text": "x"},
        {"title": SECRET * 20, "text": "x"},
        {SECRET: "x"},
        {"text": "x", "options": {SECRET: 1}},
        {"text": "x", "options": {"contributions": SECRET}},
        {"text": "x", "options": SECRET},
        SECRET,
        [SECRET],
        {"text": SECRET + "\ud800"},
    ],
)
def test_errors_repeat_at_most_80_characters_of_the_text(client: TestClient, request_body: Any) -> None:
    response = client.post("/v1/score", content=json.dumps(request_body), headers=JSON)
    problem = assert_problem(response, 422)
    told = [problem["detail"], *(str(value) for error in problem["errors"] for value in error.values())]
    for part in told:
        assert not any(SECRET[i : i + 81] in part for i in range(90))


def test_a_million_unknown_fields_are_one_error(client: TestClient) -> None:
    body = "{" + ",".join(f'"{i}":1' for i in range(300_000)) + "}"
    problem = assert_problem(client.post("/v1/score", content=body, headers=JSON), 422, "body")
    assert len(problem["errors"]) == 1
    nested = f'{{"text": "x", "options": {body}}}'
    assert_problem(client.post("/v1/score", content=nested, headers=JSON), 422, "options")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=12,
)
requests = st.dictionaries(
    st.sampled_from(["title", "text", "html", "url", "source", "published_at", "language", "options", "id"]),
    json_values,
    max_size=6,
)


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    value=json_values | requests | st.builds(lambda items: {"items": items}, st.lists(requests, max_size=3))
)
def test_whatever_json_comes_the_answer_is_documented(client: TestClient, value: Any) -> None:
    for path in ("/v1/score", "/v1/score/batch"):
        response = client.post(path, content=json.dumps(value), headers=JSON)
        if response.status_code != 200:
            assert response.status_code in {413, 422}
            assert_problem(response, response.status_code)


@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=200))
def test_whatever_bytes_come_the_answer_is_a_problem(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/score", content=body, headers=JSON)
    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)


def test_an_endless_content_type_is_read_at_once(client: TestClient) -> None:
    began = time.perf_counter()
    declared = "application/json" + ';a="' * 250_000
    client.post("/v1/score", content=b"{}", headers={"content-type": declared})
    assert time.perf_counter() - began < 2
