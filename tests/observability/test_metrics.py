"""What Prometheus reads: counted by templates and few labels, and added up over processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from riskscore.observability.metrics import Metrics
from riskscore.types import Article
from tests.api.fake import FakeAssessor


def samples(exposition: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Values by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition.decode())
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics.exposition())[name, tuple(sorted(labels.items()))]


def test_requests_are_counted_by_template_and_known_methods() -> None:
    metrics = Metrics()
    metrics.note_request("GET", "/v1/articles/{article_id}", 200, 0.004)
    metrics.note_request("GET", "/v1/articles/{article_id}", 404, 0.002)
    metrics.note_request("BREW", None, 404, 0.001)
    route = "/v1/articles/{article_id}"
    assert value(metrics, "riskscore_answers_total", method="GET", route=route, status="200") == 1
    assert value(metrics, "riskscore_answers_total", method="other", route="(none)", status="404") == 1
    assert value(metrics, "riskscore_request_seconds_bucket", method="GET", route=route, le="0.0025") == 1
    assert value(metrics, "riskscore_request_seconds_count", method="GET", route=route) == 2
    assert "_created" not in metrics.exposition().decode()


def test_scores_and_abstentions_are_counted() -> None:
    metrics, fake = Metrics(), FakeAssessor()
    version = fake.model.version
    article = Article(title="Chip chip", text="Chip rules: no chip for anybody, says Washington today.")
    for _ in range(2):
        metrics.note_assessment(fake.assess(article))
    for language in ("en", "zh", "xx", "yy"):
        metrics.note_assessment(fake.assess(Article(title="Short", language=language)))
    named = {"model_version": version, "regime": "chips"}
    assert value(metrics, "riskscore_scores_total", severity="watch", **named) == 2
    counted = {
        dict(labels)["language"]: count
        for (name, labels), count in samples(metrics.exposition()).items()
        if name == "riskscore_abstentions_total"
    }
    assert counted == {"en": 1, "zh": 1, "other": 2}


def test_processes_of_one_parent_add_up(tmp_path: Path) -> None:
    script = (
        "from riskscore.observability.metrics import Metrics\n"
        "metrics = Metrics()\n"
        "metrics.note_request('GET', '/healthz', 200, 0.001)\n"
        "metrics.in_flight.inc()\n"
    )
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    read = script + "print(metrics.exposition().decode())"
    done = subprocess.run(
        [sys.executable, "-c", read], env=environment, check=True, capture_output=True, text=True
    )
    found = samples(done.stdout.encode())
    labels = (("method", "GET"), ("route", "/healthz"), ("status", "200"))
    assert found["riskscore_answers_total", labels] == 3
