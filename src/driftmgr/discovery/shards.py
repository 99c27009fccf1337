"""The plan of a scan: idempotent shards that any executor can run, here or elsewhere."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from driftmgr.model import Scope

Mode = Literal["quick", "deep", "smart"]
CallKind = Literal["list", "lookup", "expand", "join", "detail"]


class PlannedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of a shard, shared by all the types that need it.

    ``expected`` is the number of requests we expect, from the number of managed instances and the
    page size; detail, expand and lookup calls are per object, so it is a lower bound where unmanaged objects exist.
    """

    operation: str
    kind: CallKind
    types: tuple[str, ...]
    expected: int
    permissions: tuple[str, ...]


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """What one (account, region, service) is asked: the unit of work, of retry and of resumption.

    ``partition`` is the part of AWS that the account belongs to, which a scope without a region does not tell.
    ``unions`` are, by operation, the values of the filter that calls of all shards of the scope are asked with at once.
    ``shared`` are the operations of bulk sources that other shards of the scope need, too.
    ``lookups`` are, by type, what the states record of the objects that are looked up one by one.
    """

    scope: Scope
    service: str
    types: tuple[str, ...]
    calls: tuple[PlannedCall, ...]
    mode: Mode = "deep"
    partition: str = "aws"
    unions: Mapping[str, tuple[str, ...]] = {}
    shared: tuple[str, ...] = ()
    lookups: Mapping[str, tuple[Mapping[str, Any], ...]] = {}

    @property
    def expected_calls(self) -> int:
        """Requests expected of this shard."""
        return sum(call.expected for call in self.calls)


class ScanPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All shards of a scan."""

    shards: tuple[Shard, ...]
    mode: Mode = "deep"

    @property
    def expected_calls(self) -> int:
        """Requests expected of the whole scan."""
        return sum(shard.expected_calls for shard in self.shards)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes asked, in order, each once."""
        return tuple(dict.fromkeys(shard.scope for shard in self.shards))
