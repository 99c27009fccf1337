"""Terragrunt units: where each keeps its state, which module it applies with which inputs, what it depends on.

https://terragrunt.gruntwork.io/docs/reference/hcl/
"""

import graphlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.hcl import HclError, Unresolved, parse_hcl, unresolved_in
from driftmgr.intent.backend import as_backend, backend_of, configured_backend
from driftmgr.intent.configuration import Configuration, read_configuration
from driftmgr.intent.errors import IntentError
from driftmgr.intent.files import SourceFile, configuration_files, is_directory, relative
from driftmgr.intent.roots import UNIT_FILES, unit_directories
from driftmgr.intent.terragrunt_file import TerragruntFile
from driftmgr.model import Backend

_TERRAGRUNTS_OWN = (
    "accesslogging_",
    "bucket_sse_",
    "disable_",
    "dynamodb_table_",
    "enable_lock_table",
    "gcs_bucket_",
    "s3_bucket_",
    "skip_bucket_",
)
"""Settings of ``remote_state`` that say how Terragrunt makes the bucket: no backend has them."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A directory with a ``terragrunt.hcl``.

    ``backend`` is where its state is; ``None`` if that cannot be told, ``reason`` then says why, with file and line.
    ``source`` is the directory of its module if it is a local one; ``inputs`` may hold ``Unresolved``, and without
    ``inputs_known`` there are others. ``dependencies`` are the directories of the units that it names, ``generated``
    the files that Terragrunt writes into the module.
    """

    directory: Path
    backend: Backend | None = None
    reason: str = ""
    source: Path | None = None
    inputs: dict[str, Any] = {}
    inputs_known: bool = True
    dependencies: tuple[Path, ...] = ()
    generated: tuple[SourceFile, ...] = ()

    def configuration(self, environment: Mapping[str, str] | None = None) -> Configuration | None:
        """The configuration of its module; ``None`` if that is not a local one."""
        if self.source is None:
            return None
        return read_configuration(
            self.source, environment, self.inputs, inputs_known=self.inputs_known, generated=self.generated
        )


def units(directory: Path, environment: Mapping[str, str] | None = None) -> tuple[Unit, ...]:
    """All units of a tree, those first that others depend on.

    A ``terragrunt.hcl`` that others include, without a module of its own, is no unit.
    """
    seen = os.environ if environment is None else environment
    found: dict[Path, Unit] = {}
    included: set[Path] = set()
    for folder in unit_directories(directory.resolve()):
        found[folder], parents = _unit(folder, directory.resolve(), seen)
        included |= parents
    kept = {
        folder: unit
        for folder, unit in found.items()
        if unit.source is not None or not included & {folder / name for name in UNIT_FILES}
    }
    return tuple(kept[folder] for folder in _in_order(kept))


def _in_order(found: Mapping[Path, Unit]) -> Iterable[Path]:
    graph = {folder: [other for other in unit.dependencies if other in found] for folder, unit in found.items()}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError:
        # Terragrunt refuses to run these; their states can be read all the same.
        return sorted(found)


def _unit(folder: Path, tree: Path, environment: Mapping[str, str]) -> tuple[Unit, set[Path]]:
    """A unit and the files that it includes."""
    path = next(folder / name for name in UNIT_FILES if (folder / name).is_file())
    try:
        file = TerragruntFile(path, environment, tree)
        parents = {inner.path for inner in file.included()}
        return _Resolved(file, environment).unit(), parents
    except (HclError, IntentError) as error:
        return Unit(directory=folder, reason=error.message), set()


