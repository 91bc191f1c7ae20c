"""The Open Inference Protocol: its objects, its errors, tensors of both kinds, and the reference client."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from tritonclient.utils import InferenceServerException

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import Settings, load_settings
from riskscore.store import open_store
from riskscore.store.ledger import LedgerFilter, list_entries
from tests.api.live import served
from tests.api.test_access import Site, bearer
from tests.api.test_score import TEXT, TITLE
from tests.models.artifacts import place

INFER = "/v2/models/riskscore/infer"
HEADER = "Inference-Header-Content-Length"
MODEL = "/v2/models/riskscore/versions/0.0-fake"

# After open_inference_rest.yaml of the specification; `tensor_data` holds what its own schema says.
_TENSOR = {
    "type": "object",
    "required": ["name", "datatype", "shape"],
    "properties": {
        "name": {"type": "string"},
        "datatype": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer"}},
        "parameters": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
        "data": {"type": "array", "items": {"type": ["array", "number", "string", "boolean"]}},
    },
}
SPECIFIED = {
    "error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
    "server": {
        "type": "object",
        "required": ["name", "version", "extensions"],
        "properties": {
            "name": {"type": "string"},
            "version": {"type": "string"},
            "extensions": {"type": "array", "items": {"type": "string"}},
        },
    },
    "model": {
        "type": "object",
        "required": ["name", "versions", "platform", "inputs", "outputs"],
        "properties": {
            "name": {"type": "string"},
            "versions": {"type": "array", "items": {"type": "string"}},
            "platform": {"type": "string"},
            "inputs": {"type": "array", "items": _TENSOR},
            "outputs": {"type": "array", "items": _TENSOR},
        },
    },
    "inference": {
        "type": "object",
        "required": ["model_name", "outputs"],
        "properties": {
            "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "parameters": {"type": "object"},
            "outputs": {
                "type": "array",
                "items": {**_TENSOR, "required": ["name", "shape", "datatype", "data"]},
            },
        },
    },
}


def checked(response: httpx.Response, kind: str, status: int = 200) -> dict[str, Any]:
    """The object of an answer, which must be as specified."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    answer: dict[str, Any] = response.json()
    Draft202012Validator(SPECIFIED[kind]).validate(answer)
    return answer


def refused(response: httpx.Response, status: int, *words: str) -> str:
    answer = checked(response, "error", status)
    assert set(answer) == {"error"}
    for word in words:
        assert word in answer["error"]
    return str(answer["error"])


def tensor(name: str, data: list[Any], shape: list[int] | None = None, **more: Any) -> dict[str, Any]:
    given = {"name": name, "shape": shape or [len(data)], "datatype": "BYTES", "data": data, **more}
    return {key: value for key, value in given.items() if value is not None}


def infer(client: TestClient, *inputs: dict[str, Any], path: str = INFER, **more: Any) -> httpx.Response:
    response: httpx.Response = client.post(path, json={"inputs": list(inputs), **more})
    return response


def outputs_of(answer: dict[str, Any]) -> dict[str, Any]:
    return {output["name"]: output for output in answer["outputs"]}


def test_server_and_model_are_described(client: TestClient, settings: Settings) -> None:
    server = checked(client.get("/v2"), "server")
    assert server["name"] == "riskscore"
    assert server["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/").json() == server
    model = checked(client.get("/v2/models/riskscore"), "model")
    assert model["versions"] == ["0.0-fake"]
    assert client.get(MODEL).json() == model
    assert [(one["name"], one["datatype"], one["shape"]) for one in model["outputs"]] == [
        ("probability", "FP64", [-1, 3]),
        ("severity", "INT64", [-1, 3]),
        ("flagged", "BOOL", [-1, 3]),
        ("score", "FP64", [-1, 3]),
        ("abstained", "BOOL", [-1]),
        ("assessment", "BYTES", [-1]),
    ]


def test_health_is_told_as_elsewhere(client: TestClient) -> None:
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"live": True, "ready": True}
    for path in ("/v2/models/riskscore", MODEL):
        assert client.get(f"{path}/ready").json() == {"name": "riskscore", "ready": True}


