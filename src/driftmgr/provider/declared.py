"""What the HCL of a root module says of a provider configuration.

Literal arguments, and variables and locals that are literal: values from the environment (``TF_VAR_name``), from
``terraform.tfvars`` and ``*.auto.tfvars``, and defaults. What needs more (a data source, another resource, a variable
that was given on the command line) is an error that names it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from driftmgr.provider.errors import ProviderError
from driftmgr.provider.hcl import Body, HclBlock, Unresolved, parse_hcl
from driftmgr.provider.reference import ProviderReference

_NOT_THE_PROVIDERS = frozenset({"alias", "version", "for_each"})
_HINT = "give the configuration to driftmgr itself (--provider-config), or use --engine plan"


class RootModule:
    """The ``*.tf`` and ``*.tofu`` files of one directory; raises ``ProviderError`` for one that cannot be read."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._bodies = [_parsed(path) for path in _files(directory)]
        self._given = dict(_given(directory, environment))
        self._resolving: set[str] = set()

    def provider(self, reference: ProviderReference) -> dict[str, Any]:
        """The arguments of a provider configuration, empty if the HCL does not mention it; raises ``ProviderError``."""
        name = self._local_name(reference)
        made: dict[str, Any] = {}
        for block in self._blocks("provider"):
            alias = block.body.value("alias")
            if block.labels == (name,) and alias == reference.alias:
                # A second block of one configuration comes from an override file: its arguments win.
                made |= self._arguments(block.body, f'provider "{name}"', root=True)
        return made

    def _local_name(self, reference: ProviderReference) -> str:
        for block in self._blocks("terraform"):
            for required in block.body.of_type("required_providers"):
                for name in required.body:
                    value = required.body.value(name)
                    source = value.get("source") if isinstance(value, dict) else None
                    if isinstance(source, str) and reference.is_source(source):
                        return name
        return reference.type

    def _arguments(self, body: Body, where: str, *, root: bool = False) -> dict[str, Any]:
        made = {
            name: _literal(body.value(name, self._lookup), f"{where}: {name}")
            for name in body
            if not (root and name in _NOT_THE_PROVIDERS)
        }
        for block in body.blocks:
            if block.type == "dynamic":
                raise ProviderError(f"{where} has a dynamic block", hint=_HINT, reason="unsupported")
            made.setdefault(block.type, []).append(self._arguments(block.body, f"{where}: {block.type}"))
        return made

    def _lookup(self, space: str, name: str) -> Any:
        whole = f"{space}.{name}"
        if whole in self._resolving:
            return Unresolved(whole)
        self._resolving.add(whole)
        try:
            return self._variable(name) if space == "var" else self._local(name)
        finally:
            self._resolving.discard(whole)

    def _variable(self, name: str) -> Any:
        if name in self._given:
            return self._given[name]
        for block in self._blocks("variable"):
            if block.labels == (name,) and "default" in block.body:
                return block.body.value("default")
        return Unresolved(f"var.{name}")

    def _local(self, name: str) -> Any:
        for block in self._blocks("locals"):
            if name in block.body:
                return block.body.value(name, self._lookup)
        return Unresolved(f"local.{name}")

    def _blocks(self, kind: str) -> Iterator[HclBlock]:
        return (block for body in self._bodies for block in body.of_type(kind))


def _literal(value: Any, where: str) -> Any:
    unresolved = next(_unresolved(value), None)
    if unresolved is not None:
        raise ProviderError(f"{where} is not written down: {unresolved.text}", hint=_HINT, reason="unsupported")
    return value


def _unresolved(value: Any) -> Iterator[Unresolved]:
    if isinstance(value, Unresolved):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _unresolved(item)


def _files(directory: Path) -> list[Path]:
    tofu = sorted(directory.glob("*.tofu"))
    shadowed = {path.with_suffix(".tf") for path in tofu}
    files = sorted([*(path for path in directory.glob("*.tf") if path not in shadowed), *tofu])
    for path in (*directory.glob("*.tf.json"), *directory.glob("*.tofu.json")):
        if '"provider"' in path.read_text(errors="replace"):
            raise ProviderError(f"{path.name} configures providers in JSON", hint=_HINT, reason="unsupported")
    return sorted(files, key=lambda path: path.stem == "override" or path.stem.endswith("_override"))


def _parsed(path: Path) -> Body:
    try:
        return parse_hcl(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ProviderError(f"{path.name} cannot be read: {error}", hint=_HINT, reason="unsupported") from error


def _given(directory: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Values of variables, in the order in which later ones win."""
    for name, value in environment.items():
        if name.startswith("TF_VAR_"):
            yield name.removeprefix("TF_VAR_"), value
    named = [directory / "terraform.tfvars", directory / "terraform.tfvars.json"]
    automatic = sorted([*directory.glob("*.auto.tfvars"), *directory.glob("*.auto.tfvars.json")])
    for path in (*named, *automatic):
        if path.is_file():
            yield from _tfvars(path)


def _tfvars(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix == ".json":
        try:
            document = json.loads(path.read_bytes())
        except ValueError as error:
            raise ProviderError(f"{path.name} cannot be read: {error}", reason="unsupported") from error
        yield from document.items() if isinstance(document, dict) else ()
        return
    body = _parsed(path)
    for name in body:
        yield name, body.value(name)
