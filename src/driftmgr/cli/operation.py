"""What a command tells about itself while it runs: logs, metrics, traces, audit trail; and its orderly end."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from driftmgr.model import DriftMgrError
from driftmgr.runtime.shutdown import Shutdown, ShutdownReport
from driftmgr.runtime.threads import DaemonThreads
from driftmgr.store.fingerprints import cache_directory
from driftmgr.telemetry import logs, metrics, traces

Command = TypeVar("Command", bound=Callable[..., Any])

AUDIT = "DRIFTMGR_AUDIT"
"""The environment variable that names the audit trail; without it nothing is recorded."""

_OPTIONS = (
    click.option("--log-level", type=click.Choice(logs.LEVELS), default="error", show_default=True),
    click.option("--log-file", type=click.Path(path_type=Path), help="Write logs to a rotating file of JSON lines."),
    click.option(
        "--log-format",
        type=click.Choice(("auto", "json", "console")),
        default="auto",
        help="auto: console on a terminal, else JSON.",
    ),
    click.option("--metrics-port", type=click.IntRange(0, 65_535), help="Answer scrapes on a port of 127.0.0.1."),
    click.option("--metrics-file", type=click.Path(path_type=Path), help="Write metrics for a textfile collector."),
    click.option("--trace", type=click.Choice(traces.EXPORTERS), help="Send spans by OTLP/HTTP, or print them."),
)


def operation_options(command: Command) -> Command:
    """Add the options that say what a command tells about itself."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class Ending:
    """How a command ended, for the audit trail; the command sets it."""

    def __init__(self) -> None:
        self.outcome = "ok"
        self.detail: dict[str, Any] = {}


@contextmanager
def operated(action: str, options: dict[str, Any], **detail: Any) -> Iterator[Ending]:
    """Run a block with the telemetry that the options ask for, then shut down in phases.

    Raises ``DriftMgrError`` for telemetry that was asked for and cannot be had.
    """
    shutdown = Shutdown()
    try:
        try:
            _start(options, shutdown)
        except OSError as error:
            raise DriftMgrError(f"telemetry: {error}", hint="check the path or port") from error
        with audited(action, **detail) as ending, traces.span("driftmgr.command", **{"driftmgr.action": action}):
            yield ending
    finally:
        report = asyncio.run(_shut_down(shutdown))
        for failed in report.errors:
            click.echo(f"warning: {failed.name}: {failed.error}", err=True)


async def _shut_down(shutdown: Shutdown) -> ShutdownReport:
    try:
        return await shutdown.begin()
    except asyncio.CancelledError:
        # A signal while it shuts down: nobody wants to wait any longer.
        shutdown.force()
        return await shutdown.begin()


@contextmanager
def audited(action: str, **detail: Any) -> Iterator[Ending]:
    """Record who does this, with its begin and its end, if the environment names an audit trail."""
    ending = Ending()
    path = os.environ.get(AUDIT)
    if not path:
        yield ending
        return
    from driftmgr.telemetry.audit import AuditTrail  # noqa: PLC0415  # cryptography, only where there is a trail

    trail = AuditTrail(Path(path))

    def record(outcome: str, **more: Any) -> None:
        try:
            trail.record(action, outcome, **detail, **more)
        except (OSError, ValueError) as error:
            raise DriftMgrError(f"{path}: the audit trail cannot be written: {error}", hint=f"see {AUDIT}") from error

    record("started")
    try:
        yield ending
    except BaseException as error:
        record("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error=str(error))
        raise
    record(ending.outcome, **ending.detail)


def summary_of(report: Any) -> dict[str, Any]:
    """What an audit trail keeps of a report: counts and where, no finding."""
    return {
        "scan": report.scan.id,
        "scopes": [str(scope) for scope in report.scan.scopes],
        "summary": msgspec.to_builtins(report.summary),
    }


def _start(options: dict[str, Any], shutdown: Shutdown) -> None:
    logs.configure(options["log_level"], options["log_format"], options["log_file"])
    threads = DaemonThreads(4, "flush")
    port, file = options["metrics_port"], options["metrics_file"]
    if port is not None or file is not None:
        recorder = metrics.enable()
        recorder.watch_disk(cache_directory())
        if port is not None:
            click.echo(f"metrics on http://127.0.0.1:{recorder.serve(port)}/metrics", err=True)
        if file is not None:
            shutdown.add(200, "metrics file", lambda: threads.run(lambda: recorder.write(file)))
    if options["trace"]:
        parent = {
            name: os.environ[name.upper()] for name in ("traceparent", "tracestate") if name.upper() in os.environ
        }
        traces.enable(options["trace"], parent)
        shutdown.add(210, "traces", lambda: threads.run(traces.disable))
