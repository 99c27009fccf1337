"""How much a finding matters: what it means for exposure and privilege, then its type. And what is ignored of it.

The order: a finding gets its severity, then the ignore rules take out what they are about (of what they leave the
severity is judged anew), then the worst comes first.
"""

import fnmatch
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from driftmgr.catalog import whole_catalog
from driftmgr.model import AttributeChange, Drift, DriftReport, Severity, Summary, coverage_of, worst_first
from driftmgr.policy.grants import reckless, statements_of, widened
from driftmgr.policy.ignore import IgnoreRule, sift
from driftmgr.policy.ignore_file import IgnoreFile
from driftmgr.policy.meanings import GUARDS, meanings_of
from driftmgr.policy.openings import opened
from driftmgr.policy.paths import names, values_under

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
_DOCUMENTS = frozenset(
    {"access_policy", "assume_role_policy", "inline_policy", "policy", "policy_document", "resource_policy"}
)
# The policy of an endpoint limits what passes through it; it gives nobody access.
_LIMITS = "aws_vpc_endpoint*"
_ATTACHMENTS = "aws_iam_*_policy_attachment"
_EVERY_ACTION = (":policy/AdministratorAccess", ":policy/IAMFullAccess", ":policy/PowerUserAccess")


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """What a user says of types (a glob), instead of the catalog; ``where`` is its file and line."""

    type: str
    criticality: Severity
    where: str = ""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """All that a user says about findings."""

    rules: tuple[IgnoreRule, ...] = ()
    file: IgnoreFile = IgnoreFile()
    criticality: tuple[Importance, ...] = ()


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan saw of an object beside what differs; ``is_complete``: nothing of it was lost to a gap."""

    attributes: Mapping[str, Any] = {}
    is_complete: bool = True


Find = Callable[[Drift], Observed | None]
"""What was seen of a finding's object, ``None`` where nobody knows. It is for judging, never for printing."""


def judge(report: DriftReport, policy: Policy, find: Find, today: date) -> DriftReport:
    """The report with severities and reasons, without what is ignored, the worst first."""
    rules = [rule for rule in policy.rules if not rule.is_expired(today)]
    kept: list[Drift] = []
    ignored: list[Drift] = []
    for found in report.drifts:
        observed = find(found)
        drift = weighed(found, policy.criticality, observed)
        sifted, gone = sift(drift, rules, policy.file)
        if gone:
            ignored.append(sifted)
        elif len(sifted.changes) < len(drift.changes):
            left = msgspec.structs.replace(sifted, severity=found.severity)
            kept.append(weighed(left, policy.criticality, observed))
        else:
            kept.append(drift)
    told = msgspec.structs.replace(
        report,
        drifts=worst_first(kept),
        ignored=(*report.ignored, *worst_first(ignored)),
    )
    return msgspec.structs.replace(told, summary=_summary(told, ignored, report, find))


def weighed(drift: Drift, criticality: Sequence[Importance], observed: Observed | None = None) -> Drift:
    """A finding with its severity and, in one line, the reason; its own severity is the criticality of its type."""
    said = next((item for item in reversed(criticality) if fnmatch.fnmatchcase(drift.type, item.type)), None)
    by_type: tuple[Severity, str] = (
        (drift.severity, f"{drift.severity} by its type")
        if said is None
        else (said.criticality, f"{said.criticality} by {said.where or 'the configuration'} ({said.type})")
    )
    found = (*meanings(drift, observed), by_type)
    severity, reason = min(found, key=lambda item: SEVERITIES.index(item[0]))
    return msgspec.structs.replace(drift, severity=severity, reason=reason)


def meanings(drift: Drift, observed: Observed | None = None) -> Iterator[tuple[Severity, str]]:
    """Severities with reasons, for what a finding means whatever its type; nothing for one that widens nothing."""
    if drift.kind == "missing":
        if drift.type in GUARDS:
            yield "critical", GUARDS[drift.type]
        return
    attributes = None if observed is None else observed.attributes
    changes = drift.changes
    alone = drift.kind == "unmanaged" and not _is_part(drift)
    if drift.kind == "unmanaged":
        changes = tuple(AttributeChange(path=name, observed=value) for name, value in (attributes or {}).items())
    walls = (AttributeChange(path="", observed=attributes), *changes) if drift.kind == "unmanaged" else changes
    if opening := opened(drift.type, walls, attributes, everyone_only=alone):
        yield "critical", opening
    if grant := _granted(drift, changes, alone=alone):
        yield "critical", grant
    yield from meanings_of(drift.type, changes, everyone_only=alone)


def _is_part(drift: Drift) -> bool:
    """Whether an object that nobody manages is shown in one that somebody does: a rule in its group.

    A group in a managed network stands on its own.
    """
    known = whole_catalog()
    if drift.parent is None or drift.type not in known:
        return False
    return any(ref.inline for ref in known[drift.type].parents)


def _granted(drift: Drift, changes: Sequence[AttributeChange], *, alone: bool) -> str | None:
    if fnmatch.fnmatchcase(drift.type, _ATTACHMENTS) and alone:
        arns = [str(value) for change in changes if change.path == "policy_arn" for value in [change.observed]]
        return next((f"attaches {arn}" for arn in arns if arn.endswith(_EVERY_ACTION)), None)
    documents = [change for change in changes if set(names(change.path)[:1]) & _DOCUMENTS]
    before = statements_of(text for change in documents for text in _documents(change.recorded))
    now = statements_of(text for change in documents for text in _documents(change.observed))
    if not alone:
        return widened(before, now)
    return None if fnmatch.fnmatchcase(drift.type, _LIMITS) else reckless(now)


def _documents(value: Any) -> Iterator[Any]:
    """The documents of an attribute, or of the blocks that hold them (``inline_policy``)."""
    for element in values_under(value, ()):
        yield from values_under(element, ("policy",)) if isinstance(element, dict) else (element,)


def _summary(report: DriftReport, ignored: Sequence[Drift], before: DriftReport, find: Find) -> Summary:
    """The counts without what is ignored.

    An instance whose differences are all ignored is in sync as far as anybody wants to know, unless a part of it was
    not seen; one whose delete is ignored is not counted among the managed ones.
    """
    counts = Counter(drift.kind for drift in ignored)
    unseen = sum(drift.kind == "changed" and not _is_complete(drift, report, find) for drift in ignored)
    was = before.summary
    managed, unverified = was.managed - counts["missing"], was.unverified + unseen
    differences = sum(len(drift.suppressed) for drift in (*report.drifts, *ignored))
    return msgspec.structs.replace(
        was,
        managed=managed,
        in_sync=was.in_sync + counts["changed"] - unseen,
        changed=was.changed - counts["changed"],
        missing=was.missing - counts["missing"],
        unmanaged=was.unmanaged - counts["unmanaged"],
        unverified=unverified,
        ignored=was.ignored + len(ignored),
        coverage=coverage_of(managed, unverified),
        suppressed=was.suppressed + differences - sum(len(drift.suppressed) for drift in before.drifts),
    )


def _is_complete(drift: Drift, report: DriftReport, find: Find) -> bool:
    observed = find(drift)
    stale = any(gap.operation == "compare" and gap.message.startswith(f"{drift.address}:") for gap in report.gaps)
    return not stale and (observed is None or observed.is_complete)
