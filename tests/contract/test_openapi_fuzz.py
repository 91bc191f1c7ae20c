"""Every operation of the OpenAPI document, asked at random on both databases, answers as documented.

Schemathesis makes the requests, valid and broken ones, from a fixed seed. What an answer names (ids, cursors,
versions) is put into later requests, so that most of them get past "there is no such": a link between any two
operations, without one written down. Failures are gathered and told together, each with its request.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import hypothesis
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
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
from riskscore.store import connect
from riskscore.store.schema import upgrade
from tests.api.fake import FakeAssessor
from tests.api.test_score import TEXT

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_TIMES = int(os.environ.get("FUZZ_TIMES", "1"))  # more for a long run
EXAMPLES = {GenerationMode.POSITIVE: 5 * _TIMES, GenerationMode.NEGATIVE: 2 * _TIMES}  # of each operation
SEED = int(os.environ.get("FUZZ_SEED", "8"))
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
    """The application, asked with a key of every scope that no request is told of, lest one revokes it."""
    store = connect(database_url)
    upgrade(store)
    at = datetime.now(UTC)
    with store.write() as connection:
        key = make_key(connection, "fuzz", SCOPES, at, process_trail(store))
    store.close()
    app = create_app(load_settings(database_url=database_url), cast(Assessor, FakeAssessor()))
    headers = {"authorization": f"Bearer {key.secret}"}
    with TestClient(app, "http://localhost", headers=headers, raise_server_exceptions=False) as client:
        client.__dict__["key_id"] = key.key.key_id
        yield client


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx: schemathesis.SerializationContext, value: object) -> bytes:
    """The one line that was made, and a second of its kind."""
    line = json.dumps(value).encode()
    return line + b"\n" + line


def seeded(client: TestClient) -> Known:
    """Something of each kind in the store."""
    known = Known(company_id="nvidia", model_name="riskscore", instrument_id="ear-3a090")
    told: list[tuple[str, str, object]] = [
        ("PUT", "/v1/watchlists/holdings", {"name": "Holdings", "companies": ["nvidia"]}),
        ("POST", "/v1/articles", {"title": "Chips", "text": TEXT, "published_at": "2026-01-09T12:00:00Z"}),
    ]
    for method, path, body in told:
        answer = client.request(method, path, json=body)
        assert answer.is_success, answer.text
        known.learn(answer.json())
    return known


def send(client: TestClient, case: Case[Any]) -> Response:
    """Send a case as it would go over the wire."""
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    content = sent.body.encode() if isinstance(sent.body, str) else sent.body
    headers = {name: value for name, value in sent.headers.items() if name.lower() != "content-length"}
    answer = client.request(
        cast(str, sent.method), cast(str, sent.url), content=content, headers=headers, follow_redirects=False
    )
    return Response.from_any(answer)


def without_security(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its keys: schemathesis would send made-up ones, and see nothing but 401."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    for operations in copy["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    del copy["components"]["securitySchemes"]
    return copy


class Inquiry:
    """Sends cases, remembers what their answers name, and what was wrong with them."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.known = seeded(client)
        self.chance = random.Random(SEED)
        self.statuses: Counter[int] = Counter()
        self.failures: dict[tuple[str, str], str] = {}

    def ask(self, case: Case[Any]) -> None:
        """Send one case, and check its answer."""
        if self.chance.random() < 0.7:
            self.known.put_into(case.path_parameters, self.chance)
        if self.chance.random() < 0.3:
            self.known.put_into(case.query, self.chance)
        taken = {parameter.name for parameter in case.operation.query}
        if "format" in taken and self.chance.random() < 0.3:  # of all parameters, what few made-up ones hit
            case.query = {"format": "csv"} | ({"order": "risk"} if "order" in taken else {})
        if self.client.__dict__["key_id"] in str(case.path_parameters):
            return
        response = send(self.client, case)
        self.statuses[response.status_code] += 1
        if response.status_code == 200 and "application/json" in str(response.headers.get("content-type")):
            self.known.learn(response.json())
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                shown = (
                    f"{case.as_curl_command()}\n{response.status_code} {response.content[:400]!r}\n{failure}"
                )
                self.failures.setdefault((case.operation.label, type(failure).__name__), shown)


def test_every_operation_answers_as_documented(client: TestClient) -> None:
    inquiry = Inquiry(client)
    schema = schemathesis.openapi.from_dict(without_security(cast(FastAPI, client.app).openapi()))
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        for mode, examples in EXAMPLES.items():
            run = hypothesis.settings(
                max_examples=examples,
                phases=[Phase.generate],  # failures are gathered, not raised: there is nothing to shrink
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )

            def ask(case: Case[Any]) -> None:
                inquiry.ask(case)

            asked = run(given(case=operation.as_strategy(generation_mode=mode))(ask))
            with suppress(Unsatisfiable):  # nothing can be wrong with a request that has no parts
                hypothesis.seed(SEED)(asked)()
    told = [f"{label}: {kind}\n{shown}" for (label, kind), shown in inquiry.failures.items()]
    assert not told, "\n\n".join(told)
    # A run that was refused everywhere would have shown nothing.
    assert inquiry.statuses[200] > sum(inquiry.statuses.values()) / 5, inquiry.statuses
    assert inquiry.statuses[401] == 0
