"""The sentences that every format of a report says."""

from collections.abc import Sequence

from driftmgr.cli.render.text import counted
from driftmgr.model import Drift, DriftReport, Gap, GapReason, SourceLocation

FORCES_REPLACEMENT = "forces replacement"
"""Terraform's words for an attribute that only a new object can have."""
_NAMED = 3
_WHOLE = "instances"

ADVICE: dict[GapReason, str] = {
    "denied": "allow it: driftmgr catalog permissions",
    "throttled": "scan again later, or fewer regions at once",
    "unreachable": "check account, region, network",
    "unsupported": "accept it: --accept-gaps unsupported",
    "stale_schema": "refresh the state with a newer provider",
    "encrypted": "decrypt a copy of the state",
    "timeout": "scan again",
    "interrupted": "go on where it stopped: driftmgr detect --resume",
}


def verdict(report: DriftReport) -> str:
    """One sentence: what was found, never more than was looked at."""
    summary = report.summary
    if report.drifts:
        parts = (
            (summary.changed, "changed"),
            (summary.missing, "missing"),
            (summary.unmanaged, "unmanaged"),
        )
        return "Drift: " + ", ".join(f"{number} {word}" for number, word in parts if number)
    if report.scan.outcome != "complete":
        return f"The scan was {report.scan.outcome}: no drift in what was looked at until then"
    if report.gaps:
        return "No drift in what could be looked at"
    if not summary.managed:
        return "Nothing to compare"
    depth = " (quick look: only what list calls tell)" if report.scan.mode == "quick" else ""
    return f"In sync{depth}"


def coverage(report: DriftReport) -> str:
    """How much of it was looked at."""
    summary = report.summary
    if not summary.managed and not summary.outside:
        return "The states hold no managed instance of a cloud"
    text = (
        f"{summary.in_sync} of {counted(summary.managed, 'managed instance')} in sync, coverage {summary.coverage:.0%}"
    )
    if summary.unverified:
        text += f"; {summary.unverified} without a full verdict"
    if summary.outside:
        text += f"; {summary.outside} outside the asked regions"
    if summary.ignored:
        text += f"; {counted(summary.ignored, 'finding')} ignored"
    return text


def baseline(report: DriftReport) -> str | None:
    """What the scan was held to beside state and cloud, and of how many instances nobody accepted anything yet."""
    used = report.scan.baseline
    if used is None:
        return None
    text = f"Baseline: {used.path}, accepted {used.accepted_at} by {used.accepted_by}"
    if used.unknown:
        text += f"; {counted(used.unknown, 'instance')} not accepted yet"
    return text


def gap_notice(report: DriftReport) -> str | None:
    """The line that says what the scan did not see, before anything else."""
    if not report.gaps:
        return None
    accepted = sum(gap.reason in report.accepted_gaps for gap in report.gaps)
    mark = f" ({accepted} accepted)" if accepted else ""
    return f"Incomplete: {counted(len(report.gaps), 'gap')}{mark}: {named_gaps(report.gaps)}"


def named_gaps(gaps: Sequence[Gap]) -> str:
    """The first gaps by name: ``aws_iam_role denied, aws_vpc throttled and 3 more``."""
    names = list(dict.fromkeys(f"{_WHOLE if gap.type == '*' else gap.type} {gap.reason}" for gap in gaps))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def cost(report: DriftReport) -> str:
    """Calls, seconds, places, and what was left out on purpose."""
    summary, scan = report.summary, report.scan
    regions = counted(len({(scope.account, scope.region) for scope in scan.scopes if scope.region}), "region")
    text = f"{counted(scan.api_calls, 'API call')}, {scan.seconds:.1f} s, {scan.mode} mode, {regions}"
    if scan.reused:
        text += f", {counted(scan.reused, 'shard')} read by an earlier scan"
    left_out = [
        counted(number, *words)
        for number, words in (
            (summary.suppressed, ("difference explained by rules", "differences explained by rules")),
            (summary.defaults, ("default object", "default objects")),
            (summary.owned, ("object made by other services", "objects made by other services")),
        )
        if number
    ]
    return f"{text}\nLeft out: {', '.join(left_out)}" if left_out else text


def place(gap: Gap) -> str:
    """Where a gap is."""
    if gap.scope is None:
        return "everywhere"
    return f"{gap.scope.account} {gap.scope.region or 'global'}"


def source_line(location: SourceLocation) -> str:
    """A place in the configuration, as editors and terminals open it."""
    return f"{location.file}:{location.line}"


def where(drift: Drift, report: DriftReport) -> str:
    """Where an object lives, as far as the report leaves it open: account, region, and the state that knows it."""
    accounts = {scope.account for scope in report.scan.scopes if scope.cloud == drift.scope.cloud}
    parts = []
    if drift.scope.region:
        parts.append(f"in {drift.scope.region}")
    if len(accounts) > 1:
        parts.append(f"of account {drift.scope.account}")
    if drift.source and len(report.scan.sources) > 1:
        parts.append(f"by {drift.source}")
    return " ".join(parts)
