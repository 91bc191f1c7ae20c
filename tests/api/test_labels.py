"""Corrections over HTTP: checked by the codebook, on record with their author, exported as the corpus is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from riskscore.api import label_schemas
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store import open_store
from riskscore.store.ledger import entries_after
from tests.api.problems import assert_problem
from tests.api.test_records import ARTICLE, BODY
from training.corpus import read_records

NOTHING = {"chips": 0, "cloud_data": 0, "outbound_investment": 0}
LABEL: dict[str, Any] = {
    "labels": {**NOTHING, "chips": 3},
    "stage": "enforced",
    "direction": "tightening",
    "companies": [{"name": "Nvidia", "exposed": True}],
    "evidence": {"chips": ["stop selling its newest\n chip in China"]},
    "note": "Names the company.",
}


def app_client(folder: Path, assessor: Assessor, **overrides: Any) -> TestClient:
    settings = load_settings(database_url=f"sqlite:///{folder / 'news.db'}", **overrides)
    return TestClient(create_app(settings, assessor), base_url="http://localhost")


@pytest.fixture
def client(tmp_path: Path, assessor: Assessor) -> Iterator[TestClient]:
    with app_client(tmp_path, assessor) as client:
        yield client


def stored(client: TestClient, **change: Any) -> str:
    article_id: str = client.post("/v1/articles", json={**ARTICLE, **change}).json()["article_id"]
    return article_id


def give(client: TestClient, article_id: str, **change: Any) -> Any:
    answer = client.post(f"/v1/articles/{article_id}/labels", json={**LABEL, **change})
    assert answer.status_code == 200, answer.text
    TypeAdapter(label_schemas.LabelAnswer).validate_json(answer.content, strict=True)
    return answer.json()


def test_a_label_is_kept_with_author_time_and_what_it_corrects(client: TestClient, tmp_path: Path) -> None:
    article_id = stored(client)
    made = give(client, article_id, genre="wire")
    assessment = client.get(f"/v1/articles/{article_id}").json()["assessments"][-1]
    assert made["assessment_id"] == assessment["assessment_id"]
    assert made["author"] == {"name": "local", "key_id": None}
    assert made["labels"] == LABEL["labels"]
    # As it stands in the text as it is read, whatever line ends came with it.
    assert made["evidence"] == {"chips": ["stop selling its newest chip in China"]}
    again = give(client, article_id, labels=NOTHING, stage=None, direction=None, evidence={}, companies=[])
    assert again["sequence"] == 2
    listed = client.get("/v1/labels").json()["labels"]
    assert [one["label_id"] for one in listed] == [again["label_id"]]
    history = client.get("/v1/labels", params={"superseded": True, "article_id": article_id}).json()["labels"]
    assert history == [again, {**made, "superseded_at": again["labelled_at"]}]
    store = open_store(f"sqlite:///{tmp_path / 'news.db'}")
    with store.read() as connection:
        entries = [one.entry for one in entries_after(connection) if one.entry.action.startswith("label.")]
    store.close()
    assert [(one.action, one.subject, one.actor) for one in entries] == [
        ("label.added", made["label_id"], "local"),
        ("label.changed", again["label_id"], "local"),
    ]
    assert entries[0].detail == {"article_id": article_id, "sequence": 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"labels": {"chips": 3}}, "labels.cloud_data"),
        ({"labels": {**NOTHING, "chips": 4}}, "labels.chips"),
        ({"labels": {**NOTHING, "chips": True}}, "labels.chips"),
        ({"labels": NOTHING}, "stage"),
        ({"labels": {**LABEL["labels"], "cloud_data": 1}}, "evidence"),
        ({"stage": None}, "stage"),
        ({"direction": "sideways"}, "direction"),
        ({"evidence": {"chips": ["words that are not there"]}}, "evidence.chips"),
        ({"evidence": {"chips": []}}, "evidence"),
        ({"evidence": {"weather": ["x"]}}, "evidence.weather"),
        ({"companies": [{"name": "Nobody Corp", "exposed": True}]}, "companies.0.name"),
        ({"companies": [{"name": "Nvidia"}]}, "companies.0.exposed"),
        ({"genre": "poem"}, "genre"),
        ({"author": "two\nlines"}, "author"),
        ({"note": "a\x00b"}, "note"),
        ({"assessment_id": "as_other"}, "assessment_id"),
        ({"severity": 3}, "severity"),
    ],
)
def test_what_the_codebook_does_not_know_is_refused(
    client: TestClient, change: dict[str, Any], field: str
) -> None:
    article_id = stored(client)
    answer = client.post(f"/v1/articles/{article_id}/labels", json={**LABEL, **change})
    assert_problem(answer, 422, field)
    assert client.get("/v1/labels").json()["labels"] == []


def test_there_must_be_an_article_and_its_text(tmp_path: Path, assessor: Assessor) -> None:
    with app_client(tmp_path, assessor, keep_text=False) as client:
        article_id = stored(client)
        problem = assert_problem(
            client.post(f"/v1/articles/{article_id}/labels", json=LABEL), 422, "article_id"
        )
        assert "not kept" in problem["detail"]
        assert_problem(client.post("/v1/articles/ar_none/labels", json=LABEL), 404, "article_id")


def test_labels_come_in_pages(client: TestClient) -> None:
    article_id = stored(client)
    for number in range(5):
        give(client, article_id, author=f"reader {number}")
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/v1/labels", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["author"]["name"] for one in page["labels"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"reader {number}" for number in reversed(range(5))]
    assert_problem(client.get("/v1/labels?cursor=x"), 422, "cursor")
    assert_problem(client.get("/v1/labels?regime=weather"), 422, "regime")


def test_the_export_is_read_by_the_training(client: TestClient, tmp_path: Path) -> None:
    page = f"<html><body><p>{BODY}</p></body></html>"
    plain, html = stored(client), stored(client, title="A page", text=None, html=page, source="Web")
    give(client, plain)
    give(client, html)
    give(client, plain, author="second", labels=NOTHING, stage=None, direction=None, evidence={})
    answer = client.get("/v1/labels", params={"format": "jsonl"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    path = tmp_path / "labels.jsonl"
    path.write_bytes(answer.content)
    by_id = {record.id: record for record in read_records([path])}
    assert set(by_id) == {f"fb-{plain}", f"fb-{html}"}
    assert by_id[f"fb-{html}"].severity["chips"] == 3
    assert by_id[f"fb-{html}"].title == "A page"
    assert by_id[f"fb-{plain}"].positive is False
    assert by_id[f"fb-{plain}"].weight == 0.5
    provenance = json.loads(answer.text.splitlines()[0])["provenance"]
    assert provenance["corrected"] == "0.0-fake"
    assert client.get("/v1/labels", params={"format": "jsonl", "author": "nobody"}).content == b""


def test_the_queue_and_agreement_are_told(client: TestClient) -> None:
    first = stored(client)
    for number in range(6):
        words = " ".join(f"w{number}x{n}" for n in range(40))
        stored(client, title=f"No. {number}", text=f"{words} {' chip' * (number % 3)}.", source="Daily")
    answer = client.get("/v1/review/queue", params={"limit": 5, "author": "anna"})
    TypeAdapter(label_schemas.ReviewQueueAnswer).validate_json(answer.content, strict=True)
    queue = answer.json()
    assert queue["author"] == {"name": "anna", "key_id": None}
    assert queue["challenger"] is None
    assert len(queue["items"]) == 5
    assert len({one["story_id"] for one in queue["items"]}) == 5
    give(client, first, author="anna")
    give(client, first, author="ben")
    ids = [one["article_id"] for one in client.get("/v1/review/queue?limit=50&author=anna").json()["items"]]
    assert len(ids) == 6
    assert first not in ids
    answer = client.get("/v1/review/agreement")
    TypeAdapter(label_schemas.AgreementAnswer).validate_json(answer.content, strict=True)
    agreement = answer.json()
    assert agreement["items"] == 1
    (pair,) = agreement["pairs"]
    assert [one["name"] for one in pair["authors"]] == ["anna", "ben"]
    assert pair["regimes"]["chips"] == {"presence": None, "severity": None, "agreed": 1}
    assert_problem(client.get("/v1/review/queue?limit=0"), 422, "limit")
    assert_problem(client.get("/v1/review/agreement?labels=all"), 422, "labels")
