"""Accept: make what a scan sees now the baseline of the next ones."""

import fnmatch
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.app.baseline import baseline_path, used_by
from driftmgr.app.request import OnProgress, ScanRequest
from driftmgr.app.scan import scan
from driftmgr.drift.acceptance import Proposed, ScannedCloud, propose
from driftmgr.model import Acceptance, AcceptedObject, DriftMgrError, DriftReport, decode_attributes


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What of it to accept.

    ``addresses`` are addresses, or patterns with ``*`` and ``?``; an unmanaged object is named by its id.
    ``unmanaged`` objects only when asked for; ``in_sync`` leaves out everything that the scan reports.
    """

    addresses: tuple[str, ...] = ()
    unmanaged: bool = False
    in_sync: bool = False

    def takes(self, found: AcceptedObject) -> bool:
        """Whether an object was named, or none was."""
        name = found.address or found.id
        # The brackets of an address are no character class.
        patterns = (pattern.replace("[", "[[]") for pattern in self.addresses)
        return not self.addresses or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What would be accepted, on top of which acceptance (0 for none), and the report of the same scan."""

    path: Path
    base: int
    items: tuple[Proposed, ...]
    report: DriftReport

    @property
    def digest(self) -> str:
        """A name for exactly this: what was reviewed can be accepted, and nothing that came after it.

        The order of lists does not count, for a cloud may tell the elements of a set in any.
        """
        told = [
            (item.kind, found.type, found.id, str(found.scope), found.address, found.state, _unordered(found.document))
            for item in self.items
            for found in (item.object,)
        ]
        return hashlib.sha256(repr((self.base, told)).encode()).hexdigest()


def proposal(request: ScanRequest, choice: Choice, on_progress: OnProgress | None = None) -> Proposal:
    """Scan, and compare with what is accepted; raises ``DriftMgrError``."""
    seen: list[ScannedCloud] = []
    path = baseline_path(request.baseline)
    # The first acceptance makes the file that was named.
    request = msgspec.structs.replace(request, use_baseline=path.exists())
    used = used_by(request)
    report = scan(request, on_progress, seen.append)
    if report.scan.outcome != "complete":
        raise DriftMgrError(f"the scan was {report.scan.outcome}: nothing was accepted", hint="run it again")
    kept = used.baseline.objects if used else ()
    items = (
        item
        for one in seen
        for item in propose(one, kept, choose=choice.takes, unmanaged=choice.unmanaged, in_sync=choice.in_sync)
    )
    return Proposal(
        path=path,
        base=used.baseline.latest.serial if used else 0,
        items=tuple(items),
        report=report,
    )


def accept(proposed: Proposal, *, by: str, note: str = "", key_file: str | None = None) -> Acceptance:
    """Keep it; raises ``DriftMgrError``, also if somebody else accepted since the scan."""
    from driftmgr.store.baselines import StoredBaseline, baseline_key  # noqa: PLC0415  # cryptography: only to accept

    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    act = Acceptance(serial=proposed.base + 1, at=at, by=by, note=note)
    key = baseline_key(Path(key_file) if key_file else None, make=proposed.base == 0)
    written = (item.object for item in proposed.items if item.kind != "gone")
    removed = (item.object for item in proposed.items if item.kind == "gone")
    StoredBaseline(proposed.path, key).accept(act, written, removed)
    return act


def _unordered(document: msgspec.Raw) -> str:
    return repr(_sorted(decode_attributes(document)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return [(name, _sorted(value[name])) for name in sorted(value)]
    return sorted((_sorted(item) for item in value), key=repr) if isinstance(value, list) else value
