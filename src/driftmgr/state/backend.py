"""Which backend a Terraform working directory uses.

``terraform init`` records it in ``.terraform/terraform.tfstate``, with what ``-backend-config`` added; before that
only the ``backend`` block of the configuration tells. Such a block holds literals alone (Terraform allows no references
in it; OpenTofu does, and they are told), so that a small reader of HCL's lexical rules is enough here.
https://developer.hashicorp.com/terraform/language/backend
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.state.read import StateError

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    | <<-?(?P<mark>[^\W\d][\w-]*)[^\n]*\n(?P<heredoc>.*?)^[ \t]*(?P=mark)[ \t]*$
    | (?P<string>"(?:[^"\\$]|\\.|\$(?!\{)|\$\{(?:[^"{}]|"(?:[^"\\]|\\.)*"|\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})*\})*")
    | (?P<word>[\w.-]+)
    | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_LITERALS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
CONFIGURATION_FILES = ("*.tf", "*.tofu", "*.tf.json", "*.tofu.json")
"""What Terraform and OpenTofu read of a directory."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_INTERPOLATION = re.compile(r"(?<![$%])[$%]\{")
_SIGNS = frozenset("=?:!&|<>+-*/%.,()[]{}")
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")


class Backend(msgspec.Struct, frozen=True, kw_only=True):
    """A backend's type (``s3``, ``local``, ``cloud`` for HCP Terraform) and its settings."""

    type: str
    settings: dict[str, Any] = {}


class Unresolved(msgspec.Struct, frozen=True):
    """A value that is no literal: what stands there."""

    text: str


def recorded_backend(record: Path) -> Backend | None:
    """The backend that ``terraform init`` recorded; raises ``StateError`` if the record cannot be read."""
    try:
        document = msgspec.json.decode(record.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StateError(f"{record}: the backend record cannot be read: {error}", hint="run terraform init") from error
    backend = document.get("backend") if isinstance(document, dict) else None
    if not isinstance(backend, dict) or not backend.get("type"):
        return None
    settings = backend.get("config")
    given = settings.items() if isinstance(settings, dict) else ()
    return Backend(type=str(backend["type"]), settings={name: value for name, value in given if value is not None})


def configured_backend(directory: Path) -> Backend | None:
    """The ``backend`` (or ``cloud``) block of the configuration files in a directory, ``None`` without one."""
    files = (found for pattern in CONFIGURATION_FILES for found in directory.glob(pattern))
    for path in sorted(files):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            continue  # what Terraform cannot read either says nothing about a backend
        found = _from_json(text) if path.suffix == ".json" else _from_hcl(text)
        if found is not None:
            return found
    return None


def _from_json(text: str) -> Backend | None:
    # https://developer.hashicorp.com/terraform/language/syntax/json: any block may be an object or a list of objects.
    try:
        document = json.loads(text)
    except ValueError:
        return None
    for terraform in _objects(document, "terraform"):
        for backends in _objects(terraform, "backend"):
            for kind in backends:
                return Backend(type=kind, settings=next(_objects(backends, kind), {}))
        for settings in _objects(terraform, "cloud"):
            return Backend(type="cloud", settings=settings)
    return None


def _objects(document: Any, name: str) -> Iterator[dict[str, Any]]:
    found = document.get(name) if isinstance(document, dict) else None
    yield from (item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict))


def _from_hcl(text: str) -> Backend | None:
    tokens = list(_tokens(text))
    for start, _ in _blocks(tokens, 0, {"terraform": 0}):
        for inner, label in _blocks(tokens, start, {"backend": 1, "cloud": 0}):
            return Backend(type=label, settings=_settings(tokens, inner)[0])
    return None


def _tokens(text: str) -> Iterator[str]:
    for found in _TOKEN.finditer(text):
        if found["heredoc"] is not None:
            yield json.dumps(found["heredoc"])
        elif found["space"] is None:
            yield found[0]


def _blocks(tokens: list[str], position: int, labels: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    """The blocks of some names, with their number of labels, at this level.

    Gives the position after the opening brace, and the last word before it: the label, or the name without one.
    """
    depth, header = 0, ("", "")
    while position < len(tokens) and depth >= 0:
        word = tokens[position]
        position += 1
        if word in _OPENING:
            if depth == 0 and word == "{" and (labels.get(header[1]) == 0 or labels.get(header[0]) == 1):
                yield position, header[1].strip('"')
            depth += 1
        elif word in _CLOSING:
            depth -= 1
        elif depth == 0:
            header = (header[1], word)


def parse_settings(text: str) -> dict[str, Any]:
    """The settings of a file of ``-backend-config``, or of one such argument."""
    return _settings(list(_tokens(text)), 0)[0]


def _settings(tokens: list[str], position: int) -> tuple[dict[str, Any], int]:
    """The values of a body, up to its closing brace, and the position after that."""
    found: dict[str, Any] = {}
    while position < len(tokens) and tokens[position] != "}":
        name, following = tokens[position].strip('"'), tokens[position + 1 : position + 2]
        if following in (["="], [":"]) and position + 2 < len(tokens):
            found[name], position = _value(tokens, position + 2)
        elif following == ["{"]:
            found[name], position = _settings(tokens, position + 2)
        else:
            position += 1
    return found, position + 1


def _value(tokens: list[str], position: int) -> tuple[Any, int]:
    """The value of an argument, and the position after it; what is no literal is ``Unresolved``."""
    first = tokens[position]
    if first == "{":
        return _settings(tokens, position + 1)
    value: Any
    if first == "[":
        value, end = _list(tokens, position + 1)
    elif first == "-" and position + 1 < len(tokens):
        value, end = _literal(f"-{tokens[position + 1]}"), position + 2
    else:
        value, end = _literal(first), position + 1
    rest = _rest(tokens, end)
    if rest > end:
        return Unresolved(" ".join(tokens[position:rest])), rest
    return value, end


def _list(tokens: list[str], position: int) -> tuple[list[Any], int]:
    found = []
    while position < len(tokens) and tokens[position] != "]":
        if tokens[position] == ",":
            position += 1
        else:
            item, position = _value(tokens, position)
            found.append(item)
    return found, position + 1


def _rest(tokens: list[str], position: int) -> int:
    """Where an expression ends that goes on after its first word (a call, an operator, an index)."""
    depth = 0
    while position < len(tokens):
        word, following = tokens[position], tokens[position + 1 : position + 2]
        begins_argument = word not in _SIGNS and following in (["="], ["{"])
        if depth == 0 and (word in {"}", "]", ","} or begins_argument):
            return position
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth < 0:
            return position
        position += 1
    return position


def _literal(text: str) -> Any:
    if text.startswith('"'):
        if _INTERPOLATION.search(text):
            return Unresolved(text)
        try:
            return json.loads(text).replace("$${", "${").replace("%%{", "%{")
        except ValueError:
            return text.strip('"')
    if text in _LITERALS:
        return _LITERALS[text]
    return text if _NUMBER.fullmatch(text) else Unresolved(text)
