"""``driftmgr detect``."""

from typing import Any

import click

from driftmgr import app
from driftmgr.cli.operation import operation_options
from driftmgr.cli.options import detection_options, detection_request, report_output
from driftmgr.cli.output import parse_targets, write
from driftmgr.cli.render import FORMATS
from driftmgr.cli.render import plan as plan_renderer
from driftmgr.cli.reporting import detected
from driftmgr.model import DriftMgrError

_OF_A_PLAN = ("table", "json")


@click.command()
@detection_options
@click.option("--verify", is_flag=True, help="Have the providers read what the catalog judged; print disagreements.")
@click.option("--dry-run", is_flag=True, help="Print the calls that a scan would make, and make none of them.")
@report_output("Default: table.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True)
@operation_options
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def detect(context: click.Context, /, sources: tuple[str, ...], **options: Any) -> None:
    """Compare Terraform states with the cloud.

    A source is a state file, a pattern ("states/**/*.tfstate"), a Terraform working directory, a directory above some,
    or an address (s3://BUCKET/KEY, "s3://BUCKET/PREFIX/**/*.tfstate"; see driftmgr state).
    Without one, it is the current directory.
    """
    targets = parse_targets(options["outputs"], FORMATS)
    if options["verify"] and options["engine"] != "catalog":
        raise click.UsageError("--verify compares the catalog with the providers: leave out --engine")
    request = detection_request(options, sources)
    if options["dry_run"]:
        for target in targets:
            if target.format not in _OF_A_PLAN:
                raise DriftMgrError(f"a call plan has no {target.format} form", hint="write -o table or -o json")
        planned = app.plan(request)
        for target in targets:
            write(target, plan_renderer.render(planned, as_json=target.format == "json"))
        return
    report, told = detected(request, targets, options, verify=options["verify"])
    for line in told:
        click.echo(line, err=True)
    context.exit(report.exit_code)
