"""Where a configuration keeps its state: its ``backend`` or ``cloud`` block, completed by ``-backend-config``.

https://developer.hashicorp.com/terraform/language/backend
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from driftmgr.hcl import LITERALS, Body, Context, HclError, parse_hcl, unresolved_in
from driftmgr.intent.errors import IntentError, Problem
from driftmgr.intent.files import SourceFile, is_file, parse_file, read_files
from driftmgr.intent.merged import arguments
from driftmgr.intent.module import Module
from driftmgr.intent.variables import Variables
from driftmgr.model import Backend, SourceLocation

_HINTS = (b"backend", b"cloud")


def configured_backend(directory: Path, environment: Mapping[str, str] | None = None) -> Backend | None:
    """The backend of the configuration files in a directory, ``None`` without one.

    Raises ``IntentError`` if a file that cannot be read may hold the backend.
    """
    files, problems = read_files(directory, directory)
    variables = Variables(directory, os.environ if environment is None else environment)
    # OpenTofu allows variables and locals in a backend block.
    found = backend_of(files, Module(directory, files, variables.of).context)
    if found is None:
        for problem in problems:
            _deny(directory, problem)
    return found


def backend_settings(text: str) -> Backend:
    """What one ``-backend-config`` of ``terraform init`` adds: ``NAME=VALUE``, or a file; raises ``IntentError``."""
    name, separator, value = text.partition("=")
    if separator and not is_file(Path(text)):
        if value.lstrip()[:1] not in {"{", "["}:
            return Backend(type="", settings={name.strip(): {"true": True, "false": False}.get(value, value)})
        return _settings(lambda: parse_hcl(f"{name} = {value}\n".encode(errors="replace"), f"--backend-config {name}"))
    found = _settings(lambda: parse_file(Path(text), text))
    if not found.settings and not found.unresolved:
        raise IntentError(f"{text}: holds no backend configuration", hint='write lines such as bucket = "NAME"')
    return found


def _settings(parse: Callable[[], Body]) -> Backend:
    try:
        return as_backend("", arguments((parse(),), LITERALS))
    except HclError as error:
        raise IntentError(error.message, hint="check what --backend-config gives") from error


def backend_of(files: Sequence[SourceFile], context: Context = LITERALS) -> Backend | None:
    """The backend of files; one in an override file wins."""
    found: Backend | None = None
    for file in files:
        if found is not None and not file.overrides:
            continue
        for terraform in file.body.blocks("terraform"):
            for block in (*terraform.body.blocks("backend", 1), *terraform.body.blocks("cloud")):
                kind = block.labels[0] if block.labels else "cloud"
                found = as_backend(kind, arguments((block.body,), context), file.at(block.line))
    return found


def as_backend(kind: str, given: Mapping[str, Any], location: SourceLocation | None = None) -> Backend:
    """A backend from its arguments: a nested block as one object, several as a list; null as if it were not there."""
    values = {name: _plain(value) for name, value in given.items() if value is not None}
    unresolved = {name: found.text for name, value in values.items() if (found := next(unresolved_in(value), None))}
    settings = {name: value for name, value in values.items() if name not in unresolved}
    return Backend(type=kind, settings=settings, unresolved=unresolved, location=location)


def _plain(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        items = [_plain(item) for item in value]
        return items[0] if len(items) == 1 else items
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


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
