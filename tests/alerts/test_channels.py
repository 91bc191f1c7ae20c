"""Every kind of event in every channel: below 20 kB, and nothing in a headline steers what reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.alerts.channels import cef_line, email_message, slack_post, teams_post, webhook_post
from riskscore.alerts.events import (
    MAX_EVENT_BYTES,
    AlertFacts,
    News,
    alert_data,
    digest_entry,
    digests,
    encode_event,
    new_id,
)
from riskscore.alerts.signing import new_secret
from riskscore.alerts.wording import worded

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOSTILE = 'Chips\r\nX-Header: 1 <script>|cn1=9\\ & "quotes" *bold* [link](http://evil.example) 中文'


def data(title: str = HOSTILE, sentence: str = HOSTILE, name: str = "Nvidia", **news: Any) -> dict[str, Any]:
    alert = AlertFacts(
        "al_1", "su_1", "Desk", "story", "nvidia", name, ("opened",), ("chips",), 3, 81.234, AT, None
    )
    evidence: Any = (("chips", sentence),) * 6
    rules = (("us-ear-744", HOSTILE, "15 CFR 744"),) * 12
    told = News(
        "ar_1",
        "as_1",
        "st_1",
        title,
        "https://x/",
        "Wire",
        AT,
        "adopted",
        "tightening",
        evidence,
        rules,
    )
    return alert_data(alert, told, "https://risk.example")


def event(kind: Any = "alert.opened", **others: Any) -> str:
    content = others or data()
    return encode_event(kind, "msg_1", "alert/al_1", 1, AT, content)


EVENTS = {
    "alert.opened": event(),
    "alert.changed": event("alert.changed"),
    "alerts.digest": event(
        "alerts.digest",
        **next(iter(digests([digest_entry(data())] * 3, {"subscription_id": "su_1", "name": HOSTILE}))),
    ),
    "endpoint.test": event("endpoint.test", endpoint={"endpoint_id": "ep_1", "name": HOSTILE}),
    "endpoint.disabled": event("endpoint.disabled", endpoint={"name": HOSTILE}, reason=HOSTILE, pending=3),
    "endpoint.recovered": event("endpoint.recovered", endpoint={"name": HOSTILE}, reason=None, pending=3),
    "model.drift": event(
        "model.drift",
        model_version="2026-11-24",
        source=HOSTILE,
        regime="chips",
        psi=0.31,
        limit=0.25,
        items=412,
        links={"drift": "https://risk.example/v1/drift?model_version=2026-11-24"},
    ),
}


def test_an_event_has_the_standard_shape() -> None:
    content = json.loads(EVENTS["alert.opened"])
    assert set(content) == {"type", "timestamp", "data"}
    assert content["timestamp"] == "2026-01-05T12:00:00.000Z"
    told = content["data"]
    assert (told["event_id"], told["subject"], told["sequence"]) == ("msg_1", "alert/al_1", 1)
    assert told["links"]["assessment"] == "https://risk.example/v1/assessments/as_1"
    assert len(told["evidence"]) == 4
    assert told["news"]["title"] == HOSTILE


@settings(deadline=None, max_examples=60)
@given(
    st.text(max_size=3_000),
    st.text(alphabet=st.characters(codec=None), max_size=3_000),
    st.text(max_size=500),
)
def test_no_event_is_longer_than_20_kb(title: str, sentence: str, name: str) -> None:
    text = event(**data(title, sentence, name))
    assert len(text.encode()) <= MAX_EVENT_BYTES
    assert json.loads(text)["data"]["alert_id"] == "al_1"


def test_the_longest_texts_are_cut_and_the_links_stay() -> None:
    worst = event(**data("\x01" * 10_000, "\x02" * 10_000, "\x03" * 300))
    assert len(worst.encode()) <= MAX_EVENT_BYTES
    assert json.loads(worst)["data"]["links"]["alert"] == "https://risk.example/v1/alerts/al_1"
    entries = [digest_entry(data("中" * 500, name="国" * 200))] * 100
    parts = list(digests(entries, {"subscription_id": "su_1", "name": "n" * 200}))
    assert [part["count"] for part in parts] == [40, 40, 20]
    for part in parts:
        assert len(event("alerts.digest", **part).encode()) <= MAX_EVENT_BYTES


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_goes_through_every_channel(kind: str) -> None:
    payload = EVENTS[kind]
    said = worded(json.loads(payload))
    assert said.headline
    post = webhook_post("msg_1", payload, AT, [new_secret()])
    assert post.body == payload.encode()
    assert set(post.headers) == {"content-type", "webhook-id", "webhook-timestamp", "webhook-signature"}

    slack = json.loads(slack_post(payload).body)
    assert len(slack["blocks"][0]["text"]["text"]) <= 150
    assert all(len(block["text"]["text"]) <= 3_000 for block in slack["blocks"])
    assert "<script>" not in json.dumps(slack["blocks"][1:]) + slack["text"]

    card = json.loads(teams_post(payload).body)["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    assert all(block["type"] == "RichTextBlock" for block in card["body"])  # text, never mark-up

    message = email_message("msg_1", payload, "risk@example.com", "desk@example.com", AT)
    assert "\n" not in message["Subject"]
    assert "X-Header" not in message
    assert message["Message-ID"] == "<msg_1@riskscore.invalid>"

    line = cef_line("msg_1", payload, AT)
    assert b"\n" not in line
    assert b"\r" not in line
    assert line.startswith(b"<1")


def test_a_siem_reads_the_fields_apart() -> None:
    line = cef_line("msg_1", EVENTS["alert.opened"], AT).decode()
    head, _, body = line.partition("|9|")
    assert head.count("|") - head.count("\\|") == 5  # version, vendor, product, version, type, name
    assert "cs2=nvidia" in body
    assert "externalId=msg_1" in body
    assert "cn1\\=9" in body  # of the headline: escaped, and no field


def test_ids_do_not_repeat() -> None:
    assert len({new_id("msg") for _ in range(1_000)}) == 1_000
