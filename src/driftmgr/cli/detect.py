"""``driftmgr detect``."""

from typing import Any

import click

from driftmgr import app
from driftmgr.cli.operation import operated, operation_options, summary_of
from driftmgr.cli.options import baseline_options, parse_reasons, request_of, scope_options, source_options
from driftmgr.cli.output import parse_targets, use_color, write
from driftmgr.cli.progress import shown_progress
from driftmgr.cli.render import plan as plan_renderer
from driftmgr.cli.render import report_renderers
from driftmgr.cli.settings import policy_of, provider_configurations
from driftmgr.model import DriftMgrError
from driftmgr.telemetry import traces

FORMATS = ("table", "json", "markdown")


@click.command()
@click.argument("sources", nargs=-1, metavar="[STATE|DIR|URL]...", envvar="DRIFTMGR_SOURCES")
@source_options
@scope_options
@click.option("--managed-only", is_flag=True, help="Do not look for unmanaged objects.")
@click.option(
    "--accept-gaps", "accept_gaps", multiple=True, metavar="REASON", help="A gap that is no reason for exit code 3."
)
@click.option(
    "--engine",
    type=click.Choice(("catalog", "provider", "plan", "auto")),
    default="catalog",
    show_default=True,
    help="Who reads the cloud: our catalog, the installed Terraform providers, terraform plan -refresh-only, "
    "or the catalog and, for what it lacks, the providers.",
)
@click.option(
    "--provider-config",
    metavar="FILE",
    help="Provider configurations (TOML) that the HCL of the working directory does not tell.",
)
@click.option("--verify", is_flag=True, help="Have the providers read what the catalog judged; print disagreements.")
@baseline_options
@click.option("--no-baseline", is_flag=True, help="Do not compare with a baseline, even if there is one.")
@click.option("--show-suppressed", is_flag=True, help="Show what rules explain or ignore, with the rule.")
@click.option("--no-ignore", is_flag=True, help="Report what ignore rules would take out.")
@click.option(
    "--cache-ttl",
    type=click.FloatRange(0),
    default=0.0,
    metavar="SECONDS",
    help="Use answers of earlier scans that are at most this old.",
)
@click.option("--resume", is_flag=True, help="Go on where an interrupted or throttled scan stopped.")
@click.option("--dry-run", is_flag=True, help="Print the calls that a scan would make, and make none of them.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="table (default), json or markdown; repeatable.",
)
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
    if options["no_baseline"] and options["baseline"]:
        raise click.UsageError("--baseline and --no-baseline exclude each other")
    request = request_of(
        options,
        sources=sources,
        backend_config=options["backend_config"],
        workspaces=options["workspaces"],
        managed_only=options["managed_only"],
        accept_gaps=parse_reasons(options["accept_gaps"]),
        engine=options["engine"],
        provider_config=options["provider_config"],
        cache_ttl=options["cache_ttl"],
        resume=options["resume"],
        policy=policy_of(options),
        providers=provider_configurations() if options["engine"] != "catalog" or options["verify"] else {},
        baseline=options["baseline"],
        baseline_key=options["baseline_key"],
        use_baseline=not options["no_baseline"],
    )
    if options["dry_run"]:
        if any(target.format == "markdown" for target in targets):
            raise DriftMgrError("a call plan has no Markdown form", hint="write -o table or -o json")
        planned = app.plan(request)
        for target in targets:
            write(target, plan_renderer.render(planned, as_json=target.format == "json"))
        return
    told: tuple[str, ...] = ()
    with operated("scan", options, sources=list(sources)) as ending:
        with shown_progress() as on_progress:
            if options["verify"]:
                report, disagreements = app.verify(request, on_progress)
                told = (*map(str, disagreements), f"{len(disagreements)} disagreements between the engines")
            else:
                report = app.scan(request, on_progress)
        ending.outcome, ending.detail = report.scan.outcome, summary_of(report)
        for target in targets:
            color = target.path is None and use_color(options["color"])
            with traces.span("driftmgr.report", **{"driftmgr.format": target.format}):
                renderer = report_renderers()[target.format]
                text = renderer(report, show_suppressed=options["show_suppressed"], color=color)
            write(target, text)
    for line in told:
        click.echo(line, err=True)
    context.exit(report.exit_code)
