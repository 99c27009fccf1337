"""``driftmgr audit``."""

import csv
import io
import json
import os
from collections import deque
from pathlib import Path
from typing import Any

import click

from driftmgr.cli.operation import AUDIT
from driftmgr.model import DriftMgrError
from driftmgr.telemetry.audit import AuditTrail

_FILE = click.option("--file", type=click.Path(path_type=Path), help=f"The trail; by default what {AUDIT} names.")
_COLUMNS = ("n", "at", "user", "host", "action", "outcome", "detail", "hash")


@click.group()
def audit() -> None:
    """Check and read the audit trail."""


@audit.command()
@_FILE
@click.option("--public-key", metavar="HEX", help="The key that must have signed it, instead of the one beside it.")
@click.option("--expect", metavar="HASH", help="The hash of a line that must be there, as an earlier verify told it.")
def verify(*, file: Path | None, public_key: str | None, expect: str | None) -> None:
    """Check every line, every signature and the end of the trail.

    Exit codes: 0 it is whole, 1 it was changed.
    """
    trail = _trail(file)
    try:
        found = trail.verify(bytes.fromhex(public_key) if public_key else None, expect)
    except (OSError, ValueError) as error:
        raise DriftMgrError(f"{trail.path} cannot be checked: {error}", hint="check the file and the key") from error
    for problem in found.problems:
        where = f"line {problem.line}: " if problem.line else ""
        click.echo(f"{where}{problem.message}")
    if found.problems:
        raise DriftMgrError(f"{trail.path} was changed", hint="compare it with a backup or an export")
    click.echo(f"{found.lines} lines, whole; last {found.last}")


@audit.command()
@_FILE
@click.option("--format", "form", type=click.Choice(("json", "csv")), default="json", show_default=True)
def export(*, file: Path | None, form: str) -> None:
    """Print the whole trail as one document."""
    found = _lines(_trail(file))
    click.echo(json.dumps(found, indent=2) if form == "json" else _as_csv(found), nl=form == "json")


@audit.command()
@_FILE
@click.option("-n", "--lines", "number", type=click.IntRange(1), default=10, show_default=True)
def tail(*, file: Path | None, number: int) -> None:
    """Print the last lines, one event each."""
    for line in deque(_lines(_trail(file)), number):
        detail = json.dumps(line["detail"], ensure_ascii=False)
        click.echo(f"{line['at']}  {line['who']['user']}  {line['action']}  {line['outcome']}  {detail}")


def _trail(file: Path | None) -> AuditTrail:
    named = file or os.environ.get(AUDIT)
    if not named:
        raise DriftMgrError("which audit trail?", hint=f"give --file, or set {AUDIT}")
    if not Path(named).is_file():
        raise DriftMgrError(f"{named}: there is no audit trail", hint=f"set {AUDIT} when commands run")
    return AuditTrail(Path(named))


def _lines(trail: AuditTrail) -> list[dict[str, Any]]:
    try:
        return list(trail.lines())
    except (OSError, ValueError) as error:
        raise DriftMgrError(f"{trail.path} cannot be read: {error}", hint="see driftmgr audit verify") from error


def _as_csv(lines: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for line in lines:
        flat = {**line, **line["who"], "detail": json.dumps(line["detail"], sort_keys=True)}
        writer.writerow([flat[name] for name in _COLUMNS])
    return text.getvalue()
