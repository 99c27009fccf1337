"""Find the states that an argument names: files, globs, working directories, ``s3://bucket/key``."""

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from driftmgr.state.backend import Backend, configured_backend, recorded_backend
from driftmgr.state.read import StateError


class LocalState(msgspec.Struct, frozen=True, kw_only=True):
    """A state in a file."""

    path: Path
    label: str


class S3State(msgspec.Struct, frozen=True, kw_only=True):
    """A state in an S3 bucket, with what its backend configures to reach it."""

    bucket: str
    key: str
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None
    path_style: bool = False
    label: str


StateSource = LocalState | S3State

_BACKUP_SUFFIXES = (".backup",)


def locate(argument: str, *, cwd: Path | None = None) -> tuple[StateSource, ...]:
    """The state sources of one argument; raises ``StateError`` when there is none.

    A directory is a Terraform working directory: the backend that ``terraform init`` recorded in it (else the one its
    configuration names) and the selected workspace say where its state is.
    """
    if argument.startswith("s3://"):
        return (_from_url(argument),)
    if "://" in argument:
        raise StateError(
            f"{argument}: this kind of address cannot be read yet", hint="fetch the state: terraform state pull > FILE"
        )
    path = (cwd or Path.cwd()) / argument
    if path.is_dir():
        return (_of_directory(path, argument),)
    if path.exists() or not glob.has_magic(argument):
        return (LocalState(path=path, label=argument),)
    return _of_glob(path, argument)


def _of_glob(path: Path, argument: str) -> tuple[StateSource, ...]:
    # Path.glob takes no absolute pattern.
    found = sorted(name for name in glob.glob(str(path), recursive=True) if not name.endswith(_BACKUP_SUFFIXES))  # noqa: PTH207
    files = [Path(name) for name in found if Path(name).is_file()]
    if not files:
        raise StateError(f"{argument}: no file matches", hint="quote the pattern, and check where it starts")
    base = Path.cwd()
    return tuple(
        LocalState(path=file, label=str(file.relative_to(base)) if file.is_relative_to(base) else str(file))
        for file in files
    )


def _from_url(argument: str) -> S3State:
    parts = urlsplit(argument)
    key = parts.path.lstrip("/")
    if not parts.netloc or not key:
        raise StateError(f"{argument}: not the address of a state", hint="write s3://BUCKET/KEY")
    region = parse_qs(parts.query).get("region", [None])[0]
    return S3State(bucket=parts.netloc, key=key, region=region, label=f"s3://{parts.netloc}/{key}")


def _of_directory(directory: Path, label: str) -> StateSource:
    data = Path(os.environ.get("TF_DATA_DIR") or ".terraform")
    data = data if data.is_absolute() else directory / data
    workspace = os.environ.get("TF_WORKSPACE") or _selected_workspace(data)
    record = data / "terraform.tfstate"
    backend = recorded_backend(record) if record.is_file() else None
    backend = backend or configured_backend(directory) or Backend(type="local")
    if backend.type == "s3":
        return _s3_backend(backend.settings, workspace, label)
    if backend.type != "local":
        where = "HCP Terraform" if backend.type == "cloud" else f"a backend of type {backend.type}"
        raise StateError(
            f"{label}: its state is in {where}, which cannot be read yet",
            hint=f"fetch the state: terraform -chdir={label} state pull > FILE",
        )
    found = _local_backend(directory, backend.settings, workspace, label)
    if found.path.is_file():
        return found
    raise _without_state(directory, workspace, label)


def _without_state(directory: Path, workspace: str, label: str) -> StateError:
    others = sorted(path.parent.name for path in directory.glob("terraform.tfstate.d/*/terraform.tfstate"))
    if others:
        return StateError(
            f"{label}: workspace {workspace} has no state, there is one for {', '.join(others)}",
            hint=f"choose a workspace: TF_WORKSPACE={others[0]}",
        )
    if any(directory.glob("*.tf")) or any(directory.glob("*.tofu")) or any(directory.glob("*.tf.json")):
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
    return (environment.read_text().strip() if environment.is_file() else "") or "default"


def _local_backend(directory: Path, config: Mapping[str, Any], workspace: str, label: str) -> LocalState:
    # https://developer.hashicorp.com/terraform/language/backend/local
    if workspace == "default":
        path = directory / (config.get("path") or "terraform.tfstate")
    else:
        path = directory / (config.get("workspace_dir") or "terraform.tfstate.d") / workspace / "terraform.tfstate"
    return LocalState(
        path=path,
        label=os.path.normpath(Path(label) / path.relative_to(directory))
        if path.is_relative_to(directory)
        else str(path),
    )


def _s3_backend(settings: Mapping[str, Any], workspace: str, label: str) -> S3State:
    # https://developer.hashicorp.com/terraform/language/backend/s3
    bucket, key = settings.get("bucket"), settings.get("key")
    if not (bucket and key):
        raise StateError(
            f"{label}: its backend block does not say in which {'object' if bucket else 'bucket'} the state is",
            hint="run terraform init with the -backend-config that completes it, or name the state: s3://BUCKET/KEY",
        )
    if workspace != "default":
        key = f"{settings.get('workspace_key_prefix') or 'env:'}/{workspace}/{key}"
    role, endpoints = _first(settings.get("assume_role")), _first(settings.get("endpoints"))
    return S3State(
        bucket=str(bucket),
        key=str(key),
        region=settings.get("region"),
        profile=settings.get("profile"),
        role_arn=role.get("role_arn") or settings.get("role_arn"),
        external_id=role.get("external_id") or settings.get("external_id"),
        endpoint_url=endpoints.get("s3") or settings.get("endpoint"),
        path_style=bool(settings.get("use_path_style") or settings.get("force_path_style")),
        label=f"s3://{bucket}/{key}",
    )


def _first(value: Any) -> Mapping[str, Any]:
    # Recorded as an object or as a list of one, by version.
    found = value[0] if isinstance(value, list) and value else value
    return found if isinstance(found, dict) else {}
