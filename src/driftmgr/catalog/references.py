"""How one resource names another: by the value of an attribute, or of an attribute inside its blocks."""

from collections.abc import Mapping
from typing import Any

MANAGED_BY_COMPANION = "managed_by_companion"
"""The rule under which an attribute that shows objects managed on their own is not compared on their parent."""


def values_at(attributes: Mapping[str, Any], path: str) -> list[Any]:
    """The values of an attribute that names one object or several; dots lead into the elements of blocks."""
    name, _, rest = path.partition(".")
    found = attributes.get(name)
    values = found if isinstance(found, list) else [found]
    if not rest:
        return values
    return [value for block in values if isinstance(block, dict) for value in values_at(block, rest)]
