"""The value of a provider's configuration, from what a person or HCL wrote."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from driftmgr.catalog.schema import AttributeSchema, Block, BlockType, CtyType
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.normal import empty_object
from driftmgr.provider.schema import TypeSchema, attribute_type
from driftmgr.provider.values import Dynamic

_BOOLEANS = {"true": True, "false": False}


def configuration_value(schema: TypeSchema, given: Mapping[str, Any]) -> dict[str, Any]:
    """The complete value: every attribute present, null where nothing is given, as its type asks for.

    Nested blocks are given as one mapping or a list of them. Raises ``ProviderError`` naming what does not fit.
    """
    return _block(schema.block, given, "")


def _block(block: Block, given: Mapping[str, Any], path: str) -> dict[str, Any]:
    unknown = sorted(given.keys() - block.attributes.keys() - block.block_types.keys())
    if unknown:
        raise ProviderError(
            f"the provider's configuration has no {path}{unknown[0]}",
            hint="compare it with the documentation of the installed version",
            reason="unsupported",
        )
    made = empty_object(block)
    for name, attribute in block.attributes.items():
        made[name] = _attribute(attribute, given.get(name), f"{path}{name}")
    for name, nested in block.block_types.items():
        if given.get(name) is not None:
            made[name] = _nested(nested, given[name], f"{path}{name}")
    return made


def _attribute(attribute: AttributeSchema, given: Any, path: str) -> Any:
    if given is None or attribute.nested_type is None:
        return _converted(attribute_type(attribute), given, path)
    inner = Block(attributes=attribute.nested_type.attributes)
    return _nested(BlockType(block=inner, nesting_mode=attribute.nested_type.nesting_mode), given, path)


def _nested(nested: BlockType, given: Any, path: str) -> Any:
    if nested.nesting_mode == "map" and isinstance(given, Mapping):
        return {key: _block(nested.block, item, f"{path}.{key}.") for key, item in given.items()}
    items = given if isinstance(given, list) else [given]
    if not all(isinstance(item, Mapping) for item in items):
        raise _misfit(path, "a block")
    made = [_block(nested.block, item, f"{path}.") for item in items]
    if nested.nesting_mode in {"list", "set"}:
        return made
    if len(made) != 1:
        raise _misfit(path, "one block")
    return made[0]


def _converted(kind: CtyType, given: Any, path: str) -> Any:
    if given is None:
        return None
    if isinstance(kind, str):
        return _leaf(kind, given, path)
    if kind[0] in {"list", "set"} and isinstance(given, list):
        return [_converted(kind[1], item, f"{path}[{place}]") for place, item in enumerate(given)]
    if kind[0] == "map" and isinstance(given, Mapping):
        return {key: _converted(kind[1], item, f"{path}.{key}") for key, item in given.items()}
    if kind[0] == "object" and isinstance(given, Mapping):
        return {name: _converted(member, given.get(name), f"{path}.{name}") for name, member in kind[1].items()}
    raise _misfit(path, f"a {kind[0]}")


def _leaf(kind: str, given: Any, path: str) -> Any:
    # Terraform converts between text, numbers and booleans.
    if kind == "dynamic":
        return Dynamic("bool" if isinstance(given, bool) else "string" if isinstance(given, str) else "number", given)
    if kind == "bool":
        value = _BOOLEANS.get(given, given) if isinstance(given, str) else given
        if isinstance(value, bool):
            return value
    elif kind == "string":
        if isinstance(given, bool):
            return "true" if given else "false"
        if isinstance(given, str | int | Decimal):
            return str(given)
    elif not isinstance(given, bool) and isinstance(given, str | int | float | Decimal):
        try:
            return Decimal(str(given))
        except InvalidOperation as error:
            raise _misfit(path, "a number") from error
    raise _misfit(path, f"a {kind}")


def _misfit(path: str, wanted: str) -> ProviderError:
    # Without the value: it may be a secret.
    return ProviderError(f"the provider's configuration: {path} must be {wanted}", reason="unsupported")
