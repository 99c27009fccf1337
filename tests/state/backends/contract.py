"""What every backend must do, whatever keeps its states."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from driftmgr.state import StateError
from driftmgr.state.backends.protocol import LockInfo, StateBackend, StateLockedError
from state.peer import Peer

# As no serializer of ours would write it: key order, indent, escapes and numbers must survive.
ODD = b'{\r\n  "version":4, "serial" : 7,\n"lineage":"\\u00e9-3f", "outputs":{},"big":12345678901234567890.10}\n\n'


def large(size: int = 2_000_000) -> bytes:
    """A state of so many bytes and more that gzip cannot shrink below three quarters."""
    noise = base64.b64encode(random.Random(1).randbytes(size)).decode()  # noqa: S311  # no secret
    return json.dumps({"version": 4, "serial": 1, "lineage": "large", "outputs": {"noise": noise}}).encode()


def backend_block(kind: str, settings: Mapping[str, Any]) -> str:
    """The backend block of a configuration, for real Terraform."""
    lines = (f"    {name} = {json.dumps(value)}" for name, value in settings.items())
    return "\n".join((f'  backend "{kind}" {{', *lines, "  }"))


def keeps_bytes(opened: Callable[[], StateBackend]) -> None:
    """Nothing is there first; what was written is read byte by byte by whoever opens it later, also more than 1 MB."""
    backend = opened()
    assert backend.read() is None
    assert backend.workspaces() == ()
    for content in (ODD, large(), ODD):
        lock = LockInfo.new("push", backend.label)
        backend.lock(lock)
        backend.write(content)
        backend.unlock(lock.id)
        assert backend.read() == content
        assert opened().read() == content
    assert backend.workspaces() == ("default",)


def excludes(opened: Callable[[], StateBackend], *, tells_holder: bool = True) -> LockInfo | None:
    """A lock of one keeps the other out until it is released; its holder is told where the backend can tell.

    Gives the holder as the other one saw it.
    """
    ours, other = opened(), opened()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    with pytest.raises(StateLockedError) as caught:
        other.lock(LockInfo.new("pull", other.label))
    seen = caught.value.holder
    assert (seen is not None) == tells_holder
    ours.unlock(lock.id)
    again = LockInfo.new("push", other.label)
    other.lock(again)
    other.unlock(again.id)
    return seen


def refuses_other_ids(opened: Callable[[], StateBackend]) -> None:
    """The lock of one is not released under another id, neither by its holder nor by others."""
    ours, other = opened(), opened()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    with pytest.raises(StateError):
        other.unlock("0b8c6e53-0000-4000-8000-000000000000")
    with pytest.raises(StateLockedError):
        other.lock(LockInfo.new("push", other.label))
    ours.unlock(lock.id)
    with pytest.raises(StateError):
        other.unlock(lock.id)


def shares_with_terraform(terraform: Peer, opened: Callable[[], StateBackend]) -> LockInfo:
    """Terraform's lock keeps us out, ours keeps it out; it goes on from what we wrote, with its lineage and serials.

    ``terraform`` has applied. Gives the holder as we saw it while Terraform worked.
    """
    ours = opened()
    written = ours.read()
    assert written is not None
    with terraform.holding_the_lock():
        with pytest.raises(StateLockedError) as caught:
            ours.lock(LockInfo.new("push", ours.label))
        holder = caught.value.holder
        assert holder is not None
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    refused = terraform.run("plan", "-input=false")
    assert refused.returncode == 1
    assert "Error acquiring the state lock" in refused.stderr
    changed = json.loads(ours.read() or b"")
    changed["serial"] += 1
    changed["outputs"] = {"note": {"value": "by hand", "type": "string"}}
    ours.write(json.dumps(changed, indent=1).encode())
    ours.unlock(lock.id)
    pulled = json.loads(terraform.do("state", "pull"))
    assert (pulled["serial"], pulled["outputs"]) == (changed["serial"], changed["outputs"])
    terraform.apply("three")
    before, after = json.loads(written), json.loads(opened().read() or b"")
    assert (after["lineage"], after["serial"] > changed["serial"]) == (before["lineage"], True)
    return holder
