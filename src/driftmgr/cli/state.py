"""``driftmgr state``."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from driftmgr.app import states
from driftmgr.app.states import Where
from driftmgr.cli.operation import operated, operation_options
from driftmgr.cli.options import source_options
from driftmgr.cli.render.text import harmless, value_text
from driftmgr.cli.settings import config_option, loaded
from driftmgr.model import DriftMgrError
from driftmgr.telemetry.files import replace_file

Command = TypeVar("Command", bound=Callable[..., Any])
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_PROFILE = click.option("--profile", metavar="NAME", help="The AWS profile to sign in with.")
_FORMAT = click.option("-o", "--output", type=click.Choice(("table", "json")), default="table", show_default=True)
_SOURCE = click.argument("source", required=False, metavar="[STATE|DIR|URL]")
_SOURCES = click.argument("sources", nargs=-1, metavar="[STATE|DIR|URL]...")


def _common(command: Command) -> Command:
    configured: Command = config_option(command)
    return source_options(_PROFILE(operation_options(configured)))


@click.group()
def state() -> None:
    """List, show, pull, push and unlock states where they are kept.

    A source is what it is for detect: a file, a pattern, a Terraform working directory, or an address such as
    s3://BUCKET/KEY. Without one, it is what the settings (driftmgr.yaml) say, else the current directory.
    """


@state.command("list")
@_SOURCES
@click.option("--address", "addresses", multiple=True, metavar="ADDRESS", help="Instances at or below it; repeatable.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Instances with this id; repeatable.")
@_FORMAT
@_common
def list_(*, sources: tuple[str, ...], **options: Any) -> None:
    """Print the addresses of all resource instances."""
    where = _where(sources, options)
    with operated("state.list", options, sources=list(where.arguments)) as ending:
        found, problems = states.list_instances(where, options["addresses"], options["ids"])
        ending.detail = {"instances": len(found), "unreadable": len(problems)}
    if options["output"] == "json":
        click.echo(_json(found))
    else:
        several = len({item.source for item in found}) > 1
        for item in found:
            status = "" if item.status == "ready" else f" ({item.status})"
            click.echo(f"{harmless(item.source) + chr(9) if several else ''}{harmless(item.address)}{status}")
    if problems:
        raise states.unreadable(problems, "not all instances are listed")


@state.command()
@click.argument("address")
@_SOURCES
@_FORMAT
@_common
def show(*, address: str, sources: tuple[str, ...], **options: Any) -> None:
    """Print one resource instance; what is sensitive is hidden."""
    where = _where(sources, options)
    with operated("state.show", options, sources=list(where.arguments), address=address):
        found = states.show_instance(where, address)
    if options["output"] == "json":
        click.echo(_json(found))
        return
    for item in found:
        status = "" if item.status == "ready" else f" ({item.status})"
        click.echo(f"{harmless(item.address)}{status}  {harmless(item.source)}")
        width = max((len(name) for name in item.attributes), default=0)
        for name, value in sorted(item.attributes.items()):
            click.echo(f"  {harmless(name).ljust(width)} = {value_text(value)}")


@state.command()
@_SOURCE
@click.option("--file", type=click.Path(path_type=Path), help="Write it there, readable by its owner alone.")
@_common
def pull(*, source: str | None, file: Path | None, **options: Any) -> None:
    """Print a state exactly as it is kept, byte by byte."""
    where = _where_one(source, options)
    with operated("state.pull", options, sources=list(where.arguments), file=str(file) if file else None) as ending:
        label, content = states.pull_state(where)
        ending.detail = {"state": label, "bytes": len(content)}
        if file is None:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return
        try:
            replace_file(file, content)
        except OSError as error:
            raise DriftMgrError(f"{file} cannot be written: {error.strerror}", hint="check its folder") from error
    click.echo(f"wrote {file} ({len(content):,} bytes)", err=True)


@state.command()
@click.argument("path", metavar="FILE|-")
@_SOURCE
@click.option("--force", is_flag=True, help="Replace a state of another lineage, or a newer one.")
@click.option("--no-lock", is_flag=True, help="Do not take the lock: nothing keeps others out.")
@click.option(
    "--lock-timeout", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Wait that long for the lock."
)
@click.option("--backup", type=click.Path(path_type=Path), help="Keep what was there before in this file.")
@_common
def push(*, path: str, source: str | None, **options: Any) -> None:
    """Put a state in the place of the one that is there, byte by byte.

    Lineage and serial are checked as Terraform does, Terraform's own lock is held meanwhile, and a copy of what was
    there before is kept.
    """
    where = _where_one(source, options)
    with operated("state.push", options, sources=list(where.arguments), file=path, force=options["force"]) as ending:
        done = states.push_state(
            where,
            _content(path),
            force=options["force"],
            lock=not options["no_lock"],
            wait_seconds=options["lock_timeout"],
            backup=options["backup"],
        )
        ending.detail = msgspec.to_builtins(done)
    if not done.changed:
        click.echo(f"{done.label} is that state already (serial {done.serial})", err=True)
        return
    before = "there was none" if done.before is None else f"serial {done.before} before"
    click.echo(f"wrote {done.label}: serial {done.serial}, {before}", err=True)
    if done.backup:
        click.echo(f"what was there before: {done.backup}", err=True)


@state.command()
@_SOURCE
@click.argument("lock_id", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@_common
def unlock(*, source: str | None, lock_id: str | None, **options: Any) -> None:
    """Release a lock that nobody needs any more, by its id.

    Without an id it is the lock that a driftmgr of this machine left when it was killed.
    """
    where = _where_one(source, options)
    with operated("state.unlock", options, sources=list(where.arguments), lock=lock_id) as ending:
        chosen = lock_id or states.lock_left_behind(where)
        if not options["yes"]:
            _ask(f"Release the lock {chosen} of {where.arguments[0]}? Whoever holds it may be writing the state.")
        ending.detail = {"state": states.unlock_state(where, chosen), "released": chosen}
    click.echo(f"released the lock {chosen}", err=True)


@state.command()
@_SOURCES
@_FORMAT
@_common
def backends(*, sources: tuple[str, ...], **options: Any) -> None:
    """Say where each state is kept, which workspaces there are, and who holds the lock."""
    where = _where(sources, options)
    with operated("state.backends", options, sources=list(where.arguments)):
        found = states.describe_backends(where)
    if options["output"] == "json":
        click.echo(_json(found))
        return
    for item in found:
        click.echo(harmless(item.label))
        click.echo(f"  backend     {item.backend}")
        click.echo(f"  workspace   {item.workspace}")
        if item.workspaces is not None:
            click.echo(f"  workspaces  {harmless(', '.join(item.workspaces)) or 'none has a state'}")
        if item.locked_by:
            click.echo(f"  locked by   {harmless(str(item.locked_by))}")
        for problem in item.problems:
            click.echo(f"  unknown     {harmless(problem)}")


def _where(sources: Sequence[str], options: dict[str, Any]) -> Where:
    return Where(
        arguments=tuple(sources) or (".",),
        backend_config=options["backend_config"],
        workspaces=options["workspaces"],
        profile=options["profile"],
    )


def _where_one(source: str | None, options: dict[str, Any]) -> Where:
    """For a command about one state; raises ``DriftMgrError`` where none is named and the settings name several."""
    named = (source,) if source else loaded().settings.sources or ()
    if len(named) > 1:
        raise DriftMgrError(f"the settings name several sources: {', '.join(named)}", hint="name one of them")
    return _where(named, options)


def _content(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise DriftMgrError(f"{path} cannot be read: {error.strerror}", hint="name a state file, or -") from error


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise DriftMgrError("nobody is there to be asked", hint="look who holds the lock, then give --yes")
    if not click.confirm(question, err=True):
        raise DriftMgrError("not released", hint="nothing was changed")


def _json(found: Any) -> str:
    return msgspec.json.format(_ENCODER.encode(found), indent=2).decode()
