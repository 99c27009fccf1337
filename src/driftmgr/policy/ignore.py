"""Ignore rules: findings and differences that a team does not want to see, each with an owner, a reason, an end.

A rule on an attribute never silences a delete, and a rule without one silences a delete only if it names that kind.
What is ignored stays in the report, counted and named after its rule.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from driftmgr.model import AttributeChange, Drift, DriftKind
from driftmgr.policy.globs import glob
from driftmgr.policy.ignore_file import IgnoreFile, IgnoreLine
from driftmgr.policy.paths import covers

DEFAULT_KINDS: tuple[DriftKind, ...] = ("changed", "unmanaged")
PREFIX = "ignore:"
"""What the name of every rule of a user's begins with in a report."""


class IgnoreRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the configuration; all that it names must fit.

    ``type``, ``address`` and ``id`` are globs; ``tag`` is ``KEY`` or ``KEY=GLOB``; ``path`` is an attribute
    (``ingress``, ``ingress[*].description``). ``expires`` is the last day on which it applies. ``where`` is file and
    line.
    """

    owner: str
    reason: str
    name: str | None = None
    where: str = ""
    type: str | None = None
    address: str | None = None
    id: str | None = None
    tag: str | None = None
    path: str | None = None
    kinds: tuple[DriftKind, ...] = DEFAULT_KINDS
    expires: date | None = None

    @property
    def label(self) -> str:
        """What it is called in a report."""
        return self.name or self.where

    @property
    def problem(self) -> str | None:
        """Why it is no rule, if it is none."""
        if not (self.owner.strip() and self.reason.strip()):
            return "a rule needs an owner and a reason"
        if all(part is None for part in (self.type, self.address, self.id, self.tag, self.path)):
            return "a rule names what it is about: type, address, id, tag or path"
        if self.path is not None and set(self.kinds) - set(DEFAULT_KINDS):
            return "a rule on an attribute never silences a delete: leave out path, or the kind missing"
        if not self.kinds:
            return "a rule names at least one kind"
        return None

    def is_expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and today > self.expires

    def fits(self, drift: Drift) -> bool:
        """Whether it is about this finding, or about an attribute of it."""
        return (
            drift.kind in self.kinds
            and (self.type is None or _fits(self.type, drift.type))
            and (self.address is None or _fits(self.address, drift.address))
            and (self.id is None or _fits(self.id, drift.id))
            and (self.tag is None or _has_tag(self.tag, drift))
            and (self.path is None or drift.kind == "changed")
        )

    def covers(self, change: AttributeChange) -> bool:
        """Whether it is about this difference of a finding that it fits."""
        return self.path is None or covers(self.path, change.path)


def sift(drift: Drift, rules: Sequence[IgnoreRule], file: IgnoreFile) -> tuple[Drift, bool]:
    """The finding with its ignored differences set apart, and whether nothing is left of it.

    ``Drift.rule`` names the first rule that ignores all of it or, of several that do so together, one of its parts.
    """
    whole = _whole(drift, rules, file)
    if drift.kind != "changed":
        return (msgspec.structs.replace(drift, rule=whole), True) if whole else (drift, False)
    fitting = [rule for rule in rules if rule.fits(drift)]
    told = [(change, whole or _rule_of(drift, change, fitting, file)) for change in drift.changes]
    ignored = tuple(_ignored(change, name) for change, name in told if name)
    if not ignored:
        return drift, False
    kept = tuple(change for change, name in told if not name)
    sifted = msgspec.structs.replace(drift, changes=kept, suppressed=(*drift.suppressed, *ignored))
    return (sifted, False) if kept else (msgspec.structs.replace(sifted, rule=ignored[0].rule), True)


def rules_of(drifts: Iterable[Drift]) -> frozenset[str]:
    """The user's rules that findings name, without their prefix."""
    named = (name for drift in drifts for name in (drift.rule, *(change.rule for change in drift.suppressed)))
    return frozenset(name.removeprefix(PREFIX) for name in named if name and name.startswith(PREFIX))


def _whole(drift: Drift, rules: Iterable[IgnoreRule], file: IgnoreFile) -> str | None:
    rule = next((rule for rule in rules if rule.path is None and rule.fits(drift)), None)
    if rule is not None:
        return PREFIX + rule.label
    return _named(file.ignores(drift))


def _rule_of(drift: Drift, change: AttributeChange, rules: Iterable[IgnoreRule], file: IgnoreFile) -> str | None:
    rule = next((rule for rule in rules if rule.covers(change)), None)
    return PREFIX + rule.label if rule is not None else _named(file.ignores_change(drift, change))


def _named(line: IgnoreLine | None) -> str | None:
    return None if line is None else PREFIX + line.where


def _ignored(change: AttributeChange, rule: str) -> AttributeChange:
    return msgspec.structs.replace(change, classification="ignored", rule=rule)


def _fits(pattern: str, text: str | None) -> bool:
    return text is not None and glob(pattern).match(text) is not None


def _has_tag(tag: str, drift: Drift) -> bool:
    key, given, pattern = tag.partition("=")
    return key in drift.tags and (not given or _fits(pattern, drift.tags[key]))
