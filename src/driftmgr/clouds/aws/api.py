"""Calls to AWS: paging by botocore, retries and concurrency by us.

botocore is synchronous; each request runs on a thread of a bounded pool, and the event loop decides
which requests run: that keeps every credential source botocore knows, with no second SDK.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from driftmgr.clouds.api import ApiError
from driftmgr.clouds.aws import limits
from driftmgr.clouds.aws.errors import api_error, kind_of
from driftmgr.clouds.aws.session import AwsAccount, AwsSession, home_region
from driftmgr.model import Scope
from driftmgr.runtime.retry import RetryPolicy


class AwsApi:
    """``CloudApi`` for AWS. Create it inside a running event loop; close it when the scan ends."""

    def __init__(
        self, session: AwsSession, accounts: Mapping[str, AwsAccount], policy: RetryPolicy | None = None
    ) -> None:
        self._session = session
        self._accounts = accounts
        self._policy = policy or RetryPolicy()
        self._threads = ThreadPoolExecutor(limits.IN_FLIGHT_PER_PROCESS, thread_name_prefix="aws")
        self._under_way: dict[tuple[str, str, str], asyncio.Semaphore] = {}
        self._calls = 0

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""
        return self._calls

    def close(self) -> None:
        """Let the threads go; requests under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of one operation (``ec2.describe_vpcs``); raises ``ApiError``."""
        service, method = operation.split(".")
        account = self._accounts[scope.account]
        asked = region or scope.region or home_region(account.partition)
        gate = self._under_way.setdefault(
            (scope.account, service, asked), asyncio.Semaphore(limits.IN_FLIGHT.get(service, limits.IN_FLIGHT_DEFAULT))
        )
        client = await self._on_thread(operation, lambda: self._session.client(account, service, asked))
        paging = self._session.paging(service, operation_name(client, method))
        tokens: dict[str, Any] | None = {}
        while tokens is not None:
            send = functools.partial(getattr(client, method), **params, **tokens)
            page = await self._request(operation, gate, send)
            yield page
            following = paging.following(page) if paging else None
            if following is not None and following == tokens:
                raise ApiError(operation, "PaginationError", "unreachable", "the same page token came twice")
            tokens = following

    async def _request(
        self, operation: str, gate: asyncio.Semaphore, send: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        async def once() -> dict[str, Any]:
            async with gate:
                self._calls += 1
                return await asyncio.get_running_loop().run_in_executor(self._threads, send)

        try:
            return await self._policy.run(once, retryable=_retryable)
        except Exception as error:
            raise api_error(operation, error) from error

    async def _on_thread(self, operation: str, work: Callable[[], Any]) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except Exception as error:
            raise api_error(operation, error) from error


def operation_name(client: Any, method: str) -> str:
    """The API's name of a client method: ``DescribeVpcs`` for ``describe_vpcs``."""
    name: str = client.meta.method_to_api_mapping[method]
    return name


def _retryable(error: BaseException) -> bool:
    return isinstance(error, Exception) and kind_of(error) in {"throttle", "transient"}
