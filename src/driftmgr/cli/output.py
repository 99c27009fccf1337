"""Where a rendering goes: standard output or a file, whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec

from driftmgr.model import DriftMgrError
from driftmgr.telemetry.redaction import without_known


class Target(msgspec.Struct, frozen=True):
    """A format, and the file it goes to (``None`` is standard output)."""

    format: str
    path: Path | None = None


def parse_targets(values: Iterable[str], formats: Sequence[str]) -> tuple[Target, ...]:
    """``table`` or ``json=FILE``; at most one may go to standard output. Raises ``DriftMgrError``."""
    targets = tuple(_target(value, formats) for value in values) or (Target(formats[0]),)
    if sum(target.path is None for target in targets) > 1:
        raise DriftMgrError("two outputs for the same terminal", hint="send all but one to files: -o json=FILE")
    for target in targets:
        if target.path is not None and not target.path.absolute().parent.is_dir():
            raise DriftMgrError(f"{target.path}: the folder does not exist", hint=f"mkdir -p {target.path.parent}")
    return targets


def _target(value: str, formats: Sequence[str]) -> Target:
    name, given, path = value.partition("=")
    if name not in formats or (given and not path):
        raise DriftMgrError(f"no such output: {value}", hint=f"one of {', '.join(formats)}, each alone or with =FILE")
    return Target(name, Path(path) if path else None)


def write(target: Target, text: str) -> None:
    """Print, or replace the file in one step; raises ``DriftMgrError`` if it cannot be written.

    A secret that became known, from the vault or a configuration, is in no report, wherever the cloud may show it.
    """
    text = without_known(text)
    if target.path is None:
        click.echo(text, nl=not text.endswith("\n"), color=True)
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=target.path.absolute().parent, prefix=f".{target.path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
        # mkstemp makes the file private; a report is as readable as any file the user makes.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(target.path)
    except OSError as error:
        raise DriftMgrError(
            f"{target.path} cannot be written: {error.strerror}", hint="check its permissions"
        ) from error


def use_color(choice: str) -> bool:
    """Whether to colour standard output: as chosen, else on a terminal that nobody asked to be plain (NO_COLOR)."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
