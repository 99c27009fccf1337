"""Logs: JSON lines, or readable ones on a terminal; to standard error or a rotating file, never to standard output.

Context (scan, scope, service) is bound by blocks, so that a line of any call tells what it belongs to. structlog is
imported with the first line that is written: a program that is quiet does not pay for it.
"""

import contextvars
import logging
import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TextIO

from driftmgr.telemetry import traces
from driftmgr.telemetry.redaction import redact

Level = Literal["debug", "info", "warning", "error"]
Form = Literal["auto", "json", "console"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")

_BYTES_PER_FILE, _FILES = 10_000_000, 5
_context: contextvars.ContextVar[Mapping[str, Any]] = contextvars.ContextVar(
    "driftmgr.logs", default=MappingProxyType({})
)


class Logger:
    """Writes the lines of one component, as the process's configuration says at that moment."""

    def __init__(self, component: str) -> None:
        self._component = component

    def debug(self, event: str, **values: Any) -> None:
        """What only a developer wants to know."""
        self._write("debug", event, values)

    def info(self, event: str, **values: Any) -> None:
        """What went on."""
        self._write("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        """What an operator should know."""
        self._write("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        """What went wrong; ``exc_info=True`` adds the traceback."""
        self._write("error", event, values)

    def _write(self, level: Level, event: str, values: Mapping[str, Any]) -> None:
        if LEVELS.index(level) >= _Current.rank:
            getattr(_Current.structlog(), level)(event, component=self._component, **{**_context.get(), **values})


@contextmanager
def context(**values: Any) -> Iterator[None]:
    """Add these to every line written inside the block, in this thread or task and those started from it."""
    token = _context.set({**_context.get(), **values})
    try:
        yield
    finally:
        _context.reset(token)


def configure(level: Level = "warning", form: Form = "auto", file: Path | None = None) -> None:
    """Set level, form and place of the process's logs; ``auto`` is console on a terminal and JSON elsewhere.

    Raises ``OSError`` if the file cannot be written.
    """
    output: Any = _RotatingFile(file) if file else _StandardError()
    _Current.output.close()
    _Current.output, _Current.rank, _Current.made = output, LEVELS.index(level), None
    _Current.console = form == "console" or (form == "auto" and file is None and sys.stderr.isatty())


def _redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: redact(value, name) for name, value in event.items()}


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**event, **traces.identifiers()}


class _StandardError:
    """Standard error as it is when a line is written; a program may have replaced it."""

    def write(self, text: str) -> None:
        stream: TextIO = sys.stderr
        stream.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def close(self) -> None:
        """It is not ours to close."""


class _PrivateFiles(RotatingFileHandler):
    """Each file it opens, the first and those after a rotation, is readable by its owner only."""

    def _open(self) -> TextIOWrapper:
        return os.fdopen(
            os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
        )


class _RotatingFile:
    """A file that starts anew when it is full; the older ones stay beside it, numbered."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._handler = _PrivateFiles(path, maxBytes=_BYTES_PER_FILE, backupCount=_FILES, encoding="utf-8")

    def write(self, text: str) -> None:
        if line := text.rstrip("\n"):
            self._handler.emit(logging.makeLogRecord({"msg": line}))

    def flush(self) -> None:
        self._handler.flush()

    def close(self) -> None:
        self._handler.close()


class _Current:
    """The process's configuration, and the logger of structlog that it makes."""

    output: Any = _StandardError()
    rank = LEVELS.index("warning")
    console = False
    made: Any = None

    @classmethod
    def structlog(cls) -> Any:
        if cls.made is None:
            import structlog  # noqa: PLC0415  # with the first line

            renderers = structlog.dev.ConsoleRenderer(colors=False), structlog.processors.JSONRenderer(default=str)
            cls.made = structlog.wrap_logger(
                structlog.WriteLogger(cls.output),
                processors=[
                    structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    _with_trace,
                    structlog.processors.format_exc_info,
                    _redacted,
                    renderers[0 if cls.console else 1],
                ],
                wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
                context_class=dict,
            )
        return cls.made