@pytest.mark.parametrize("end", ["", "/ready"])
def test_other_models_and_versions_are_not_there(client: TestClient, end: str) -> None:
    refused(client.get(f"/v2/models/other{end}"), 404, "'other'", "riskscore")
    refused(client.get(f"/v2/models/riskscore/versions/9{end}"), 404, "'9'", "0.0-fake")


def test_errors_of_routing_are_the_protocols_too(client: TestClient) -> None:
    refused(client.get("/v2/nothing"), 404)
    refused(client.delete("/v2"), 405)
    refused(client.get(INFER), 405)
    refused(client.get("/v2?api_key=x"), 400)
    assert client.get("/v2x").headers["content-type"] == "application/problem+json"


def test_tensors_say_what_the_score_says(client: TestClient) -> None:
    texts, titles = [TEXT, "An unrelated report of bakeries and bread in the town.", TEXT], [TITLE, "", ""]
    answer = checked(infer(client, tensor("text", texts), tensor("title", titles), id="n 1"), "inference")
    assert (answer["id"], answer["model_name"], answer["model_version"]) == ("n 1", "riskscore", "0.0-fake")
    outputs = outputs_of(answer)
    assert set(outputs) == {"probability", "severity", "flagged", "score", "abstained"}
    for name in ("probability", "severity", "flagged", "score"):
        assert outputs[name]["shape"] == [3, 3]
        columns = outputs[name]["parameters"]["columns"].split(",")
        for row, (text, title) in enumerate(zip(texts, titles, strict=True)):
            article = {"text": text, **({"title": title} if title else {})}
            regimes = client.post("/v1/score", json=article).json()["regimes"]
            assert outputs[name]["data"][row * 3 : row * 3 + 3] == [regimes[one][name] for one in columns]
    assert outputs["abstained"] == {
        "name": "abstained",
        "shape": [3],
        "datatype": "BOOL",
        "data": [False] * 3,
    }


def test_a_column_of_shape_n_1_is_the_same_flat_or_nested(client: TestClient) -> None:
    flat = infer(client, tensor("text", [TEXT, TITLE], [2, 1])).json()
    assert flat == infer(client, tensor("text", [[TEXT], [TITLE]], [2, 1])).json()
    assert flat == infer(client, tensor("text", [TEXT, TITLE])).json()


def test_the_whole_assessment_comes_when_it_is_asked_for(client: TestClient) -> None:
    wanted = [{"name": "assessment"}, {"name": "abstained"}]
    answer = checked(infer(client, tensor("text", [TEXT, "short"]), outputs=wanted), "inference")
    assert [output["name"] for output in answer["outputs"]] == ["assessment", "abstained"]
    first, second = map(json.loads, answer["outputs"][0]["data"])
    assert first == client.post("/v1/score", json={"text": TEXT}).json()
    assert second["abstained"] is True
    assert answer["outputs"][1]["data"] == [False, True]


def test_no_number_of_an_article_that_was_not_judged_passes_for_a_score(client: TestClient) -> None:
    outputs = outputs_of(infer(client, tensor("text", ["short"])).json())
    assert outputs["abstained"]["data"] == [True]
    for name in ("probability", "severity", "score"):
        assert outputs[name]["data"] == [-1, -1, -1]
    assert outputs["flagged"]["data"] == [False] * 3


def test_parameters_are_the_options_of_score(client: TestClient) -> None:
    options = {"contributions": 1, "evidence": 0, "base_rate": 0.02}
    answer = infer(
        client, tensor("text", [TEXT]), parameters=options, outputs=[{"name": "assessment"}]
    ).json()
    expected = client.post("/v1/score", json={"text": TEXT, "options": options}).json()
    assert json.loads(answer["outputs"][0]["data"][0]) == expected


def test_no_articles_give_empty_tensors(client: TestClient) -> None:
    outputs = outputs_of(checked(infer(client, tensor("text", [], [0])), "inference"))
    assert outputs["probability"]["shape"] == [0, 3]
    assert outputs["probability"]["data"] == []


