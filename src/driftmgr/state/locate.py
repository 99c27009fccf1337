"""Find the states that an argument names: files, globs, working directories, ``s3://bucket/key``."""

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

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

    A directory is a Terraform working directory: the backend that ``terraform init`` recorded in it
    and the selected workspace say where its state is.
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
    found = sorted(name for name in glob.glob(str(path), recursive=True) if not name.endswith(_BACKUP_SUFFIXES))
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
    if record.is_file():
        backend = _backend(record)
        if backend is not None:
            kind, config = backend
            if kind == "s3":
                return _s3_backend(config, workspace)
            if kind != "local":
                raise StateError(
                    f"{label}: its state is in a backend of type {kind}, which cannot be read yet",
                    hint=f"fetch the state: terraform -chdir={label} state pull > FILE",
                )
            return _local_backend(directory, config, workspace, label)
    found = _local_backend(directory, {}, workspace, label)
    if found.path.is_file():
        return found
    if any(directory.glob("*.tf")) or any(directory.glob("*.tofu")):
        raise StateError(
            f"{label}: the working directory has no state (workspace {workspace})",
            hint="run terraform init, so that its backend is known, or terraform apply",
        )
    raise StateError(
        f"{label}: neither a state nor a Terraform working directory", hint="name a state file or a working directory"
    )


def _selected_workspace(data: Path) -> str:
    environment = data / "environment"
    return (environment.read_text().strip() if environment.is_file() else "") or "default"


def _backend(record: Path) -> tuple[str, Mapping[str, Any]] | None:
    try:
        document = msgspec.json.decode(record.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise StateError(f"{record}: the backend record cannot be read: {error}", hint="run terraform init") from error
    backend = document.get("backend") if isinstance(document, dict) else None
    if not isinstance(backend, dict) or not backend.get("type"):
        return None
    return str(backend["type"]), backend.get("config") or {}


def _local_backend(directory: Path, config: Mapping[str, Any], workspace: str, label: str) -> LocalState:
    # https://developer.hashicorp.com/terraform/language/backend/local
    if workspace == "default":
        path = directory / (config.get("path") or "terraform.tfstate")
    else:
        path = directory / (config.get("workspace_dir") or "terraform.tfstate.d") / workspace / "terraform.tfstate"
    return LocalState(path=path, label=label if label != "." else str(path.relative_to(directory)))


def _s3_backend(config: Mapping[str, Any], workspace: str) -> S3State:
    # https://developer.hashicorp.com/terraform/language/backend/s3
    key = str(config.get("key") or "")
    if workspace != "default":
        key = f"{config.get('workspace_key_prefix') or 'env:'}/{workspace}/{key}"
    assume = config.get("assume_role")
    role = (assume[0] if isinstance(assume, list) and assume else assume) or {}
    endpoints = config.get("endpoints")
    endpoint = (endpoints[0] if isinstance(endpoints, list) and endpoints else endpoints) or {}
    return S3State(
        bucket=str(config.get("bucket") or ""),
        key=key,
        region=config.get("region"),
        profile=config.get("profile"),
        role_arn=role.get("role_arn") or config.get("role_arn"),
        external_id=role.get("external_id") or config.get("external_id"),
        endpoint_url=endpoint.get("s3") or config.get("endpoint"),
        path_style=bool(config.get("use_path_style") or config.get("force_path_style")),
        label=f"s3://{config.get('bucket')}/{key}",
    )
