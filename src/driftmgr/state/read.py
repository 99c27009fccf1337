"""Read a state of format version 4.

https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go

The file is mapped, not loaded, and the attributes of each instance stay an undecoded view of it, so that a state of
100,000 instances costs little more than its addresses.
"""

import contextlib
import mmap
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from driftmgr.model import DriftMgrError, ResourceAddress, ResourceInstance
from driftmgr.model.address import ModuleStep, parse_module_path
from driftmgr.model.resource import decode_attributes

FORMAT_VERSION = 4
_EMPTY = msgspec.Raw(b"{}")
# What a number is made of, each kind of character as one: five times as fast as a pattern over all of a state.
_KINDS = bytes.maketrans(b"123456789E-", b"000000000e+")
_DIGITS = 10_000
"""A number that needs more is no value of a resource, and costs as much memory as it says."""
_BYTE = re.compile(r"\bbyte (\d+)")


class StateError(DriftMgrError):
    """A state that cannot be read: which, why, and what to do."""


class EncryptedStateError(StateError):
    """A state that OpenTofu encrypted: only it can read it."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of a state that cannot be read; the others can."""

    address: str
    type: str
    message: str


class _Instance(msgspec.Struct, frozen=True):
    index_key: int | str | None = None
    schema_version: int = 0
    attributes: msgspec.Raw = msgspec.Raw(b"null")
    attributes_flat: msgspec.Raw = msgspec.Raw(b"null")
    sensitive_attributes: list[Any] | None = None
    private: str | None = None
    identity: msgspec.Raw = msgspec.Raw(b"null")
    identity_schema_version: int = 0
    dependencies: list[str] | None = None
    status: str | None = None
    deposed: str | None = None


class _Resource(msgspec.Struct, frozen=True):
    mode: str
    type: str
    name: str
    provider: str = ""
    module: str = ""
    instances: list[msgspec.Raw] = []


class _Head(msgspec.Struct, frozen=True):
    version: Any = None
    encryption: Any = None
    encrypted_data: Any = None
    backend: Any = None


class _Document(_Head, frozen=True):
    terraform_version: str = ""
    serial: int = 0
    lineage: str = ""
    resources: list[msgspec.Raw] | None = None


_HEAD = msgspec.json.Decoder(_Head)
_DOCUMENT = msgspec.json.Decoder(_Document)
_RESOURCE = msgspec.json.Decoder(_Resource)
_INSTANCE = msgspec.json.Decoder(_Instance)


class StateFile:
    """One state. ``instances`` reads it resource by resource; ``problems`` is complete once that has ended."""

    def __init__(self, document: _Document, source: str) -> None:
        self._resources = document.resources or []
        self.source = source
        self.terraform_version = document.terraform_version
        self.serial = document.serial
        self.lineage = document.lineage
        self.problems: tuple[Problem, ...] = ()

    def instances(self) -> Iterator[ResourceInstance]:
        """All resource instances, data sources included; what cannot be read is a problem, never an error."""
        problems: list[Problem] = []
        for number, raw in enumerate(self._resources):
            try:
                resource = _RESOURCE.decode(raw)
                module = parse_module_path(resource.module)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                problems.append(Problem(address=f"resources[{number}]", type="*", message=str(error)))
                continue
            # What is decoded later must not fail then; one look at all of them is cheap, one at each is not.
            plain = _is_plain(bytes(raw))
            for element in resource.instances:
                try:
                    yield self._instance(resource, module, element, plain=plain)
                except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                    address = f"{resource.module}.{resource.type}.{resource.name}".lstrip(".")
                    problems.append(Problem(address=address, type=resource.type, message=str(error)))
        self.problems = tuple(problems)

    def _instance(
        self, resource: _Resource, module: tuple[ModuleStep, ...], raw: msgspec.Raw, *, plain: bool
    ) -> ResourceInstance:
        item = _INSTANCE.decode(raw)
        document = item.attributes
        start = bytes(memoryview(document)[:5])
        if start == b"null":
            if bytes(item.attributes_flat) != b"null":
                raise ValueError("recorded by a provider older than Terraform 0.12 (flat attributes)")
            document = _EMPTY
        elif not start.startswith(b"{"):
            raise ValueError("its attributes are not an object")
        elif not plain:
            _check_content(bytes(document))
        status: Literal["ready", "tainted", "deposed"] = "ready"
        if item.deposed:
            status = "deposed"
        elif item.status == "tainted":
            status = "tainted"
        return ResourceInstance(
            address=ResourceAddress(
                module=module,
                mode="data" if resource.mode == "data" else "managed",
                type=resource.type,
                name=resource.name,
                key=item.index_key,
            ),
            provider=resource.provider,
            document=document,
            schema_version=item.schema_version,
            sensitive=tuple(filter(None, map(_path, item.sensitive_attributes or ()))),
            private=item.private,
            identity=None if bytes(item.identity) == b"null" else item.identity,
            identity_version=item.identity_schema_version,
            dependencies=tuple(item.dependencies or ()),
            status=status,
            source=self.source,
        )


