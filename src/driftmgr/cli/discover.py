"""``driftmgr discover``."""

from typing import Any

import click

from driftmgr import app
from driftmgr.cli.operation import operated, operation_options
from driftmgr.cli.options import request_of, scope_options
from driftmgr.cli.output import parse_targets, write
from driftmgr.cli.progress import shown_progress
from driftmgr.cli.render import inventory

FORMATS = ("table", "json", "csv")


@click.command()
@scope_options
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="table (default), json or csv; repeatable.",
)
@operation_options
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def discover(context: click.Context, /, **options: Any) -> None:
    """List what the cloud holds, in Terraform's words.

    Exit codes: 0 everything was looked at, 3 something could not be, 130 interrupted.
    """
    targets = parse_targets(options["outputs"], FORMATS)
    with operated("discover", options) as ending:
        with shown_progress() as on_progress:
            found = app.discover(request_of(options), on_progress)
        ending.outcome, ending.detail = found.scan.outcome, {"scan": found.scan.id}
        for target in targets:
            write(target, inventory.RENDERERS[target.format](found))
    if found.gaps and targets[0].format == "csv":
        # Rows of objects have no place for it, and must not pass for the whole.
        click.echo(inventory.gap_notice(found), err=True)
    context.exit(found.scan.exit_code or (3 if found.gaps else 0))