def test_null_stands_for_not_given(client: TestClient) -> None:
    given: dict[str, Any] = {"id": None, "parameters": None, "outputs": None}
    checked(infer(client, {**tensor("text", [TEXT]), "parameters": None}, **given), "inference")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], ("inputs: must have an input `text`",)),
        ([tensor("title", ["x"])], ("inputs: must have an input `text`",)),
        ([tensor("texts", ["x"])], ("inputs.0.name",)),
        ([{**tensor("text", ["x"]), "datatype": "FP32"}], ("inputs.0.datatype", "BYTES")),
        ([tensor("text", ["x"], [1, 2])], ("inputs.0.shape: must be [n] or [n, 1]",)),
        ([tensor("text", ["x"], [1, 1, 1])], ("inputs.0.shape",)),
        ([tensor("text", ["x"], [-1])], ("inputs.0.shape.0",)),
        ([tensor("text", ["x"], [True])], ("inputs.0.shape.0",)),
        ([tensor("text", ["x"], [2**63])], ("inputs.0.shape.0",)),
        ([tensor("text", ["x"], [2])], ("inputs.0.data: has fewer elements",)),
        ([tensor("text", ["x", "y"], [1])], ("inputs.0.data: has more elements",)),
        ([tensor("text", ["x"], [101])], ("101", "max_items")),
        ([tensor("text", [7])], ("inputs.0.data.0: must be a string",)),
        ([tensor("text", [[["x"]]], [1, 1])], ("inputs.0.data.0: must be a string",)),
        ([{"name": "text", "shape": [1], "datatype": "BYTES"}], ("inputs.0.data: is missing",)),
        ([tensor("text", ["x"]), tensor("text", ["x"])], ("inputs.1.name",)),
        ([tensor("text", ["x"]), tensor("title", ["x", "y"])], ("inputs.1.shape",)),
        ([tensor("text", ["x"])] * 4, ("inputs: has 4 items",)),
        ([tensor("text", ["x"], parameters={"shared_memory_region": "a"})], ("shared_memory_region",)),
        (
            [tensor("text", ["x"], parameters={"content_type": "base64"})],
            ("inputs.0.parameters.content_type",),
        ),
        ([tensor("text", ["x"], parameters={"binary_data_size": 5})], ("does not go with `data`",)),
        ([tensor("text", ["good text", "x" * 500_001])], ("items.1.text", "max_text_chars")),
        ([tensor("text", ["x"]), tensor("title", ["x" * 2_001])], ("items.0.title",)),
        ([tensor("text", ["x"]), tensor("language", ["english"])], ("items.0.language",)),
        ([tensor("text", ["\ud800"])], ("items.0.text", "lone surrogate")),
        (["text"], ("inputs.0: must be an object",)),
        ([{**tensor("text", ["x"]), **{f"n{i}": 1 for i in range(99)}}], ("inputs.0: has 103 fields",)),
    ],
)
def test_a_fault_of_an_input_is_named(client: TestClient, inputs: list[Any], words: tuple[str, ...]) -> None:
    body = json.dumps({"inputs": inputs})
    response = client.post(INFER, content=body, headers={"content-type": "application/json"})
    refused(response, 422, *words)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"outputs": [{"name": "logits"}]}, ("outputs.0.name",)),
        ({"outputs": [{"name": "score"}, {"name": "score"}]}, ("outputs.1.name",)),
        ({"outputs": [{"name": "score"}] * 7}, ("outputs: has 7 items",)),
        ({"outputs": [{"name": "score", "parameters": {"classification": 2}}]}, ("classification",)),
        ({"parameters": {"baserate": 0.02}}, ("parameters.baserate", "base_rate")),
        ({"parameters": {"base_rate": 2}}, ("parameters.base_rate",)),
        ({"id": 7}, ("id",)),
        ({"input": []}, ("input: is not a known field",)),
    ],
)
def test_a_fault_of_the_rest_is_named(
    client: TestClient, more: dict[str, Any], words: tuple[str, ...]
) -> None:
    refused(infer(client, tensor("text", [TEXT]), **more), 422, *words)


@pytest.mark.parametrize("body", ["[]", "7", "null"])
def test_what_is_no_object_is_refused(client: TestClient, body: str) -> None:
    refused(client.post(INFER, content=body, headers={"content-type": "application/json"}), 422)


