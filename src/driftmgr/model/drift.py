"""What a scan finds, and what it could not look at."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from driftmgr.model.scope import Scope

Severity = Literal["critical", "high", "medium", "low"]
DriftKind = Literal["changed", "missing", "unmanaged"]
ChangeClass = Literal["drift", "absorbed", "representation", "computed", "ignored"]
GapReason = Literal[
    "denied", "throttled", "unreachable", "unsupported", "stale_schema", "encrypted", "timeout", "interrupted"
]


class SourceLocation(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the configuration: a file, relative to the directory that was named, and a line, counted from 1."""

    file: str
    line: int


class AttributeChange(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute that reads differently on both sides.

    ``path`` starts with the top-level attribute: ``ingress[0].cidr_blocks``, ``tags_all["env"]``;
    an element of a set is named by its place on the recorded side, one that only the cloud has by
    its place on the observed side after those. Of class ``absorbed``, ``recorded`` is what the team
    accepted and ``observed`` what state and cloud agree on; an element is named by its place in the
    state. ``rule`` names why a change of another class does not count. With ``sensitive`` no
    renderer may print a value. ``intended`` says whether the configuration sets the attribute,
    ``None`` where no configuration was read. With ``requires_replace`` the provider says that putting
    it back means replacing the object.
    """

    path: str
    recorded: Any = None
    observed: Any = None
    classification: ChangeClass = msgspec.field(default="drift", name="class")
    sensitive: bool = False
    rule: str | None = None
    intended: bool | None = None
    requires_replace: bool = False


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: an instance that changed or is missing, or an object that no state knows.

    ``address`` is ``None`` for an unmanaged object; ``parent`` is then the address of the managed
    instance it is part of, if there is one. ``changes`` holds what counts, ``suppressed`` what a
    named rule explains. ``reason`` is why the severity is what it is, in one line; ``location`` the
    resource's block in the configuration; ``tags`` those of the object, of the instance if it is
    missing; ``rule`` names the user's rule that ignores the finding.
    """

    kind: DriftKind
    type: str
    id: str | None
    scope: Scope
    severity: Severity
    address: str | None = None
    parent: str | None = None
    name: str | None = None
    source: str | None = None
    changes: tuple[AttributeChange, ...] = ()
    suppressed: tuple[AttributeChange, ...] = ()
    actor: str | None = None
    reason: str | None = None
    location: SourceLocation | None = None
    tags: dict[str, str] = {}
    rule: str | None = None


def worst_first(drifts: Iterable[Drift]) -> tuple[Drift, ...]:
    """Findings in the order of every report: by severity, kind, address and id."""
    return tuple(sorted(drifts, key=_rank))


_SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
_KINDS: tuple[DriftKind, ...] = ("missing", "changed", "unmanaged")


def _rank(drift: Drift) -> tuple[int, int, str, str]:
    return _SEVERITIES.index(drift.severity), _KINDS.index(drift.kind), drift.address or drift.type, drift.id or ""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan was asked to look at and could not, and why.

    ``scope`` is ``None`` when the gap is not bound to one (a type that the catalog lacks);
    ``attributes`` names the attributes lost, empty when the whole type is; ``instances`` counts
    the managed instances that got no full verdict through it.
    """

    type: str
    operation: str
    reason: GapReason
    message: str
    scope: Scope | None = None
    attributes: tuple[str, ...] = ()
    instances: int = 0
