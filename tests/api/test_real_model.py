"""The whole way through on the shipped model: HTTP in, scores with reasons out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient

from riskscore.api.app import create_app
from riskscore.examples import example_request
from riskscore.settings import load_settings

# A feature as copied from a page, with its navigation; written for this test.
PAGE = """\
  • Home
  • Markets
  • Asia
  • Sign in
Northgate Post
  • Home
  • Markets

Share
EmailCopy link
Advertisement

Why Microsoft is asking its engineers in Suzhou to move

By Anna Reuther
June 3, 2024, 9:14am

Microsoft has asked several hundred engineers in its Suzhou and Beijing labs whether they would move to Canada or Australia, people who received the letter said.

The company said it often offers staff the chance to work elsewhere. Recruiters in Suzhou said rivals had called them the same afternoon.

Related: Five charts on talent

The letters come at an uneasy moment. Washington this spring tightened export controls again, making it harder for Chinese companies to buy advanced AI chips and chipmaking tools. The Commerce Department is also weighing rules that would make American cloud providers report foreign customers and stop transfers of sensitive personal data to China. Lawmakers in Congress have proposed limits on US investment in Chinese technology companies.

Advertisement

Sign up for our newsletter
© Northgate Post
"""  # noqa: E501 (paragraphs of a page are single lines)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database: Path = tmp_path_factory.mktemp("real") / "riskscore.db"
    with TestClient(
        create_app(load_settings(database_url=f"sqlite:///{database}")), base_url="http://localhost"
    ) as client:
        yield client


def test_the_example_is_flagged_in_all_three_regimes(real: TestClient) -> None:
    answer = real.post("/v1/score", json=example_request()).json()
    for regime in ("chips", "cloud_data", "outbound_investment"):
        score = answer["regimes"][regime]
        assert score["flagged"], regime
        total = score["intercept"] + sum(one["value"] for one in score["contributions"])
        assert total + score["contributions_omitted"] == pytest.approx(score["decision_value"], abs=1e-6)
        assert score["reason_codes"]
    assert {one["company_id"] for one in answer["companies"]} >= {"nvidia", "microsoft", "amazon"}


def test_a_page_with_noise_gives_the_sentences_that_say_it(real: TestClient) -> None:
    answer = real.post("/v1/score", json={"text": PAGE}).json()
    expected = {
        "chips": "harder for Chinese companies to buy advanced AI chips",
        "cloud_data": "transfers of sensitive personal data to China",
        "outbound_investment": "limits on US investment in Chinese technology companies",
    }
    for regime, words in expected.items():
        score = answer["regimes"][regime]
        assert score["flagged"], regime
        assert score["severity"] in (1, 2)
        assert words in score["evidence"][0]["text"]
        for evidence in score["evidence"]:
            assert PAGE[evidence["start"] : evidence["end"]] == evidence["text"]
            assert not {"Advertisement", "Sign in", "newsletter", "Related"} & set(evidence["text"].split())
    microsoft = next(one for one in answer["companies"] if one["company_id"] == "microsoft")
    assert microsoft["exposed"]


def test_batch_gives_the_same_answers_in_order(real: TestClient) -> None:
    article = example_request()
    items = [{"id": "a", **article}, {"id": "b", "text": ""}, {"id": "c", **article}]
    results = orjson.loads(real.post("/v1/score/batch", json={"items": items}).content)["results"]
    assert [one["id"] for one in results] == ["a", "b", "c"]
    single = real.post("/v1/score", json=article).json()
    assert results[0]["assessment"] == results[2]["assessment"] == single
    assert "error" in results[1] or results[1]["assessment"]["abstained"]
