"""From a report to text. A renderer works nothing out; it never prints a sensitive value or a control character."""

import importlib
from collections.abc import Callable

Render = Callable[..., str]

FORMATS = ("table", "json", "markdown", "html", "sarif", "junit", "csv", "prometheus")
"""The formats of a drift report; each is the name of a module here."""


def renderer_of(name: str) -> Render:
    """The renderer of a format; imports what this one needs."""
    render: Render = importlib.import_module(f"driftmgr.cli.render.{name}").render
    return render


__all__ = ["FORMATS", "Render", "renderer_of"]
