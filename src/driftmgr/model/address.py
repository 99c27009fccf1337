"""Resource addresses, as Terraform prints them.

Grammar: https://developer.hashicorp.com/terraform/cli/state/resource-addressing
"""

import json
import re
from typing import Literal

import msgspec

_NAME = r"[^\W\d][\w-]*"
_KEY = r'\[(?:(?P<number>\d+)|(?P<string>"(?:[^"\\]|\\.)*"))\]'
_MODULE_STEP = re.compile(rf"module\.(?P<name>{_NAME})(?:{_KEY})?\.")
_RESOURCE = re.compile(rf"(?P<data>data\.)?(?P<type>{_NAME})\.(?P<name>{_NAME})(?:{_KEY})?\Z")


class ModuleStep(msgspec.Struct, frozen=True, order=True):
    """One ``module.name[key]`` of an address; ``key`` is ``None`` without count or for_each."""

    name: str
    key: str | int | None = None


class ResourceAddress(msgspec.Struct, frozen=True, kw_only=True):
    """``module.net["a"].aws_security_group.web[0]``: parsing and printing round-trip."""

    type: str
    name: str
    key: str | int | None = None
    module: tuple[ModuleStep, ...] = ()
    mode: Literal["managed", "data"] = "managed"

    @classmethod
    def parse(cls, text: str) -> "ResourceAddress":
        """Read an address; raises ``ValueError`` naming the text when it is not one."""
        steps: list[ModuleStep] = []
        position = 0
        while step := _MODULE_STEP.match(text, position):
            steps.append(ModuleStep(step["name"], _key_of(step)))
            position = step.end()
        resource = _RESOURCE.match(text, position)
        if resource is None:
            raise ValueError(f"not a resource address: {text!r}")
        return cls(
            module=tuple(steps),
            mode="data" if resource["data"] else "managed",
            type=resource["type"],
            name=resource["name"],
            key=_key_of(resource),
        )

    def __str__(self) -> str:
        modules = "".join(f"module.{step.name}{_bracket(step.key)}." for step in self.module)
        data = "data." if self.mode == "data" else ""
        return f"{modules}{data}{self.type}.{self.name}{_bracket(self.key)}"


def parse_module_path(text: str) -> tuple[ModuleStep, ...]:
    """Read the ``module`` member of a state's resource: ``module.a["x"].module.b``; ``""`` is the root.

    Raises ``ValueError`` naming the text when it is not a module path.
    """
    steps: list[ModuleStep] = []
    position, padded = 0, f"{text}."
    while text and position < len(padded):
        step = _MODULE_STEP.match(padded, position)
        if step is None:
            raise ValueError(f"not a module path: {text!r}")
        steps.append(ModuleStep(step["name"], _key_of(step)))
        position = step.end()
    return tuple(steps)


def _key_of(match: re.Match[str]) -> str | int | None:
    if match["number"] is not None:
        return int(match["number"])
    return None if match["string"] is None else _unquote(match["string"])


def _unquote(text: str) -> str:
    # HCL escapes a template opener by doubling it; the rest is JSON's string syntax.
    return str(json.loads(text)).replace("$${", "${").replace("%%{", "%{")


def _bracket(key: str | int | None) -> str:
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    quoted = json.dumps(key, ensure_ascii=False)
    return f"[{quoted.replace('${', '$${').replace('%{', '%%{')}]"
