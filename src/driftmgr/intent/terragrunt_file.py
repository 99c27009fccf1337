"""One ``terragrunt.hcl`` or a file that it includes, with Terragrunt's functions as far as paths and literals go.

https://terragrunt.gruntwork.io/docs/reference/hcl/functions/
"""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from driftmgr.hcl import Body, Context, Steps, Unresolved, bounded, descend, unresolved_in
from driftmgr.intent.errors import IntentError
from driftmgr.intent.files import is_directory, is_file, parse_file, relative
from driftmgr.model import SourceLocation

_DEEPEST = 16
"""Of files that read each other."""


class TerragruntFile:
    """A file as the unit in the directory ``unit`` sees it; raises ``HclError`` if it cannot be read.

    Functions are answered from the unit's directory, for an included file too; ``parent`` is then its own.
    """

    def __init__(
        self,
        path: Path,
        environment: Mapping[str, str],
        tree: Path,
        *,
        included_by: "TerragruntFile | None" = None,
        depth: int = 0,
    ) -> None:
        self.path = path
        self.tree = tree
        self.unit: Path = path.parent if included_by is None else included_by.unit
        self.body: Body = parse_file(path, relative(path, tree))
        self.context = Context(lookup=self._lookup, call=self._call)
        self._environment = environment
        self._included_by = included_by
        self._depth = depth
        self._known: dict[str, Any] = {}
        self._resolving: set[str] = set()

    def at(self, line: int) -> str:
        """A place in the file, for a message."""
        return f"{relative(self.path, self.tree)}:{line}"

    def location(self, line: int) -> SourceLocation:
        """A place in the file."""
        return SourceLocation(file=relative(self.path, self.tree), line=line)

    def included(self) -> tuple["TerragruntFile", ...]:
        """The files whose blocks are merged into this one; raises ``IntentError`` for one that cannot be told."""
        blocks = [block for labels in (0, 1) for block in self.body.blocks("include", labels)]
        strategies = (block.body.value("merge_strategy", self.context) for block in blocks)
        return tuple(
            self._includes["".join(block.labels)]
            for block, strategy in zip(blocks, strategies, strict=True)
            if strategy != "no_merge"
        )

    @functools.cached_property
    def _includes(self) -> dict[str, "TerragruntFile"]:
        """The included files by their labels; those of an included file do not count."""
        if self._included_by is not None:
            return {}
        found: dict[str, TerragruntFile] = {}
        for block in (block for labels in (0, 1) for block in self.body.blocks("include", labels)):
            # An include cannot refer to itself, so that `include` is not yet known while its path is read.
            path = block.body.value("path", Context(lookup=self._lookup_local, call=self._call_without_includes))
            if not isinstance(path, str):
                text = path.text if isinstance(path, Unresolved) else "nothing"
                raise IntentError(f"{self.at(block.line)}: include: path is not written down: {text}")
            found["".join(block.labels)] = self._opened(self.unit / path, included=True)
        return found

    def _opened(self, path: Path, *, included: bool = False) -> "TerragruntFile":
        if self._depth >= _DEEPEST:
            raise IntentError(f"{self.at(1)}: files that read each other without end")
        real = Path(os.path.normpath(path))
        by = self if included else None
        return TerragruntFile(real, self._environment, self.tree, included_by=by, depth=self._depth + 1)

    def exposed(self) -> dict[str, Any]:
        """What another file may read of this one."""
        names = [name for block in self.body.blocks("locals") for name in block.body.expressions]
        local = {name: self._local(name) for name in names}
        return {"locals": local, "inputs": self.body.value("inputs", self.context) or {}}

    def _lookup(self, steps: Steps) -> Any:
        if steps[0] != "include" or self._included_by is not None:
            return self._lookup_local(steps)
        rest = steps[1:]
        found = self._includes.get(str(rest[0])) if rest else None
        if found is not None:
            return descend(found.exposed(), rest[1:])
        bare = self._includes.get("")
        return _written(steps) if bare is None else descend(bare.exposed(), rest)

    def _lookup_local(self, steps: Steps) -> Any:
        if steps[0] != "local" or len(steps) < len(("local", "name")):
            return _written(steps)
        return descend(self._local(str(steps[1])), steps[2:])

    def _local(self, name: str) -> Any:
        if name in self._resolving:
            return Unresolved(f"local.{name}")
        if name not in self._known:
            self._resolving.add(name)
            try:
                self._known[name] = bounded(self._read_local(name))
            finally:
                self._resolving.discard(name)
        return self._known[name]

    def _read_local(self, name: str) -> Any:
        for block in self.body.blocks("locals"):
            if name in block.body.expressions:
                return block.body.value(name, self.context)
        return Unresolved(f"local.{name}")

    def _call(self, name: str, arguments: Sequence[Any]) -> Any:
        reader = _OF_INCLUDES.get(name)
        if reader is None:
            return self._call_without_includes(name, arguments)
        label = str(arguments[0]) if arguments else ""
        parent = self.path.parent if self._included_by is not None else self._parent(label)
        return reader(self.unit, parent)

    def _parent(self, label: str) -> Path:
        if label:
            return self._includes[label].path.parent if label in self._includes else self.unit
        return next((file.path.parent for file in self._includes.values()), self.unit)

    def _call_without_includes(self, name: str, arguments: Sequence[Any]) -> Any:
        if name == "read_terragrunt_config" and arguments:
            return self._read(*arguments[:2])
        if name == "merge" and all(isinstance(argument, dict) for argument in arguments):
            return {key: value for argument in arguments for key, value in argument.items()}
        if any(True for argument in arguments for _ in unresolved_in(argument)):
            return None
        if name == "get_env" and arguments:
            return self._environment.get(str(arguments[0]), *arguments[1:2])
        function = _FUNCTIONS.get(name)
        return None if function is None else function(self.unit, *map(str, arguments))

    def _read(self, path: Any, *default: Any) -> Any:
        if not isinstance(path, str):
            return path if isinstance(path, Unresolved) else None
        if not is_file(self.unit / path):
            return default[0] if default else Unresolved(f"{path}, which is not there")
        return self._opened(self.unit / path).exposed()


