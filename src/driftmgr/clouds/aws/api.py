"""Calls to AWS: paging by botocore; limits, breakers, retries and concurrency by us.

botocore is synchronous; each request runs on a thread of a bounded pool, and the event loop decides
which requests run: that keeps every credential source botocore knows, with no second SDK.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from driftmgr.clouds.api import ApiError
from driftmgr.clouds.aws import limits
from driftmgr.clouds.aws.asking import THREADS, shared_guard
from driftmgr.clouds.aws.errors import api_error, verdict_of
from driftmgr.clouds.aws.session import AwsAccount, AwsSession, home_region
from driftmgr.model import Scope
from driftmgr.runtime.guard import Endpoint, Guard
from driftmgr.telemetry import traces


class AwsApi:
    """``CloudApi`` for AWS. Create it inside a running event loop; close it when the scan ends."""

    def __init__(self, session: AwsSession, accounts: Mapping[str, AwsAccount], guard: Guard | None = None) -> None:
        self._session = session
        self._accounts = accounts
        self._guard = guard or shared_guard()
        self._under_way: dict[Endpoint, asyncio.Semaphore] = {}
        self._calls = 0

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""
        return self._calls

    def close(self) -> None:
        """Let the connections go; requests under way are not waited for."""
        self._session.close()

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of one operation (``ec2.describe_vpcs``); raises ``ApiError``."""
        service, method = operation.split(".")
        account = self._accounts[scope.account]
        asked = region or scope.region or home_region(account.partition)
        endpoint = Endpoint(provider="aws", account=scope.account, region=asked, service=service)
        try:
            client = await THREADS.run(lambda: self._session.client(account, service, asked))
        except Exception as error:
            raise api_error(operation, error) from error
        paging = self._session.paging(service, operation_name(client, method))
        with traces.span("driftmgr.call", **{"driftmgr.operation": operation, "cloud.region": asked}):
            tokens: dict[str, Any] | None = {}
            while tokens is not None:
                send = functools.partial(getattr(client, method), **{**params, **tokens})
                page = await self._request(endpoint, operation, send)
                yield page
                following = paging.following(page) if paging else None
                if following is not None and following == tokens:
                    raise ApiError(operation, "PaginationError", "unreachable", "the same page token came twice")
                tokens = following

    async def _request(self, endpoint: Endpoint, operation: str, send: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        in_flight = limits.IN_FLIGHT.get(endpoint.service, limits.IN_FLIGHT_DEFAULT)
        gate = self._under_way.setdefault(endpoint, asyncio.Semaphore(in_flight))

        async def once() -> dict[str, Any]:
            self._calls += 1
            return await THREADS.run(send)

        try:
            return await self._guard.call(endpoint, operation, once, verdict_of, gate)
        except Exception as error:
            raise api_error(operation, error) from error


def operation_name(client: Any, method: str) -> str:
    """The API's name of a client method: ``DescribeVpcs`` for ``describe_vpcs``."""
    name: str = client.meta.method_to_api_mapping[method]
    return name
