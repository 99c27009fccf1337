"""``driftmgr ignore``."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from driftmgr import app
from driftmgr.app.ignoring import Verdict, applied, verdicts
from driftmgr.app.settings import load
from driftmgr.app.settings.edit import with_rule
from driftmgr.app.stored_report import read_report
from driftmgr.cli.operation import operated, operation_options, summary_of
from driftmgr.cli.options import detection_options, detection_request
from driftmgr.cli.output import Target, write
from driftmgr.cli.progress import shown_progress
from driftmgr.cli.render.text import harmless
from driftmgr.cli.settings import config_option, loaded
from driftmgr.model import DriftKind, DriftMgrError, DriftReport
from driftmgr.policy import IgnoreRule

_HELP = {"help_option_names": ["-h", "--help"]}
_KINDS: tuple[DriftKind, ...] = get_args(DriftKind)


@click.group(context_settings=_HELP)
@click.option("--debug", is_flag=True, hidden=True)
def ignore(*, debug: bool) -> None:
    """Add, list and check ignore rules."""
    del debug


@ignore.command()
@config_option
@click.option("--owner", required=True, help="Who answers for the rule.")
@click.option("--reason", required=True, help="Why the findings are no concern.")
@click.option("--name", help="What reports call it; by default file and line.")
@click.option("--type", help="A resource type, or a pattern.")
@click.option("--address", help="An address, or a pattern.")
@click.option("--id", help="An id, or a pattern.")
@click.option("--tag", metavar="KEY[=VALUE]", help="A tag; the value may be a pattern.")
@click.option("--path", help="An attribute, such as ingress[*].description.")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Default: changed, unmanaged; repeatable."
)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it applies.")
def add(**parts: Any) -> None:
    """Add a rule to driftmgr.yaml, which is made if there is none."""
    found = loaded()
    path = found.path or Path("driftmgr.yaml")
    given = {name: value for name, value in parts.items() if value not in (None, ())}
    if "expires" in given:
        given["expires"] = given["expires"].date()
    rule = IgnoreRule(**given)
    if rule.problem:
        raise DriftMgrError(rule.problem, hint="see driftmgr ignore add --help")
    text = with_rule(path.read_text(encoding="utf-8") if found.path else "", str(path), given)
    write(Target("yaml", path), text)
    click.echo(f"added to {load(path).rules[-1].where}", err=True)


@ignore.command("list")
@config_option
def list_() -> None:
    """Print the rules and the lines of .driftignore, with owner, reason and end."""
    found, today = loaded(), datetime.now(UTC).date()
    for rule in found.rules:
        click.echo(harmless(f"{rule.where}  {about(rule)}  {rule.owner}: {rule.reason}{_end(rule, today)}"))
    for line in found.ignore_file.lines:
        click.echo(harmless(f"{line.where}  {'!' if line.negated else ''}{line.pattern}"))


def about(rule: IgnoreRule) -> str:
    """What a rule is about, in one line."""
    parts = {name: getattr(rule, name) for name in ("name", "type", "address", "id", "tag", "path")}
    told = " ".join(f"{name}={value}" for name, value in parts.items() if value is not None)
    return f"{told} ({', '.join(rule.kinds)})"


def _end(rule: IgnoreRule, today: date) -> str:
    if rule.expires is None:
        return ""
    return f" (expired on {rule.expires})" if rule.is_expired(today) else f" (until {rule.expires})"


@ignore.command()
@detection_options
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.json", help="A report instead of a scan.")
@operation_options
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def check(context: click.Context, /, sources: tuple[str, ...], report: Path | None, **options: Any) -> None:
    """Name rules that expired and rules that ignore nothing.

    It makes a scan, or takes a report that driftmgr detect --show-suppressed -o json=FILE.json wrote. Exit codes: 0
    every rule is of use, 2 some are not, 3 of some nobody knows, for not all could be looked at.
    """
    policy, today = loaded().policy, datetime.now(UTC).date()
    if report is not None:
        told = applied(policy, _kept(report), today)
    else:
        request = msgspec.structs.replace(detection_request(options, sources), policy=policy)
        with operated("ignore.check", options, sources=list(sources)) as ending, shown_progress() as on_progress:
            told = app.scan(request, on_progress)
            ending.outcome, ending.detail = told.scan.outcome, summary_of(told)
    results = verdicts(policy, told, today, with_tags=report is None)
    for item in results:
        if item.verdict != "used":
            click.echo(harmless(f"{item.verdict}: {item.where}{item.why}"))
    context.exit(_code(results))


def _kept(path: Path) -> DriftReport:
    """A report that tells what was ignored; raises ``DriftMgrError``."""
    found = read_report(path)
    if len(found.ignored) < found.summary.ignored:
        raise DriftMgrError(
            f"{path}: the report does not tell what was ignored",
            hint="write it: driftmgr detect --show-suppressed -o json=FILE",
        )
    return found


def _code(results: tuple[Verdict, ...]) -> int:
    told = {item.verdict for item in results}
    return 2 if told & {"unused", "expired"} else 3 if "unknown" in told else 0
