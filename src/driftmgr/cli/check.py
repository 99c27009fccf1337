"""``driftmgr check``."""

from typing import Any

import click
from click.core import ParameterSource

from driftmgr.cli.operation import operation_options
from driftmgr.cli.options import detection_options, detection_request, report_output
from driftmgr.cli.output import parse_targets
from driftmgr.cli.render import FORMATS
from driftmgr.cli.reporting import detected
from driftmgr.model import DriftMgrError

_WORDS = {0: "safe", 2: "drift"}


@click.command()
@detection_options
@report_output("Each to a file; default: none.")
@operation_options
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def check(context: click.Context, /, sources: tuple[str, ...], **options: Any) -> None:
    """Say in one word how states and cloud agree.

    The word is safe, drift or unknown. Exit codes: 0 safe, 2 drift, 3 unknown (no drift found, but not all of it could
    be looked at), 1 error. The details go to files: -o html=drift.html -o junit=drift.xml.
    """
    targets = parse_targets(options["outputs"], FORMATS) if options["outputs"] else ()
    here = [target.format for target in targets if target.path is None]
    if here and context.get_parameter_source("outputs") is ParameterSource.COMMANDLINE:
        raise DriftMgrError("check prints one word", hint=f"send the report to a file: -o {here[0]}=FILE")
    # What the settings send to the terminal is meant for detect.
    targets = tuple(target for target in targets if target.path is not None)
    report, _ = detected(detection_request(options, sources), targets, options)
    click.echo(_WORDS.get(report.exit_code, "unknown"))
    context.exit(report.exit_code)
