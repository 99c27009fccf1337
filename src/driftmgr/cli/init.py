"""``driftmgr init``."""

from pathlib import Path

import click

from driftmgr.app.settings.load import NAMES
from driftmgr.app.settings.starter import look_around, starter
from driftmgr.cli.render.text import counted
from driftmgr.model import DriftMgrError


@click.command()
@click.option("--debug", is_flag=True, hidden=True)
def init(*, debug: bool) -> None:
    """Write driftmgr.yaml from what is here.

    It looks for Terraform working directories and states below the current directory, asks no cloud, and never
    overwrites a file.
    """
    del debug
    path = Path(NAMES[0])
    there = next((name for name in NAMES if Path(name).exists()), None)
    if there is not None:
        raise DriftMgrError(f"{there}: there are settings already", hint="see them: driftmgr config show")
    found = look_around(Path.cwd())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(found))
    except OSError as error:
        raise DriftMgrError(f"{path} cannot be written: {error.strerror}", hint="check its permissions") from error
    directories = counted(len(found.directories), "working directory", "working directories")
    click.echo(f"wrote {path}: {directories}, {counted(len(found.states), 'state')}", err=True)