def test_types_of_content_that_clients_send_are_taken(client: TestClient) -> None:
    body = json.dumps({"inputs": [tensor("text", [TEXT])]}).encode()
    for headers in (
        {},
        {"content-type": "application/octet-stream"},
        {"content-type": "application/json; charset=utf-8"},
    ):
        assert client.post(INFER, content=body, headers=headers).status_code == 200
    for headers in (
        {"origin": "https://evil.example"},  # what a page's script can send without asking first
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-encoding": "gzip"},
    ):
        refused(client.post(INFER, content=body, headers=headers), 415)
    refused(client.post(INFER, content=b"{", headers={"content-type": "application/json"}), 400)
    refused(client.post(INFER, content=b"x" * 5_000_000), 413)


def elements(*texts: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def binary(client: TestClient, behind: bytes, *sizes: int, declared: str | None = None) -> httpx.Response:
    """A request whose inputs take so many bytes each behind the JSON object."""
    inputs = [
        {"name": name, "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": size}}
        for name, size in zip(("text", "title"), sizes, strict=False)
    ]
    body = json.dumps({"inputs": inputs}).encode()
    headers = {"content-type": "application/octet-stream", HEADER: declared or str(len(body))}
    response: httpx.Response = client.post(INFER, content=body + behind, headers=headers)
    return response


def test_binary_inputs_are_the_same_articles(client: TestClient) -> None:
    texts, titles = elements(TEXT.encode(), "Der Bäcker 面包".encode()), elements(TITLE.encode(), b"")
    response = binary(client, texts + titles, len(texts), len(titles))
    expected = infer(client, tensor("text", [TEXT, "Der Bäcker 面包"]), tensor("title", [TITLE, ""]))
    assert checked(response, "inference") == expected.json()


def test_binary_outputs_stand_behind_the_object_in_order(client: TestClient) -> None:
    wanted = [
        {"name": "assessment", "parameters": {"binary_data": True}},
        {"name": "abstained"},
        {"name": "probability", "parameters": {"binary_data": True}},
    ]
    response = infer(client, tensor("text", [TEXT, "short"]), outputs=wanted)
    assert response.headers["content-type"] == "application/octet-stream"
    length = int(response.headers[HEADER])
    answer, behind = json.loads(response.content[:length]), response.content[length:]
    assert answer["outputs"][1]["data"] == [False, True]
    sizes = [answer["outputs"][place]["parameters"]["binary_data_size"] for place in (0, 2)]
    assert sum(sizes) == len(behind)
    (first,) = struct.unpack_from("<I", behind)
    assert json.loads(behind[4 : 4 + first])["model_version"] == "0.0-fake"
    found = np.frombuffer(behind[sizes[0] :], "<f8").reshape(2, 3)
    plain = outputs_of(infer(client, tensor("text", [TEXT, "short"])).json())["probability"]["data"]
    assert found.ravel().tolist() == plain


@pytest.mark.parametrize(
    ("behind", "sizes", "declared", "words"),
    [
        (elements(b"a", b"b"), (99,), None, ("bytes are not there",)),
        (elements(b"a", b"b") + b"x", (10,), None, ("1 bytes follow the last input",)),
        (elements(b"a"), (5,), None, ("fewer elements",)),
        (elements(b"a", b"b", b"c"), (15,), None, ("more elements",)),
        (elements(b"a") + b"\xff\xff\xff\xffb", (10,), None, ("ends within element 1",)),
        (elements(b"a") + b"\x01\x00", (7,), None, ("ends within the length",)),
        (elements(b"a", b"\xff"), (10,), None, ("element 1 is not UTF-8",)),
        (elements(b"a", b"b"), (10,), "99999", ("99,999",)),
        (elements(b"a", b"b"), (10,), "-1", (HEADER,)),
        (elements(b"a", b"b"), (10,), "9" * 5_000, (HEADER,)),
    ],
)
def test_broken_binary_data_is_refused(
    client: TestClient, behind: bytes, sizes: tuple[int, ...], declared: str | None, words: tuple[str, ...]
) -> None:
    refused(binary(client, behind, *sizes, declared=declared), 422, *words)


