"""Traces, received by a receiver of the protocol."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from driftmgr.telemetry import traces
from driftmgr.telemetry.logs import Logger, configure
from driftmgr.telemetry.traces import SPANS, identifiers, span
from telemetry.otlp import Receiver

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Tracing is off before and after; exported spans arrive here."""
    for name in ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER"):
        monkeypatch.delenv(name, raising=False)
    with Receiver() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running
        traces.disable()


def test_spans_arrive_nested_and_with_their_attributes(receiver: Receiver) -> None:
    """What is opened inside a span is its child, over OTLP/HTTP, named as the service."""
    traces.enable("otlp")
    with span("driftmgr.scan", mode="deep", profile=None), span("driftmgr.call", **{"driftmgr.operation": "sqs.list"}):
        pass
    traces.disable()
    spans = {one.name: one for one in receiver.spans}
    assert receiver.services == {"driftmgr"}
    assert spans["driftmgr.call"].parent_span_id == spans["driftmgr.scan"].span_id
    assert spans["driftmgr.call"].trace_id == spans["driftmgr.scan"].trace_id
    assert {one.key: one.value.string_value for one in spans["driftmgr.scan"].attributes} == {"mode": "deep"}


def test_tasks_keep_their_own_spans(receiver: Receiver) -> None:
    """Calls that run at the same time are children of the span they started in, never of each other."""
    traces.enable("otlp")

    async def call() -> None:
        with span("driftmgr.call"):
            await asyncio.sleep(0.001)

    async def scan() -> None:
        with span("driftmgr.scan"):
            await asyncio.gather(*(call() for _ in range(10)))

    asyncio.run(scan())
    traces.disable()
    (root,) = [one for one in receiver.spans if one.name == "driftmgr.scan"]
    calls = [one for one in receiver.spans if one.name == "driftmgr.call"]
    assert [one.parent_span_id for one in calls] == [root.span_id] * 10


def test_an_exception_marks_its_span(receiver: Receiver) -> None:
    """A span that ends by an exception says so, and the exception goes on."""
    traces.enable("otlp")
    with pytest.raises(OSError, match="down"), span("driftmgr.call"):
        raise OSError("down")
    traces.disable()
    (one,) = receiver.spans
    assert one.status.code == 2
    assert one.events[0].name == "exception"


def test_context_comes_in_in_w3c_form(receiver: Receiver) -> None:
    """A traceparent makes our root its child, in its trace."""
    traces.enable("otlp", {"traceparent": PARENT})
    with span("driftmgr.scan"):
        here = identifiers()
    traces.disable()
    (one,) = receiver.spans
    assert one.trace_id.hex() == PARENT.split("-")[1] == here["trace_id"]
    assert one.parent_span_id.hex() == PARENT.split("-")[2]
    assert one.span_id.hex() == here["span_id"]


def test_log_lines_tell_their_trace(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    """A line written inside a span carries its trace and span; one outside carries none."""
    configure("info", "json")
    traces.enable("otlp")
    with span("driftmgr.scan"):
        inside = identifiers()
        Logger("t").info("inside")
    Logger("t").info("outside")
    traces.disable()
    configure()
    first, second = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {key: first[key] for key in inside} == inside
    assert "trace_id" not in second


def test_console_goes_to_standard_error(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    """The console exporter prints spans beside the logs, never into a report."""
    traces.enable("console")
    with span("driftmgr.scan"):
        pass
    traces.disable()
    out, err = capsys.readouterr()
    assert out == ""
    assert '"name": "driftmgr.scan"' in err
    assert receiver.spans == []


def test_names_are_those_of_the_table(receiver: Receiver) -> None:
    """A span that the documentation does not know is a defect."""
    traces.enable("otlp")
    with pytest.raises(ValueError, match="no such span"), span("driftmgr.other"):
        pass
    assert all(name.startswith("driftmgr.") and text.endswith(".") for name, text in SPANS.items())


def test_off_costs_nothing() -> None:
    """Until it is enabled no span is made and OpenTelemetry is not imported."""
    program = (
        "import sys\nfrom driftmgr.telemetry import traces\n"
        "with traces.span('driftmgr.scan', mode='deep') as current:\n    print(current)\n"
        "print(traces.identifiers(), any('opentelemetry' in name for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "None\n{} False\n"


def test_a_receiver_that_is_away_costs_the_spans_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listening is no error of the program: it ends in a few seconds with its own result."""
    program = (
        "from driftmgr.telemetry import traces\ntraces.enable('otlp')\n"
        "with traces.span('driftmgr.scan'):\n    pass\ntraces.disable()\nprint('done')\n"
    )
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=40, check=True)
    assert done.stdout == "done\n"
