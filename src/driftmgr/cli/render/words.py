"""The sentences that every format of a report says."""

from driftmgr.cli.render.text import counted
from driftmgr.model import DriftReport, Gap, GapReason

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
    depth = " (quick look: only what list calls tell)" if report.scan.mode == "quick" else ""
    return f"In sync{depth}"


def coverage(report: DriftReport) -> str:
    """How much of it was looked at."""
    summary = report.summary
    text = (
        f"{summary.in_sync} of {counted(summary.managed, 'managed instance')} in sync, coverage {summary.coverage:.0%}"
    )
    if summary.unverified:
        text += f"; {summary.unverified} without a full verdict"
    if summary.outside:
        text += f"; {summary.outside} outside the asked regions"
    return text


def gap_notice(report: DriftReport) -> str | None:
    """The line that says what the scan did not see, before anything else."""
    if not report.gaps:
        return None
    open_gaps = [gap for gap in report.gaps if gap.reason not in report.accepted_gaps]
    accepted = len(report.gaps) - len(open_gaps)
    text = f"Incomplete: {counted(len(report.gaps), 'gap')}"
    return f"{text} ({accepted} accepted)" if accepted else text


def cost(report: DriftReport) -> str:
    """Calls, seconds, places, and what was left out on purpose."""
    summary, scan = report.summary, report.scan
    scopes = {(scope.account, scope.region) for scope in scan.scopes if scope.region}
    text = f"{counted(scan.api_calls, 'API call')}, {scan.seconds:.1f} s, {scan.mode} mode, {counted(len(scopes), 'region')}"
    if scan.reused:
        text += f", {counted(scan.reused, 'shard')} read by an earlier scan"
    left_out = [
        counted(number, *words)
        for number, words in (
            (summary.suppressed, ("difference explained by rules", "differences explained by rules")),
            (summary.defaults, ("default object", "default objects")),
            (summary.owned, ("object made by other services", "objects made by other services")),
            (summary.ignored, ("ignored finding", "ignored findings")),
        )
        if number
    ]
    return f"{text}\nLeft out: {', '.join(left_out)}" if left_out else text


def place(gap: Gap) -> str:
    """Where a gap is."""
    if gap.scope is None:
        return "everywhere"
    return f"{gap.scope.account} {gap.scope.region or 'global'}"
