"""From a report to text. A renderer works nothing out; it never prints a sensitive value or a control character."""

from collections.abc import Callable

Render = Callable[..., str]


def report_renderers() -> dict[str, Render]:
    """The renderers of a drift report by the name of their format."""
    from driftmgr.cli.render import json, markdown, table  # noqa: PLC0415  # each imports its own library

    return {"table": table.render, "json": json.render, "markdown": markdown.render}


__all__ = ["Render", "report_renderers"]
