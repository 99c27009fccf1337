"""Find ``driftmgr.yaml`` and ``.driftignore``, read them, say what is wrong with them and where."""

import difflib
import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from driftmgr.app.settings.document import LARGEST, Document, Place, broken, read_document
from driftmgr.app.settings.model import FILES, Settings
from driftmgr.model import DriftMgrError
from driftmgr.policy import IgnoreFile, IgnoreRule, Importance, Policy

NAMES = ("driftmgr.yaml", "driftmgr.yml")
IGNORE_FILE = ".driftignore"
_UNTYPED = frozenset({"provider_configurations"})
_AT = re.compile(r" - at `(?:key(?: in)?` ?`?)?(?P<path>\$[^`]*)`\Z")
_STEP = re.compile(r"\.(?P<name>\w+)|\[(?P<place>\d+)\]|(?P<key>\[\.\.\.\])")
_WORDS = {
    "`str`": "a text",
    "`array`": "a list",
    "`object`": "a mapping",
    "`bool`": "true or false",
    "`int`": "a whole number",
    "`float`": "a number",
    "Object missing required field": "it needs",
    "`": "",
    "RFC3339 encoded date": "date",
}
_HINTS: dict[Place, str] = {("roles",): "write arn:aws:iam::111122223333:role/NAME"}


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Settings, where each stands, and the ignore file beside them. ``path`` is ``None`` without a file."""

    path: Path | None = None
    settings: Settings = Settings()
    document: Document = Document(name="", value={}, lines={})
    ignore_file: IgnoreFile = IgnoreFile()

    def values(self) -> dict[str, Any]:
        """What is set, by name; texts may be ``vault:NAME``."""
        return {name: value for name, value in msgspec.structs.asdict(self.settings).items() if value is not None}

    def where(self, *place: str | int) -> str:
        """File and line of a value."""
        return self.document.where(place)

    @property
    def rules(self) -> tuple[IgnoreRule, ...]:
        """The ignore rules, each named by its line."""
        rules = self.settings.ignore or ()
        return tuple(rule.rule(self.where("ignore", at)) for at, rule in enumerate(rules))

    @property
    def policy(self) -> Policy:
        """What is said of findings."""
        said = self.settings.criticality or {}
        criticality = (
            Importance(type=name, criticality=value, where=self.where("criticality", name))
            for name, value in said.items()
        )
        return Policy(rules=self.rules, file=self.ignore_file, criticality=tuple(criticality))


def find(start: Path) -> Path | None:
    """The settings of a directory: in it or above it, up to the root of its repository. Raises ``DriftMgrError``."""
    for folder in _upwards(start):
        found = [folder / name for name in NAMES if (folder / name).is_file()]
        if len(found) > 1:
            raise DriftMgrError(f"{folder}: there are {' and '.join(NAMES)}", hint="keep one of them")
        if found:
            return found[0]
    return None


def load(path: Path | None = None, start: Path | None = None) -> Loaded:
    """The settings of a file, or those that ``find`` finds, with the ignore file. Raises ``DriftMgrError``."""
    start = start or Path.cwd()
    path = path or find(start)
    loaded = Loaded() if path is None else parse(_read(path), _shown(path, start), path)
    return msgspec.structs.replace(loaded, ignore_file=_ignore_file(start))


def parse(text: str, name: str, path: Path | None = None) -> Loaded:
    """Settings from a text; raises ``DriftMgrError`` with file and line."""
    document = read_document(text, name, _UNTYPED)
    _check_keys(document, document.value, _settings(), ())
    try:
        settings = msgspec.convert(document.value, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(document, str(error)) from error
    loaded = Loaded(path=path, settings=_placed(settings, path), document=document)
    _check_rules(loaded)
    return loaded


@functools.cache
def _settings() -> inspect.Type:
    """The type of all settings, taken apart."""
    return inspect.type_info(Settings)


def _check_rules(loaded: Loaded) -> None:
    names: dict[str, str] = {}
    for rule in loaded.rules:
        if rule.problem:
            raise DriftMgrError(f"{rule.where}: ignore: {rule.problem}", hint="see docs/ignore-rules.md")
        if rule.label in names:
            raise DriftMgrError(
                f"{rule.where}: ignore: the name {rule.label} is taken", hint=f"the other is {names[rule.label]}"
            )
        names[rule.label] = rule.where


def _upwards(start: Path) -> Iterator[Path]:
    """The folder, and those above it as far as the root of a repository; the folder alone outside of one."""
    folders = (start.absolute(), *start.absolute().parents)
    root = next((at for at, folder in enumerate(folders) if (folder / ".git").exists()), 0)
    yield from folders[: root + 1]


def _ignore_file(start: Path) -> IgnoreFile:
    path = next((folder / IGNORE_FILE for folder in _upwards(start) if (folder / IGNORE_FILE).is_file()), None)
    return IgnoreFile() if path is None else IgnoreFile.parse(_read(path), _shown(path, start))


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DriftMgrError(
            f"{path} cannot be read: {error.strerror}", hint="check its path and permissions"
        ) from error
    if len(content) > LARGEST:
        raise DriftMgrError(f"{path}: too large: {len(content)} bytes", hint=f"at most {LARGEST:,} are read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise broken(str(path), content.count(b"\n", 0, error.start) + 1, "not UTF-8", "save it as UTF-8") from error


def _shown(path: Path, start: Path) -> str:
    return os.path.relpath(path, start) if path.is_absolute() else str(path)


def _placed(settings: Settings, path: Path | None) -> Settings:
    """Settings that name files, from where the user stands."""
    if path is None or path.absolute().parent == Path.cwd():
        return settings
    base = path.absolute().parent

    def placed(text: str) -> str:
        return text if "://" in text or text.startswith("vault:") else os.path.relpath(base / text)

    def placed_output(text: str) -> str:
        name, given, file = text.partition("=")
        return f"{name}={placed(file)}" if given else text

    values: dict[str, Any] = {name: placed(value) for name in FILES if (value := getattr(settings, name))}
    if settings.sources is not None:
        values["sources"] = tuple(map(placed, settings.sources))
    if settings.outputs is not None:
        values["outputs"] = tuple(map(placed_output, settings.outputs))
    return msgspec.structs.replace(settings, **values)


def _check_keys(document: Document, value: Any, kind: inspect.Type, place: Place) -> None:
    """Raise for a key that is no setting, with the one that may have been meant."""
    for option in _alternatives(kind):
        if isinstance(option, inspect.StructType) and isinstance(value, dict):
            fields = {field.name: field.type for field in option.fields}
            for key, item in value.items():
                if key not in fields:
                    raise _unknown(document, (*place, key), tuple(fields))
                _check_keys(document, item, fields[key], (*place, key))
        elif isinstance(option, inspect.VarTupleType) and isinstance(value, list):
            for at, item in enumerate(value):
                _check_keys(document, item, option.item_type, (*place, at))


def _alternatives(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(kind, inspect.Metadata):
        return _alternatives(kind.type)
    if isinstance(kind, inspect.UnionType):
        return tuple(option for inner in kind.types for option in _alternatives(inner))
    return (kind,)


def _unknown(document: Document, place: Place, known: tuple[str, ...]) -> DriftMgrError:
    near = difflib.get_close_matches(str(place[-1]), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
    return DriftMgrError(f"{document.where(place)}: {_spelled(place)}: no such setting", hint=hint)


def _invalid(document: Document, message: str) -> DriftMgrError:
    found = _AT.search(message)
    what = message[: found.start()] if found else message
    place: Place = ()
    for step in _STEP.finditer(found["path"] if found else ""):
        if step["key"]:
            place = _wrong_entry(document, place)
            break
        place = (*place, step["name"] or int(step["place"]))
    about = f"{_spelled(place)}: " if place else ""
    choices = _choices(place)
    hint = f"one of {', '.join(choices)}" if choices else _HINTS.get(place[:1], "see docs/configuration.md")
    return DriftMgrError(f"{document.where(place)}: {about}{_plain(what)}", hint=hint)


def _wrong_entry(document: Document, place: Place) -> Place:
    """The entry of a mapping whose value is none of its choices, else the mapping."""
    value: Any = document.value
    for step in place:
        value = value[step]
    wrong = ((*place, key) for key, item in value.items() if item not in _choices((*place, key)))
    return next(wrong, place)


def _plain(message: str) -> str:
    """The words of msgspec as those of YAML."""
    text = "not of the form that is asked for" if "matching regex" in message else message.replace(" | null", "")
    for word, instead in _WORDS.items():
        text = text.replace(word, instead)
    return f"{text[:1].lower()}{text[1:]}"


def _choices(place: Place) -> tuple[str, ...]:
    """The values that a setting may have, where these are few."""
    kinds: tuple[inspect.Type, ...] = (_settings(),)
    for step in place:
        inner = [_inside(kind, step) for kind in kinds]
        kinds = tuple(option for kind in inner if kind is not None for option in _alternatives(kind))
    return tuple(str(value) for kind in kinds if isinstance(kind, inspect.LiteralType) for value in kind.values)


def _inside(kind: inspect.Type, step: str | int) -> inspect.Type | None:
    if isinstance(kind, inspect.StructType):
        return next((field.type for field in kind.fields if field.name == step), None)
    if isinstance(kind, inspect.VarTupleType):
        return kind.item_type
    return kind.value_type if isinstance(kind, inspect.DictType) else None


def _spelled(place: Place) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")
