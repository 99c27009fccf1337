"""What is accepted, and what accepting would change, as text and as JSON."""

from collections.abc import Iterator
from typing import Any

import msgspec

from driftmgr.app import Proposal
from driftmgr.catalog import whole_catalog
from driftmgr.cli.render.text import counted, harmless, pair_texts
from driftmgr.cli.render.words import gap_notice
from driftmgr.drift.acceptance import Proposed
from driftmgr.drift.secrets import masked_change, masked_value
from driftmgr.drift.shape import Shape, resource_members
from driftmgr.drift.values import without_secrets
from driftmgr.model import AcceptedObject, Baseline
from driftmgr.model.secrets import SENSITIVE
from driftmgr.model.sensitive import hidden_paths

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SIGNS = {"new": "+", "changed": "~", "gone": "-"}


def proposal_text(proposed: Proposal) -> str:
    """Every object that would change, with its changed values; at the end how many, and the name of this proposal."""
    lines = [notice] if (notice := gap_notice(proposed.report)) else []
    for item in proposed.items:
        lines += _item(item)
    kinds = [item.kind for item in proposed.items]
    if not kinds:
        return "\n".join((*lines, "Nothing to accept"))
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in _SIGNS if kind in kinds)
    return "\n".join((*lines, f"To accept: {counts}", f"Expect: {proposed.digest}"))


def _item(item: Proposed) -> Iterator[str]:
    found = item.object
    yield f"{_SIGNS[item.kind]} {item.kind:<7} {harmless(found.address or f'{found.type} (unmanaged)')}"
    yield f"    id {harmless(found.id)} {_where(found)}"
    for change in map(masked_change, item.changes):
        recorded, observed = pair_texts(change.recorded, change.observed)
        yield f"    {harmless(change.path)}: {recorded} -> {observed}"


def proposal_json(proposed: Proposal) -> str:
    """The same as a document; values of new objects are those of ``driftmgr discover``."""
    document = {
        "schema_version": 1,
        "complete": not proposed.report.gaps,
        "scan": proposed.report.scan,
        "expect": proposed.digest,
        "proposed": [
            {
                "kind": item.kind,
                **_identity(item.object),
                "changes": [
                    {
                        "path": change.path,
                        "recorded": change.recorded,
                        "observed": change.observed,
                        "sensitive": change.sensitive,
                    }
                    for change in map(masked_change, item.changes)
                ],
            }
            for item in proposed.items
        ],
        "gaps": proposed.report.gaps,
    }
    return _json(document)


def baseline_text(path: str, kept: Baseline) -> str:
    """Every act of accepting, then every object with the act that it is from."""
    managed = sum(found.address is not None for found in kept.objects)
    lines = [
        f"{path}: {counted(managed, 'instance')}, {counted(len(kept.objects) - managed, 'unmanaged object')}",
        *(f"#{act.serial} {act.at} by {harmless(act.by)}{_note(act.note)}" for act in kept.acceptances),
    ]
    for found in kept.objects:
        who = found.address or f"{found.type} (unmanaged)"
        lines.append(f"  {harmless(who)}  id {harmless(found.id)} {_where(found)}  #{found.serial}")
    return "\n".join(lines)


def baseline_json(path: str, kept: Baseline) -> str:
    """The same with the accepted attributes; sensitive ones masked."""
    objects = [{**_identity(found), "serial": found.serial, "attributes": _attributes(found)} for found in kept.objects]
    return _json({"schema_version": 1, "path": path, "acceptances": kept.acceptances, "objects": objects})


def _identity(found: AcceptedObject) -> dict[str, Any]:
    return {
        "address": found.address,
        "type": found.type,
        "id": found.id,
        "scope": found.scope,
        "state": found.state,
    }


def _attributes(found: AcceptedObject) -> dict[str, Any] | None:
    """The attributes without secrets; none of a type that this program no longer knows, for any may be one."""
    catalog = whole_catalog()
    if found.type not in catalog:
        return None
    shape = Shape(kind="object", members=resource_members(catalog[found.type], catalog.schemas[found.type]))
    hides = hidden_paths(found.sensitive)
    told: dict[str, Any] = without_secrets(shape, found.attributes)
    return {
        name: SENSITIVE if value is not None and hides(name) else masked_value(value, name)
        for name, value in told.items()
    }


def _where(found: AcceptedObject) -> str:
    return f"in {found.scope.account} {found.scope.region or 'global'}"


def _note(text: str) -> str:
    return f": {harmless(text)}" if text else ""


def _json(document: dict[str, Any]) -> str:
    return msgspec.json.format(_ENCODER.encode(document), indent=2).decode()
