"""The command line: ``driftmgr``. Importing this package imports click and nothing heavier."""

import importlib
import os
import sys
import warnings
from collections.abc import Sequence

import click
from click.core import ParameterSource

from driftmgr.model.errors import DriftMgrError

_COMMANDS = {
    "detect": "Compare Terraform states with the cloud.",
    "check": "Say in one word how states and cloud agree.",
    "report": "Show a kept report in other formats.",
    "discover": "List what the cloud holds, in Terraform's words.",
    "state": "List, show, pull, push and unlock states where they are kept.",
    "baseline": "Keep what the team accepted, and compare with it.",
    "ignore": "Add, list and check ignore rules.",
    "config": "Check and show the settings.",
    "init": "Write driftmgr.yaml from what is here.",
    "catalog": "Show what is covered, what it needs and what it costs.",
    "vault": "Keep secrets in an encrypted file.",
    "audit": "Check and read the audit trail.",
    "completion": "Print the completion script of a shell.",
}
_WITH_OWN_VARIABLES = ("vault", "audit")
INTERRUPTED = 130


class LazyGroup(click.Group):
    """Imports a command's module when it is used: ``--help`` must not pay for the rest."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command; for the group's help a name and its one line are enough."""
        if cmd_name not in _COMMANDS:
            return None
        if ctx.meta.get("driftmgr.listing"):
            return click.Command(cmd_name, help=_COMMANDS[cmd_name])
        module = importlib.import_module(f"driftmgr.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        if cmd_name in _WITH_OWN_VARIABLES:
            return command
        from driftmgr.cli.settings import from_environment  # noqa: PLC0415  # not for the list of commands

        return from_environment(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        ctx.meta["driftmgr.listing"] = True
        super().format_commands(ctx, formatter)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="driftmgr")
def driftmgr(*, debug: bool) -> None:
    """Tell every way your clouds differ from your Terraform or OpenTofu state, and what could not be looked at.

    Exit codes: 0 in sync, 2 drift, 3 no drift found but not all of it could be looked at, 1 error.
    """
    del debug  # read from the arguments by main(), which also meets errors from before click parsed them


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    warnings.showwarning = lambda message, *_, **__: _say(f"warning: {message}")
    try:
        # Without click's own handling of errors, an exit code comes back as the value.
        sys.exit(driftmgr.main(args=given, prog_name="driftmgr", standalone_mode=False) or 0)
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        # An ordinary exit waits for the threads of requests under way, up to their timeout.
        sys.stdout.flush()
        os._exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        if variable := _variable_of(error):
            _say(f"hint: the value is that of the environment variable {variable}")
        sys.exit(1)
    except Exception as error:
        if "--debug" in given:
            raise
        _fail(error)


def _variable_of(error: click.ClickException) -> str | None:
    """The variable that a refused value is from: click's message names the option, which nobody may have given."""
    if not isinstance(error, click.BadParameter) or error.ctx is None or error.param is None:
        return None
    name, prefix = error.param.name or "", error.ctx.auto_envvar_prefix
    if error.ctx.get_parameter_source(name) is not ParameterSource.ENVIRONMENT:
        return None
    given = error.param.envvar if isinstance(error.param.envvar, str) else f"{prefix}_{name.upper()}"
    return given if given in os.environ else None


def _fail(error: Exception) -> None:
    known = _known(error)
    if known is not None:
        _say(f"error: {known.message}")
        if known.hint:
            _say(f"hint: {known.hint}")
    else:
        _say(f"error: {type(error).__name__}: {error}")
        _say("hint: this is a defect of driftmgr; driftmgr --debug ... shows the traceback to report")
    sys.exit(1)


def _known(error: BaseException) -> DriftMgrError | None:
    if isinstance(error, DriftMgrError):
        return error
    if isinstance(error, BaseExceptionGroup):
        return next((found for inner in error.exceptions if (found := _known(inner))), None)
    return None


def _say(text: str) -> None:
    from driftmgr.telemetry.redaction import redact  # noqa: PLC0415  # who makes no error pays nothing for it

    click.echo(redact(text), err=True)
