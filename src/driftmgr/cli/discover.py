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
    "--id",
    "identity",
    metavar="ID",
    help="Read this one object of the --type, through the provider that the current directory has installed.",
)
@click.option(
    "--provider", metavar="NAME", help="With --id: the provider configuration, for example hashicorp/aws.west."
)
@click.option(
    "--provider-config", metavar="FILE", help="With --id: provider configurations (TOML), as detect takes them."
)
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

    With --type and --id it shows one object, of any type that an installed provider has; the id is the one that
    terraform import takes.

    Exit codes: 0 everything was looked at, 3 something could not be, 130 interrupted.
    """
    targets = parse_targets(options["outputs"], FORMATS)
    one = _object_of(options)
    with operated("discover", options) as ending:
        with shown_progress() as on_progress:
            found = app.read_object(one) if one else app.discover(request_of(options), on_progress)
        ending.outcome, ending.detail = found.scan.outcome, {"scan": found.scan.id}
        for target in targets:
            renderer = inventory.details if one and target.format == "table" else inventory.RENDERERS[target.format]
            write(target, renderer(found))
    if found.gaps and targets[0].format == "csv":
        # Rows of objects have no place for it, and must not pass for the whole.
        click.echo(inventory.gap_notice(found), err=True)
    context.exit(found.scan.exit_code or (3 if found.gaps else 0))


def _object_of(options: dict[str, Any]) -> app.ObjectRequest | None:
    if options["identity"] is None:
        if options["provider"] or options["provider_config"]:
            raise click.UsageError("--provider and --provider-config are about the object that --id names")
        return None
    if len(options["types"]) != 1:
        raise click.UsageError("--id needs the type of the object: --type TYPE, once")
    return app.ObjectRequest(
        type=options["types"][0],
        id=options["identity"],
        provider=options["provider"],
        provider_config=options["provider_config"],
    )
