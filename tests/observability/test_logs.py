"""JSON log lines: whole, with their fields, and without what was sent."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime

from riskscore.observability.logs import JsonFormatter


def line(level: int = logging.INFO, **more: object) -> dict[str, object]:
    record = logging.LogRecord("riskscore.access", level, "x.py", 1, "GET %s", ("/healthz",), None)
    record.__dict__.update(more)
    written = JsonFormatter().format(record)
    assert "\n" not in written
    content: dict[str, object] = json.loads(written)
    return content


def test_a_line_has_time_level_logger_message_and_fields() -> None:
    content = line(fields={"route": "/healthz", "status": 200, "duration_ms": 0.4, "principal": None})
    assert datetime.fromisoformat(str(content.pop("time"))).utcoffset() is not None
    assert content == {
        "level": "info", "logger": "riskscore.access", "message": "GET /healthz", "route": "/healthz",
        "status": 200, "duration_ms": 0.4, "principal": None,
    }  # fmt: skip


def test_an_exception_is_told_without_its_message() -> None:
    try:
        raise ValueError("the article's text")
    except ValueError:
        content = line(logging.ERROR, exc_info=sys.exc_info())
    assert content["exception"] == "ValueError"
    assert "test_logs.py" in str(content["frames"])
    assert "article's text" not in str(content)
