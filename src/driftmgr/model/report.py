"""The result of one scan: a stable contract, ``schema_version`` 1."""

from typing import Literal

import msgspec

from driftmgr.model.drift import Drift, Gap
from driftmgr.model.scope import Scope

ScanOutcome = Literal["complete", "interrupted", "terminated"]


class BaselineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The baseline that a scan compared with: its last acceptance, and how many instances it knows.

    ``compared`` are instances that were held to it, ``unknown`` those that nobody accepted yet: of them the scan cannot
    tell what was absorbed.
    """

    path: str
    serial: int
    accepted_at: str
    accepted_by: str
    compared: int
    unknown: int


class ScanRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked, when, and what it cost. Times are RFC 3339 in UTC; ``seconds`` is wall time.

    ``reused`` counts the shards that an earlier scan had read. ``outcome`` tells whether the scan came to its end: with
    ``interrupted`` (Ctrl-C) and ``terminated`` (SIGTERM) the report is what was known until then. ``notes`` are what a
    reader should know beside findings and gaps: a configuration file that could not be read. ``baseline`` is what
    the team accepted, if the scan had it.
    """

    id: str
    started_at: str
    finished_at: str
    mode: str
    engine: str
    sources: tuple[str, ...]
    scopes: tuple[Scope, ...]
    api_calls: int
    seconds: float
    reused: int = 0
    outcome: ScanOutcome = "complete"
    notes: tuple[str, ...] = ()
    baseline: BaselineRecord | None = None

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that a signal ended, 0 otherwise."""
        return {"complete": 0, "interrupted": 130, "terminated": 143}[self.outcome]


def coverage_of(managed: int, unverified: int) -> float:
    """The share of the managed instances that got a full verdict; 1.0 when there is nothing to check."""
    return round(1 - unverified / managed, 4) if managed else 1.0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one scan.

    ``managed = in_sync + changed + missing + unverified``: instances of the states that stand for
    an object of a cloud and lie in the asked scopes. ``unverified`` got no verdict, or only part
    of one, because of a gap; ``coverage`` is the share that did (1.0 when there is nothing to
    check). An instance that the team accepted and that left both state and cloud counts as managed and missing.
    ``ignored`` counts findings dropped by a rule of the user's; ``suppressed`` attribute
    differences explained by a named rule; ``defaults`` default objects of the cloud left out;
    ``owned`` objects that another service made; ``outside`` instances out of the asked scopes.
    """

    managed: int
    in_sync: int
    changed: int
    missing: int
    unmanaged: int
    unverified: int = 0
    ignored: int = 0
    gaps: int = 0
    coverage: float = 1.0
    suppressed: int = 0
    defaults: int = 0
    owned: int = 0
    outside: int = 0


class DriftReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a renderer needs, and nothing it has to work out.

    ``suppressed`` are instances in sync whose differences are all explained by rules, ``ignored`` the findings that
    a rule of the user's took out of ``drifts``.
    """

    scan: ScanRecord
    summary: Summary
    drifts: tuple[Drift, ...] = ()
    gaps: tuple[Gap, ...] = ()
    suppressed: tuple[Drift, ...] = ()
    ignored: tuple[Drift, ...] = ()
    accepted_gaps: tuple[str, ...] = ()
    schema_version: int = 1

    @property
    def exit_code(self) -> int:
        """0 in sync, 2 drift, 3 no drift found but gaps that nobody accepted; 130 or 143 if a signal ended the scan."""
        if self.scan.exit_code:
            return self.scan.exit_code
        if self.drifts:
            return 2
        return 3 if any(gap.reason not in self.accepted_gaps for gap in self.gaps) else 0
