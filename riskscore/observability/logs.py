"""Log records in, lines out: words for people, or one JSON object a line for collectors.

A caller that has figures to tell, and not only words, puts them into ``extra={"fields": {...}}``.
"""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

from riskscore.settings import LogFormat

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a record: `time` (RFC 3339, UTC), `level`, `logger`, `message`, then its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        content: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            content |= fields
        if record.exc_info and record.exc_info[0] is not None:
            # Its message stays out: it may quote what was sent.
            content["exception"] = record.exc_info[0].__name__
            content["frames"] = "".join(traceback.format_tb(record.exc_info[2]))
        return orjson.dumps(content, default=str).decode()


def configure_logging(level: str, log_format: LogFormat) -> None:
    """Have this process log to standard error from now on.

    Parameters
    ----------
    level : str
        Least severe that is written: "debug", "info", "warning" or "error".
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler])
