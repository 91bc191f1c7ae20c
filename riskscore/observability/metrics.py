"""Requests and assessments in, Prometheus figures out.

Every label has few values: routes are templates ("/v1/articles/{article_id}"), never paths as sent.
"""

from __future__ import annotations

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from riskscore.types import SEVERITY_NAMES, Assessment

# When each series began: as many lines again, which nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# A score takes about 3 ms, a company's risk about 10; past a second something is wrong.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
_UNROUTED = "(none)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LANGUAGES = frozenset({"en", "zh", "unknown"})
_OTHER = "other"


class Metrics:
    """The figures of one process.

    With PROMETHEUS_MULTIPROC_DIR set, several server processes of one parent add theirs up in the files of
    that folder, and any of them answers for all; without it each answers for itself.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._looked_up: list[Collector] = []
        ProcessCollector(registry=self.registry)
        self.requests = Histogram(
            "riskscore_request_seconds",
            "Time from the first byte of a request to the last of its answer, by route template.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.answers = Counter(
            "riskscore_answers",
            "Answers by route template and status; 499 where the caller left.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "riskscore_requests_in_flight",
            "Requests being answered.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self.scores = Counter(
            "riskscore_scores",
            "Scored articles by regime and the severity that was flagged.",
            ("model_version", "regime", "severity"),
            registry=self.registry,
        )
        self.abstentions = Counter(
            "riskscore_abstentions",
            "Articles that were not scored, by their language.",
            ("model_version", "language"),
            registry=self.registry,
        )

    def register(self, collector: Collector) -> None:
        """Add figures that are looked up with each scrape rather than counted."""
        self._looked_up.append(collector)
        self.registry.register(collector)

    def note_request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        method = method if method in _METHODS else _OTHER  # callers may send any word
        route = route or _UNROUTED
        self.requests.labels(method, route).observe(seconds)
        self.answers.labels(method, route, str(status)).inc()

    def note_assessment(self, assessment: Assessment) -> None:
        """Count an article that was scored or abstained on."""
        version = assessment.model_version
        if assessment.abstained:
            language = assessment.language or "unknown"
            self.abstentions.labels(version, language if language in _LANGUAGES else _OTHER).inc()
            return
        for regime, score in assessment.regimes.items():
            self.scores.labels(version, regime, SEVERITY_NAMES[score.severity]).inc()

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        for collector in self._looked_up:
            shared.register(collector)
        return generate_latest(shared)
