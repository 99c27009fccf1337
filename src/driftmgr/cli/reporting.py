"""From a request to reports in files and on the terminal: what ``detect``, ``check`` and ``report`` share."""

from collections.abc import Iterable
from typing import Any

from driftmgr import app
from driftmgr.app.request import ScanRequest
from driftmgr.cli.operation import operated, summary_of
from driftmgr.cli.output import Target, use_color, write
from driftmgr.cli.progress import shown_progress
from driftmgr.cli.render import renderer_of
from driftmgr.model import DriftReport
from driftmgr.telemetry import traces


def detected(
    request: ScanRequest, targets: Iterable[Target], options: dict[str, Any], *, verify: bool = False
) -> tuple[DriftReport, tuple[str, ...]]:
    """Scan and write the reports; gives the report and, with ``verify``, where the engines disagree."""
    told: tuple[str, ...] = ()
    with operated("scan", options, sources=list(request.sources)) as ending:
        with shown_progress() as on_progress:
            if verify:
                report, disagreements = app.verify(request, on_progress)
                told = (*map(str, disagreements), f"{len(disagreements)} disagreements between the engines")
            else:
                report = app.scan(request, on_progress)
        ending.outcome, ending.detail = report.scan.outcome, summary_of(report)
        write_reports(report, targets, show_suppressed=options["show_suppressed"], color=options.get("color", "never"))
    return report, told


def write_reports(report: DriftReport, targets: Iterable[Target], *, show_suppressed: bool, color: str) -> None:
    """Write a report in every format that was asked for; raises ``DriftMgrError``."""
    for target in targets:
        colored = target.path is None and use_color(color)
        with traces.span("driftmgr.report", **{"driftmgr.format": target.format}):
            text = renderer_of(target.format)(report, show_suppressed=show_suppressed, color=colored)
        write(target, text)
