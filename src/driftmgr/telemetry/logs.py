"""Logs: JSON lines, or readable ones on a terminal; to standard error or a rotating file, never to standard output.

Context (scan, scope, trace) comes from context variables, so that a line of any call tells what it belongs to.
"""

import logging
import os
import sys
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog

from driftmgr.telemetry import traces
from driftmgr.telemetry.redaction import redact

Level = Literal["debug", "info", "warning", "error"]
Form = Literal["auto", "json", "console"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")

_BYTES_PER_FILE, _FILES = 10_000_000, 5


def logger(name: str) -> Any:
    """A logger; its lines follow the configuration of the moment they are written."""
    return structlog.get_logger(component=name)


def context(**values: Any) -> AbstractContextManager[None]:
    """Add these to every line written inside the block, in this thread or task."""
    return structlog.contextvars.bound_contextvars(**values)


def configure(level: Level = "warning", form: Form = "auto", file: Path | None = None) -> None:
    """Set level, form and place of the process's logs; ``auto`` is console on a terminal and JSON elsewhere.

    Raises ``OSError`` if the file cannot be written.
    """
    output: Any = _RotatingFile(file) if file else _StandardError()
    _Current.output.close()
    _Current.output = output
    console = form == "console" or (form == "auto" and file is None and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_trace,
            structlog.processors.format_exc_info,
            _redacted,
            structlog.dev.ConsoleRenderer(colors=False) if console else structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=output),
        cache_logger_on_first_use=False,
    )


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
    """Where the process's logs go."""

    output: Any = _StandardError()


# Without this structlog prints every line to standard output, into the reports.
configure()
