"""A root module with all its modules, and what it says of the instances of a state."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from driftmgr.hcl import Steps, Unresolved
from driftmgr.intent.errors import Problem
from driftmgr.intent.files import SourceFile, is_directory, read_files, relative
from driftmgr.intent.merged import MergedBlock
from driftmgr.intent.module import Module, ModuleCall, Move, ProviderConfiguration, ResourceBlock, ResourceKey
from driftmgr.intent.moves import moved
from driftmgr.intent.paths import is_prefix, path_steps
from driftmgr.intent.variables import Variables
from driftmgr.model import ResourceAddress, SourceLocation

ModulePath = tuple[str, ...]
"""The names of the module calls that lead to a module; empty for the root module."""

_DEEPEST, _MOST = 32, 10_000
"""Modules within each other, and of a configuration: modules that call each other go on without end."""
_REFLECTS = {
    "tags_all": "tags",
    "effective_labels": "labels",
    "terraform_labels": "labels",
    "effective_annotations": "annotations",
}
"""Computed attributes by which a provider shows what another one, or the provider's own configuration, sets."""
_DEFAULTS = ("default_tags", "default_labels")


class Configuration:
    """The configuration of a root module and its modules. ``problems`` is what could not be read of it."""

    def __init__(self, root: Path, modules: Mapping[ModulePath, Module], problems: tuple[Problem, ...]) -> None:
        self.root = root
        self.modules = modules
        self.problems = problems
        self._written: dict[ModulePath, Module] = {}
        self._moves: dict[ModulePath, tuple[Move, ...]] = {path: module.moves for path, module in modules.items()}

    def resource(self, address: ResourceAddress) -> ResourceBlock | None:
        """The block of an instance, by way of ``moved`` blocks too; ``None`` if no block is known."""
        for one in (address, *moved(address, self._moves)):
            module = self.modules.get(_path(one))
            if module is not None and (found := module.resources.get(_key(one))) is not None:
                return found
        return None

    def location(self, address: ResourceAddress) -> SourceLocation | None:
        """Where the block of an instance stands, or the ``removed`` block that says it shall go."""
        found = self.resource(address)
        if found is not None:
            return found.location
        for depth in range(len(address.module) + 1):
            module = self.modules.get(_path(address)[:depth])
            wanted = _written(address, depth)
            for removal in module.removals if module else ():
                if is_prefix(removal.what, wanted):
                    return removal.location
        return None

    def sets(self, address: ResourceAddress, path: str) -> bool | None:
        """Whether the block of an instance sets the attribute or nested block that a path begins with.

        What a provider shows of other arguments (``tags_all``) counts as set by those. ``None`` if no block is known.
        """
        found = self.resource(address)
        if found is None:
            return None
        name = str(path_steps(path)[0])
        if name in found.sets:
            return True
        if name not in _REFLECTS:
            return False
        if _REFLECTS[name] in found.sets:
            return True
        configuration = self.provider(address)
        return configuration is not None and any(word in configuration.arguments for word in _DEFAULTS)

    def written(self, address: ResourceAddress, name: str) -> Any:
        """What the files say the value of an attribute or of its nested blocks is, wherever it is applied.

        Variables of the root module are ``Unresolved``: a command line may have given them any value. ``None`` where
        the attribute is not set. ``tags_all`` is what ``tags`` says, where the provider adds nothing.
        """
        if name in _REFLECTS:
            provider = self.provider(address)
            if provider is not None and any(word in provider.arguments for word in _DEFAULTS):
                return Unresolved(name)
            name = _REFLECTS[name]
        for one in (address, *moved(address, self._moves)):
            if _path(one) in self.modules and _key(one) in self.modules[_path(one)].resources:
                return self._as_written(_path(one)).written(_key(one), name)
        return None

    def _as_written(self, path: ModulePath) -> Module:
        """A module that knows only what stands in files."""
        if path not in self._written:
            module = self.modules[path]
            if path:
                parent = self._as_written(path[:-1])
                arguments = _arguments_of(parent.calls[path[-1]], parent)
            else:
                arguments = _from_anywhere
            self._written[path] = module.with_variables(arguments)
        return self._written[path]

    def ignored(self, address: ResourceAddress, path: str) -> tuple[Steps, ...]:
        """What ``lifecycle.ignore_changes`` leaves out of a change at a path.

        Each is a way below the path; the empty one stands for all of it.
        """
        found = self.resource(address)
        if found is None:
            return ()
        steps = path_steps(path)
        if found.ignores_all:
            return ((),)
        seen = [steps]
        if str(steps[0]) in _REFLECTS:
            seen.append((_REFLECTS[str(steps[0])], *steps[1:]))
        ways: list[Steps] = []
        for one in seen:
            for ignored in found.ignores:
                if is_prefix(ignored, one):
                    return ((),)
                if is_prefix(one, ignored):
                    ways.append(ignored[len(one) :])
        return tuple(ways)

    def provider(self, address: ResourceAddress) -> ProviderConfiguration | None:
        """The provider configuration of an instance; ``None`` if no block is known."""
        found = self.resource(address)
        if found is None:
            return None
        wanted = found.provider or (address.type.partition("_")[0],)
        path = _path(address)
        for depth in range(len(path), -1, -1):
            module = self.modules.get(path[:depth])
            if module is None:
                return None
            alias = str(wanted[1]) if len(wanted) > 1 else None
            own = module.providers.get((str(wanted[0]), alias))
            if own is not None or not depth:
                return own
            caller = self.modules.get(path[: depth - 1])
            call = caller.calls.get(path[depth - 1]) if caller else None
            wanted = _handed_down(wanted, call)
        return None


