"""Keep secrets out of what is written: by the name of a key, by the form of a value, and by the value itself."""

import json
import re
import threading
from typing import Any

from driftmgr.model.secrets import without_assignments, without_forms

HIDDEN = "(redacted)"

_KEYS = re.compile(
    r"passw(or)?d|passphrase|secret|token|authorization|credential|private_?key|api_?key|access_?key|session_?key|cookie",
    re.IGNORECASE,
)
_SHORTEST = 6

_known: set[str] = set()
_lock = threading.Lock()


def hide(secret: str) -> None:
    """Redact this very value from now on, wherever it stands; too short ones would eat ordinary words and are left."""
    if len(secret) >= _SHORTEST:
        with _lock:
            _known.add(secret)


def redact(value: Any, key: str = "") -> Any:
    """The value without secrets: a new one, for mappings and sequences of any depth."""
    if key and _KEYS.search(key) and value not in (None, "") and not isinstance(value, bool | dict | list | tuple):
        return HIDDEN
    if isinstance(value, str):
        return _redact_text(value)
    if isinstance(value, dict):
        return {name: redact(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner, key) for inner in value]
    if isinstance(value, bytes):
        return _redact_text(value.decode(errors="replace"))
    return value


def _redact_text(text: str) -> str:
    return without_assignments(without_forms(without_known(text), HIDDEN), HIDDEN)


def without_known(text: str) -> str:
    """The text without the secrets that became known, as they are or as JSON writes them; all else as it was."""
    with _lock:
        forms = {form for secret in _known for form in (secret, json.dumps(secret)[1:-1])}
    for secret in sorted((form for form in forms if form in text), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
