"""One module: its blocks, and what its variables and locals come to."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.hcl import Context, Expression, Steps, Unresolved, bounded, descend, unresolved_in
from driftmgr.intent.files import SourceFile
from driftmgr.intent.merged import MergedBlock, all_of, arguments, merged
from driftmgr.model import SourceLocation

ResourceKey = tuple[str, str, str]
"""Mode (``managed`` or ``data``), type and name."""

_NOT_THE_PROVIDERS = frozenset({"alias", "version", "for_each"})
_MODES = {"resource": "managed", "data": "data"}
_LIFECYCLE = "lifecycle"


class ResourceBlock(msgspec.Struct, frozen=True, kw_only=True):
    """What a ``resource`` or ``data`` block says.

    ``sets`` are its arguments and nested blocks, ``ignores`` the references of ``lifecycle.ignore_changes``
    (``("tags", "x")``), ``ignores_all`` that it says ``all``; ``provider`` is that of its ``provider`` argument.
    """

    location: SourceLocation
    sets: frozenset[str]
    ignores: tuple[Steps, ...] = ()
    ignores_all: bool = False
    provider: Steps | None = None


class ProviderConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """A ``provider`` block: ``arguments`` with ``Unresolved`` for what is not written down; nested blocks are lists."""

    name: str
    alias: str | None
    location: SourceLocation
    arguments: dict[str, Any]


class ModuleCall(msgspec.Struct, frozen=True, kw_only=True):
    """A ``module`` block. ``providers`` maps the child's configurations to the caller's."""

    name: str
    source: str | None
    location: SourceLocation
    block: MergedBlock
    providers: Mapping[Steps, Steps] | None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A ``moved`` block, as it is written."""

    start: Steps
    end: Steps
    location: SourceLocation


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """A ``removed`` block: ``destroys`` says whether the object is to be destroyed or only forgotten."""

    what: Steps
    destroys: bool
    location: SourceLocation


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """An ``import`` block; ``id`` is ``None`` where it is not written down (or an identity is given)."""

    to: Steps
    id: str | None
    location: SourceLocation


