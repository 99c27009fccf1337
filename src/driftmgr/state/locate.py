"""Find the states that an argument names: files, globs, working directories, addresses such as ``s3://bucket/key``."""

import glob
from collections.abc import Sequence
from pathlib import Path

import msgspec

from driftmgr.model import Backend, DriftMgrError
from driftmgr.state.backend import recorded_backend
from driftmgr.state.backends import OPENERS, REMOVED, SCHEMES, named
from driftmgr.state.backends.local import LocalBackend
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access
from driftmgr.state.backends.pulled import PulledState
from driftmgr.state.read import StateError
from driftmgr.state.source import StateSource, check_workspace, without_query

ALL = "all"
_CONFIGURATION_FILES = ("*.tf", "*.tofu", "*.tf.json", "*.tofu.json")
_SHOWN = 200
_BACKUP_SUFFIXES = (".backup", ".tflock", ".lock.info")


def locate(
    argument: str,
    access: Access,
    *,
    backend_config: Sequence[str] = (),
    workspaces: Sequence[str] = (),
    existing: bool = True,
) -> tuple[StateSource, ...]:
    """The states of one argument, opened; raises ``StateError`` when there is none.

    A directory is a Terraform working directory: the backend that ``terraform init`` recorded in it (else the one its
    configuration names, completed by ``backend_config``: files, or ``NAME=VALUE``) and the selected workspace say where
    its state is. ``workspaces`` chooses others; ``all`` are those that have a state. Only that, and a pattern in an
    address, asks anything of the network. Without ``existing`` a working directory may be one that was never applied.
    """
    for name in workspaces:
        check_workspace(name)
    try:
        found = _located(argument, access, backend_config)
    except (OSError, ValueError, RecursionError) as error:
        # A name that no file can have (too long, too deep, a null byte), a folder that may not be looked into, a broken
        # address.
        why = error.strerror if isinstance(error, OSError) else str(error)
        if "://" in argument:
            why = "not an address"  # the error quotes it, and there may be a password in it
        name = without_query(argument)[:_SHOWN].encode(errors="backslashreplace").decode()
        raise StateError(f"{name}: cannot be looked for: {why}", hint="check the name") from error
    if workspaces:
        found = tuple(each for source in found for each in _in_workspaces(source, argument, access, workspaces))
    for source in found:
        _check_existence(source, argument, existing=existing)
    return found


def _located(argument: str, access: Access, backend_config: Sequence[str]) -> tuple[StateSource, ...]:
    scheme, separator, _ = argument.partition("://")
    if separator:
        if scheme not in SCHEMES:
            raise StateError(
                f"{without_query(argument)}: addresses of this kind cannot be read",
                hint=f"one of {', '.join(f'{name}://' for name in SCHEMES)}, or: terraform state pull > FILE",
            )
        sources: tuple[StateSource, ...] = named(SCHEMES[scheme])(argument, access)
        return sources
    path = Path(argument)
    if path.is_dir():
        return (_of_directory(path, argument, access, backend_config),)
    if path.exists() or not glob.has_magic(argument):
        return (_of_file(path, path.resolve().parent),)
    return _of_glob(argument)


def _of_file(path: Path, root: Path | None) -> StateSource:
    return StateSource(type="local", settings={"path": str(path)}, root=root, backend=LocalBackend(path))


def _of_glob(argument: str) -> tuple[StateSource, ...]:
    # Path.glob takes no absolute pattern.
    found = sorted(name for name in glob.glob(argument, recursive=True) if not name.endswith(_BACKUP_SUFFIXES))  # noqa: PTH207
    files = [Path(name) for name in found if Path(name).is_file()]
    if not files:
        raise StateError(f"{argument}: no file matches", hint="quote the pattern, and check where it starts")
    base = Path.cwd()
    return tuple(_of_file(file.relative_to(base) if file.is_relative_to(base) else file, None) for file in files)


def _of_directory(directory: Path, label: str, access: Access, backend_config: Sequence[str]) -> StateSource:
    data = Path(access.environment.get("TF_DATA_DIR") or ".terraform")
    data = data if data.is_absolute() else directory / data
    workspace = access.environment.get("TF_WORKSPACE") or _selected_workspace(data)
    backend = _backend_of(directory, data / "terraform.tfstate", label, access, backend_config)
    here = msgspec.structs.replace(access, directory=directory)
    root = directory.resolve()
    if backend.type in REMOVED:
        raise StateError(
            f"{label}: Terraform {REMOVED[backend.type]} and newer have no backend {backend.type}",
            hint="move the state with an older Terraform (init -migrate-state), or name a copy: state pull > FILE",
        )
    if backend.type not in OPENERS:
        check_workspace(workspace)
        return _pulled(backend, label, workspace, access)
    try:
        return StateSource.open(backend.type, backend.settings, here, workspace=workspace, root=root)
    except StateError as error:
        raise StateError(f"{label}: {error.message}", hint=error.hint) from error


