"""Take secrets out of what leaves: a report, an object of an inventory. Pure.

Three rules, one after the other: what the provider's schema calls sensitive, what a state does (both done where values
are compared), and what looks like a secret (``model.secrets``). A masked value stays masked, however often this runs.
"""

import contextlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.schema import ResourceSchema
from driftmgr.drift.shape import Member, resource_members
from driftmgr.drift.values import without_secrets
from driftmgr.model import AttributeChange, Drift, DriftReport, Gap, RemoteObject
from driftmgr.model.secrets import (
    ACCESS_KEY_ID,
    SENSITIVE,
    is_environment_name,
    is_harmless_value,
    is_public_name,
    is_secret_name,
    without_forms,
    without_secrets_in,
)

_STEP = re.compile(r'\["(?P<key>(?:[^"\\]|\\.)*)"\]|\[\d+\]|(?P<name>[^.\[]+)')
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_LABELS = ("name", "key", "Name", "Key", "ParameterKey", "parameter_key")
_LABELLED = frozenset({"value", "Value", "ParameterValue", "parameter_value"})
"""In ``{"name": "DB_PASSWORD", "value": "..."}`` the label is the name of the value."""
_SHORTEST = 8
"""Shorter texts hold no secret that their name does not tell."""


def masked(report: DriftReport) -> DriftReport:
    """The report without any secret; ids, addresses and counts stay, so do the findings."""
    scan = msgspec.structs.replace(
        report.scan,
        sources=tuple(map(without_forms, report.scan.sources)),
        notes=tuple(map(without_secrets_in, report.scan.notes)),
    )
    return msgspec.structs.replace(
        report,
        scan=scan,
        drifts=tuple(map(_masked_drift, report.drifts)),
        suppressed=tuple(map(_masked_drift, report.suppressed)),
        ignored=tuple(map(_masked_drift, report.ignored)),
        gaps=tuple(map(masked_gap, report.gaps)),
    )


def masked_gap(gap: Gap) -> Gap:
    """The gap with a message that tells no secret, whatever an API or a provider put into it."""
    return msgspec.structs.replace(gap, message=without_secrets_in(gap.message))


class ObjectMask:
    """Masks the objects of a catalog's types: what the schema calls sensitive, and what looks like a secret."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._members: dict[str, Mapping[str, Member]] = {}

    def masked(self, found: RemoteObject) -> RemoteObject:
        """The object without any secret."""
        members = self._members_of(found.type)
        attributes = {
            name: _masked_attribute(members.get(name), name, value) for name, value in found.attributes.items()
        }
        return msgspec.structs.replace(found, id=_masked_id(found.id), attributes=attributes)

    def is_open(self, found: RemoteObject) -> bool:
        """Whether the object holds no secret at all."""
        return self.masked(found) == found

    def _members_of(self, resource_type: str) -> Mapping[str, Member]:
        if resource_type not in self._members:
            entry, schemas = self._catalog[resource_type], self._catalog.schemas
            schema = schemas[entry.name] if entry.name in schemas else ResourceSchema()
            self._members[resource_type] = resource_members(entry, schema)
        return self._members[resource_type]


def _masked_attribute(member: Member | None, name: str, value: Any) -> Any:
    if member is None or value is None:
        return masked_value(value, name)
    return SENSITIVE if member.sensitive else masked_value(without_secrets(member.shape, value), name)


def masked_value(value: Any, name: str, *, environment: bool = False) -> Any:
    """A value of any JSON type, each secret in it masked; ``name`` is that of the attribute, key or variable.

    ``environment`` says that it is part of what a program gets as its environment.
    """
    if isinstance(value, str):
        return _masked_text(value, name, environment=environment)
    environment = environment or is_environment_name(name)
    if isinstance(value, list | tuple):
        return [masked_value(item, name, environment=environment) for item in value]
    if not isinstance(value, dict):
        return value
    label = next((value[key] for key in _LABELS if isinstance(value.get(key), str)), None)
    return {
        key: masked_value(item, label, environment=True)
        if label is not None and key in _LABELLED
        else masked_value(item, str(key), environment=environment)
        for key, item in value.items()
    }


def _masked_text(text: str, name: str, *, environment: bool) -> str:
    if is_secret_name(name) and not is_harmless_value(text):
        return SENSITIVE
    if len(text) < _SHORTEST:
        return text
    if text.lstrip().startswith(("{", "[")):
        with contextlib.suppress(ValueError, RecursionError):
            return _masked_document(text, name, environment=environment)
    if is_public_name(name):
        return _masked_id(text) if name in {"id", "arn"} else without_forms(text)
    return without_secrets_in(text, environment=environment)


def _masked_document(text: str, name: str, *, environment: bool) -> str:
    """The JSON object or list that a text is, masked; as it stands if nothing was. Raises ``ValueError`` if it is none.

    Numbers keep all their digits.
    """
    document = _DECODER.decode(text)
    hidden = masked_value(document, name, environment=environment)
    return text if hidden == document else _ENCODER.encode(hidden).decode()


def _masked_drift(drift: Drift) -> Drift:
    return msgspec.structs.replace(
        drift,
        id=None if drift.id is None else _masked_id(drift.id),
        name=None if drift.name is None else without_forms(drift.name),
        source=None if drift.source is None else without_forms(drift.source),
        reason=None if drift.reason is None else without_secrets_in(drift.reason),
        changes=tuple(map(masked_change, drift.changes)),
        suppressed=tuple(map(masked_change, drift.suppressed)),
        tags={key: masked_value(value, key) for key, value in drift.tags.items()},
    )


def _masked_id(text: str) -> str:
    # The id of an access key is an id.
    return without_forms(text, keep=ACCESS_KEY_ID)


def masked_change(change: AttributeChange) -> AttributeChange:
    """The change with both values masked; where one of them is a secret as a whole, so is the other."""
    if change.sensitive:
        return change
    *above, name = _names(change.path) or [""]
    environment = any(map(is_environment_name, above))
    if environment and name in _LABELLED:
        # The name of the variable is not part of a change of its value alone.
        sides = [None if side is None else SENSITIVE for side in (change.recorded, change.observed)]
    else:
        sides = [masked_value(side, name, environment=environment) for side in (change.recorded, change.observed)]
    secret = SENSITIVE in sides
    if secret:
        sides = [None if side is None else SENSITIVE for side in sides]
    return msgspec.structs.replace(
        change, path=without_forms(change.path), recorded=sides[0], observed=sides[1], sensitive=secret
    )


def _names(path: str) -> list[str]:
    """The attributes and keys of a path, without places: ``environment[0].variables["A"]`` has three."""
    return [name for step in _STEP.finditer(path) if (name := step["key"] or step["name"])]
