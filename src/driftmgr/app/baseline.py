"""The baseline that a scan compares with: where it lies, and what the report says of it."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from driftmgr.app.intent import Intent
from driftmgr.app.request import ScanRequest
from driftmgr.drift.absorbed import Accepted
from driftmgr.drift.detect import Findings
from driftmgr.model import AcceptedObject, Baseline, BaselineRecord, DriftReport, Gap

BASELINE = "DRIFTMGR_BASELINE"
"""The environment variable that names the baseline's file."""

DEFAULT = Path(".driftmgr") / "baseline.sqlite"
"""Where it lies otherwise, seen from the current directory."""


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A baseline, and the file it is from."""

    path: Path
    baseline: Baseline


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan is held to, as far as it concerns the states that it has read.

    ``states`` are their lineages by the names of their sources; ``instances`` the accepted instances of these states,
    for one that its state has lost is to be looked for, too.
    """

    states: Mapping[str, str] = {}
    accepted: Accepted | None = None
    instances: tuple[AcceptedObject, ...] = ()

    @classmethod
    def of(cls, used: Used | None, states: Mapping[str, str], intent: Intent) -> "Held":
        """What a baseline, if there is one, says of these states, and their configuration of it."""
        if used is None:
            return cls(states=states)
        objects, read = used.baseline.objects, set(states.values())
        instances = tuple(found for found in objects if found.address and found.state in read)
        accepted = Accepted(objects, states, sets=intent.sets, written=intent.written, declares=intent.declares)
        return cls(states=states, accepted=accepted, instances=instances)


def baseline_path(given: str | None) -> Path:
    """The file that was named, that the environment names, or that of the current directory."""
    return Path(given or os.environ.get(BASELINE) or DEFAULT)


def used_by(request: ScanRequest) -> Used | None:
    """The baseline of a request, ``None`` if nobody accepted anything; raises ``DriftMgrError``.

    One that was named must be there.
    """
    path = baseline_path(request.baseline)
    if not request.use_baseline or not (path.exists() or request.baseline or os.environ.get(BASELINE)):
        return None
    from driftmgr.store.baselines import StoredBaseline, baseline_key  # noqa: PLC0415  # only where there is a baseline

    key = baseline_key(Path(request.baseline_key_file) if request.baseline_key_file else None)
    return Used(path=path, baseline=StoredBaseline(path, key).load())


def with_baseline(report: DriftReport, used: Used | None, findings: Findings) -> DriftReport:
    """The report, with the baseline in its record; instances that another engine compared are not held to it."""
    if used is None:
        return report
    latest = used.baseline.latest
    ours, all_of_them = findings.summary, report.summary
    others = all_of_them.in_sync + all_of_them.changed - ours.in_sync - ours.changed
    record = BaselineRecord(
        path=str(used.path),
        serial=latest.serial,
        accepted_at=latest.at,
        accepted_by=latest.by,
        compared=findings.accepted,
        unknown=findings.unaccepted + others,
    )
    return msgspec.structs.replace(report, scan=msgspec.structs.replace(report.scan, baseline=record))


def not_compared(request: ScanRequest) -> tuple[Gap, ...]:
    """The gap of an engine that would leave out a baseline that is there."""
    used = used_by(request)
    if used is None:
        return ()
    return (
        Gap(
            type="*",
            operation="baseline",
            reason="unsupported",
            message=f"the {request.engine} engine does not compare with {used.path}; --no-baseline says that this is "
            "meant",
        ),
    )
