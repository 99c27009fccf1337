"""Which differences count: first by what they say, then by asking the provider what it would do about them.

Terraform's refresh lists every difference. After it, ``PlanResourceChange`` with a configuration rebuilt from the
recorded values makes the provider itself say which of them it would act on: it knows which values mean the same to it.
Nothing is planned in earnest: the call computes, and no other call can change anything (``messages.CALLS``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from driftmgr.catalog.schema import AttributeSchema, Block, BlockType
from driftmgr.model import AttributeChange, ChangeClass
from driftmgr.provider.difference import Difference, is_nothing, matches
from driftmgr.provider.schema import TypeSchema, block_type
from driftmgr.provider.values import UNKNOWN, canonical, is_known

SENSITIVE = "(sensitive)"
NULL_OR_EMPTY = "null_or_empty"
COMPUTED_ONLY = "computed_only"
SAME_TO_THE_PROVIDER = "same_to_the_provider"

Action = Literal["actionable", "only_if_configured", "not_configured", "unclassified", "none"]
"""What the provider would do about a difference: undo it; undo it if the configuration sets the attribute (it is
optional, the cloud may choose it, and something was recorded, or nothing was); nobody knows; nothing."""

# The second holds the provider's default tags too, and which of them `tags` shows depends on the configuration alone.
_TOLD_BY = {"tags": "tags_all"}


Sides = tuple[Mapping[str, Any], Mapping[str, Any]]
"""All recorded and all observed values of an instance."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A difference with its class, and what the provider would do about it.

    ``name`` is the top-level attribute or block that it is in.
    """

    name: str
    change: AttributeChange
    action: Action = "none"


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider planned: with all recorded values configured, and with none that the cloud may choose."""

    configured: Mapping[str, Any]
    unconfigured: Mapping[str, Any]
    replaces: frozenset[str] = frozenset()


def needs_asking(found: Difference) -> bool:
    """Whether the provider has to be asked about a difference."""
    return not found.same_meaning


def judged(
    schema: TypeSchema,
    found: Sequence[Difference],
    read: Sides,
    answers: Answers | None,
    *,
    hides: Callable[[str], bool] = lambda _: False,
) -> tuple[Judged, ...]:
    """Every difference with its class. Without ``answers`` (the provider could not be asked) all of it counts.

    ``hides`` says of a path whether the state calls it sensitive.
    """
    return tuple(_judge(schema, item, read, answers, hides) for item in found)


def _judge(
    schema: TypeSchema, item: Difference, read: Sides, answers: Answers | None, hides: Callable[[str], bool]
) -> Judged:
    def change(classification: ChangeClass, rule: str | None, *, replaces: bool = False) -> AttributeChange:
        secret = item.sensitive or hides(item.path)
        shown = [SENSITIVE if secret and side is not None else side for side in (item.before, item.after)]
        return AttributeChange(
            path=item.path,
            recorded=shown[0],
            observed=shown[1],
            classification=classification,
            rule=rule,
            sensitive=secret,
            requires_replace=replaces,
        )

    if item.same_meaning:
        return Judged(name=item.name, change=change("representation", NULL_OR_EMPTY))
    if item.computed and not (answers and _restored(schema, item.name, read, answers)):
        return Judged(name=item.name, change=change("computed", COMPUTED_ONLY))
    if (teller := _TOLD_BY.get(item.name)) in schema.block.attributes:
        return Judged(name=item.name, change=change("representation", f"told_by_{teller}"))
    action, replaces = _action(schema, item, read, answers)
    if action == "none":
        return Judged(name=item.name, change=change("representation", SAME_TO_THE_PROVIDER))
    return Judged(name=item.name, change=change("drift", None, replaces=replaces), action=action)


def _action(schema: TypeSchema, item: Difference, read: Sides, answers: Answers | None) -> tuple[Action, bool]:
    if answers is None:
        return "unclassified", False
    kind = schema.type[1][item.name]
    recorded, observed = (side.get(item.name) for side in read)
    planned = answers.configured.get(item.name)
    # What was recorded is configured for the question: if it is not kept, not even as "known after apply", it changes.
    kept = matches(planned, observed, kind) and (planned is not UNKNOWN or is_nothing(recorded))
    kept_unconfigured = matches(answers.unconfigured.get(item.name), observed, kind)
    replaces = item.name in answers.replaces
    if not kept:
        return ("only_if_configured" if kept_unconfigured else "actionable"), replaces
    # Nothing recorded for a value that the cloud may choose was not configured for the question either, so the answer
    # does not say that both mean the same.
    # A block may be the cloud's to choose too: schemas do not tell of blocks.
    is_block = not (item.attribute.configurable or item.attribute.computed)
    chosen = item.unset and (is_block or (item.attribute.computed and item.attribute.optional))
    return ("not_configured" if chosen else "none"), False


