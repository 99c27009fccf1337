"""Read the states of a request: local ones from disk, the others through their backends."""

import asyncio
import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.app.request import ScanRequest
from driftmgr.clouds.aws import AwsSession
from driftmgr.clouds.aws.asking import shared_guard
from driftmgr.clouds.aws.state_calls import AwsStateCalls
from driftmgr.model import Gap, ResourceInstance
from driftmgr.runtime.threads import DaemonThreads
from driftmgr.state import EncryptedStateError, StateError, StateFile, StateSource, locate, parse_state, read_state
from driftmgr.state.backends.local import LocalBackend
from driftmgr.state.backends.protocol import Access
from driftmgr.state.backends.pulled import decrypted

_OF_THE_OBJECT = frozenset(
    {"bucket", "key", "workspace_key_prefix", "dynamodb_table", "use_lockfile", "encrypt", "acl"}
)
_THREADS = DaemonThreads(16, "states")


class States(msgspec.Struct, frozen=True, kw_only=True):
    """All instances of all states, the states' names, and a gap for each instance that could not be read.

    ``roots`` are, by a state's name, directories that the user named and whose Terraform may be run.
    ``lineages`` has the lineage of each state by its name; a state without one is known by that name.
    """

    instances: tuple[ResourceInstance, ...]
    labels: tuple[str, ...]
    gaps: tuple[Gap, ...]
    roots: dict[str, Path] = {}
    lineages: dict[str, str] = {}


def read_states(
    arguments: Iterable[str],
    session: AwsSession,
    *,
    backend_config: Sequence[str] = (),
    workspaces: Sequence[str] = (),
) -> States:
    """Find and read every state, each once however often it is named; raises ``DriftMgrError``."""
    sources = find_sources(arguments, session, backend_config=backend_config, workspaces=workspaces)
    instances: list[ResourceInstance] = []
    gaps: list[Gap] = []
    lineages: dict[str, str] = {}
    for source, state in zip(sources, _read_all(sources), strict=True):
        instances.extend(state.instances())
        lineages[source.label] = state.lineage or source.label
        gaps += (
            Gap(
                type=problem.type,
                operation="state.read",
                reason="stale_schema",
                message=f"{source.label}: {problem.address}: {problem.message}",
                instances=1,
            )
            for problem in state.problems
        )
    return States(
        instances=tuple(instances),
        labels=tuple(source.label for source in sources),
        gaps=tuple(gaps),
        lineages=lineages,
        roots={source.label: source.root for source in sources if source.root},
    )


def read_request(request: ScanRequest, session: AwsSession) -> States:
    """The states of a scan; raises ``DriftMgrError``."""
    return read_states(
        request.sources or (".",), session, backend_config=request.backend_config, workspaces=request.workspaces
    )


def find_sources(
    arguments: Iterable[str],
    session: AwsSession,
    *,
    backend_config: Sequence[str] = (),
    workspaces: Sequence[str] = (),
    existing: bool = True,
) -> tuple[StateSource, ...]:
    """The states that the arguments name, opened, each once; raises ``DriftMgrError``."""
    access = access_with(session)
    sources: dict[object, StateSource] = {}
    for argument in arguments:
        found = locate(argument, access, backend_config=backend_config, workspaces=workspaces, existing=existing)
        for source in found:
            sources.setdefault(source.backend.identity, source)
    return tuple(sources.values())


def _read_all(sources: Sequence[StateSource]) -> list[StateFile]:
    """Read every state, those that are not files at the same time."""
    if all(isinstance(source.backend, LocalBackend) for source in sources):
        return [read_source(source) for source in sources]

    async def read() -> list[StateFile]:
        return await asyncio.gather(*(_THREADS.run(functools.partial(read_source, source)) for source in sources))

    return asyncio.run(read())


def access_with(session: AwsSession) -> Access:
    """What state backends need of the outside."""
    known: dict[str, AwsStateCalls] = {}

    def aws(settings: Mapping[str, Any]) -> AwsStateCalls:
        # States that are reached the same way share their clients: making one takes longer than a call.
        ways = {name: value for name, value in settings.items() if name not in _OF_THE_OBJECT}
        return known.setdefault(repr(sorted(ways.items())), AwsStateCalls(session, ways, os.environ))

    return Access(guard=shared_guard(patient=False), aws=aws, environment=dict(os.environ))


def read_source(source: StateSource) -> StateFile:
    """The state of a source, decrypted by OpenTofu where it is encrypted; raises ``DriftMgrError``."""
    try:
        if isinstance(source.backend, LocalBackend):
            return read_state(source.backend.path, source=source.label)
        return parse_state(content_of(source), source=source.label)
    except EncryptedStateError:
        if source.root is None:
            raise
        content = decrypted(source.root, source.workspace, source.label, os.environ)
        return parse_state(content, source=source.label)


def content_of(source: StateSource) -> bytes:
    """The bytes of a state as they are kept; raises ``DriftMgrError`` where there is none."""
    content = source.backend.read()
    if content is None:
        raise StateError(f"{source.label}: there is no state", hint="check address, workspace and account")
    return content
