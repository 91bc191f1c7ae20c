"""POST /v1/score: the answer's shape, its offsets, and what the options change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.examples import example_request
from riskscore.wire.schemas import AssessmentAnswer
from tests.api.problems import assert_problem

REGIMES = ("chips", "cloud_data", "outbound_investment")

TITLE = "U.S. orders Nvidia to halt chip sales to China"
TEXT = (
    "Nvidia said on Monday that the U.S. Commerce Department had ordered it to halt sales of advanced "
    "AI chips to China. The company said the export licence requirement would cost it "
    "billions. 🚨 Shares fell 5%."
)


def score(client: TestClient, **request: Any) -> dict[str, Any]:
    response = client.post("/v1/score", json=request)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_the_answer_has_the_promised_shape(client: TestClient) -> None:
    answer = score(client, **example_request())
    assert {
        "assessment_id", "model_version", "knowledge_hash", "abstained", "abstain_reason", "score", "stage",
        "direction", "regimes", "companies", "warnings",
    } <= set(answer)  # fmt: skip
    assert answer["abstained"] is False
    assert 0 <= answer["score"] <= 100
    assert tuple(answer["regimes"]) == REGIMES
    for regime in answer["regimes"].values():
        assert {
            "score", "probability", "severity", "severity_probabilities", "flagged", "threshold", "evidence",
            "contributions", "intercept", "decision_value", "reason_codes",
        } <= set(regime)  # fmt: skip
        assert len(regime["severity_probabilities"]) == 4
        for sentence in regime["evidence"]:
            assert set(sentence) == {"text", "start", "end", "contribution", "field"}
        for contribution in regime["contributions"]:
            assert set(contribution) == {"feature", "description", "value", "spans", "title_spans"}
        for code in regime["reason_codes"]:
            assert {"instrument_id", "name", "citation", "status", "as_of"} <= set(code)
    assert answer["companies"]
    for company in answer["companies"]:
        assert {
            "company_id", "name", "mentions", "relevance", "exposed", "exposure_probability",
        } <= set(company)  # fmt: skip


def test_the_answer_is_what_the_schema_says_and_no_more(client: TestClient) -> None:
    content = client.post("/v1/score", json=example_request()).content
    adapter = TypeAdapter(AssessmentAnswer)
    assert json.loads(adapter.dump_json(adapter.validate_json(content, strict=True))) == json.loads(content)


def test_the_evidence_is_tested_when_asked(client: TestClient) -> None:
    request = {"title": TITLE, "text": TEXT}
    assert "verification" not in score(client, **request)
    content = client.post("/v1/score", json={**request, "options": {"verify": True}}).content
    adapter = TypeAdapter(AssessmentAnswer)
    assert json.loads(adapter.dump_json(adapter.validate_json(content, strict=True))) == json.loads(content)
    answer = json.loads(content)
    flagged = {name for name, regime in answer["regimes"].items() if regime["flagged"]}
    assert flagged
    assert set(answer["verification"]) == flagged
    for test in answer["verification"].values():
        assert set(test) == {
            "comprehensiveness", "sufficiency", "random_comprehensiveness", "sentences", "deleted",
        }  # fmt: skip
        for span in test["deleted"]:
            assert len(request[span["field"]][span["start"] : span["end"]]) == span["end"] - span["start"]
    refused = client.post("/v1/score", json={**request, "options": {"verify": "yes"}})
    assert_problem(refused, 422, "options.verify")


def test_the_base_rate_is_told_back(client: TestClient) -> None:
    request = {"title": TITLE, "text": TEXT}
    assert "base_rate" not in score(client, **request)
    assert score(client, **request, options={"base_rate": 0.02})["base_rate"] == 0.02
    for refused in (0, 1, 2, "0.1", True):
        response = client.post("/v1/score", json={**request, "options": {"base_rate": refused}})
        assert_problem(response, 422, "options.base_rate")


def test_offsets_point_into_the_fields_as_sent(client: TestClient) -> None:
    # Astral characters count as one: the offsets are code points, not UTF-16 units or bytes.
    request = {"title": f"🚨 {TITLE}", "text": f"🇺🇸🇨🇳 {TEXT}\n\n{TEXT.replace('Monday', 'Tuesday')}"}
    answer = score(client, **request, options={"contributions": "all", "evidence": 20})
    sentences = [sentence for regime in answer["regimes"].values() for sentence in regime["evidence"]]
    assert sentences
    for sentence in sentences:
        sent = request[sentence["field"]][sentence["start"] : sentence["end"]]
        assert sent.split() == sentence["text"].split()
    spanned = {
        name
        for regime in answer["regimes"].values()
        for contribution in regime["contributions"]
        for name, spans in (("text", contribution["spans"]), ("title", contribution["title_spans"]))
        for start, end in spans
        if request[name][start:end].strip()
    }
    assert spanned == {"text", "title"}
    companies = {company["name"]: company for company in answer["companies"]}
    assert [request["text"][start:end] for start, end in companies["Nvidia"]["spans"]] == ["Nvidia"] * 2
    assert [request["title"][start:end] for start, end in companies["Nvidia"]["title_spans"]] == ["Nvidia"]


def test_html_offsets_point_into_the_html(client: TestClient) -> None:
    html = f"<html><body><article><h1>{TITLE}</h1><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
    answer = score(client, html=html)
    sentences = answer["regimes"]["chips"]["evidence"]
    assert sentences
    for sentence in sentences:
        assert sentence["field"] == "html"
        assert "chip" in html[sentence["start"] : sentence["end"]].lower()


@pytest.mark.parametrize("asked", [0, 1, 20, 200, "all"])
def test_contributions_add_up_however_many_are_asked_for(client: TestClient, asked: int | str) -> None:
    answer = score(client, title=TITLE, text=TEXT, options={"contributions": asked})
    for regime in answer["regimes"].values():
        if asked != "all":
            assert len(regime["contributions"]) <= int(asked)
        else:
            assert regime["contributions_omitted"] == pytest.approx(0)
        total = sum(contribution["value"] for contribution in regime["contributions"])
        total += regime["contributions_omitted"] + regime["intercept"]
        assert total == pytest.approx(regime["decision_value"], abs=1e-6)


def test_a_whole_float_is_an_integer(client: TestClient) -> None:
    options = {"contributions": 1, "evidence": 2}
    floats = {"contributions": 1.0, "evidence": 2.0}
    assert score(client, text=TEXT, options=floats) == score(client, text=TEXT, options=options)


def test_evidence_can_be_left_out(client: TestClient) -> None:
    answer = score(client, text=TEXT, options={"evidence": 0})
    assert all(regime["evidence"] == [] for regime in answer["regimes"].values())


def test_a_title_alone_is_enough(client: TestClient) -> None:
    answer = score(client, title=f"{TITLE} as Commerce Department tightens export licences", text=None)
    assert "abstained" in answer


def test_null_means_not_given(client: TestClient) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("title", "html", "url", "source", "published_at", "language"))
    assert score(client, text=TEXT, **nothing) == score(client, text=TEXT)


def test_a_short_text_is_abstained_on_with_a_reason_not_scored_zero(client: TestClient) -> None:
    answer = score(client, text="Chips.")
    assert answer["abstained"] is True
    assert answer["abstain_reason"]
    assert answer["score"] is None
    assert answer["regimes"] == {}


@pytest.mark.parametrize("moment", ["2025-11-18", "2025-11-18T14:05:00", "20251118T140500"])
def test_a_time_without_zone_is_taken_as_utc_with_a_warning(client: TestClient, moment: str) -> None:
    answer = score(client, text=TEXT, published_at=moment)
    assert any("published_at" in warning and "UTC" in warning for warning in answer["warnings"])


@pytest.mark.parametrize(
    "moment", ["2025-11-18T14:05:00Z", "2025-11-18t14:05:00z", "2025-11-18T09:05:00-05:00"]
)
def test_a_time_with_zone_gives_no_warning(client: TestClient, moment: str) -> None:
    answer = score(client, text=TEXT, published_at=moment)
    assert not any("published_at" in warning for warning in answer["warnings"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": None}, "text"),
        ({"html": "<p>x</p>"}, "html"),
        ({"published_at": "yesterday"}, "published_at"),
        ({"published_at": "2025-13-01T00:00:00Z"}, "published_at"),
        ({"published_at": "0001-01-01T00:00:00+14:00"}, "published_at"),
        ({"published_at": "1899-12-31"}, "published_at"),
        ({"published_at": "9999-12-31T23:00:00-14:00"}, "published_at"),
        ({"published_at": "2025-01-01\U0001f60000:00"}, "published_at"),
        ({"published_at": "2025-01-01900:00"}, "published_at"),
        ({"published_at": 1763474700}, "published_at"),
        ({"text": 5}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": "a\ud800b"}, "text"),
        ({"title": "x" * 2_001}, "title"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "http://a b"}, "url"),
        ({"language": "english"}, "language"),
        ({"body": "x"}, "body"),
        ({"\ud800": "x"}, "\ud800"),
        ({"options": {"a\udfff": 1}}, "options.a\udfff"),
        ({"options": {"verbose": True}}, "options.verbose"),
        ({"options": {"contributions": -1}}, "options.contributions"),
        ({"options": {"contributions": 201}}, "options.contributions"),
        ({"options": {"contributions": "most"}}, "options.contributions"),
        ({"options": {"contributions": True}}, "options.contributions"),
        ({"options": {"contributions": 1.5}}, "options.contributions"),
        ({"options": {"evidence": 21}}, "options.evidence"),
        ({"options": {"evidence": "5"}}, "options.evidence"),
        ({"options": []}, "options"),
        ({"options": None}, "options"),
    ],
)
def test_a_bad_field_is_named(client: TestClient, change: dict[str, Any], field: str) -> None:
    body = json.dumps({"text": TEXT} | change)  # the client's own encoder refuses lone surrogates
    response = client.post("/v1/score", content=body, headers={"content-type": "application/json"})
    assert_problem(response, 422, field)


def test_all_bad_fields_are_named_at_once(client: TestClient) -> None:
    response = client.post("/v1/score", json={"text": 1, "language": 2, "colour": "red"})
    problem = assert_problem(response, 422)
    assert {error["field"] for error in problem["errors"]} == {"text", "language", "colour"}


def test_an_unknown_field_is_told_what_is_known(client: TestClient) -> None:
    problem = assert_problem(client.post("/v1/score", json={"text": TEXT, "options": {"evidenc": 1}}), 422)
    assert "contributions, evidence" in problem["errors"][0]["message"]
