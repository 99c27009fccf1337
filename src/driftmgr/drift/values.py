"""Single values: conversion by type, emptiness, and a form in which equal values are equal."""

from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from typing import Any

from driftmgr.drift.shape import DYNAMIC, Shape, narrowed
from driftmgr.model.secrets import SENSITIVE


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


def canonical(shape: Shape, value: Any, keys: frozenset[str] | None = None) -> Hashable:
    """A hashable form: equal for values that the schema alone calls equal. ``keys`` limits an object's members."""
    if is_empty(value):
        return None
    shape = narrowed(shape, value)
    element = shape.element or DYNAMIC
    if isinstance(value, list) and shape.kind in {"list", "set"}:
        items = (canonical(element, item) for item in value)
        return frozenset(items) if shape.kind == "set" else tuple(items)
    if isinstance(value, dict) and shape.kind == "map":
        return frozenset((key, canonical(element, item)) for key, item in value.items())
    if isinstance(value, dict) and shape.kind == "object":
        return _canonical_object(shape, value, keys)
    leaf: Hashable = repr(value) if isinstance(value, list | dict) else convert(shape.kind, value)
    return leaf


def _canonical_object(shape: Shape, value: dict[str, Any], keys: frozenset[str] | None) -> Hashable:
    pairs = []
    for key in value if keys is None else value.keys() & keys:
        member = shape.members.get(key)
        if member is None or member.computed or not member.compared:
            continue
        form = canonical(member.shape, member.attribute.default if value[key] is None else value[key])
        if form is not None:
            pairs.append((key, form))
    return frozenset(pairs) or None


def is_vacuous(shape: Shape, value: Any) -> bool:
    """Whether every leaf is empty, false, zero or its default: a block like that says nothing."""
    if is_empty(value):
        return True
    if isinstance(value, list):
        return all(is_vacuous(shape.element or DYNAMIC, item) for item in value)
    if not isinstance(value, dict):
        return bool(convert(shape.kind, value) == 0)
    if shape.kind != "object":
        return all(is_vacuous(shape.element or DYNAMIC, item) for item in value.values())
    members = shape.members
    return all(
        _says_nothing(members[key].shape, members[key].attribute.default, item)
        if key in members
        else is_vacuous(DYNAMIC, item)
        for key, item in value.items()
        if key not in members or not members[key].computed
    )


def _says_nothing(shape: Shape, default: Any, value: Any) -> bool:
    return canonical(shape, value) == canonical(shape, default) or is_vacuous(shape, value)


def without_secrets(shape: Shape, value: Any) -> Any:
    """The value with every sensitive leaf masked."""
    element = shape.element or DYNAMIC
    if isinstance(value, list):
        return [without_secrets(element, item) for item in value]
    if not isinstance(value, dict):
        return value
    if shape.kind != "object":
        return {key: without_secrets(element, item) for key, item in value.items()}
    return {
        key: SENSITIVE
        if key in shape.members and shape.members[key].sensitive and item is not None
        else without_secrets(shape.members[key].shape if key in shape.members else DYNAMIC, item)
        for key, item in value.items()
    }
