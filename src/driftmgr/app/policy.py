"""A report by the user's policy: what was seen of each object is laid beside the findings, for judging alone."""

from collections.abc import Iterable
from datetime import UTC, datetime

from driftmgr.model import Drift, DriftReport, RemoteObject, Scope
from driftmgr.policy import Observed, Policy, judge


def judged(report: DriftReport, policy: Policy, objects: Iterable[RemoteObject] = ()) -> DriftReport:
    """The report with severities and reasons, and with what the policy ignores set apart."""
    wanted = {(drift.id, drift.scope) for drift in report.drifts}
    seen: dict[tuple[str | None, Scope], list[RemoteObject]] = {}
    for found in objects:
        if (found.id, found.scope) in wanted:
            seen.setdefault((found.id, found.scope), []).append(found)

    def find(drift: Drift) -> Observed | None:
        here = seen.get((drift.id, drift.scope), [])
        # A bucket and its policy have one id; a type and its alias (aws_alb) are one object.
        same = [found for found in here if found.type == drift.type] or here
        found = same[0] if len(same) == 1 else None
        return None if found is None else Observed(attributes=found.attributes, is_complete=not found.unread)

    return judge(report, policy, find, datetime.now(UTC).date())
