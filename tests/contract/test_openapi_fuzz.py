"""Every operation of the OpenAPI document, asked with made-up requests on both databases, answers as documented.

Schemathesis makes the requests, valid and broken ones, from a fixed seed. What an answer names (ids, cursors,
versions) is put into later requests, so that most of them get past "there is no such": a link between any two
operations, without one written down. Failures are gathered and told together, each with its request.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

import hypothesis
import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from riskscore.access.issuing import make_key
from riskscore.access.scopes import SCOPES
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.auditing.trail import process_trail
from riskscore.settings import load_settings
from riskscore.store import open_store
from tests.api.fake import FakeAssessor
from tests.api.test_score import TEXT

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("RISKSCORE_FUZZ_EXAMPLES", "10"))  # of each operation and kind of request
SEED = int(os.environ.get("RISKSCORE_FUZZ_SEED", "8"))
_KEPT = 30  # values remembered under each name


class Known:
    """What answers have named so far, by the name of the parameter that takes it."""

    def __init__(self, **first: str) -> None:
        self._values: dict[str, list[str]] = {name: [value] for name, value in first.items()}

    def learn(self, value: object, name: str = "") -> None:
        """Remember the ids, cursors and versions of an answer."""
        if isinstance(value, dict):
            for key, held in value.items():
                self.learn(held, key)
        elif isinstance(value, list):
            for held in value[:5]:
                self.learn(held, name)
        elif isinstance(value, str | int) and re.fullmatch(r"\w+_id|(next_)?cursor|(model_)?version", name):
            kept = self._values.setdefault(name.removeprefix("next_"), [])
            if str(value) not in kept:
                kept.append(str(value))
                del kept[1 : len(kept) - _KEPT]

    def put_into(self, parameters: dict[str, Any] | None, chance: random.Random) -> None:
        """Replace made-up values by known ones."""
        for name in parameters or ():
            known = self._values.get(name)
            if known and parameters is not None:
                parameters[name] = chance.choice(known)


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """The application with a key of every scope; requests cannot lock it out, as it is never named to them."""
    store = open_store(database_url)
    at = datetime.now(UTC)
    with store.write() as connection:
        key = make_key(connection, "fuzz", SCOPES, at, process_trail(store))
    store.close()
    app = create_app(load_settings(database_url=database_url), cast(Assessor, FakeAssessor()))
    headers = {"authorization": f"Bearer {key.secret}"}
    with TestClient(app, "http://localhost", headers=headers, raise_server_exceptions=False) as client:
        client.__dict__["key_id"] = key.key.key_id
        yield client


def seeded(client: TestClient) -> Known:
    """Something of each kind in the store."""
    known = Known(company_id="nvidia", model_name="riskscore", instrument_id="ear-3a090")
    told: list[tuple[str, str, object]] = [
        ("PUT", "/v1/watchlists/holdings", {"name": "Holdings", "company_ids": ["nvidia"]}),
        ("POST", "/v1/articles", {"title": "Chips", "text": TEXT, "published_at": "2026-01-09T12:00:00Z"}),
    ]
    for method, path, body in told:
        answer = client.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        known.learn(answer.json())
    return known


def send(client: TestClient, case: Case) -> Response:
    """Send a case as it would go over the wire."""
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    content = sent.body.encode() if isinstance(sent.body, str) else sent.body
    headers = {name: value for name, value in sent.headers.items() if name.lower() != "content-length"}
    answer = client.request(
        cast(str, sent.method), cast(str, sent.url), content=content, headers=headers, follow_redirects=False
    )
    return Response.from_any(answer)


def test_every_operation_answers_as_documented(client: TestClient) -> None:
    chance = random.Random(SEED)
    known = seeded(client)
    own_key: str = client.__dict__["key_id"]
    app = cast(Any, client.app)
    schema = schemathesis.openapi.from_dict(app.openapi())
    operations = [result.ok() for result in schema.get_all_operations()]
    failures: dict[tuple[str, str], str] = {}
    answered: dict[int, int] = {}

    def ask(case: Case, label: str) -> None:
        if chance.random() < 0.7:
            known.put_into(case.path_parameters, chance)
        if chance.random() < 0.3:
            known.put_into(case.query, chance)
        if own_key in str(case.path_parameters):
            return
        response = send(client, case)
        answered[response.status_code] = answered.get(response.status_code, 0) + 1
        if response.status_code == 200 and "json" in str(response.headers.get("content-type")):
            known.learn(response.json())
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                found = f"{case.as_curl_command()}\n{response.status_code} {response.content[:400]!r}\n{failure}"
                failures.setdefault((label, type(failure).__name__), found)

    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                strategy = operation.as_strategy(generation_mode=mode)
                strategy.validate()
            except Exception as e: print("SKIP", operation.label, mode, type(e), e); continue
            # Failures are gathered rather than raised: nothing to shrink, and no answer depends on a replay.
            run = hypothesis.settings(
                max_examples=EXAMPLES, phases=[Phase.generate], database=None, deadline=None,
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            try:
                hypothesis.seed(SEED)(run(given(case=strategy)(lambda case: ask(case, operation.label))))()
            except hypothesis.errors.Unsatisfiable as e:
                print("UNSAT", operation.label, mode)
    print(answered)
    assert not failures, "\n\n".join(f"{label}: {kind}\n{found}" for (label, kind), found in failures.items())