def test_scopes_and_charges_are_those_of_the_batch(tmp_path: Path, assessor: Assessor) -> None:
    site = Site(tmp_path, assessor)
    with site.client:
        reader, scorer = site.known_key("read"), site.known_key("score", rate_per_minute=60)
        body = {"inputs": [tensor("text", [TEXT] * 5)]}
        refused(site.get("/v2/models/riskscore"), 401, "needs a key")
        refused(site.get("/v2/models/riskscore", scorer), 403, "'read'")
        refused(site.client.post(INFER, json=body, headers=bearer(reader)), 403, "'score'")
        assert site.get("/v2/models/riskscore", reader).status_code == 200
        assert (
            site.get("/v2/health/live").status_code
            == site.get("/v2/models/riskscore/ready").status_code
            == 200
        )
        before = site.client.post(INFER, json={"inputs": [tensor("text", [TEXT])]}, headers=bearer(scorer))
        after = site.client.post(INFER, json=body, headers=bearer(scorer))
        left = [re.findall(r"r=(\d+)", response.headers["ratelimit"])[0] for response in (before, after)]
        assert int(left[0]) - int(left[1]) == 5


def test_each_article_stands_in_the_ledger(tmp_path: Path, assessor: Assessor) -> None:
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'news.db'}", audit_wait=True)
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        infer(client, tensor("text", [TEXT, "short"]), path=f"{MODEL}/infer")
        single = client.post("/v1/score", json={"text": TEXT, "model_version": "0.0-fake"})
        assert single.status_code == 200
    store = open_store(settings.database_url)
    with store.read() as connection:
        sealed = list_entries(connection, LedgerFilter(), 100)
    store.close()
    entries = [one.entry for one in sealed if one.entry.action == "article.scored"]
    hashes = [(entry.input_hash, entry.output_hash, entry.detail) for entry in entries]
    assert len(hashes) == 3
    assert len(set(map(str, hashes))) == 2  # the article of both ways is recorded as the same


@pytest.fixture(scope="module")
def two_models(small_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with two models; v2 answers by default."""
    folder = tmp_path_factory.mktemp("models")
    for version, threshold in (("v1", 0.0), ("v2", 1.0)):
        place(small_model_dir, folder, version, threshold)
    settings = load_settings(model_dir=folder, database_url=f"sqlite:///{folder / 'news.db'}")
    with served(create_app(settings)) as address:
        yield address


@pytest.mark.parametrize("is_binary", [True, False])
def test_the_reference_client_works_as_it_comes(two_models: str, is_binary: bool) -> None:
    client = triton.InferenceServerClient(two_models)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("riskscore", "v1")
    assert not client.is_model_ready("riskscore", "v9")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    assert client.get_model_metadata("riskscore")["versions"] == ["v2", "v1"]
    given = triton.InferInput("text", [2, 1], "BYTES")
    given.set_data_from_numpy(np.array([[TEXT.encode()], [b"short"]], dtype=object), binary_data=is_binary)
    found = client.infer("riskscore", [given], request_id="seven")
    assert found.get_response()["id"] == "seven"
    assert found.get_response()["model_version"] == "v2"
    probability, flagged = found.as_numpy("probability"), found.as_numpy("flagged")
    assert (probability.shape, probability.dtype) == ((2, 3), np.float64)
    assert (probability[0] >= 0).all()
    assert (probability[1] == -1).all()
    assert found.as_numpy("severity").dtype == np.int64
    assert found.as_numpy("abstained").tolist() == [False, True]
    assert not flagged.any()
    wanted = [triton.InferRequestedOutput(name, binary_data=is_binary) for name in ("flagged", "assessment")]
    lenient = client.infer("riskscore", [given], model_version="v1", outputs=wanted)
    assert lenient.as_numpy("flagged")[0].all()
    assert json.loads(lenient.as_numpy("assessment")[0])["model_version"] == "v1"
    assert lenient.as_numpy("probability") is None
    with pytest.raises(InferenceServerException, match="'v9' is not loaded"):
        client.infer("riskscore", [given], model_version="v9")
    client.close()
