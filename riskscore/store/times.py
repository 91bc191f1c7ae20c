"""UTC-aware datetimes in and out of columns: TIMESTAMPTZ on PostgreSQL, integer microseconds on SQLite.

SQLite has no time type; SQLAlchemy's text form loses the zone and takes five times as long to read,
which a company with thousands of mentions would feel in every answer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Dialect, Interval, literal
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment to the microsecond; refuses naive datetimes."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        return (value - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        # PostgreSQL's sessions are set to UTC (`riskscore.store.engine`): its times need nothing.
        return super().result_processor(dialect, coltype) if dialect.name == "sqlite" else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


Untyped = NullType()  # for differences of times, which are of another type than times


def time_span(span: timedelta, dialect: str) -> ColumnElement[Any]:
    """A span as the difference of two stored times is: microseconds on SQLite, an interval elsewhere."""
    if dialect == "sqlite":
        return literal(span // _MICROSECOND, BigInteger())
    return literal(span, Interval())


def utc_now() -> datetime:
    """This moment, UTC-aware."""
    return datetime.now(UTC)
