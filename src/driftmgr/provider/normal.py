"""What Terraform does to a provider's answer before it believes it: block normalisation and checks.

https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md and, for the
rules, docs/resource-instance-change-lifecycle.md there.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.schema import AttributeSchema, Block, BlockType
from driftmgr.provider.schema import TypeSchema, block_type


def normalized(schema: TypeSchema, value: Any) -> Any:
    """The value with null list and set blocks as none and null group blocks as objects of nulls, at every depth.

    Attributes stay as they are. A protocol 6 schema with computed blocks tells null from none itself.
    """
    if value is None or schema.computed_blocks:
        return value
    return _block(schema.block, value)


def empty_object(block: Block) -> dict[str, Any]:
    """A block of which nothing is set."""
    return dict.fromkeys(block.attributes) | {name: _empty(nested) for name, nested in block.block_types.items()}


def breaches_write_only(block: Block, value: Mapping[str, Any], path: str = "") -> str | None:
    """The first write-only attribute that has a value, which no state may hold."""
    for name, attribute in block.attributes.items():
        if found := _written(attribute, value.get(name), f"{path}{name}"):
            return found
    for name, nested in block.block_types.items():
        for element in elements(value.get(name), nested.nesting_mode):
            if found := breaches_write_only(nested.block, element, f"{path}{name}."):
                return found
    return None


def _written(attribute: AttributeSchema, value: Any, path: str) -> str | None:
    if value is None:
        return None
    if attribute.write_only:
        return path
    if attribute.nested_type is not None:
        inner = Block(attributes=attribute.nested_type.attributes)
        for element in elements(value, attribute.nested_type.nesting_mode):
            if found := breaches_write_only(inner, element, f"{path}."):
                return found
    return None


def without_secrets(block: Block, value: Mapping[str, Any], mask: str) -> dict[str, Any]:
    """The value of a block with what its schema calls sensitive masked, at every depth."""
    made = dict(value)
    for name, attribute in block.attributes.items():
        if made.get(name) is not None:
            made[name] = _without_secrets(attribute, made[name], mask)
    for name, nested in block.block_types.items():
        made[name] = _each(nested, made.get(name), mask)
    return made


def _without_secrets(attribute: AttributeSchema, value: Any, mask: str) -> Any:
    if attribute.sensitive:
        return mask
    if attribute.nested_type is None:
        return value
    inner = Block(attributes=attribute.nested_type.attributes)
    return _each(BlockType(block=inner, nesting_mode=attribute.nested_type.nesting_mode), value, mask)


def _each(nested: BlockType, value: Any, mask: str) -> Any:
    if isinstance(value, list):
        return [without_secrets(nested.block, item, mask) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    if nested.nesting_mode == "map":
        return {key: without_secrets(nested.block, item, mask) for key, item in value.items()}
    return without_secrets(nested.block, value, mask)


def elements(value: Any, nesting: str) -> list[dict[str, Any]]:
    """The objects of a nested block or attribute, whatever its nesting; those that are null or unknown are none."""
    if isinstance(value, dict):
        found = list(value.values()) if nesting == "map" else [value]
    else:
        found = value if isinstance(value, list) else []
    return [element for element in found if isinstance(element, dict)]


def _empty(nested: BlockType) -> Any:
    if nested.nesting_mode in {"list", "set"}:
        return []
    if nested.nesting_mode == "map":
        return {}
    return empty_object(nested.block) if nested.nesting_mode == "group" else None


def _block(block: Block, value: Mapping[str, Any]) -> dict[str, Any]:
    normal = dict(value)
    for name, nested in block.block_types.items():
        if not _has_dynamic(block_type(nested.block)):
            normal[name] = _nested(nested, value.get(name))
    return normal


def _nested(nested: BlockType, value: Any) -> Any:
    if value is None:
        return value if nested.nesting_mode in {"single", "map"} else _empty(nested)
    if isinstance(value, list):
        return [_block(nested.block, item) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    if nested.nesting_mode == "map":
        return {key: _block(nested.block, item) if isinstance(item, dict) else item for key, item in value.items()}
    return _block(nested.block, value)


def _has_dynamic(kind: Any) -> bool:
    if isinstance(kind, str):
        return kind == "dynamic"
    inner = kind[1]
    return any(map(_has_dynamic, inner.values())) if isinstance(inner, dict) else _has_dynamic(inner)