class Module:
    """The blocks of one directory. ``variable`` gives the value of an input variable from its block."""

    def __init__(
        self, directory: Path, files: Sequence[SourceFile], variable: Callable[[str, MergedBlock], Any]
    ) -> None:
        self.directory = directory
        self._files = files
        self._variable = variable
        self._known: dict[Steps, Any] = {}
        self._resolving: set[Steps] = set()
        self.context = Context(lookup=self._lookup, call=_called)

    def with_variables(self, variable: Callable[[str, MergedBlock], Any]) -> "Module":
        """The same blocks, with other values of its input variables."""
        return Module(self.directory, self._files, variable)

    @functools.cached_property
    def resources(self) -> dict[ResourceKey, ResourceBlock]:
        """The ``resource`` and ``data`` blocks."""
        return {key: _resource(block) for key, block in self._blocks.items()}

    @functools.cached_property
    def _blocks(self) -> dict[ResourceKey, MergedBlock]:
        return {
            (mode, labels[0], labels[1]): block
            for kind, mode in _MODES.items()
            for labels, block in merged(self._files, kind, 2).items()
        }

    def written(self, key: ResourceKey, name: str) -> Any:
        """The value of an argument of a resource, or its nested blocks of that name as a list; ``None`` without any."""
        block = self._blocks[key]
        if any(one.labels == (name,) for one in block.blocks("dynamic", 1)):
            return Unresolved(f'dynamic "{name}"')
        nested = [arguments((one.body,), self.context) for one in block.blocks(name)]
        return nested or block.value(name, self.context)

    @functools.cached_property
    def calls(self) -> dict[str, ModuleCall]:
        """The ``module`` blocks."""
        return {labels[0]: _call(block) for labels, block in merged(self._files, "module", 1).items()}

    @functools.cached_property
    def providers(self) -> dict[tuple[str, str | None], ProviderConfiguration]:
        """The ``provider`` blocks by local name and alias; arguments of override files win."""
        found: dict[tuple[str, str | None], ProviderConfiguration] = {}
        for file in self._files:
            for block in file.body.blocks("provider", 1):
                alias = block.body.value("alias")
                key = block.labels[0], alias if isinstance(alias, str) else None
                given = arguments((block.body,), self.context, _NOT_THE_PROVIDERS)
                known = found.get(key)
                found[key] = ProviderConfiguration(
                    name=key[0],
                    alias=key[1],
                    location=known.location if known else file.at(block.line),
                    arguments=known.arguments | given if known else given,
                )
        return found

    @functools.cached_property
    def required_providers(self) -> dict[str, str]:
        """Sources of providers by their local names."""
        found: dict[str, str] = {}
        for _, terraform in all_of(self._files, "terraform"):
            for required in terraform.body.blocks("required_providers"):
                for name, expression in required.body.expressions.items():
                    # `configuration_aliases` holds references that have no value.
                    source = expression.value()
                    if isinstance(source, dict) and isinstance(source.get("source"), str):
                        found[name] = source["source"]
        return found

    @functools.cached_property
    def moves(self) -> tuple[Move, ...]:
        """The ``moved`` blocks."""
        return tuple(
            Move(start=start, end=end, location=file.at(block.line))
            for file, block in all_of(self._files, "moved")
            if (start := _named(block.body, "from")) and (end := _named(block.body, "to"))
        )

    @functools.cached_property
    def removals(self) -> tuple[Removal, ...]:
        """The ``removed`` blocks."""
        return tuple(
            Removal(
                what=what,
                destroys=all(inner.body.value("destroy") is not False for inner in block.body.blocks(_LIFECYCLE)),
                location=file.at(block.line),
            )
            for file, block in all_of(self._files, "removed")
            if (what := _named(block.body, "from"))
        )

    @functools.cached_property
    def imports(self) -> tuple[Import, ...]:
        """The ``import`` blocks."""
        return tuple(
            Import(to=to, id=found if isinstance(found, str) else None, location=file.at(block.line))
            for file, block in all_of(self._files, "import")
            if (to := _named(block.body, "to"))
            for found in (block.body.value("id", self.context),)
        )

    @functools.cached_property
    def variables(self) -> dict[str, MergedBlock]:
        """The ``variable`` blocks."""
        return {labels[0]: block for labels, block in merged(self._files, "variable", 1).items()}

    @functools.cached_property
    def locals(self) -> dict[str, Expression]:
        """The local values as they are written."""
        return {
            name: expression
            for _, block in all_of(self._files, "locals")
            for name, expression in block.body.expressions.items()
        }

    def _lookup(self, steps: Steps) -> Any:
        whole = steps[:2]
        if steps[0] not in {"var", "local"} or len(steps) == 1 or whole in self._resolving:
            return Unresolved(".".join(map(str, steps)))
        if whole not in self._known:
            self._resolving.add(whole)
            try:
                self._known[whole] = bounded(self._named_value(str(steps[0]), str(steps[1])))
            finally:
                self._resolving.discard(whole)
        return descend(self._known[whole], steps[2:])

    def _named_value(self, space: str, name: str) -> Any:
        if space == "var" and name in self.variables:
            return self._variable(name, self.variables[name])
        if space == "local" and name in self.locals:
            return self.locals[name].value(self.context)
        return Unresolved(f"{space}.{name}")


def _called(name: str, given: Sequence[Any]) -> Any:
    """What a function comes to, of those that say what a resource holds."""
    if len(given) != 1 or any(True for _ in unresolved_in(given[0])):
        return None
    if name == "jsonencode":
        return msgspec.json.encode(given[0]).decode()
    return given[0] if name in {"tolist", "toset", "tomap", "sensitive"} else None


def _named(body: Any, name: str) -> Steps | None:
    found = body.expressions.get(name)
    return None if found is None else found.reference()


def _resource(block: MergedBlock) -> ResourceBlock:
    ignored = block.nested(_LIFECYCLE).expression("ignore_changes")
    references = [item.reference() for item in (ignored.elements() or ())] if ignored else []
    provider = block.expression("provider")
    return ResourceBlock(
        location=block.location,
        sets=block.names(),
        # `all` was written as a list of one text by Terraform 0.11.
        ignores=tuple(found for found in references if found is not None and found != ("all",)),
        ignores_all=("all",) in references or (ignored is not None and ignored.reference() == ("all",)),
        provider=provider.reference() if provider else None,
    )


def _call(block: MergedBlock) -> ModuleCall:
    source, given = block.value("source"), block.expression("providers")
    members = given.members() if given else None
    pairs = [(key.reference(), value.reference()) for key, value in members or ()]
    return ModuleCall(
        name=block.labels[0],
        source=source if isinstance(source, str) else None,
        location=block.location,
        block=block,
        providers=None if members is None else {key: value for key, value in pairs if key and value},
    )
