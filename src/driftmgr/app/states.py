"""What can be done with a state where it is kept: list, show, pull, push, unlock, and say where that is."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.app.holding import Uninterrupted, held
from driftmgr.app.sources import content_of, find_sources, read_source
from driftmgr.catalog import CLOUDS, catalog_of, cloud_of
from driftmgr.catalog.schema import Block, NestedType
from driftmgr.clouds.aws import AwsSession
from driftmgr.drift.secrets import masked_value
from driftmgr.model import DriftMgrError, ResourceInstance
from driftmgr.model.secrets import SENSITIVE
from driftmgr.model.sensitive import hidden_paths
from driftmgr.state import StateError, StateFile, StateSource
from driftmgr.state.backends.protocol import LockInfo
from driftmgr.state.replacing import check_replacement, outline_of
from driftmgr.store.states import LockRecords, keep_backup
from driftmgr.telemetry.files import replace_file

_MAP_KEY = re.compile(r'\["(.*?)"\]')


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """How a user names states: an argument each, what completes backends, workspaces, and the AWS profile."""

    arguments: tuple[str, ...] = (".",)
    backend_config: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    profile: str | None = None

    def sources(self, *, existing: bool = True) -> tuple[StateSource, ...]:
        """The states, opened; raises ``DriftMgrError``. Without ``existing`` a directory may have none yet."""
        return find_sources(
            self.arguments,
            AwsSession(self.profile),
            backend_config=self.backend_config,
            workspaces=self.workspaces,
            existing=existing,
        )

    def source(self, *, existing: bool = True) -> StateSource:
        """The one state; raises ``DriftMgrError`` when there are several."""
        found = self.sources(existing=existing)
        if len(found) > 1:
            raise DriftMgrError(
                f"{', '.join(self.arguments)}: {len(found)} states, this command is about one",
                hint=f"name one: {found[0].label}",
            )
        return found[0]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One instance in a list: where it is recorded and what it is."""

    address: str
    type: str
    id: str | None
    status: str
    source: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One instance in full, what is sensitive hidden."""

    address: str
    type: str
    provider: str
    status: str
    schema_version: int
    source: str
    dependencies: tuple[str, ...]
    attributes: dict[str, Any]


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What a push did: from which serial to which, and where the copy of what was there before lies."""

    label: str
    before: int | None
    serial: int
    backup: str | None
    changed: bool


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Where a state is kept: the workspaces there, who holds the lock, and what could not be told."""

    label: str
    backend: str
    workspace: str
    workspaces: tuple[str, ...] | None
    locked_by: LockInfo | None
    problems: tuple[str, ...]


def list_instances(
    where: Where, addresses: Sequence[str] = (), ids: Sequence[str] = ()
) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """The instances of the states, and what of them cannot be read.

    ``addresses`` choose those at or below them, ``ids`` those with that id.
    """
    found: list[Listed] = []
    problems: list[str] = []
    for source in where.sources():
        state = read_source(source)
        found += (_listed(instance) for instance in state.instances())
        problems += _problems(state)
    chosen = tuple(
        item
        for item in found
        if (not addresses or any(_is_at(item.address, wanted) for wanted in addresses)) and (not ids or item.id in ids)
    )
    return chosen, tuple(problems)


def show_instance(where: Where, address: str) -> tuple[Shown, ...]:
    """The instances at an address (a deposed object is one more); raises ``DriftMgrError`` when there is none."""
    found: list[Shown] = []
    near: list[str] = []
    problems: list[str] = []
    for source in where.sources():
        state = read_source(source)
        for instance in state.instances():
            if str(instance.address) == address:
                found.append(_shown(instance))
            elif _is_at(str(instance.address), address):
                near.append(str(instance.address))
        problems += _problems(state)
    if not found and problems:
        raise unreadable(problems, f"{address} is not among the instances that can be read")
    if not found:
        hint = f"name one instance: {near[0]}" if near else "see driftmgr state list"
        raise DriftMgrError(f"{address}: no such instance in the state", hint=hint)
    return tuple(found)


def unreadable(problems: Sequence[str], what: str) -> DriftMgrError:
    """The error that tells of instances that cannot be read."""
    return DriftMgrError(
        f"{what}; {len(problems)} cannot be read, the first: {problems[0]}",
        hint="driftmgr state pull gives the state as it is",
    )


def _problems(state: StateFile) -> list[str]:
    return [f"{state.source}: {problem.address}: {problem.message}" for problem in state.problems]


def pull_state(where: Where) -> tuple[str, bytes]:
    """The name and the bytes of a state, exactly as they are kept."""
    source = where.source()
    return source.label, content_of(source)


def push_state(  # noqa: PLR0913  # what a push can be told
    where: Where, content: bytes, *, force: bool, lock: bool, wait_seconds: float = 0.0, backup: Path | None = None
) -> Pushed:
    """Put a state in the place of another, byte by byte; raises ``DriftMgrError`` and leaves the old one as it is."""
    serial = outline_of(content, "the state to push").serial
    source = where.source(existing=False)
    if not lock:
        with Uninterrupted() as signals:
            return _replace(source, content, serial, signals, force=force, backup=backup)
    with held(source.backend, "driftmgr state push", wait_seconds=wait_seconds) as signals:
        return _replace(source, content, serial, signals, force=force, backup=backup)


def unlock_state(where: Where, lock_id: str) -> str:
    """Release a lock by its id; gives the state's name."""
    source = where.source(existing=False)
    source.backend.unlock(lock_id)
    LockRecords().remove(lock_id)
    return source.label


