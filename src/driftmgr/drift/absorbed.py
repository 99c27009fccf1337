"""What went past Terraform: a change that its state has taken in, and that neither configuration nor team asked for.

After one ``terraform apply``, or ``apply -refresh-only``, an out-of-band value that the configuration does not set
stands in the state too: state and cloud agree, and nobody tells of it again. Only what the team accepted shows it.

The state is the recorded side of both comparisons, that with the cloud and that with the accepted attributes: the same
rules hold for both, and a path means the same place in both.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.drift.companions import rest
from driftmgr.drift.compare import Comparator
from driftmgr.drift.match import ObjectIndex, match, object_key
from driftmgr.drift.traits import Traits, traits_of
from driftmgr.model import AcceptedObject, AttributeChange, RemoteObject, ResourceAddress, ResourceInstance

Sets = Callable[[ResourceInstance, str], bool | None]
"""Whether the configuration of an instance sets what the path of a change begins with; ``None`` where nobody knows."""

Written = Callable[[ResourceInstance, str], tuple[Any, ...]]
"""The value that the configuration of an instance writes down for an attribute, alone in a tuple; an empty one where
nobody knows it."""

Declares = Callable[[ResourceInstance], bool | None]
"""Whether the configuration has a resource for an instance that its state has lost; ``None`` where nobody knows."""

SET_BY_CONFIGURATION = "set_by_configuration"
ACCEPTED = "accepted"

_STEP = re.compile(r"[.\[]")
_ELEMENT = re.compile(r"\[\d+\]\Z")


def unknown(*_: object) -> None:
    """The answer without a configuration."""


def unwritten(*_: object) -> tuple[Any, ...]:
    """The value without a configuration."""
    return ()


class Accepted:
    """What the team accepted, and what the configuration says of it.

    ``states`` are the states that a scan has read, by the name of their source: lineage, or that name for a state
    without one. An instance that such a state has lost is told; one of a state that was not read is not asked about.
    """

    def __init__(
        self,
        objects: Iterable[AcceptedObject],
        states: Mapping[str, str],
        *,
        sets: Sets = unknown,
        written: Written = unwritten,
        declares: Declares = unknown,
    ) -> None:
        self._objects = {(found.type, found.id, found.scope): found for found in objects}
        self._states = states
        self._sets = sets
        self._written = written
        self._declares = declares

    def instance(self, found: RemoteObject) -> AcceptedObject | None:
        """How a managed object was when it was accepted."""
        kept = self._objects.get(object_key(found))
        return kept if kept and kept.address else None

    def unmanaged(self, found: RemoteObject) -> AcceptedObject | None:
        """How an unmanaged object was when it was accepted as one."""
        kept = self._objects.get(object_key(found))
        return kept if kept and not kept.address else None

    def changes(  # noqa: PLR0913  # the three sides, and how to compare them
        self,
        kept: AcceptedObject,
        instance: ResourceInstance,
        recorded: Mapping[str, Any],
        found: RemoteObject,
        told: Sequence[AttributeChange],
        *,
        comparator: Comparator,
        skip: Mapping[str, str],
        added: Mapping[str, frozenset[str]],
    ) -> tuple[AttributeChange, ...]:
        """What state and cloud agree on and the team did not accept; ``told`` are their own differences.

        ``skip`` are the attributes that are not compared here, ``added`` is what others put into lists.

        ``recorded`` of such a change is the accepted value, ``observed`` that of state and cloud. What the
        configuration sets is no drift, but of class ``ignored``, for it may be what was just applied, unless it still
        writes down what was accepted.
        """
        # An attribute that could not be read now may have any value.
        accepted = {name: value for name, value in kept.attributes.items() if name in found.attributes}
        mine = {**recorded, **{name: rest(recorded, name, theirs) for name, theirs in added.items()}}
        accepted |= {name: rest(accepted, name, theirs) for name, theirs in added.items() if name in accepted}
        skip = {name: rule for name, rule in skip.items() if name not in added}
        sensitive = (*instance.sensitive, *kept.sensitive)
        since = comparator.compare(mine, accepted, skip=skip, sensitive=sensitive)
        drift = [change for change in told if change.classification == "drift"]

        def asked_for(change: AttributeChange) -> bool:
            name = _STEP.split(change.path)[0]
            written = self._written(instance, name) if name in accepted else ()
            return not any(_agrees(comparator, name, value, accepted[name]) for value in written)

        return tuple(
            _absorbed(change, intended=self._sets(instance, change.path), asked_for=asked_for)
            for change in since
            if change.classification == "drift" and not any(_tells(other, change) for other in drift)
        )

    def lost(
        self, catalog: Catalog, instances: Iterable[Traits], index: ObjectIndex, types: Collection[str]
    ) -> tuple[Traits, ...]:
        """Accepted instances that neither state nor cloud has any more, though nobody took them out of the HCL."""
        known = {
            (self._states.get(item.instance.source), item.entry.name, str(item.instance.address)) for item in instances
        }
        sources = {state: source for source, state in self._states.items()}
        gone = [
            kept
            for kept in self._objects.values()
            if kept.address
            and kept.type in types
            and kept.state in sources
            and (kept.state, kept.type, kept.address) not in known
        ]
        if not gone:
            return ()
        found = traits_of((_instance(kept, sources[kept.state or ""]) for kept in gone), catalog)
        placed = (
            msgspec.structs.replace(item, account=kept.scope.account, region=kept.scope.region)
            for kept, item in zip(gone, found, strict=True)
            if self._declares(item.instance) is not False
        )
        return match(catalog, placed, index).unmatched


def _absorbed(
    change: AttributeChange, *, intended: bool | None, asked_for: Callable[[AttributeChange], bool]
) -> AttributeChange:
    explained = bool(intended) and asked_for(change)
    return msgspec.structs.replace(
        change,
        recorded=change.observed,
        observed=change.recorded,
        classification="ignored" if explained else "absorbed",
        rule=SET_BY_CONFIGURATION if explained else None,
        intended=intended,
    )


def _agrees(comparator: Comparator, name: str, written: Any, accepted: Any) -> bool:
    """Whether a configuration writes down what was accepted."""
    changes = comparator.compare({name: written}, {name: accepted})
    return all(change.classification == "representation" for change in changes)


def _instance(kept: AcceptedObject, source: str) -> ResourceInstance:
    return ResourceInstance(
        address=ResourceAddress.parse(kept.address or ""),
        provider=kept.provider,
        document=kept.document,
        sensitive=kept.sensitive,
        source=source,
    )


def _tells(told: AttributeChange, since: AttributeChange) -> bool:
    """Whether a difference of state and cloud covers one of state and accepted attributes.

    An element that the state lacks is named by its place on the other side, which is another one in each of the two
    comparisons: there the value counts.
    """
    if told.recorded is None and since.recorded is None and _ELEMENT.search(since.path):
        return _ELEMENT.sub("", told.path) == _ELEMENT.sub("", since.path) and told.observed == since.observed
    return since.path == told.path or since.path.startswith((f"{told.path}.", f"{told.path}["))
