"""Steps of the work in, OpenTelemetry spans out, where traces are switched on; else next to nothing.

Spans carry names, times, ids and counts; never a title, a text, a query string or an exception's message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from riskscore.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

Value = str | int | float | bool


class Step(Protocol):
    """What of a span is used here."""

    def set_attribute(self, key: str, value: Value, /) -> object:
        """Say something more of the step."""
        ...

    def update_name(self, name: str, /) -> object:
        """Call the step otherwise than it was begun."""
        ...


class _Untold:
    """A step while traces are off."""

    def set_attribute(self, key: str, value: Value, /) -> None: ...

    def update_name(self, name: str, /) -> None: ...


_NOTHING: AbstractContextManager[Step] = nullcontext(_Untold())
_tracer: Tracer | None = None


def span(name: str, **attributes: Value) -> AbstractContextManager[Step]:
    """A step of the work; the child of the step that it is part of, in whatever thread."""
    return _NOTHING if _tracer is None else _span(_tracer, name, None, attributes)


def request_span(name: str, headers: Mapping[str, str]) -> AbstractContextManager[Step]:
    """A request as a whole; continues the caller's trace where its headers name one (`traceparent`)."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry.propagate import extract

    return _span(_tracer, name, extract(headers), {})


@contextmanager
def _span(tracer: Tracer, name: str, parent: Any, attributes: Mapping[str, Value]) -> Iterator[Step]:
    from opentelemetry.trace import SpanKind, StatusCode

    kind = SpanKind.INTERNAL if parent is None else SpanKind.SERVER
    with tracer.start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=dict(attributes),
        record_exception=False,  # its message may quote the article
        set_status_on_exception=False,
    ) as started:
        try:
            yield started
        except BaseException as error:
            started.set_attribute("error.type", type(error).__name__)
            started.set_status(StatusCode.ERROR)
            raise


def trace_to(provider: TracerProvider | None) -> None:
    """Send the spans of this process to a provider; None switches traces off."""
    global _tracer  # noqa: PLW0603 - one per process, as the exporters are
    from riskscore import __version__

    _tracer = None if provider is None else provider.get_tracer("riskscore", __version__)


def export_traces() -> TracerProvider:
    """Switch traces on: to the OTLP endpoint of the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT …).

    Returns
    -------
    TracerProvider
        To be shut down at the end, which sends what waits.

    Raises
    ------
    SettingsError
        The extra `otel` is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError("RISKSCORE_TRACES needs the extra otel: pip install 'riskscore[otel]'") from None
    # The variables OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over what is given here.
    provider = TracerProvider(resource=Resource({SERVICE_NAME: "riskscore"}).merge(Resource.create()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace_to(provider)
    return provider
