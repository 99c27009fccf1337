"""Read the states of a request: local ones from disk, the others through their backends."""

import asyncio
import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.app.intent import unit_at
from driftmgr.app.request import ScanRequest
from driftmgr.app.state_guard import state_guard
from driftmgr.clouds.aws import AwsSession
from driftmgr.clouds.aws.state_calls import AwsStateCalls
from driftmgr.intent import backend_settings, configured_backend
from driftmgr.model import DriftMgrError, Gap, ResourceInstance
from driftmgr.runtime.threads import DaemonThreads
from driftmgr.state import EncryptedStateError, StateError, StateFile, StateSource, locate, parse_state, read_state
from driftmgr.state.backends.local import LocalBackend
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access
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
    access = access_with(session)
    sources: dict[object, StateSource] = {}
    unread: list[DriftMgrError] = []
    for argument in arguments:
        try:
            found = _opened(argument, access, backend_config, workspaces)
        except DriftMgrError as error:
            unread.append(_of_unit(argument, error))
            continue
        for source in found:
            sources.setdefault(source.backend.identity, source)
    states: dict[str, StateFile] = {}
    for source, state in zip(sources.values(), _read_all(tuple(sources.values())), strict=True):
        if isinstance(state, StateFile):
            states[source.label] = state
        else:
            unread.append(_of_unit(source.root, state))
    if unread and not states:
        raise unread[0]
    return _gathered(sources.values(), states, unread)


def _of_unit(place: str | Path | None, error: DriftMgrError) -> DriftMgrError:
    """The error about one Terragrunt unit, which costs its own state alone; raises any other."""
    if place is None or "://" in str(place) or unit_at(Path(place)) is None:
        raise error
    return error


def _gathered(
    sources: Iterable[StateSource], states: Mapping[str, StateFile], unread: Iterable[DriftMgrError]
) -> States:
    instances: list[ResourceInstance] = []
    gaps: list[Gap] = []
    for label, state in states.items():
        instances.extend(state.instances())
        gaps += (
            Gap(
                type=problem.type,
                operation="state.read",
                reason="stale_schema",
                message=f"{label}: {problem.address}: {problem.message}",
                instances=1,
            )
            for problem in state.problems
        )
    gaps += (
        Gap(type="*", operation="state.read", reason="unreachable", message=error.message, instances=1)
        for error in unread
    )
    return States(
        instances=tuple(instances),
        labels=tuple(states),
        gaps=tuple(gaps),
        lineages={label: state.lineage or label for label, state in states.items()},
        roots={source.label: source.root for source in sources if source.root},
    )


def _opened(
    argument: str,
    access: Access,
    backend_config: Sequence[str],
    workspaces: Sequence[str],
    *,
    existing: bool = True,
) -> tuple[StateSource, ...]:
    """The states of an argument, opened; a Terragrunt unit has the backend that its files resolve to."""
    unit = None if "://" in argument else unit_at(Path(argument))
    if unit is None:
        return locate(argument, access, backend_config=backend_config, workspaces=workspaces, existing=existing)
    if unit.backend is None:
        raise StateError(f"{argument}: {unit.reason}", hint="name its state, or fetch it: terragrunt state pull > FILE")
    here = msgspec.structs.replace(access, directory=unit.directory)
    names = tuple(workspaces) or (access.environment.get("TF_WORKSPACE") or DEFAULT_WORKSPACE,)
    return tuple(
        StateSource.open(unit.backend.type, unit.backend.settings, here, workspace=name, root=unit.directory)
        for name in names
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
        for source in _opened(argument, access, backend_config, workspaces, existing=existing):
            sources.setdefault(source.backend.identity, source)
    return tuple(sources.values())


def _read_all(sources: Sequence[StateSource]) -> list[StateFile | DriftMgrError]:
    """Read every state, those that are not files at the same time; for each the state or why there is none."""
    if all(isinstance(source.backend, LocalBackend) for source in sources):
        return [_tried(source) for source in sources]

    async def read() -> list[StateFile | DriftMgrError]:
        return await asyncio.gather(*(_THREADS.run(functools.partial(_tried, source)) for source in sources))

    return asyncio.run(read())


def _tried(source: StateSource) -> StateFile | DriftMgrError:
    try:
        return read_source(source)
    except DriftMgrError as error:
        return error


def access_with(session: AwsSession) -> Access:
    """What state backends need of the outside."""
    known: dict[str, AwsStateCalls] = {}

    def aws(settings: Mapping[str, Any]) -> AwsStateCalls:
        # States that are reached the same way share their clients: making one takes longer than a call.
        ways = {name: value for name, value in settings.items() if name not in _OF_THE_OBJECT}
        return known.setdefault(repr(sorted(ways.items())), AwsStateCalls(session, ways, os.environ))

    return Access(
        guard=state_guard(),
        configured=configured_backend,
        completion=backend_settings,
        aws=aws,
        environment=dict(os.environ),
    )


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
