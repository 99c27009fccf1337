"""Traces. Until ``enable`` is called a span costs a comparison, and OpenTelemetry is not imported.

Trace context comes in in W3C form: ``traceparent`` (https://www.w3.org/TR/trace-context/).
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal

from driftmgr.model.errors import DriftMgrError

Exporter = Literal["otlp", "console"]
EXPORTERS: tuple[Exporter, ...] = ("otlp", "console")

SPANS: Mapping[str, str] = {
    "driftmgr.command": "One command, from its arguments to its last output; the root of the others.",
    "driftmgr.scan": "One scan, from request to findings.",
    "driftmgr.state_read": "Reading all states of a scan.",
    "driftmgr.scope": "One shard: a service in an account and region.",
    "driftmgr.call": "One operation of a cloud, with all its pages and retries.",
    "driftmgr.compare": "Matching and comparing instances and objects.",
    "driftmgr.report": "Rendering a report.",
}
"""The spans there are, and what each covers; the names are a contract (docs/telemetry.md)."""

_OFF: AbstractContextManager[Any] = nullcontext()
_FLUSH_SECONDS = 5


class _Current:
    """The tracing of the process, once it is on."""

    provider: Any = None
    tracer: Any = None
    parent: Any = None


def enable(exporter: Exporter, parent: Mapping[str, str] | None = None) -> None:
    """Start to trace; ``parent`` is the W3C context of the caller (``traceparent``, ``tracestate``).

    OTLP goes over HTTP to OTEL_EXPORTER_OTLP_ENDPOINT (default port 4318 of this machine); console to standard
    error. Raises ``DriftMgrError`` where OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.propagate import extract  # noqa: PLC0415  # only when on
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    except ImportError as error:
        raise DriftMgrError("traces need OpenTelemetry", hint="pip install 'driftmgr[tracing]'") from error
    disable()
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "driftmgr"}), shutdown_on_exit=False)
    provider.add_span_processor(_processor(exporter))
    _Current.provider = provider
    _Current.tracer = provider.get_tracer("driftmgr")
    _Current.parent = extract(dict(parent or {}))


def disable() -> None:
    """Send what is left, and stop to trace."""
    provider, _Current.provider = _Current.provider, None
    _Current.tracer = _Current.parent = None
    if provider is not None:
        provider.force_flush(_FLUSH_SECONDS * 1000)
        provider.shutdown()


def span(name: str, **attributes: Any) -> AbstractContextManager[Any]:
    """A span around a block: gives the span, or ``None`` while tracing is off."""
    if _Current.tracer is None:
        return _OFF
    return _recorded(name, attributes)


def identifiers() -> dict[str, str]:
    """The trace and span that this thread or task is in; empty outside of any."""
    if _Current.tracer is None:
        return {}
    from opentelemetry import trace  # noqa: PLC0415

    here = trace.get_current_span().get_span_context()
    if not here.is_valid:
        return {}
    return {"trace_id": f"{here.trace_id:032x}", "span_id": f"{here.span_id:016x}"}


@contextmanager
def _recorded(name: str, attributes: Mapping[str, Any]) -> Iterator[Any]:
    from opentelemetry import trace  # noqa: PLC0415

    if name not in SPANS:
        raise ValueError(f"no such span: {name}")
    inside = trace.get_current_span().get_span_context().is_valid
    given = {key: value for key, value in attributes.items() if value is not None}
    context = None if inside else _Current.parent
    with _Current.tracer.start_as_current_span(name, context=context, attributes=given) as current:
        yield current


def _processor(exporter: Exporter) -> Any:
    from opentelemetry.sdk.trace.export import (  # noqa: PLC0415
        BatchSpanProcessor,
        ConsoleSpanExporter,
        SimpleSpanProcessor,
    )

    if exporter == "console":
        return SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stderr))
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    except ImportError as error:
        raise DriftMgrError("OTLP needs its exporter", hint="pip install 'driftmgr[tracing]'") from error
    return BatchSpanProcessor(OTLPSpanExporter())
