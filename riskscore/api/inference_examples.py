"""Example answers of the Open Inference Protocol for the OpenAPI document, worked out by the loaded model."""

from __future__ import annotations

from typing import Any

from riskscore.api.inference import example_inference, inference_answer, scored
from riskscore.api.inference_models import model_metadata, server_metadata
from riskscore.api.records import Records
from riskscore.api.requests import Limits
from riskscore.open_inference.reading import read_inference
from riskscore.open_inference.tensors import MODEL_NAME


def inference_examples(records: Records, limits: Limits) -> dict[str, Any]:
    """One answer of status 200 by path."""
    asked = read_inference(example_inference(), b"", limits, None)
    found = [scored(records, submission) for submission in asked.submissions]
    inferred, _ = inference_answer(records, asked, found, None)
    model = "/v2/models/{model_name}"
    return {
        "/v2": server_metadata(),
        "/v2/": server_metadata(),
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"live": True, "ready": True},
        **{
            f"{path}{end}": answer
            for path in (model, f"{model}/versions/{{model_version}}")
            for end, answer in (
                ("", model_metadata(records)),
                ("/ready", {"name": MODEL_NAME, "ready": True}),
                ("/infer", inferred),
            )
        },
    }
