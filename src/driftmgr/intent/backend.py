"""Where a configuration keeps its state: its ``backend`` or ``cloud`` block, completed by ``-backend-config``.

https://developer.hashicorp.com/terraform/language/backend
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.hcl import LITERALS, Context, HclError, unresolved_in
from driftmgr.intent.errors import IntentError, Problem
from driftmgr.intent.files import SourceFile, parse_file, read_files
from driftmgr.intent.merged import arguments
from driftmgr.intent.module import Module
from driftmgr.intent.variables import Variables
from driftmgr.model import SourceLocation

_HINTS = (b"backend", b"cloud")


class ConfiguredBackend(msgspec.Struct, frozen=True, kw_only=True):
    """A backend's type (``s3``, ``local``, ``cloud`` for HCP Terraform) and its settings.

    ``unresolved`` names settings that are not written down, with what stands there instead.
    """

    type: str
    settings: dict[str, Any] = {}
    unresolved: dict[str, str] = {}
    location: SourceLocation | None = None


def configured_backend(
    directory: Path, backend_config: Iterable[str] = (), environment: Mapping[str, str] | None = None
) -> ConfiguredBackend | None:
    """The backend of the configuration files in a directory, ``None`` without one.

    ``backend_config`` is what ``terraform init -backend-config`` was given: ``key=value``, or the path of a file.
    Raises ``IntentError`` for such a file that cannot be read, and if a file that cannot be read may hold the backend.
    """
    files, problems = read_files(directory, directory)
    variables = Variables(directory, os.environ if environment is None else environment)
    # OpenTofu allows variables and locals in a backend block.
    found = backend_of(files, Module(directory, files, variables.of).context)
    if found is None:
        for problem in problems:
            _deny(directory, problem)
        return None
    given = {name: value for text in backend_config for name, value in _completion(directory, text).items()}
    return msgspec.structs.replace(
        found,
        settings=found.settings | given,
        unresolved={name: text for name, text in found.unresolved.items() if name not in given},
    )


def backend_of(files: Sequence[SourceFile], context: Context = LITERALS) -> ConfiguredBackend | None:
    """The backend of files; one in an override file wins."""
    found: ConfiguredBackend | None = None
    for file in files:
        if found is not None and not file.overrides:
            continue
        for terraform in file.body.blocks("terraform"):
            for block in (*terraform.body.blocks("backend", 1), *terraform.body.blocks("cloud")):
                kind = block.labels[0] if block.labels else "cloud"
                found = as_backend(kind, arguments((block.body,), context), file.at(block.line))
    return found


def as_backend(kind: str, given: Mapping[str, Any], location: SourceLocation | None = None) -> ConfiguredBackend:
    """A backend from its arguments: a nested block as one object, several as a list; null as if it were not there."""
    values = {name: _plain(value) for name, value in given.items() if value is not None}
    unresolved = {name: found.text for name, value in values.items() if (found := next(unresolved_in(value), None))}
    settings = {name: value for name, value in values.items() if name not in unresolved}
    return ConfiguredBackend(type=kind, settings=settings, unresolved=unresolved, location=location)


def _plain(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        items = [_plain(item) for item in value]
        return items[0] if len(items) == 1 else items
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def _completion(directory: Path, text: str) -> Mapping[str, Any]:
    name, sign, value = text.partition("=")
    if sign:
        return {name.strip(): value}
    try:
        body = parse_file(directory / text, text)
    except HclError as error:
        raise IntentError(error.message, hint="check the file of -backend-config") from error
    return as_backend("", arguments((body,), LITERALS)).settings


def _deny(directory: Path, problem: Problem) -> None:
    path = directory / problem.location.file
    try:
        suspicious = any(hint in path.read_bytes() for hint in _HINTS)
    except OSError:
        suspicious = True
    if suspicious:
        raise IntentError(
            f"{path}:{problem.location.line}: {problem.message}: which backend is configured cannot be told",
            hint="correct the file, or run terraform init, which records the backend",
        )
