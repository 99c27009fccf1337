"""``driftmgr report``."""

from pathlib import Path
from typing import Any

import click

from driftmgr.app.stored_report import read_report
from driftmgr.cli.options import report_output
from driftmgr.cli.output import parse_targets
from driftmgr.cli.render import FORMATS
from driftmgr.cli.reporting import write_reports


@click.command()
@click.argument("file", metavar="FILE.json", type=click.Path(path_type=Path))
@report_output("Default: table.")
@click.option("--show-suppressed", is_flag=True, help="Show what rules explain or ignore, if it was kept.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True)
@click.option("--debug", is_flag=True, hidden=True)
def report(file: Path, **options: Any) -> None:
    """Show a kept report in other formats.

    FILE.json is one that "driftmgr detect -o json=FILE.json" wrote; - is standard input. Nothing is asked of any cloud.
    """
    targets = parse_targets(options["outputs"], FORMATS)
    kept = read_report(file)
    write_reports(kept, targets, show_suppressed=options["show_suppressed"], color=options["color"])
