"""The call plan of ``--dry-run``."""

import msgspec

from driftmgr.cli.render.text import counted
from driftmgr.discovery.shards import ScanPlan


def render(planned: ScanPlan, *, as_json: bool) -> str:
    """Every operation with its expected number of requests, and the permissions all of them need."""
    permissions = sorted({action for shard in planned.shards for call in shard.calls for action in call.permissions})
    if as_json:
        document = {"shards": planned.shards, "expected_calls": planned.expected_calls, "permissions": permissions}
        return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    calls, shards = counted(planned.expected_calls, "call"), counted(len(planned.shards), "shard")
    lines = [
        f"{calls} expected in {shards} ({planned.mode} mode); none of them was made.",
        "Calls per object are counted for managed instances only.",
    ]
    for shard in planned.shards:
        lines += ["", f"{shard.scope.account} {shard.scope.region or 'global'} {shard.service}: {shard.expected_calls}"]
        lines += [
            f"  {call.expected:>5}  {call.operation}  ({call.kind}; {', '.join(call.types)})" for call in shard.calls
        ]
    lines += ["", "Permissions:", *(f"  {action}" for action in permissions)]
    return "\n".join(lines)
