"""``driftmgr baseline``."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from driftmgr import app
from driftmgr.app.baseline import baseline_path
from driftmgr.cli.operation import audited, operated, operation_options
from driftmgr.cli.options import baseline_options, is_flag_given, request_of, scope_options, source_options
from driftmgr.cli.output import parse_targets, write
from driftmgr.cli.progress import shown_progress
from driftmgr.cli.render.baseline import baseline_json, baseline_text, proposal_json, proposal_text
from driftmgr.cli.settings import config_option
from driftmgr.model import DriftMgrError
from driftmgr.store.baselines import StoredBaseline
from driftmgr.store.baselines import baseline_key as key_of
from driftmgr.telemetry.audit import user_name

Command = TypeVar("Command", bound=Callable[..., Any])

FORMATS = ("table", "json")

_CHOICE = (
    click.argument("sources", nargs=-1, metavar="[STATE|DIR|URL]...", envvar="DRIFTMGR_SOURCES"),
    source_options,
    scope_options,
    baseline_options,
    click.option(
        "--address",
        "addresses",
        multiple=True,
        metavar="PATTERN",
        help="An address, or a pattern with * and ?; of an unmanaged object its id; repeatable.",
    ),
    click.option("--unmanaged", is_flag=True, help="Unmanaged objects too: no finding until they change."),
    click.option("--in-sync", is_flag=True, help="Only what a scan does not report: findings stay findings."),
    operation_options,
    click.option("--debug", is_flag=True, hidden=True),
)
# Not the outputs of the settings: those are of reports.
_OUTPUT = click.option(
    "-o", "--output", "forms", multiple=True, metavar="FORMAT[=FILE]", help="table (default) or json; repeatable."
)


def _choice_options(command: Command) -> Command:
    for option in reversed(_CHOICE):
        command = option(command)
    return command


@click.group()
def baseline() -> None:
    """Keep what the team accepted, and compare with it.

    A change that the cloud and, after an apply, the state agree on is reported as absorbed if nobody accepted it.
    """


@baseline.command()
@_choice_options
@click.option("--note", default="", metavar="TEXT", help="Why; kept with who and when.")
@click.option("--by", metavar="NAME", help="Who accepts; by default the user of the system.")
@click.option("--expect", metavar="HASH", help="Accept only what a diff showed under this name.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def accept(sources: tuple[str, ...], **options: Any) -> None:
    """Scan now, show what is new, and keep it as accepted.

    On a terminal it asks first; elsewhere it needs --yes or --expect.
    """
    agreed = options["yes"] or options["expect"]
    if not agreed and not sys.stdin.isatty():
        raise DriftMgrError("nobody is here to be asked", hint="look at driftmgr baseline diff, then give --yes")
    by = options["by"] or user_name()
    with operated("baseline.accept", options, sources=list(sources), note=options["note"], by=by) as ending:
        proposed = _proposal(sources, options)
        click.echo(proposal_text(proposed))
        if options["expect"] and options["expect"] != proposed.digest:
            raise DriftMgrError(
                "what is there now is not what was expected: nothing was accepted",
                hint="look again: driftmgr baseline diff",
            )
        if not proposed.items:
            ending.outcome = "nothing"
            return
        if not agreed and not click.confirm("Accept?", err=True):
            raise DriftMgrError("nothing was accepted", hint="choose with --address, --type or --in-sync")
        act = app.accept(proposed, by=by, note=options["note"], key_file=options["baseline_key_file"])
        ending.detail = {
            "baseline": str(proposed.path),
            "serial": act.serial,
            "accepted": proposed.digest,
            "objects": len(proposed.items),
        }
    click.echo(f"accepted as #{act.serial} in {proposed.path}", err=True)


@baseline.command()
@_choice_options
@_OUTPUT
@click.pass_context
def diff(context: click.Context, /, sources: tuple[str, ...], **options: Any) -> None:
    """Scan now, and show what accepting would change; accept nothing.

    Exit codes: 0 nothing, 2 something, 3 nothing but something could not be looked at, 1 error.
    """
    targets = parse_targets(options["forms"], FORMATS)
    with operated("baseline.diff", options, sources=list(sources)):
        proposed = _proposal(sources, options)
        for target in targets:
            write(target, proposal_json(proposed) if target.format == "json" else proposal_text(proposed))
    context.exit(2 if proposed.items else 3 if proposed.report.gaps else 0)


@baseline.command()
@config_option
@baseline_options
@_OUTPUT
def show(*, baseline: str | None, baseline_key_file: str | None, forms: tuple[str, ...]) -> None:
    """Show who accepted what, and when; json also tells the accepted attributes."""
    targets = parse_targets(forms, FORMATS)
    path = baseline_path(baseline)
    with audited("baseline.show", baseline=str(path)):
        if not path.exists():
            raise DriftMgrError(f"{path}: there is no baseline", hint="make one: driftmgr baseline accept")
        kept = StoredBaseline(path, key_of(Path(baseline_key_file) if baseline_key_file else None)).load()
    for target in targets:
        write(target, (baseline_json if target.format == "json" else baseline_text)(str(path), kept))


def _proposal(sources: tuple[str, ...], options: dict[str, Any]) -> app.Proposal:
    choice = app.Choice(addresses=options["addresses"], unmanaged=options["unmanaged"], in_sync=options["in_sync"])
    if choice.unmanaged and choice.in_sync:
        raise click.UsageError("an unmanaged object is a finding: leave out --in-sync or --unmanaged")
    if options["mode"] != "deep" and is_flag_given("mode"):
        raise click.UsageError("only what is read in full can be accepted: leave out --mode")
    request = request_of(
        {**options, "mode": "deep"},
        sources=sources,
        backend_config=options["backend_config"],
        workspaces=options["workspaces"],
        baseline=options["baseline"],
        baseline_key_file=options["baseline_key_file"],
    )
    with shown_progress() as on_progress:
        return app.proposal(request, choice, on_progress)
