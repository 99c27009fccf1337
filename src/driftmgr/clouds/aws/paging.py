"""Paging from botocore's data (``paginators-1.json``), one request at a time.

botocore's own iterator is a generator: a request that fails ends it, and asking it again would look like
the last page. Here each page is a request of its own that the retry policy may repeat.
"""

from collections.abc import Mapping
from typing import Any

import jmespath
import msgspec


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of one operation: parameter name to the path of its next value in an answer."""

    tokens: tuple[tuple[str, str], ...]
    more_results: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Paging":
        """Read one entry of ``paginators-1.json``."""
        names, paths = _as_list(config["input_token"]), _as_list(config["output_token"])
        return cls(tokens=tuple(zip(names, paths, strict=True)), more_results=config.get("more_results"))

    def following(self, page: Mapping[str, Any]) -> dict[str, Any] | None:
        """The parameters that ask for the page after this one; ``None`` after the last."""
        if self.more_results and not jmespath.search(self.more_results, page):
            return None
        found = {name: jmespath.search(path, page) for name, path in self.tokens}
        following = {name: value for name, value in found.items() if value}
        return following or None


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
