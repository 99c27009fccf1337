"""A ``CloudApi`` that remembers what it was told: for scans that follow each other closely, or run at once."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from driftmgr.clouds.api import ApiError, CloudApi
from driftmgr.model import Scope
from driftmgr.runtime.cache import SingleFlightCache


class CachedApi:
    """Whole answers of another api, from a cache that any number of them may share.

    ``identity_of`` names who reads an account (never by a credential): two identities never see each other's answers,
    for a cloud shows each what it may see.
    """

    def __init__(self, api: CloudApi, cache: SingleFlightCache, identity_of: Callable[[str], str]) -> None:
        self._api = api
        self._cache = cache
        self._identity_of = identity_of

    @property
    def calls(self) -> int:
        """Requests really sent so far, retries included."""
        return self._api.calls

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of one operation; raises ``ApiError``. "Not found" is remembered, other errors are not."""

        async def ask() -> tuple[dict[str, Any], ...] | ApiError:
            try:
                return tuple([page async for page in self._api.pages(scope, operation, params, region=region)])
            except ApiError as error:
                if error.not_found:
                    return error
                raise

        identity = self._identity_of(scope.account)
        key = (identity, str(scope), region, operation, repr(sorted(params.items())))
        found = await self._cache.get(key, ask)
        if isinstance(found, ApiError):
            raise ApiError(found.operation, found.code, found.reason, found.message, not_found=True)
        for page in found:
            yield page