def _written(steps: Steps) -> Unresolved:
    return Unresolved(".".join(map(str, steps)))


def _in_parent_folders(unit: Path, name: str = "terragrunt.hcl", *fallback: str) -> Any:
    for folder in unit.parents:
        if is_file(folder / name) or is_directory(folder / name):
            return str(folder / name)
    return fallback[0] if fallback else Unresolved(f"find_in_parent_folders: no {name} above {unit.name}")


def _repository(unit: Path) -> Path | None:
    return next((folder for folder in (unit, *unit.parents) if (folder / ".git").exists()), None)


def _from_repository(make: Callable[[Path, Path], Any]) -> Callable[..., Any]:
    def function(unit: Path, *_: str) -> Any:
        root = _repository(unit)
        return None if root is None else make(unit, root)

    return function


_OF_INCLUDES: Mapping[str, Callable[[Path, Path], str]] = {
    "path_relative_to_include": relative,
    "path_relative_from_include": lambda unit, parent: relative(parent, unit),
    "get_parent_terragrunt_dir": lambda _unit, parent: str(parent),
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "find_in_parent_folders": _in_parent_folders,
    "get_terragrunt_dir": lambda unit, *_: str(unit),
    "get_original_terragrunt_dir": lambda unit, *_: str(unit),
    "get_repo_root": _from_repository(lambda _, root: str(root)),
    "get_path_from_repo_root": _from_repository(relative),
    "get_path_to_repo_root": _from_repository(lambda unit, root: relative(root, unit)),
    "basename": lambda _unit, path="", *_: Path(path).name,
    "dirname": lambda _unit, path="", *_: str(Path(path).parent),
}