def _restored(schema: TypeSchema, name: str, read: Sides, answers: Answers) -> bool:
    """Whether the provider would put the recorded value of a computed attribute back (labels with its defaults)."""
    kind, planned = schema.type[1][name], answers.configured.get(name)
    recorded, observed = (side.get(name) for side in read)
    return is_known(planned) and matches(planned, recorded, kind) and not matches(planned, observed, kind)


def configuration(block: Block, recorded: Mapping[str, Any], *, chosen: bool = True) -> dict[str, Any]:
    """A configuration that may have led to the recorded values: all that can be configured.

    With ``chosen=False`` without the values that the cloud may have chosen itself (optional and computed).
    """
    return _Configuration(chosen=chosen).block(block, recorded, root=True)


class _Configuration:
    def __init__(self, *, chosen: bool) -> None:
        self._chosen = chosen

    def block(self, block: Block, value: Mapping[str, Any], *, root: bool = False) -> dict[str, Any]:
        made = {name: self._attribute(attribute, value.get(name)) for name, attribute in block.attributes.items()}
        # The SDK declares id optional everywhere, yet nobody sets it.
        if root and "id" in made and block.attributes["id"].computed:
            made["id"] = None
        made |= {name: self._nested(nested, value.get(name)) for name, nested in block.block_types.items()}
        return made

    def _attribute(self, attribute: AttributeSchema, value: Any) -> Any:
        if value is None or attribute.write_only or not attribute.configurable:
            return None
        if attribute.computed and (not self._chosen or is_nothing(value)):
            return None
        if attribute.nested_type is None:
            return value
        inner = Block(attributes=attribute.nested_type.attributes)
        return self._nested(BlockType(block=inner, nesting_mode=attribute.nested_type.nesting_mode), value)

    def _nested(self, nested: BlockType, value: Any) -> Any:
        if isinstance(value, list):
            return [self.block(nested.block, item) if isinstance(item, dict) else item for item in value]
        if isinstance(value, dict) and nested.nesting_mode == "map":
            return {key: self.block(nested.block, item) for key, item in value.items()}
        return self.block(nested.block, value) if isinstance(value, dict) else value


def proposed(block: Block, prior: Mapping[str, Any] | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """The state that Terraform proposes: the configuration, and prior values where it leaves them to the provider."""
    prior = prior or {}
    made = {
        name: _proposed_attribute(attribute, prior.get(name), config.get(name))
        for name, attribute in block.attributes.items()
    }
    return made | {
        name: _proposed_nested(nested, prior.get(name), config.get(name)) for name, nested in block.block_types.items()
    }


def _proposed_attribute(attribute: AttributeSchema, prior: Any, config: Any) -> Any:
    if config is None:
        return prior if attribute.computed else None
    if attribute.nested_type is None:
        return config
    inner = Block(attributes=attribute.nested_type.attributes)
    return _proposed_nested(BlockType(block=inner, nesting_mode=attribute.nested_type.nesting_mode), prior, config)


def _proposed_nested(nested: BlockType, prior: Any, config: Any) -> Any:
    block = nested.block
    if isinstance(config, list):
        if nested.nesting_mode == "set":
            return list(_proposed_elements(block, prior or [], config))
        old = prior or []
        return [
            proposed(block, old[place] if place < len(old) else None, item) if isinstance(item, dict) else item
            for place, item in enumerate(config)
        ]
    if isinstance(config, dict) and nested.nesting_mode == "map":
        return {key: proposed(block, (prior or {}).get(key), item) for key, item in config.items()}
    return proposed(block, prior, config) if isinstance(config, dict) else config


def _proposed_elements(block: Block, prior: Sequence[Any], config: Sequence[Any]) -> Iterator[dict[str, Any]]:
    # An element of a set has no place: its prior one is the one that would be configured the same.
    kind = block_type(block)
    left = [item for item in prior if isinstance(item, dict)]
    for item in config:
        form = canonical(item, kind)
        old = next((one for one in left if canonical(_like(block, one, item), kind) == form), None)
        if old is not None:
            left.remove(old)
        yield proposed(block, old, item)


def _like(block: Block, old: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    # The old element as if it were configured, without what this configuration leaves to the provider.
    made = _Configuration(chosen=True).block(block, old)
    return {
        name: None
        if name in block.attributes and block.attributes[name].computed and config.get(name) is None
        else value
        for name, value in made.items()
    }


def changed_names(schema: TypeSchema, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The top-level attributes and blocks that differ exactly: what Terraform's refresh lists."""
    members: Mapping[str, Any] = schema.type[1]
    return tuple(
        name for name, kind in members.items() if canonical(before.get(name), kind) != canonical(after.get(name), kind)
    )