class _Resolved:
    """A unit's file together with what it includes; the nearest wins."""

    def __init__(self, file: TerragruntFile, environment: Mapping[str, str]) -> None:
        self._file = file
        self._environment = environment
        self._chain = [*file.included(), file]

    def unit(self) -> Unit:
        source, is_local = self._source()
        inputs = [found.body.value("inputs", found.context) for found in self._chain]
        generated = tuple(self._generated())
        unit = Unit(
            directory=self._file.path.parent,
            source=source,
            inputs={name: value for given in inputs if isinstance(given, dict) for name, value in given.items()},
            inputs_known=not any(isinstance(given, Unresolved) for given in inputs),
            dependencies=tuple(dict.fromkeys(path for file in self._chain for path in _dependencies(file))),
            generated=generated,
        )
        try:
            return msgspec.structs.replace(unit, backend=self._backend(unit, is_local=is_local))
        except IntentError as error:
            return msgspec.structs.replace(unit, reason=error.message)

    def _backend(self, unit: Unit, *, is_local: bool) -> Backend:
        for file in reversed(self._chain):
            if (found := _remote_state(file)) is not None:
                return found
        if (found := backend_of(unit.generated)) is not None:
            return found
        where = self._file.at(1)
        if not is_local:
            raise IntentError(f"{where}: it has no remote_state, and its module is not here to tell its backend")
        if unit.source is None:
            raise IntentError(f"{where}: it has neither a remote_state nor a module")
        found = configured_backend(unit.source, environment=self._environment)
        if found is not None:
            return found
        if unit.source != unit.directory:
            raise IntentError(f"{where}: it has no remote_state: its state is in Terragrunt's cache")
        return Backend(type="local")

    def _source(self) -> tuple[Path | None, bool]:
        """The directory of the module, ``None`` without one; and whether the module is a local one."""
        for file in reversed(self._chain):
            for block in file.body.blocks("terraform"):
                if "source" in block.body.expressions:
                    return self._local(block.body.value("source", file.context))
        here = self._file.path.parent
        return (here if configuration_files(here) else None), True

    def _local(self, source: Any) -> tuple[Path | None, bool]:
        if not isinstance(source, str) or "::" in source or not source.startswith((".", "/")):
            return None, False
        path = Path(os.path.normpath(self._file.path.parent / source.partition("?")[0]))
        return (path, True) if is_directory(path) else (None, False)

    def _generated(self) -> Iterator[SourceFile]:
        blocks = {block.labels[0]: (file, block) for file in self._chain for block in file.body.blocks("generate", 1)}
        for file, block in blocks.values():
            contents = block.body.value("contents", file.context)
            if isinstance(contents, str):
                try:
                    body = parse_hcl(contents.encode(errors="replace"), file.at(block.line))
                except HclError:
                    continue
                yield SourceFile(name=relative(file.path, file.tree), body=body, overrides=False)


def _remote_state(file: TerragruntFile) -> Backend | None:
    """The ``remote_state`` of a file; raises ``IntentError`` for one that is more than its functions tell."""
    given: Any = None
    line = 1
    for block in file.body.blocks("remote_state"):
        line = block.line
        given = {name: block.body.value(name, file.context) for name in ("backend", "config")}
        given["config"] = {} if given["config"] is None else given["config"]
    if given is None and "remote_state" in file.body.expressions:
        expression = file.body.expressions["remote_state"]
        given, line = expression.value(file.context), expression.line
    if given is None:
        return None
    for name, kind in (("backend", str), ("config", dict)):
        value = given.get(name) if isinstance(given, dict) else given
        if not isinstance(value, kind):
            raise _not_written(file.at(line), f"remote_state: {name}", value)
    config = {name: value for name, value in given["config"].items() if not name.startswith(_TERRAGRUNTS_OWN)}
    made = as_backend(given["backend"], config, file.location(line))
    for name in made.unresolved:
        raise _not_written(file.at(line), f"remote_state: {name}", config[name])
    return made


def _not_written(where: str, what: str, value: Any) -> IntentError:
    text = next((found.text for found in unresolved_in(value)), "nothing")
    return IntentError(f"{where}: {what} is not written down: {text}")


def _dependencies(file: TerragruntFile) -> Iterator[Path]:
    """The directories of the units that a file names, as far as they are written down."""
    named = [block.body.value("config_path", file.context) for block in file.body.blocks("dependency", 1)]
    for block in file.body.blocks("dependencies"):
        paths = block.body.value("paths", file.context)
        named += paths if isinstance(paths, list) else []
    for path in named:
        if isinstance(path, str):
            yield Path(os.path.normpath(file.unit / path))
