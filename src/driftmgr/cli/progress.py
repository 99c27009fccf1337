"""Progress on standard error while a scan runs; nothing at all when that is no terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from driftmgr.app.request import OnProgress, Progress


@contextmanager
def shown_progress() -> Iterator[OnProgress | None]:
    """A line that follows the scan and is gone when it ends."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that a piped run does not pay
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[calls]} calls, {task.fields[objects]} objects"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scanning", total=None, calls=0, objects=0)

        def update(now: Progress) -> None:
            text = now.doing[:32].ljust(32)
            bar.update(
                task, description=text, completed=now.done, total=now.total, calls=now.api_calls, objects=now.objects
            )

        yield update
