"""Terraform's own opinion, and the named rules under which it and ours may differ."""

import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import msgspec

from driftmgr.catalog.entry import ParentRef
from driftmgr.catalog.registry import Catalog
from driftmgr.model import DriftReport, ResourceAddress

Explanations = Mapping[tuple[str, str], str]
"""``(address, attribute)`` -> the rule's name; shell wildcards in both; attribute ``*`` covers the instance."""

Who = Literal["terraform", "driftmgr"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One top-level attribute that Terraform's refresh found changed."""

    address: str
    attribute: str
    before: Any = None
    after: Any = None


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """What one of the two lists and the other does not; ``rule`` names why that is right, ``None`` if nothing does."""

    only: Who
    address: str
    attribute: str
    before: Any = None
    after: Any = None
    rule: str | None = None

    def __str__(self) -> str:
        why = f"  [{self.rule}]" if self.rule else ""
        return f"only {self.only}: {self.address} {self.attribute}: {_short(self.before)} -> {_short(self.after)}{why}"


class Referee(msgspec.Struct, frozen=True, kw_only=True):
    """``resource_drift`` of a refresh-only plan: attributes that changed, instances that are gone.

    Sets come in the provider's order on both sides, so a difference here is one of content.
    """

    changed: tuple[Difference, ...] = ()
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> "Referee":
        """Read a plan in Terraform's JSON form."""
        changed: list[Difference] = []
        missing: list[str] = []
        for row in plan.get("resource_drift", ()):
            before, after = row["change"]["before"], row["change"]["after"]
            if after is None:
                missing.append(row["address"])
                continue
            changed.extend(
                Difference(address=row["address"], attribute=name, before=before.get(name), after=after.get(name))
                for name in sorted(before.keys() | after.keys())
                if before.get(name) != after.get(name)
            )
        return cls(changed=tuple(changed), missing=tuple(missing))

    def __str__(self) -> str:
        rows = [f"missing {address}" for address in self.missing]
        rows += [
            f"changed {row.address} {row.attribute}: {_short(row.before)} -> {_short(row.after)}"
            for row in self.changed
        ]
        return "\n".join(rows) or "nothing"


def disagreements(
    report: DriftReport, referee: Referee, *, state_file: Path, catalog: Catalog, explained: Explanations | None = None
) -> tuple[Disagreement, ...]:
    """Every row that only one of the two has, each with the rule that explains it, or ``None``."""
    ours = _Ours(report)
    rules = _Rules(ours, catalog, recorded_instances(state_file), explained or {})
    return tuple(
        msgspec.structs.replace(row, rule=rules.explain(row))
        for row in (*_only_terraform(ours, referee), *_only_driftmgr(ours, referee))
    )


def unused_explanations(rows: Iterable[Disagreement], explained: Explanations) -> list[tuple[str, str]]:
    """Explanations that fit no disagreement: the reason they were written for is gone."""
    rows = tuple(rows)
    return [pattern for pattern in explained if not any(_fits(row, pattern) for row in rows)]


def recorded_instances(state_file: Path) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Type and attributes of every managed instance of a state, by address."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for resource in json.loads(state_file.read_bytes())["resources"]:
        if resource["mode"] == "managed":
            module = f"{resource['module']}." if "module" in resource else ""
            for instance in resource["instances"]:
                key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                address = f"{module}{resource['type']}.{resource['name']}{key}"
                found[address] = resource["type"], instance["attributes"]
    return found


def attribute_of(path: str) -> str:
    """The top-level attribute of a path: ``ingress[0].cidr_blocks`` is ``ingress``."""
    return path.partition("[")[0].partition(".")[0]


class _Ours:
    """Our report by address and attribute."""

    def __init__(self, report: DriftReport) -> None:
        self.drifts = report.drifts
        self.missing = {drift.address for drift in report.drifts if drift.kind == "missing"}
        self.changed: dict[tuple[str, str], tuple[Any, Any]] = {}
        self.suppressed: dict[tuple[str, str], str] = {}
        for drift in report.drifts:
            address = drift.address or ""
            for change in drift.changes:
                self.changed.setdefault((address, attribute_of(change.path)), (change.recorded, change.observed))
        for drift in (*report.drifts, *report.suppressed):
            for change in drift.suppressed:
                self.suppressed[drift.address or "", attribute_of(change.path)] = change.rule or change.classification


class _Rules:
    """The named rules, the general ones first."""

    def __init__(
        self,
        ours: _Ours,
        catalog: Catalog,
        recorded: Mapping[str, tuple[str, Mapping[str, Any]]],
        explained: Explanations,
    ) -> None:
        self._ours = ours
        self._catalog = catalog
        self._recorded = recorded
        self._explained = explained

    def explain(self, row: Disagreement) -> str | None:
        """The name of the first rule that explains a disagreement."""
        if row.only == "terraform" and row.attribute != "*" and (rule := self._general(row)):
            return rule
        return next((rule for pattern, rule in self._explained.items() if _fits(row, pattern)), None)

    def _general(self, row: Disagreement) -> str | None:
        if suppressed := self._ours.suppressed.get((row.address, row.attribute)):
            return suppressed
        if _without_empties(row.before) == _without_empties(row.after):
            return "null_is_empty"
        if not self._configurable(row):
            return "computed"
        if row.attribute == "tags" and (row.address, "tags_all") in self._ours.changed:
            return "tags_are_compared_as_tags_all"
        if _same_json(row.before, row.after):
            return "same_json"
        return "inline_or_separate" if self._told_by_a_part(row) else None

    def _configurable(self, row: Disagreement) -> bool:
        block = self._catalog.schemas[ResourceAddress.parse(row.address).type].block
        attribute = block.attributes.get(row.attribute)
        return row.attribute in block.block_types or (attribute is not None and attribute.configurable)

    def _told_by_a_part(self, row: Disagreement) -> bool:
        """Whether the attribute shows objects that we report, or the state manages, on their own."""
        parent_type = self._catalog.canonical(ResourceAddress.parse(row.address).type)
        shown: dict[str, list[ParentRef]] = {}
        for entry in self._catalog:
            for parent in entry.parents:
                if parent.type == parent_type and row.attribute in parent.inline:
                    shown.setdefault(entry.name, []).append(parent)
        strangers = (drift.type for drift in self._ours.drifts if drift.parent == row.address)
        return any(name in shown for name in strangers) or any(
            self._belongs(part, reference, row.address)
            for name, part in self._recorded.values()
            for reference in shown.get(self._catalog.canonical(name), ())
        )

    def _belongs(self, part: Mapping[str, Any], reference: ParentRef, parent: str) -> bool:
        if parent not in self._recorded:
            return False
        wanted = self._recorded[parent][1].get(reference.by)
        named = part.get(reference.attribute)
        return wanted is not None and (wanted in named if isinstance(named, list) else wanted == named)


def _only_terraform(ours: _Ours, referee: Referee) -> Iterator[Disagreement]:
    for address in referee.missing:
        if address not in ours.missing:
            yield Disagreement(only="terraform", address=address, attribute="*", before="recorded", after="missing")
    for row in referee.changed:
        if row.address not in ours.missing and (row.address, row.attribute) not in ours.changed:
            yield Disagreement(
                only="terraform", address=row.address, attribute=row.attribute, before=row.before, after=row.after
            )


def _only_driftmgr(ours: _Ours, referee: Referee) -> Iterator[Disagreement]:
    for address in sorted(filter(None, ours.missing - set(referee.missing))):
        yield Disagreement(only="driftmgr", address=address, attribute="*", before="recorded", after="missing")
    theirs = {(row.address, row.attribute) for row in referee.changed}
    for (address, attribute), (recorded, observed) in sorted(ours.changed.items(), key=lambda item: item[0]):
        if (address, attribute) not in theirs:
            yield Disagreement(only="driftmgr", address=address, attribute=attribute, before=recorded, after=observed)


def _fits(row: Disagreement, pattern: tuple[str, str]) -> bool:
    address, attribute = pattern
    named = row.address == address or fnmatchcase(row.address, address)
    return named and fnmatchcase(row.attribute, attribute)


def _without_empties(value: Any) -> Any:
    """A value in which null, ``""`` and empty collections are one and the same."""
    if isinstance(value, dict):
        kept = {key: _without_empties(member) for key, member in value.items()}
        return {key: member for key, member in kept.items() if member is not None} or None
    if isinstance(value, list):
        return [_without_empties(member) for member in value] or None
    return None if value == "" else value


def _same_json(before: Any, after: Any) -> bool:
    if not (isinstance(before, str) and isinstance(after, str)):
        return False
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 160 else f"{text[:157]}..."
