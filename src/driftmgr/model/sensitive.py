"""Which paths a state calls sensitive (``ResourceInstance.sensitive``)."""

import re
from collections.abc import Callable, Iterable

_PLACE = re.compile(r"\[\d+\]")


def hidden_paths(sensitive: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path lies in, or holds, one of the recorded sensitive paths.

    An element's place differs on the two sides, so a secret in one element hides its like in all.
    """
    secrets = tuple(_PLACE.sub("[]", path) for path in sensitive)

    def hides(path: str) -> bool:
        bare = _PLACE.sub("[]", path)
        return any(_covers(secret, bare) or _covers(bare, secret) for secret in secrets)

    return hides


def _covers(outer: str, inner: str) -> bool:
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in ".[")
