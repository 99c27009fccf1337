"""The words that changes are made of."""

from collections.abc import Callable
from typing import Any

from digitalocean.cloud import Cloud

Row = tuple[str, str, str]
"""Kind of the drift; address, or the type of an unmanaged object; attribute, or nothing."""

Change = Callable[[Cloud], object]
Case = tuple[str, Change, set[Row]]
"""Family of the recording; what is done to the cloud; what the report then says."""


def place(cloud: Cloud, collection: str, **members: Any) -> str:
    """The path of the one stored object that has these members."""
    (path,) = (
        path
        for path in cloud.paths_of(collection)
        if all(cloud.stored(path).get(name) == value for name, value in members.items())
    )
    return path


def changed(collection: str, named: str, /, **members: Any) -> Change:
    """Set members of the object with a name."""
    return lambda cloud: cloud.change(place(cloud, collection, name=named), **members)


def gone(collection: str, **members: Any) -> Change:
    """Delete an object."""
    return lambda cloud: cloud.delete(place(cloud, collection, **members))


def made(collection: str, **members: Any) -> Change:
    """Create an object that no state knows."""
    return lambda cloud: cloud.create(collection, **members)
