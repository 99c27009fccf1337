"""The report for node_exporter's textfile collector: counts of one scan, each series there also when it is zero.

Labels are bounded: kinds, severities, reasons, and the sources of the scan, which tell several files apart.
"""

import hashlib
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from driftmgr.cli.render.text import harmless
from driftmgr.model import DriftKind, DriftReport, GapReason, Severity

_LONGEST = 200


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:  # noqa: ARG001
    """Gauges ``driftmgr_report_*``; a file must be named ``*.prom`` for the collector to read it."""
    registry = CollectorRegistry()
    source = _source(report)

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"driftmgr_report_{name}", text, ("source", *labels), registry=registry)

    findings = gauge("findings", "Findings of the last scan.", "kind", "severity")
    for kind in get_args(DriftKind):
        for severity in get_args(Severity):
            found = sum(drift.kind == kind and drift.severity == severity for drift in report.drifts)
            findings.labels(source, kind, severity).set(found)
    gaps = gauge("gaps", "What the last scan could not look at.", "reason", "accepted")
    for reason in get_args(GapReason):
        number = sum(gap.reason == reason for gap in report.gaps)
        accepted = reason in report.accepted_gaps
        gaps.labels(source, reason, "true").set(number if accepted else 0)
        gaps.labels(source, reason, "false").set(0 if accepted else number)
    summary = report.summary
    instances = gauge("managed_instances", "Managed instances by verdict.", "verdict")
    for verdict in ("in_sync", "changed", "missing", "unverified"):
        instances.labels(source, verdict).set(getattr(summary, verdict))
    for name, text, value in (
        ("coverage_ratio", "Share of the managed instances with a full verdict.", summary.coverage),
        ("ignored_findings", "Findings that a rule of the user's ignores.", summary.ignored),
        ("exit_code", "0 in sync, 2 drift, 3 not all could be looked at, 130 or 143 stopped.", report.exit_code),
        ("api_calls", "API calls of the scan.", report.scan.api_calls),
        ("scan_seconds", "How long the scan took.", report.scan.seconds),
        ("finished_timestamp_seconds", "When the scan ended.", _timestamp(report.scan.finished_at)),
    ):
        gauge(name, text).labels(source).set(value)
    return generate_latest(registry).decode()


def _source(report: DriftReport) -> str:
    text = harmless(",".join(report.scan.sources))
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}... {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _timestamp(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