def _pulled(backend: Backend, argument: str, workspace: str, access: Access) -> StateSource:
    root = Path(argument).resolve()
    place = backend.type if workspace == DEFAULT_WORKSPACE else f"{backend.type}, workspace {workspace}"
    pulled = PulledState(root, workspace, f"{argument} ({place})", access.environment)
    return StateSource(type=backend.type, settings=backend.settings, workspace=workspace, root=root, backend=pulled)


def _check_existence(source: StateSource, argument: str, *, existing: bool) -> None:
    if not isinstance(source.backend, LocalBackend) or not source.backend.has_workspaces:
        return
    directory = Path(argument)
    if not source.backend.path.is_file() and (existing or not _is_configured(directory)):
        raise _without_state(directory, source, argument)


def _is_configured(directory: Path) -> bool:
    return any(next(directory.glob(pattern), None) for pattern in _CONFIGURATION_FILES)


def _backend_of(directory: Path, record: Path, label: str, access: Access, backend_config: Sequence[str]) -> Backend:
    """What init recorded; with ``backend_config`` what init would record with it."""
    recorded = recorded_backend(record) if record.is_file() else None
    try:
        configured = access.configured(directory, access.environment)
    except DriftMgrError:
        if recorded is None:
            raise
        configured = None  # what init recorded tells where the state is, whatever became of the configuration
    if recorded and configured and recorded.type != configured.type:
        raise StateError(
            f"{label}: terraform init recorded a backend of type {recorded.type}, "
            f"{_place(directory, configured)} names one of type {configured.type}",
            hint="run terraform init, so that it is known where the state is",
        )
    if recorded and not backend_config:
        return recorded
    backend = configured or recorded or Backend(type="local")
    settings, unresolved = backend.settings, backend.unresolved
    for added in map(access.completion, backend_config):
        known = {name: text for name, text in unresolved.items() if name not in added.settings}
        settings, unresolved = settings | added.settings, known | added.unresolved
    for name, text in unresolved.items():
        raise StateError(
            f"{label}: its backend is configured by an expression, {name} = {text} ({_place(directory, backend)})",
            hint=f"give the value: --backend-config {name}=VALUE, or run init, which records it",
        )
    return Backend(type=backend.type, settings=settings)


def _place(directory: Path, backend: Backend) -> str:
    at = backend.location
    return f"{directory / at.file}:{at.line}" if at else "the configuration"


def _in_workspaces(
    source: StateSource, argument: str, access: Access, workspaces: Sequence[str]
) -> tuple[StateSource, ...]:
    if isinstance(source.backend, LocalBackend) and not source.backend.has_workspaces:
        return (source,)
    names = source.backend.workspaces() if ALL in workspaces else tuple(workspaces)
    if not names:
        raise StateError(f"{argument}: no workspace has a state", hint="run terraform apply in it")
    if isinstance(source.backend, PulledState):
        backend = Backend(type=source.type, settings=dict(source.settings))
        return tuple(_pulled(backend, argument, name, access) for name in names)
    directory = Path(argument) if Path(argument).is_dir() else access.directory
    here = msgspec.structs.replace(access, directory=directory)
    return tuple(
        StateSource.open(source.type, source.settings, here, workspace=name, root=source.root) for name in names
    )


def _without_state(directory: Path, source: StateSource, label: str) -> StateError:
    workspace = source.workspace
    if others := [name for name in source.backend.workspaces() if name != workspace]:
        return StateError(
            f"{label}: workspace {workspace} has no state, there is one for {', '.join(others)}",
            hint=f"choose a workspace: TF_WORKSPACE={others[0]}",
        )
    if _is_configured(directory):
        return StateError(
            f"{label}: the working directory has no state (workspace {workspace})",
            hint="run terraform init, so that its backend is known, or terraform apply",
        )
    states = sorted(path.name for path in directory.glob("*.tfstate") if path.is_file())
    if states:
        return StateError(f"{label}: holds states of other names", hint=f"name one: {Path(label) / states[0]}")
    return StateError(
        f"{label}: neither a state nor a Terraform working directory",
        hint="name a state file or a working directory: driftmgr detect PATH",
    )


def _selected_workspace(data: Path) -> str:
    environment = data / "environment"
    try:
        return (environment.read_text().strip() if environment.is_file() else "") or DEFAULT_WORKSPACE
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{environment} cannot be read: {error}", hint="terraform workspace select NAME") from error