def lock_left_behind(where: Where) -> str:
    """The id of the lock that a killed process of ours left on a state; raises ``DriftMgrError`` without one."""
    source = where.source(existing=False)
    if left := [record for record in LockRecords().of(source.label) if record.is_left]:
        return left[-1].lock_id
    holder = source.backend.holder()
    raise DriftMgrError(
        f"{source.label}: locked by {holder}" if holder else f"{source.label}: nobody holds the lock",
        hint=f"make sure that it is not at work, then name its lock: {holder.id}" if holder else "nothing to unlock",
    )


def describe_backends(where: Where) -> tuple[Kept, ...]:
    """Where each state is kept."""
    return tuple(map(_kept, where.sources(existing=False)))


def _kept(source: StateSource) -> Kept:
    problems: list[str] = []
    workspaces, holder = None, None
    try:
        workspaces = source.backend.workspaces()
    except StateError as error:
        problems.append(error.message)
    try:
        holder = source.backend.holder()
    except StateError as error:
        problems.append(error.message)
    return Kept(
        label=source.label,
        backend=source.type,
        workspace=source.workspace,
        workspaces=workspaces,
        locked_by=holder,
        problems=tuple(dict.fromkeys(problems)),
    )


def _replace(  # noqa: PLR0913  # the same
    source: StateSource, content: bytes, serial: int, signals: Uninterrupted, *, force: bool, backup: Path | None
) -> Pushed:
    before = source.backend.read()
    old = _old_serial(before, source.label, force=force)
    if before == content:
        return Pushed(label=source.label, before=old, serial=serial, backup=None, changed=False)
    if before is not None and not force:
        check_replacement(content, before, source.label)
    kept = _back_up(source.label, old or 0, before, backup) if before is not None else None
    with signals.step():
        source.backend.write(content)
        if source.backend.read() != content:
            copy = f"; what was there before is in {kept}" if kept else ""
            raise StateError(f"{source.label}: what was written cannot be read back{copy}", hint="push it again")
    return Pushed(label=source.label, before=old, serial=serial, backup=str(kept) if kept else None, changed=True)


def _old_serial(before: bytes | None, label: str, *, force: bool) -> int | None:
    if before is None:
        return None
    try:
        return outline_of(before, label).serial
    except StateError:
        if force:
            return None
        raise


def _back_up(label: str, serial: int, content: bytes, path: Path | None) -> Path:
    try:
        if path is None:
            return keep_backup(label, serial, content)
        replace_file(path, content)
    except OSError as error:
        raise DriftMgrError(
            f"the backup cannot be written, so nothing was changed: {error}", hint="choose a place: --backup FILE"
        ) from error
    return path


def _listed(instance: ResourceInstance) -> Listed:
    attributes = instance.attributes
    identity = attributes.get("id")
    return Listed(
        address=str(instance.address),
        type=instance.type,
        id=identity if isinstance(identity, str) else None,
        status=instance.status,
        source=instance.source,
    )


def _is_at(address: str, wanted: str) -> bool:
    return address == wanted or (address.startswith(wanted) and address[len(wanted)] in ".[")


def _shown(instance: ResourceInstance) -> Shown:
    # A state names the key of a map in brackets, the attribute of an object behind a dot; what a value is, it does not.
    hides = hidden_paths(_MAP_KEY.sub(r".\1", path) for path in instance.sensitive)
    masked = {name: _masked(value, name, hides) for name, value in instance.attributes.items()}
    secret = set(_secret_attributes(instance.type))
    return Shown(
        address=str(instance.address),
        type=instance.type,
        provider=instance.provider,
        status=instance.status,
        schema_version=instance.schema_version,
        source=instance.source,
        dependencies=instance.dependencies,
        attributes={
            name: SENSITIVE if name in secret and value is not None else masked_value(value, name)
            for name, value in masked.items()
        },
    )


def _masked(value: Any, path: str, hides: Callable[[str], bool]) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return {name: _masked(item, f"{path}.{name}", hides) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, f"{path}[{place}]", hides) for place, item in enumerate(value)]
    return SENSITIVE if hides(path) else value


def _secret_attributes(resource_type: str) -> Iterable[str]:
    """The attributes that hold something sensitive, by the provider's schema, at any depth."""
    cloud = cloud_of(resource_type)
    if cloud not in CLOUDS or resource_type not in catalog_of(cloud).schemas:
        return ()
    return (name for name, secret in _members(catalog_of(cloud).schemas[resource_type].block) if secret)


def _members(block: Block) -> Iterable[tuple[str, bool]]:
    for name, attribute in block.attributes.items():
        yield name, attribute.sensitive or _has_secret(attribute.nested_type)
    for name, nested in block.block_types.items():
        yield name, any(secret for _, secret in _members(nested.block))


def _has_secret(nested: NestedType | None) -> bool:
    return nested is not None and any(
        attribute.sensitive or _has_secret(attribute.nested_type) for attribute in nested.attributes.values()
    )
