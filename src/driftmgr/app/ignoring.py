"""Which ignore rules are of use: by a scan, or by a report that was kept."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

import msgspec

from driftmgr.model import Drift, DriftReport, Gap
from driftmgr.policy import IgnoreRule, Policy, rules_of
from driftmgr.policy.globs import glob
from driftmgr.policy.ignore import PREFIX, sift


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a rule, or of a line of ``.driftignore``; ``why`` says more."""

    where: str
    verdict: Literal["used", "unused", "expired", "unknown"]
    why: str = ""


def verdicts(policy: Policy, report: DriftReport, today: date, *, with_tags: bool = True) -> tuple[Verdict, ...]:
    """Of each rule and line whether it ignores something; unknown where a gap hides what it might ignore."""
    used = rules_of((*report.drifts, *report.ignored))
    rules = [_verdict(rule, used, report.gaps, today, with_tags=with_tags) for rule in policy.rules]
    lines = (line for line in policy.file.lines if not line.negated)
    for line in lines:
        if line.where in used:
            rules.append(Verdict(where=line.where, verdict="used"))
        elif not line.can_match:
            rules.append(Verdict(where=line.where, verdict="unused", why=": it can match nothing"))
        else:
            rules.append(_unused(line.where, report.gaps, line.pattern.partition(".")[0], f": {line.pattern}"))
    return tuple(rules)


def applied(policy: Policy, report: DriftReport, today: date) -> DriftReport:
    """A kept report by the rules of now: what was ignored then is judged anew."""
    rules = [rule for rule in policy.rules if not rule.is_expired(today)]
    ours = [drift for drift in report.ignored if (drift.rule or "").startswith(PREFIX)]
    sifted = [sift(_restored(drift), rules, policy.file) for drift in (*report.drifts, *ours)]
    kept = tuple(drift for drift, gone in sifted if not gone)
    return msgspec.structs.replace(report, drifts=kept, ignored=tuple(drift for drift, gone in sifted if gone))


def _verdict(rule: IgnoreRule, used: frozenset[str], gaps: Iterable[Gap], today: date, *, with_tags: bool) -> Verdict:
    if rule.is_expired(today):
        return Verdict(where=rule.where, verdict="expired", why=f" on {rule.expires}: ask {rule.owner}")
    if rule.label in used:
        return Verdict(where=rule.where, verdict="used")
    if rule.tag is not None and not with_tags:
        return Verdict(where=rule.where, verdict="unknown", why=": a report does not tell tags")
    return _unused(rule.where, gaps, rule.type or "*", f": ask {rule.owner}")


def _unused(where: str, gaps: Iterable[Gap], types: str, why: str) -> Verdict:
    hidden = next((gap for gap in gaps if gap.type == "*" or glob(types).match(gap.type)), None)
    if hidden is None:
        return Verdict(where=where, verdict="unused", why=why)
    return Verdict(where=where, verdict="unknown", why=f": {hidden.type} could not be looked at ({hidden.reason})")


def _restored(drift: Drift) -> Drift:
    ours = [change for change in drift.suppressed if (change.rule or "").startswith(PREFIX)]
    back = tuple(msgspec.structs.replace(change, classification="drift", rule=None) for change in ours)
    others = tuple(change for change in drift.suppressed if change not in ours)
    return msgspec.structs.replace(drift, changes=(*drift.changes, *back), suppressed=others, rule=None)
