"""``driftmgr config``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from driftmgr.app.settings import Loaded, Settings
from driftmgr.app.settings.model import schema as settings_schema
from driftmgr.cli.detect import detect
from driftmgr.cli.render.text import counted, harmless
from driftmgr.cli.settings import PREFIX, config_option, loaded, show_as_written
from driftmgr.telemetry.redaction import redact

_WHOLE = ("criticality", "ignore", "provider_configurations", "vault")
_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP)
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def config(context: click.Context, *, debug: bool) -> None:
    """Check and show the settings.

    A flag goes before the environment (DRIFTMGR_MODE), the environment before driftmgr.yaml, the file before the
    default.
    """
    del debug
    show_as_written(context)


@config.command()
@config_option
def check() -> None:
    """Read driftmgr.yaml and .driftignore, and name what is wrong with them.

    Exit codes: 0 they can be used, 1 they cannot.
    """
    found = loaded()
    for warning in warnings(found):
        click.echo(f"warning: {warning}", err=True)
    if found.path is None:
        click.echo("no driftmgr.yaml here: every setting is a flag, in the environment, or the default")
    else:
        rules = counted(len(found.rules), "ignore rule")
        click.echo(f"{found.document.name}: {counted(len(found.values()), 'setting')}, {rules}")
    if found.ignore_file.lines:
        file = found.ignore_file.lines[0].where.rpartition(":")[0]
        click.echo(f"{file}: {counted(len(found.ignore_file.lines), 'line')}")


def warnings(found: Loaded) -> list[str]:
    """What can be used and does nothing: rules that expired, lines that match nothing."""
    today = datetime.now(UTC).date()
    expired = [
        f"{rule.where}: expired on {rule.expires}: ask {rule.owner}" for rule in found.rules if rule.is_expired(today)
    ]
    lines = [f"{line.where}: can match nothing" for line in found.ignore_file.lines if not line.can_match]
    return [*expired, *lines]


def _show(*_: Any, **__: Any) -> None:
    context = click.get_current_context()
    rows = [*_option_rows(context), *_whole_rows(loaded(context))]
    if context.params["outputs_of_show"] == "json":
        document = {name: {"value": value, "from": source} for name, value, source in rows}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, source in rows:
        click.echo(f"{name:<{width}}  {harmless(_text(value))}  ({source})")


def _option_rows(context: click.Context) -> list[tuple[str, Any, str]]:
    """The options of ``detect`` that are settings: name, value, and where it came from."""
    rows = []
    for param in context.command.params:
        if param.name in Settings.__struct_fields__:
            value = redact(_plain(context.params[param.name]))
            rows.append((param.name, value, _source(context, param.name)))
    return sorted(rows)


def _whole_rows(found: Loaded) -> list[tuple[str, Any, str]]:
    written = found.document.value
    return [(name, redact(written.get(name)), found.where(name) if name in written else "default") for name in _WHOLE]


def _source(context: click.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    if source is ParameterSource.DEFAULT_MAP:
        found = loaded(context)
        # What only lies beside the file stands on no line of it.
        return str(found.where(name)) if name in found.values() else f"beside {found.document.name}"
    if source is ParameterSource.ENVIRONMENT:
        return f"{PREFIX}_{name.upper()}"
    return "flag" if source is ParameterSource.COMMANDLINE else "default"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _text(value: Any) -> str:
    return "not set" if value in (None, [], ()) else msgspec.json.encode(value).decode()


# Every option of detect, to say what detect would take it for.
show = click.Command(
    "show",
    callback=_show,
    params=[
        *(param for param in detect.params if param.name != "debug"),
        click.Option(
            ["--format", "outputs_of_show"],
            type=click.Choice(("text", "json")),
            default="text",
            show_default=True,
            help="How to print the settings.",
        ),
    ],
    help="Print each setting of a scan, and where its value comes from.\n\nTakes the options of driftmgr detect.",
)
config.add_command(show)


@config.command()
def schema() -> None:
    """Print the JSON Schema of driftmgr.yaml, for editors."""
    click.echo(settings_schema(), nl=False)
