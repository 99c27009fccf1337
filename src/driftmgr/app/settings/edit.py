"""Add to ``driftmgr.yaml`` without touching what is there: comments and layout stay."""

from collections.abc import Mapping
from typing import Any

import yaml

from driftmgr.app.settings.load import parse
from driftmgr.model import DriftMgrError


def with_rule(text: str, name: str, parts: Mapping[str, Any]) -> str:
    """The text with one ignore rule more, at the end of its rules; raises ``DriftMgrError`` where that cannot be."""
    before = parse(text, name).rules
    added = _added(text, name, parts)
    after = parse(added, name).rules
    if len(after) != len(before) + 1:
        raise DriftMgrError(f"{name}: there is no place for a rule", hint="write ignore as a list, a rule per entry")
    return added


def _added(text: str, name: str, parts: Mapping[str, Any]) -> str:
    found = _node(text, "ignore")
    body = text if text.endswith("\n") or not text else f"{text}\n"
    if found is None:
        return f"{body}ignore:\n{_entry(parts, '  ')}"
    key, node = found
    lines = body.splitlines(keepends=True)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        indent = " " * node.start_mark.column
        at = _end_of(last)
        return "".join([*lines[: at + 1], _entry(parts, indent), *lines[at + 1 :]])
    if not node.value:
        # ``ignore:`` or ``ignore: []``: the key alone begins the list.
        head = f"{lines[key.start_mark.line][: key.end_mark.column]}:\n"
        rest = lines[node.end_mark.line + 1 :]
        return "".join([*lines[: key.start_mark.line], head, _entry(parts, "  "), *rest])
    raise DriftMgrError(
        f"{name}:{key.start_mark.line + 1}: ignore is no list of lines", hint="write it as a list, a rule per entry"
    )


def _node(text: str, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    return next(((key, value) for key, value in entries if key.value == name), None)


def _end_of(node: yaml.Node) -> int:
    """The last line of a node: that of its last scalar, for a block ends where the next thing begins."""
    if isinstance(node, yaml.MappingNode) and node.value:
        return _end_of(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end_of(node.value[-1])
    line: int = node.end_mark.line
    return line - 1 if node.end_mark.column == 0 and line > node.start_mark.line else line


def _entry(parts: Mapping[str, Any], indent: str) -> str:
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in parts.items()}
    written = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1_000)
    first, *others = written.splitlines()
    return "".join([f"{indent}- {first}\n", *(f"{indent}  {line}\n" for line in others)])
