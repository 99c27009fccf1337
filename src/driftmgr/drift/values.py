"""Single values: conversion by type, emptiness, and a form in which equal values are equal."""

from decimal import Decimal, InvalidOperation
from typing import Any

from driftmgr.drift.shape import Shape

SENSITIVE = "(sensitive)"

_COLLECTIONS = frozenset({"list", "set", "map"})


def is_empty(value: Any) -> bool:
    """Null, empty text, empty collection: the legacy SDK's one kind of nothing."""
    return value is None or value == "" or (isinstance(value, list | dict) and not value)


def convert(kind: str, value: Any) -> Any:
    """A leaf as its type: numbers exact, booleans and numbers also from text; what does not fit stays as it is."""
    if value is None:
        return None
    if kind == "number":
        return _number(value)
    if kind == "bool":
        return _boolean(value)
    if kind == "string":
        return _text(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return value
    return number if number.is_finite() else value


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.lower(), value)
    return bool(value) if value in (0, 1) else value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | Decimal) else value


def fits(shape: Shape, value: Any) -> bool:
    """Whether a value has the form that its shape asks for (only the outermost level)."""
    if value is None or shape.kind == "dynamic":
        return True
    if shape.kind in {"list", "set"}:
        return isinstance(value, list)
    if shape.kind in {"map", "object"}:
        return isinstance(value, dict)
    return not isinstance(value, list | dict)


def canonical(shape: Shape, value: Any, keys: frozenset[str] | None = None) -> Any:
    """A hashable form: equal for values that the schema alone calls equal. ``keys`` limits an object's members."""
    if is_empty(value):
        return None
    if shape.kind in {"list", "set"} and isinstance(value, list) and shape.element:
        items = [canonical(shape.element, item) for item in value]
        return tuple(sorted(items, key=repr)) if shape.kind == "set" else tuple(items)
    if shape.kind == "map" and isinstance(value, dict) and shape.element:
        return tuple(sorted((key, repr(canonical(shape.element, item))) for key, item in value.items()))
    if shape.kind == "object" and isinstance(value, dict):
        pairs = []
        for key in sorted(value if keys is None else value.keys() & keys):
            member = shape.members.get(key)
            if member is None or member.computed or not member.compared:
                continue
            item = member.attribute.default if value[key] is None else value[key]
            form = canonical(member.shape, item)
            if form is not None:
                pairs.append((key, form))
        return tuple(pairs) or None
    if isinstance(value, list | dict):
        return repr(value)
    return convert(shape.kind, value)


def is_vacuous(shape: Shape, value: Any) -> bool:
    """Whether every leaf is empty, false, zero or its default: a block like that says nothing."""
    if is_empty(value) or value is False or value == 0:
        return True
    if isinstance(value, list):
        return all(shape.element is not None and is_vacuous(shape.element, item) for item in value)
    if not isinstance(value, dict):
        return False
    for key, item in value.items():
        member = shape.members.get(key) if shape.kind == "object" else None
        if member is not None and (member.computed or item == member.attribute.default):
            continue
        inner = member.shape if member else (shape.element or Shape(kind="dynamic"))
        if not is_vacuous(inner, item):
            return False
    return True


def without_secrets(shape: Shape, value: Any) -> Any:
    """The value with every sensitive leaf masked."""
    if isinstance(value, list):
        return [without_secrets(shape.element or shape, item) for item in value]
    if not isinstance(value, dict) or shape.kind != "object":
        return value
    members = shape.members
    return {
        key: SENSITIVE
        if key in members and members[key].sensitive and item is not None
        else without_secrets(members[key].shape, item)
        if key in members
        else item
        for key, item in value.items()
    }
