"""Paths of a report and references of a configuration, as steps that compare."""

import json
import re
from typing import Any

from driftmgr.hcl import Steps

_STEP = re.compile(
    r'(?:^|\.)(?P<name>[^.\[\]"]+)|\[(?P<place>\d+)\]|\[(?P<key>"(?:[^"\\]|\\.)*")\]|(?P<rest>.+)', re.DOTALL
)


def path_steps(path: str) -> Steps:
    """``ingress[0].tags["a.b"]`` as ``("ingress", 0, "tags", "a.b")``; what is no path is one step."""
    steps: list[str | int] = []
    for found in _STEP.finditer(path):
        if found["place"]:
            steps.append(int(found["place"]))
        elif found["key"]:
            steps.append(_unquoted(found["key"]))
        else:
            steps.append(found["name"] or found["rest"])
    return tuple(steps) or (path,)


def is_prefix(shorter: Steps, longer: Steps) -> bool:
    """Whether a way leads to, or past, the beginning of another; ``a.0`` and ``a[0]`` are the same way."""
    return len(shorter) <= len(longer) and all(
        str(one) == str(other) for one, other in zip(shorter, longer, strict=False)
    )


def without(value: Any, way: Steps) -> Any:
    """A value without the part that a way leads to; the value itself if there is no such part."""
    if not way:
        return None
    step, rest = way[0], way[1:]
    if isinstance(value, dict) and str(step) in value:
        kept = {name: item for name, item in value.items() if name != str(step)}
        return kept | {str(step): without(value[str(step)], rest)} if rest else kept
    if isinstance(value, list) and str(step).isdecimal() and int(step) < len(value):
        place = int(step)
        return [*value[:place], without(value[place], rest), *value[place + 1 :]]
    return value


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]
