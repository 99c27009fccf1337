"""Values and names as one line of harmless text."""

import json
import re
from decimal import Decimal
from typing import Any

from driftmgr.model.secrets import SENSITIVE

# C0 and C1 control characters and the marks that reorder text: a tag's value must not drive the reader's terminal.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_FORMULA = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_CONTEXT = 24
"""Characters of a common beginning that stay in sight of the first difference."""


def harmless(text: str) -> str:
    """The text with control characters shown as escapes."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def value_text(value: Any) -> str:
    """A value on one line, as Terraform writes values; JSON in a string is shown as the document it is."""
    if value is None:
        return "null"
    if isinstance(value, str):
        if value == SENSITIVE:
            return value
        document = _document(value)
        value = value if document is None else document
    return harmless(json.dumps(value, default=_plain, ensure_ascii=False))


def pair_texts(recorded: Any, observed: Any) -> tuple[str, str]:
    """Both sides of a change; of an element that one side lacks only what is set."""
    if recorded is None or observed is None:
        return value_text(_without_unset(recorded)), value_text(_without_unset(observed))
    return value_text(recorded), value_text(observed)


def cut_pair(texts: tuple[str, str], width: int) -> tuple[str, str]:
    """Two texts cut to ``width`` characters in a way that the first difference stays in sight."""
    first, second = texts
    shared = min(len(first), len(second))
    common = next((at for at in range(shared) if first[at] != second[at]), shared)
    if max(len(first), len(second)) > width and common > _CONTEXT and first != second:
        first, second = (f"…{text[common - _CONTEXT :]}" for text in texts)
    return _cut(first, width), _cut(second, width)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def spreadsheet_cell(text: str) -> str:
    """A cell that no spreadsheet runs as a formula; a number stays one."""
    return f"'{text}" if text[:1] in _FORMULA and not _NUMBER.fullmatch(text) else text


def counted(number: int, word: str, plural: str | None = None) -> str:
    """``1 gap``, ``2 gaps``."""
    return f"{number} {word if number == 1 else plural or f'{word}s'}"


def _document(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    try:
        return _sorted(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(element) for element in value] if isinstance(value, list) else value


def _without_unset(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: member for key, member in value.items() if member not in (None, "", [], {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
