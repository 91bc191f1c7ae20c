"""The review pages over HTTP: the queue, a correction kept, superseded and refused, blind second readings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskscore.assess import Assessor
from tests.dashboard.conftest import Desk
from tests.dashboard.test_pages import make, post
from training.corpus import read_records

FIELDS = {
    "severity_chips": "2",
    "severity_cloud_data": "0",
    "severity_outbound_investment": "0",
    "stage": "adopted",
    "direction": "tightening",
    "evidence_chips": "0",
    "action": "next",
}


@pytest.fixture
def office(tmp_path: Path, real_assessor: Assessor) -> Desk:
    """A desk of its own, since labels stay."""
    return Desk(tmp_path, real_assessor)


def queued(page: str) -> list[str]:
    return re.findall(r'<h2><a href="/review/(ar_\w+)', page)


def test_a_correction_is_kept_and_leads_to_the_next(office: Desk, tmp_path: Path) -> None:
    client = office.client
    before = queued(client.get("/review?author=Anna").text)
    article = before[0]
    path = f"/review/{article}"
    saved = post(client, path, f"{path}?author=Anna", author="Anna", note="<b>Sure</b>", **FIELDS)
    assert (saved.status_code, saved.headers["location"]) == (303, f"/review/next?author=Anna&done={article}")
    onward = client.get(saved.headers["location"]).headers["location"]
    assert re.fullmatch(r"/review/ar_\w+\?author=Anna", onward)
    assert article not in onward
    assert article not in queued(client.get("/review?author=Anna").text)
    (label,) = client.get("/v1/labels").json()["labels"]
    assert (label["article_id"], label["author"]["name"], label["labels"]["chips"]) == (article, "Anna", 2)
    shown = client.get(f"{path}?author=Anna").text
    assert "&lt;b&gt;Sure&lt;/b&gt;" in shown
    assert "supersedes that" in shown
    assert "1 label on 1 article" in client.get("/review").text
    exported = client.get("/review/labels.jsonl")
    (tmp_path / "labels.jsonl").write_bytes(exported.content)
    (record,) = read_records([tmp_path / "labels.jsonl"])
    assert record.severity["chips"] == 2
    again = post(client, path, path, author="Anna", **{**FIELDS, "severity_chips": "0", "action": "queue"})
    assert again.headers["location"] == f"/review?author=Anna&done={article}"
    assert len(client.get("/v1/labels?superseded=true").json()["labels"]) == 2


def test_second_readings_are_blind(office: Desk) -> None:
    client = office.client
    path = f"/review/{office.alert.article_id}"
    post(client, path, path, author="Anna", note="a tell-tale note", **FIELDS)
    assert "tell-tale" in client.get(f"{path}?author=Anna").text
    assert "tell-tale" not in client.get(f"{path}?author=Ben").text
    assert "second reading" in client.get("/review?author=Ben").text
    post(client, path, path, author="Ben", **{**FIELDS, "severity_chips": "3"})
    assert "tell-tale" in client.get(f"{path}?author=Ben").text
    assert "1 article with several readers" in client.get("/review").text


def test_what_is_missing_is_told_beside_what_was_filled_in(office: Desk) -> None:
    client = office.client
    path = f"/review/{office.alert.article_id}"
    fields = {**FIELDS, "severity_cloud_data": "1", "stage": ""}
    refused = post(client, path, path, author="Anna", note="my words", **fields)
    assert refused.status_code == 422
    assert "Mark what speaks for Cloud &amp; data; choose a stage." in refused.text
    assert "my words" in refused.text
    unknown = {**FIELDS, "span_chips": "words that nobody wrote"}
    assert "not verbatim" in post(client, path, path, author="Anna", **unknown).text
    assert client.get("/v1/labels").json()["labels"] == []


def test_an_article_leads_to_its_correction(office: Desk) -> None:
    article = office.alert.article_id
    assert f'href="/review/{article}"' in office.client.get(f"/articles/{article}").text
    assert office.client.get("/review/ar_0").status_code == 404


def test_a_reader_may_look_and_a_writer_labels_in_the_name_of_the_key(
    tmp_path: Path, real_assessor: Assessor
) -> None:
    desk = Desk(tmp_path, real_assessor, require_keys=True, key_refresh_s=0.05)
    article = desk.alert.article_id
    path = f"/review/{article}"
    with desk.client as client:
        post(client, "/login", "/login", key=make(desk, "read"))
        assert client.get("/review").status_code == 200
        assert f'href="{path}"' not in client.get(f"/articles/{article}").text
        assert post(client, path, path, **FIELDS).status_code == 403
        client.cookies.clear()
        post(client, "/login", "/login", key=make(desk, "read", "write"))
        assert f'href="{path}"' in client.get(f"/articles/{article}").text
        saved = post(client, path, path, author="Somebody Else", **FIELDS)
        assert saved.headers["location"] == f"/review/next?done={article}"
        shown = client.get(path).text
        assert "A. Nalyst (" in shown
        assert "Somebody Else" not in shown
