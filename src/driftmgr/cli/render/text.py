"""Values and names as one line of harmless text."""

import json
import re
from decimal import Decimal
from typing import Any

# C0 and C1 control characters and the marks that reorder text: a tag's value must not drive the reader's terminal.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with control characters shown as escapes."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def value_text(value: Any, width: int = 60) -> str:
    """A value on one line, as Terraform writes values, cut to ``width`` characters."""
    if value is None:
        return "null"
    if isinstance(value, str) and value == "(sensitive)":
        return value
    text = harmless(json.dumps(value, default=_plain, ensure_ascii=False))
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def counted(number: int, word: str, plural: str | None = None) -> str:
    """``1 gap``, ``2 gaps``."""
    return f"{number} {word if number == 1 else plural or f'{word}s'}"
