"""A CloudApi with a memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from driftmgr.clouds import ApiError
from driftmgr.clouds.cached import CachedApi
from driftmgr.model import Scope
from driftmgr.runtime.cache import SingleFlightCache

HERE = Scope(cloud="aws", account="1", region="eu-west-1")


class Cloud:
    """Two pages for every question; counts them."""

    def __init__(self, error: ApiError | None = None) -> None:
        self.calls = 0
        self.error = error

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        for page in range(2):
            self.calls += 1
            await asyncio.sleep(0)
            if self.error:
                raise self.error
            yield {"page": page, "of": (str(scope), operation, region)}


def read(
    api: CachedApi, scope: Scope = HERE, params: Mapping[str, Any] | None = None, region: str | None = None
) -> Any:
    """All pages of one question."""

    async def all_pages() -> list[dict[str, Any]]:
        return [page async for page in api.pages(scope, "svc.list", params or {}, region=region)]

    return asyncio.run(all_pages())


def test_the_same_question_is_asked_once() -> None:
    """All pages come again, in order, without a request."""
    cloud = Cloud()
    api = CachedApi(cloud, SingleFlightCache("test", 60), lambda _: "me")
    assert read(api) == read(api)
    assert [page["page"] for page in read(api)] == [0, 1]
    assert api.calls == cloud.calls == 2


@pytest.mark.parametrize(
    "other",
    [
        {"scope": Scope(cloud="aws", account="2", region="eu-west-1")},
        {"scope": Scope(cloud="aws", account="1", region="eu-west-2")},
        {"params": {"Filter": "x"}},
        {"region": "ap-south-1"},
    ],
)
def test_another_question_is_another_answer(other: dict[str, Any]) -> None:
    """Account, region and parameters keep answers apart."""
    cloud = Cloud()
    api = CachedApi(cloud, SingleFlightCache("test", 60), lambda _: "me")
    read(api)
    read(api, **other)
    assert cloud.calls == 4


def test_identities_never_see_each_others_answers() -> None:
    """The same account, read by another principal, is asked anew: it may be shown something else."""
    cache, cloud = SingleFlightCache("test", 60), Cloud()
    read(CachedApi(cloud, cache, lambda account: f"{account} as reader"))
    read(CachedApi(cloud, cache, lambda account: f"{account} as admin"))
    assert cloud.calls == 4
    read(CachedApi(cloud, cache, lambda account: f"{account} as reader"))
    assert cloud.calls == 4


def test_a_failure_is_never_remembered() -> None:
    """A call that failed is made again, and half of its pages never pass for all."""
    cloud = Cloud(ApiError("svc.list", "Throttling", "throttled", "slow down"))
    api = CachedApi(cloud, SingleFlightCache("test", 60), lambda _: "me")
    for _ in range(2):
        with pytest.raises(ApiError):
            read(api)
    cloud.error = None
    assert len(read(api)) == 2


def test_not_found_is_an_answer() -> None:
    """What the cloud says is not set is not asked again, and raises the same error each time."""
    cloud = Cloud(ApiError("svc.list", "NoSuchTagSet", "unreachable", "none", not_found=True))
    api = CachedApi(cloud, SingleFlightCache("test", 60), lambda _: "me")
    for _ in range(3):
        with pytest.raises(ApiError) as caught:
            read(api)
        assert (caught.value.code, caught.value.not_found) == ("NoSuchTagSet", True)
    assert cloud.calls == 1
