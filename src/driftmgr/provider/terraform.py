"""The plan engine: Terraform's or OpenTofu's own ``plan -refresh-only``, run in a copy of the working directory.

For a configuration that only Terraform itself can resolve, and as a referee. The copy is there because data sources may
write files while Terraform plans; a local state in it is a copy too, and a remote one is read without its lock.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.provider.errors import ProviderError, reason_of
from driftmgr.runtime.terraform import ProgramError, run_program

_SECONDS = 3600
_UP = ".."


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """One instance that Terraform found changed, or gone (``after`` is ``None``); ``sensitive`` are paths."""

    before: dict[str, Any]
    after: dict[str, Any] | None
    sensitive: tuple[str, ...] = ()


def refreshed(root: Path, scratch: Path, environment: Mapping[str, str], program: str) -> dict[str, Refreshed]:
    """What a refresh of the state of a working directory finds, by address; raises ``ProviderError``."""
    if not any((*root.glob("*.tf"), *root.glob("*.tofu"), *root.glob("*.tf.json"))):
        raise ProviderError(
            f"{root} holds no Terraform configuration", hint="name the working directory", reason="unsupported"
        )
    copy = scratch_copy(root, scratch)
    plan = scratch / "refresh.plan"
    _run(
        [program, "plan", "-refresh-only", "-lock=false", "-input=false", "-no-color", f"-out={plan}"],
        copy,
        environment,
    )
    document = json.loads(
        _run([program, "show", "-json", "-no-color", str(plan)], copy, environment), parse_float=Decimal
    )
    return dict(_rows(document))


def scratch_copy(root: Path, scratch: Path) -> Path:
    """A copy of a root module in which relative paths lead where they did: the places around it are links.

    Installed providers and modules are links too; what Terraform writes, it writes into the copy.
    """
    place = scratch / "copy"
    chain = [*reversed(root.parents[: _steps_up(root)]), root]
    for inner, outer in zip(chain[1:], chain[:-1], strict=True):
        place.mkdir(parents=True)
        for neighbour in outer.iterdir():
            if neighbour.name != inner.name:
                (place / neighbour.name).symlink_to(neighbour)
        place /= inner.name
    shutil.copytree(
        root,
        place,
        symlinks=True,
        ignore=lambda folder, names: [
            name
            for name in names
            if name == ".git" or (Path(folder).name == ".terraform" and name in {"providers", "modules"})
        ],
    )
    for name in ("providers", "modules"):
        if (root / ".terraform" / name).exists():
            (place / ".terraform" / name).symlink_to((root / ".terraform" / name).resolve())
    return place


def _steps_up(root: Path) -> int:
    """How many directories above the root module its modules reach to (``../../modules/net``: two)."""
    try:
        document = json.loads((root / ".terraform/modules/modules.json").read_bytes())
    except (OSError, ValueError):
        return 0
    places = [Path(str(module.get("Dir") or ".")) for module in document.get("Modules") or ()]
    return max((sum(part == _UP for part in Path(os.path.normpath(place)).parts) for place in places), default=0)


def _run(command: list[str], directory: Path, environment: Mapping[str, str]) -> bytes:
    try:
        return run_program(command, directory, environment, _SECONDS)
    except ProgramError as error:
        raise ProviderError(error.message, hint=error.hint, reason=reason_of(error.message)) from error


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, Refreshed]]:
    for row in document.get("resource_drift") or ():
        if row.get("mode") != "managed" or row.get("deposed"):
            continue
        change = row["change"]
        marks = (*_marked(change.get("before_sensitive")), *_marked(change.get("after_sensitive")))
        yield (
            row["address"],
            Refreshed(before=change["before"], after=change["after"], sensitive=tuple(dict.fromkeys(marks))),
        )


def _marked(marks: Any, path: str = "") -> Iterator[str]:
    """The paths that are marked: ``true`` marks all below it."""
    if marks is True:
        yield path
    elif isinstance(marks, dict):
        for name, inner in marks.items():
            yield from _marked(inner, f"{path}.{name}" if path else name)
    elif isinstance(marks, list):
        for place, inner in enumerate(marks):
            yield from _marked(inner, f"{path}[{place}]")