def read_configuration(
    directory: Path,
    environment: Mapping[str, str] | None = None,
    inputs: Mapping[str, Any] | None = None,
    *,
    inputs_known: bool = True,
    generated: tuple[SourceFile, ...] = (),
) -> Configuration:
    """The configuration of a root module.

    Never fails: what cannot be read is in ``problems``. ``inputs`` are Terragrunt's, without ``inputs_known`` not all
    of them; ``generated`` are files that it would write.
    """
    seen = os.environ if environment is None else environment
    variables = Variables(directory, seen, inputs, inputs_known=inputs_known)
    return _Reader(directory, seen).read(variables, generated)


class _Reader:
    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._modules: dict[ModulePath, Module] = {}
        self._problems: list[Problem] = []
        self._read_files: dict[Path, list[SourceFile]] = {}
        data = root / (environment.get("TF_DATA_DIR") or ".terraform")
        self._downloaded = self._manifest(data / "modules/modules.json")

    def read(self, variables: Variables, generated: tuple[SourceFile, ...]) -> Configuration:
        self._problems += variables.problems
        self._add((), Module(self._root, (*self._files(self._root), *generated), variables.of))
        return Configuration(self._root, self._modules, tuple(self._problems))

    def _add(self, path: ModulePath, module: Module) -> None:
        self._modules[path] = module
        for name, call in module.calls.items():
            directory = self._directory((*path, name), module, call)
            if directory is not None:
                self._add((*path, name), Module(directory, self._files(directory), _arguments_of(call, module)))

    def _directory(self, path: ModulePath, caller: Module, call: ModuleCall) -> Path | None:
        directory = self._downloaded.get(".".join(path))
        if call.source is not None and call.source.startswith(("./", "../")):
            directory = caller.directory / call.source
        if directory is None or not is_directory(directory):
            source = f" ({call.source})" if call.source else ""
            self._problem(call.location, f"module {call.name}{source} is not there: run terraform init")
            return None
        if len(path) > _DEEPEST or len(self._modules) >= _MOST:
            self._problem(call.location, f"module {call.name}: modules are nested too deeply")
            return None
        return directory

    def _files(self, directory: Path) -> list[SourceFile]:
        # A module that is called several times is read once.
        real = directory.resolve()
        if real not in self._read_files:
            files, problems = read_files(directory, self._root)
            self._problems += problems
            self._read_files[real] = files
        return self._read_files[real]

    def _manifest(self, path: Path) -> dict[str, Path]:
        """The directories that ``init`` recorded, by the dotted names of the calls."""
        if not path.is_file():
            return {}
        try:
            document = json.loads(path.read_bytes())
            return {str(item["Key"]): self._root / str(item["Dir"]) for item in document["Modules"]}
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            where = SourceLocation(file=relative(path, self._root), line=1)
            self._problem(where, "not the list of modules that terraform init writes")
            return {}

    def _problem(self, location: SourceLocation, message: str) -> None:
        self._problems.append(Problem(location=location, message=message))


def _from_anywhere(name: str, _: MergedBlock) -> Any:
    return Unresolved(f"var.{name}")


def _arguments_of(call: ModuleCall, caller: Module) -> Callable[[str, MergedBlock], Any]:
    def value(name: str, declared: MergedBlock) -> Any:
        given = call.block.expression(name)
        if given is not None:
            return given.value(caller.context)
        default = declared.expression("default")
        return Unresolved(f"var.{name}") if default is None else default.value()

    return value


def _handed_down(wanted: Steps, call: ModuleCall | None) -> Steps:
    """What a child's configuration is called by its caller; without a map the default ones go by their names."""
    if call is None or call.providers is None:
        return wanted
    return call.providers.get(wanted, wanted)


def _path(address: ResourceAddress) -> ModulePath:
    return tuple(step.name for step in address.module)


def _key(address: ResourceAddress) -> ResourceKey:
    return address.mode, address.type, address.name


def _written(address: ResourceAddress, depth: int) -> Steps:
    """An address as a module at a depth would write it, without instance keys."""
    modules = (part for step in address.module[depth:] for part in ("module", step.name))
    return (*modules, *(("data",) if address.mode == "data" else ()), address.type, address.name)
