"""Recorded attributes on their way to the provider: exact numbers, without what its schema no longer has."""

from typing import Any

import msgspec

from driftmgr.catalog.schema import CtyType
from driftmgr.model import decode_attributes

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def without_removed(document: bytes, kind: CtyType) -> bytes:
    """The JSON object without members that its type lacks, at every depth; the same bytes if it has none.

    As Terraform does for a state of the provider's own schema version: attributes may leave a schema without a new one.
    """
    attributes = decode_attributes(document)
    kept = _kept(attributes, kind)
    return document if kept is attributes else _ENCODER.encode(kept)


def _kept(value: Any, kind: CtyType) -> Any:
    """The value itself if nothing has to go, so that most states are sent as they were recorded."""
    if isinstance(kind, str) or value is None:
        return value
    if kind[0] == "object" and isinstance(value, dict):
        members = {name: _kept(item, kind[1][name]) for name, item in value.items() if name in kind[1]}
        same = len(members) == len(value) and all(members[name] is value[name] for name in members)
        return value if same else members
    if kind[0] == "map" and isinstance(value, dict):
        entries = {key: _kept(item, kind[1]) for key, item in value.items()}
        return value if all(entries[key] is value[key] for key in entries) else entries
    if kind[0] in {"list", "set"} and isinstance(value, list):
        items = [_kept(item, kind[1]) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value
