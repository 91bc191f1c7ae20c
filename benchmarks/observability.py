"""What metrics, logs, drift counts and traces cost a request.

    python -m benchmarks.observability [--requests 20000] [--rounds 7]

An application that answers at once, bare and with the layer that logs and counts around it; then the parts
that come with each score, on their own. Medians of the rounds, in microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, cast

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rich.console import Console
from rich.table import Table
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskscore.api.middleware import RequestContext
from riskscore.api.problems import problem_response
from riskscore.assess import Assessor
from riskscore.drift.counts import Tally
from riskscore.examples import example_request
from riskscore.observability.logs import JsonFormatter
from riskscore.observability.metrics import Metrics
from riskscore.observability.tracing import span, trace_to
from riskscore.store.times import utc_now
from riskscore.types import Article

_START: Message = {"type": "http.response.start", "status": 200, "headers": []}
_BODY: Message = {"type": "http.response.body", "body": b"{}"}


async def _answers_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await send(dict(_START))
    await send(_BODY)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    wrapped = RequestContext(_answers_at_once, on_error=problem_response, metrics=Metrics())
    table = Table("", "microseconds", box=None, pad_edge=False)

    def row(name: str, once: Callable[[int], float]) -> None:
        seconds = [once(options.requests) for _ in range(options.rounds)]
        table.add_row(name, f"{1e6 * statistics.median(seconds) / options.requests:.1f}")

    row("bare application", _requests(_answers_at_once))
    _log_to(None)
    row("with headers, metrics and the log off", _requests(wrapped))
    _log_to(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    row("with headers, metrics and the log as text", _requests(wrapped))
    _log_to(JsonFormatter())
    row("with headers, metrics and the log as JSON", _requests(wrapped))
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
    trace_to(provider)
    row("the same and a span", _requests(wrapped))
    row("a span on its own, traces on", _repeated(_step))
    trace_to(None)
    row("a span on its own, traces off", _repeated(_step))
    request = example_request()
    article = Article(title=request["title"], text=request["text"])
    assessment = Assessor.load().assess(article)
    metrics, tally = Metrics(), Tally(utc_now, 100)
    row("metrics of a score", _repeated(lambda: metrics.note_assessment(assessment)))
    row("drift counts of a score", _repeated(lambda: tally.note(assessment, "en", "Wire", {})))
    Console().print(table)


def _step() -> None:
    with span("clean"):
        pass


def _log_to(formatter: logging.Formatter | None) -> None:
    log = logging.getLogger("riskscore.access")
    log.handlers.clear()
    log.propagate = False
    log.setLevel(logging.CRITICAL if formatter is None else logging.INFO)
    if formatter is not None:
        handler = logging.FileHandler(os.devnull)
        handler.setFormatter(formatter)
        log.addHandler(handler)


def _requests(app: ASGIApp) -> Callable[[int], float]:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        pass

    async def run(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            scope: dict[str, Any] = {
                "type": "http",
                "method": "POST",
                "path": "/v1/score",
                "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
            }
            await app(cast(Scope, scope), receive, send)
        return time.perf_counter() - began

    return lambda count: asyncio.run(run(count))


def _repeated(work: Callable[[], object]) -> Callable[[int], float]:
    def run(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            work()
        return time.perf_counter() - began

    return run


if __name__ == "__main__":
    main()
