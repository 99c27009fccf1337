"""A draft entry for a type that the catalog lacks: what matches by name, and what is left for a person."""

from driftmgr.catalog.entry import camel_names, pascal_names
from driftmgr.catalog.schema import Block, Schemas
from driftmgr.model import DriftMgrError

_BOOKKEEPING = frozenset({"id", "tags", "tags_all", "timeouts"})


def draft(schemas: Schemas, resource_type: str, *, members: tuple[str, str, frozenset[str]] | None = None) -> str:
    """Python source of a draft. ``members`` are a list operation, the answer's list and its elements' members.

    Raises ``DriftMgrError`` for a type that the provider does not have.
    """
    if resource_type not in schemas:
        raise DriftMgrError(
            f"{resource_type}: no such resource type in {schemas.provider} {schemas.version}",
            hint="check its name in the provider's documentation",
        )
    operation, items, known = members or ("service.list_things", "Things", frozenset[str]())
    block = schemas[resource_type].block
    names = sorted(name for name in block.attributes if name not in _BOOKKEEPING)
    pascal = [name for name in names if pascal_names(name)[name] in known]
    camel = [name for name in names if name not in pascal and camel_names(name)[name] in known]
    left = [name for name in names if name not in pascal and name not in camel]
    word = resource_type.partition("_")[2].upper()
    lines = [
        f"{word} = ResourceType(",
        f'    name="{resource_type}",',
        "    criticality=LOW,",
        f'    list=aws_call("{operation}", "{items}"),',
        '    id="Id",',
        "    attributes={",
    ]
    lines += _call("pascal_names", pascal) + _call("camel_names", camel)
    lines += [f'        # "{name}": {_kind(block, name)}' for name in left]
    lines += [f'        # "{name}": nested block' for name in sorted(block.block_types) if name not in _BOOKKEEPING]
    if "tags_all" in block.attributes:
        lines.append('        "tags_all": Attribute("Tags", read=aws_tags),')
    return "\n".join([*lines, "    },", ")"])


def _call(function: str, names: list[str]) -> list[str]:
    return [f"        **{function}({', '.join(map(repr, names))}),".replace("'", '"')] if names else []


def _kind(block: Block, name: str) -> str:
    attribute = block.attributes[name]
    kind = attribute.type if isinstance(attribute.type, str) else "structure"
    return f"{kind}, {'configurable' if attribute.configurable else 'computed only'}"
