"""Where ``moved`` blocks take the address of an instance.

A state keeps the old address until the next apply. https://developer.hashicorp.com/terraform/language/moved
"""

from collections.abc import Iterator, Mapping

import msgspec

from driftmgr.hcl import Key, Steps
from driftmgr.intent.module import Move
from driftmgr.model import ModuleStep, ResourceAddress

_LONGEST = 32
"""Of a chain of moves; a longer one goes round in a circle."""


def moved(address: ResourceAddress, moves: Mapping[tuple[str, ...], tuple[Move, ...]]) -> Iterator[ResourceAddress]:
    """The addresses that an instance will have, move by move. ``moves`` are those of each module."""
    if not any(moves.values()):
        return
    for _ in range(_LONGEST):
        following = _next(address, moves)
        if following is None or following == address:
            return
        address = following
        yield address


def _next(address: ResourceAddress, moves: Mapping[tuple[str, ...], tuple[Move, ...]]) -> ResourceAddress | None:
    for depth in range(len(address.module), -1, -1):
        for move in moves.get(tuple(step.name for step in address.module[:depth]), ()):
            made = _applied(address, depth, move)
            if made is not None:
                return made
    return None


def _applied(address: ResourceAddress, depth: int, move: Move) -> ResourceAddress | None:
    """The address after a move that a module at a depth declares, ``None`` if it is about another one."""
    inner = msgspec.structs.replace(address, module=address.module[depth:])
    written = _parts(inner)
    start, end = _split(move.start), _split(move.end)
    if len(start) > len(written):
        return None
    for (kind, name, key), (other, its_name, its_key) in zip(start, written, strict=False):
        if (kind, name) != (other, its_name) or (key is not None and key != its_key):
            return None
    if not start or not end:
        return None
    # Where neither names an instance, the key of the instance stays.
    kind, name, key = end[-1]
    kept = written[len(start) - 1][2] if key is None and start[-1][2] is None else key
    parts = [*end[:-1], (kind, name, kept), *written[len(start) :]]
    return _address(address.module[:depth], parts)


_Part = tuple[str, str, str | int | None]
"""``module`` or a type (``data.TYPE``), a name, a key."""


def _parts(address: ResourceAddress) -> list[_Part]:
    modules: list[_Part] = [("module", step.name, step.key) for step in address.module]
    kind = f"data.{address.type}" if address.mode == "data" else address.type
    return [*modules, (kind, address.name, address.key)]


def _split(steps: Steps) -> list[_Part]:
    """The parts of a reference: ``module.a["x"].aws_vpc.b``."""
    parts: list[_Part] = []
    left = list(steps)
    while len(left) > 1:
        kind = str(left.pop(0))
        if kind == "data" and len(left) > 1:
            kind = f"data.{left.pop(0)}"
        name = str(left.pop(0))
        is_key = bool(left) and isinstance(left[0], int | Key)
        parts.append((kind, name, left.pop(0) if is_key else None))
    return parts


def _address(before: tuple[ModuleStep, ...], parts: list[_Part]) -> ResourceAddress | None:
    *modules, (kind, name, key) = parts
    if kind == "module" or any(step[0] != "module" for step in modules):
        return None
    steps = tuple(ModuleStep(step[1], step[2]) for step in modules)
    mode = "data" if kind.startswith("data.") else "managed"
    return ResourceAddress(module=(*before, *steps), mode=mode, type=kind.removeprefix("data."), name=name, key=key)  # type: ignore[arg-type]
