"""All figures of docs/performance.md, measured in one run: ``make bench``; with ``--write`` the page is made anew.

Ratios are against a peer in the same run, so that they hold on any machine; seconds are this machine's.
"""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import against_terraform
import command_line
import compare
import digitalocean_scan
import many_scans
import provider_engine
import state
from figures import Figure, table

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: made by benchmarks/run.py -->", "<!-- end of figures -->"
SIZES = (200, 1600)


def measured() -> Iterator[Figure]:
    """Every figure, as soon as it is known."""
    yield from command_line.measure()
    yield from state.measure()
    yield from compare.measure()
    yield from many_scans.measure()
    yield from digitalocean_scan.measure()
    if shutil.which("terraform") and os.environ.get("DRIFTMGR_PROVIDER_MIRROR"):
        for size in SIZES:
            yield from against_terraform.measure(size)
        yield from provider_engine.measure()
    else:
        print("NOT MEASURED against Terraform: terraform or DRIFTMGR_PROVIDER_MIRROR is missing", file=sys.stderr)


def write(figures: list[Figure]) -> None:
    """Put the table into its place in the page."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    text = PAGE.read_text()
    block = f"{_BEGIN}\n{machine}\n\n{table(figures)}{_END}"
    PAGE.write_text(re.sub(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: block, text, flags=re.DOTALL))


def main(*arguments: str) -> None:
    """Measure, print each figure, and end with 1 if a target is missed."""
    figures: list[Figure] = []
    for figure in measured():
        figures.append(figure)
        print(
            f"{figure.what}: {figure.value} (target {figure.target}{'' if figure.reached else ': MISSED'})", flush=True
        )
    if "--write" in arguments:
        write(figures)
    sys.exit(0 if all(figure.reached for figure in figures) else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
