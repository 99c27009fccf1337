"""A block with what override files add to it.

https://developer.hashicorp.com/terraform/language/files/override
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.hcl import LITERALS, Block, Body, Context, Expression, Unresolved
from driftmgr.intent.files import SourceFile
from driftmgr.model import SourceLocation

_META = frozenset({"count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection", "dynamic"})


class MergedBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block's place, and its bodies: its own, then those of override files."""

    labels: tuple[str, ...]
    location: SourceLocation
    bodies: tuple[Body, ...]

    def expression(self, name: str) -> Expression | None:
        """The last expression that is given for an argument."""
        return next((body.expressions[name] for body in reversed(self.bodies) if name in body.expressions), None)

    def value(self, name: str, context: Context = LITERALS) -> Any:
        """The value of an argument, ``None`` if it is not there."""
        found = self.expression(name)
        return None if found is None else found.value(context)

    def blocks(self, kind: str, labels: int = 0) -> tuple[Block, ...]:
        """The nested blocks of a type: those of the last file that has any."""
        return next((found for body in reversed(self.bodies) if (found := tuple(body.blocks(kind, labels)))), ())

    def nested(self, kind: str) -> "MergedBlock":
        """All nested blocks of a type as one whose later arguments win (``lifecycle``)."""
        bodies = tuple(block.body for body in self.bodies for block in body.blocks(kind))
        return MergedBlock(labels=(), location=self.location, bodies=bodies)

    def names(self) -> frozenset[str]:
        """The arguments and nested blocks that are set, ``dynamic`` ones too; an argument that is ``null`` is not."""
        arguments = {name: found for body in self.bodies for name, found in body.expressions.items()}
        named = {name for name, found in arguments.items() if not found.is_null}
        blocks = {kind for body in self.bodies for kind in body.block_types}
        dynamic = {block.labels[0] for body in self.bodies for block in body.blocks("dynamic", 1)}
        return frozenset((named | blocks | dynamic) - _META)


def merged(files: Sequence[SourceFile], kind: str, labels: int) -> dict[tuple[str, ...], MergedBlock]:
    """The blocks of a type by their labels; the first of two equal ones counts, as the second is an error."""
    found: dict[tuple[str, ...], MergedBlock] = {}
    for file in files:
        for block in file.body.blocks(kind, labels):
            known = found.get(block.labels)
            if known is None:
                found[block.labels] = MergedBlock(
                    labels=block.labels, location=file.at(block.line), bodies=(block.body,)
                )
            elif file.overrides:
                found[block.labels] = msgspec.structs.replace(known, bodies=(*known.bodies, block.body))
    return found


def arguments(bodies: Sequence[Body], context: Context, left_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """All arguments and nested blocks (as lists), with ``Unresolved`` for what is not known."""
    made: dict[str, Any] = {}
    for body in bodies:
        made |= {
            name: found.value(context)
            for name, found in body.expressions.items()
            if name not in left_out and name != "dynamic"
        }
        for kind in body.block_types - {"dynamic"} - left_out:
            made[kind] = [arguments((block.body,), context) for block in body.blocks(kind)]
        made |= {block.labels[0]: Unresolved(f'dynamic "{block.labels[0]}"') for block in body.blocks("dynamic", 1)}
    return made


def all_of(files: Sequence[SourceFile], kind: str) -> Iterator[tuple[SourceFile, Block]]:
    """The blocks of a type that have no labels, with their files."""
    return ((file, block) for file in files for block in file.body.blocks(kind))


def mapping_of(pairs: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A mapping, empty for anything else."""
    return pairs if isinstance(pairs, Mapping) else {}