def read_state(path: Path, *, source: str | None = None) -> StateFile:
    """Map a state file and read its head; raises ``StateError``."""
    label = source or str(path)
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise StateError(f"{label}: the file is empty", hint="restore it from the backup or the backend")
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except IsADirectoryError as error:
        raise StateError(
            f"{label} is a directory", hint="name a state file or a Terraform working directory"
        ) from error
    except FileNotFoundError as error:
        raise StateError(f"{label}: no such file", hint="check the path") from error
    except OSError as error:
        raise StateError(f"{label} cannot be read: {error.strerror or error}", hint="check its permissions") from error
    return parse_state(data, source=label)


def parse_state(data: bytes | mmap.mmap, *, source: str) -> StateFile:
    """Read a state from bytes; raises ``StateError`` that names the cause."""
    view = memoryview(data)
    if problem := _not_a_state(bytes(view[:512])):
        raise StateError(f"{source}: {problem[0]}", hint=problem[1])
    try:
        document = _DOCUMENT.decode(view)
        _check_head(document, source)
        return StateFile(document, source)
    except msgspec.ValidationError as error:
        # What is no state of this format is told as what it is.
        with contextlib.suppress(msgspec.DecodeError):
            _check_head(_HEAD.decode(view), source)
        raise StateError(
            f"{source}: not a Terraform state: {error}", hint="name a state file (terraform state pull > FILE)"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(
            f"{source}: not valid JSON: {_where(view, error)}", hint="the file may be cut off: restore it from a backup"
        ) from error


def _check_head(head: _Head, source: str) -> None:
    if head.encrypted_data is not None or (head.encryption is not None and head.version is None):
        raise EncryptedStateError(
            f"{source}: the state is encrypted by OpenTofu", hint="decrypt a copy: tofu state pull > state.json"
        )
    if head.backend is not None:
        raise StateError(
            f"{source}: the record of a backend, not a state", hint="name the working directory it belongs to"
        )
    if not isinstance(head.version, int) or isinstance(head.version, bool):
        raise StateError(
            f"{source}: not a Terraform state: it has no format version",
            hint="name a state file (terraform state pull > FILE)",
        )
    if head.version < FORMAT_VERSION:
        raise StateError(
            f"{source}: state format {head.version} is from before Terraform 0.12",
            hint="upgrade it: terraform init and terraform apply with Terraform 0.12 or 0.13",
        )
    if head.version > FORMAT_VERSION:
        raise StateError(
            f"{source}: state format {head.version} is newer than we know ({FORMAT_VERSION})", hint="upgrade driftmgr"
        )


def _not_a_state(start: bytes) -> tuple[str, str] | None:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PK\x03\x04"):
        return "a zip archive (a saved plan?), not a state", "name a state file (terraform state pull > FILE)"
    if start.startswith(b"\x1f\x8b"):
        return "compressed with gzip", "decompress it first: gunzip"
    if text.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the state itself", "fetch it: git lfs pull"
    if text.startswith(b"<"):
        return "a web page or XML error, not a state", "check the address and the credentials it was fetched with"
    if text and not text.startswith(b"{"):
        return "not valid JSON: it does not begin with {", "name a state file, not a configuration (*.tf)"
    return None


def _is_plain(content: bytes) -> bool:
    """Whether it is UTF-8 all through and holds nothing that may be a number of absurd size."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    kinds = content.translate(_KINDS)
    return b"e0000" not in kinds and b"e+0000" not in kinds


def _check_content(document: bytes) -> None:
    document.decode()
    try:
        found = decode_attributes(document)
    except ArithmeticError as error:
        raise ValueError("it holds a number beyond all bounds") from error
    waiting: list[Any] = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Decimal) and abs(value.adjusted()) > _DIGITS:
            raise ValueError("it holds a number beyond all bounds")
        if isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value


def _where(view: memoryview, error: Exception) -> str:
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 ({text})"
    found = _BYTE.search(text)
    if found is None:
        return text
    position = int(found[1])
    before = bytes(view[:position])
    return f"{text} (line {before.count(10) + 1}, column {position - before.rfind(10)})"


def _path(steps: Any) -> str:
    # A cty path: [{"type": "get_attr", "value": "setting"}, {"type": "index", "value": {"value": 0, "type": "number"}}]
    text = ""
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, dict):
            return text
        value = step.get("value")
        if step.get("type") == "get_attr":
            text += f".{value}" if text else str(value)
        else:
            key = value.get("value") if isinstance(value, dict) else value
            text += f'["{key}"]' if isinstance(key, str) else f"[{key}]"
    return text
