"""Calls to the DigitalOcean API: paths, pages, error bodies, limits.

https://docs.digitalocean.com/reference/api/ (pages, rate limits, errors)
"""

import asyncio
import contextlib
import functools
import os
import re
import time
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from driftmgr.clouds.api import REASONS, ApiError, SignInError
from driftmgr.clouds.digitalocean import spaces
from driftmgr.model import Scope
from driftmgr.runtime import settings
from driftmgr.runtime.breaker import CircuitOpenError
from driftmgr.runtime.guard import Endpoint, Guard
from driftmgr.runtime.http import HttpAnswer, HttpClient, HttpStatusError, kind_of
from driftmgr.runtime.limiter import Limit
from driftmgr.telemetry import traces

ADDRESS = "https://api.digitalocean.com"
# "5,000 requests per hour per OAuth token"; "250 requests per minute": a burst of the latter, refilled at the former's
# pace. https://docs.digitalocean.com/reference/api/reference/rate-limits/
LIMIT = Limit(rate=5000 / 3600, burst=250)
IN_FLIGHT = 10
"""Ours: requests under way at once per team."""

_BRACES = re.compile(r"\{(\w+)\}")


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team that a token belongs to: its id and name, and who the token reads as."""

    id: str
    name: str
    email: str


class DigitalOceanApi:
    """``CloudApi`` for DigitalOcean, for any number of teams: a scope's account is the id of a team.

    An operation is the path of a GET; parameters fill its braces, the others are its query. One of the S3 API
    (``s3.list_buckets``) is asked of Spaces, with ``spaces_keys``, which are those of the first team. Enter it first.
    """

    def __init__(
        self,
        tokens: Mapping[str, str],
        guard: Guard | None = None,
        address: str | None = None,
        spaces_keys: spaces.SpacesKeys | None = None,
    ) -> None:
        self._tokens = dict(tokens)
        self._guard = guard or shared_guard()
        self._address = (address or os.environ.get("DIGITALOCEAN_API_URL") or ADDRESS).rstrip("/")
        self._client = HttpClient(self._guard, headers={"Accept": "application/json"})
        self._under_way: dict[str, asyncio.Semaphore] = {}
        self._spaces = spaces.Spaces(spaces_keys, next(iter(self._tokens), ""), self._guard)

    async def __aenter__(self) -> Self:
        """Open its connections."""
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them go."""
        self._spaces.close()
        await self._client.__aexit__(kind, error, trace)

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""
        return self._client.requests + self._spaces.calls

    async def pages(
        self,
        scope: Scope,
        operation: str,
        params: Mapping[str, Any],
        *,
        region: str | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of one GET; raises ``ApiError``. ``region`` is that of a bucket: all else has one address."""
        if not operation.startswith("/"):
            with traces.span("driftmgr.call", **{"driftmgr.operation": operation, "cloud.region": region or ""}):
                yield await self._spaces.answer(scope.account, operation, params, region)
            return
        inside = set(_BRACES.findall(operation))
        path = _BRACES.sub(lambda found: quote(str(params[found[1]]), safe=""), operation)
        query = {name: value for name, value in params.items() if name not in inside}
        with traces.span("driftmgr.call", **{"driftmgr.operation": operation}):
            while True:
                page = await self._page(scope.account, operation, path, query)
                yield page
                following = _following(page, query)
                if following is None:
                    return
                if following.items() <= query.items():
                    raise ApiError(operation, "PaginationError", "unreachable", "the same page came twice")
                query = {**query, **following}

    async def _page(self, team: str, operation: str, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        endpoint = Endpoint(provider="digitalocean", account=team, region=None, service="api")
        gate = self._under_way.setdefault(team, asyncio.Semaphore(IN_FLIGHT))
        headers = {"Authorization": f"Bearer {self._tokens[team]}"}
        bucket = self._guard.bucket(endpoint, operation)

        def mind(answer: HttpAnswer) -> None:
            # A token may be used by others, too: what the answers say counts, not what we sent.
            if answer.headers.get("ratelimit-remaining") == "0" and (reset := answer.headers.get("ratelimit-reset")):
                with contextlib.suppress(ValueError):
                    bucket.close(max(0.0, float(reset) - time.time()))

        try:
            answer = await self._client.request(
                endpoint,
                operation,
                "GET",
                f"{self._address}{path}",
                params=query,
                headers=headers,
                gate=gate,
                on_answer=mind,
            )
            page: dict[str, Any] = msgspec.json.decode(answer.body, type=dict[str, Any])
        except Exception as error:
            raise api_error(operation, error) from error
        return page


def _following(page: Mapping[str, Any], query: Mapping[str, Any]) -> dict[str, Any] | None:
    """The query of the next page. The link is not followed as it is: its host is not the one that was asked.

    Vector databases come without links: how many there are in all tells whether a page follows.
    """
    links, total = page.get("links"), page.get("total")
    if links is None and isinstance(total, int) and "per_page" in query:
        number = int(query.get("page", 1))
        return {"page": number + 1} if number * int(query["per_page"]) < total else None
    pages = links.get("pages") if isinstance(links, dict) else None
    link = pages.get("next") if isinstance(pages, dict) else None
    return dict(parse_qsl(urlsplit(link).query)) if isinstance(link, str) and link else None


def api_error(operation: str, error: BaseException) -> ApiError:
    """The error of a call that is not tried again; ``code`` is the ``id`` of the body: ``not_found``, ``forbidden``."""
    if isinstance(error, CircuitOpenError):
        last = api_error(operation, error.last) if error.last else None
        return ApiError(operation, "CircuitOpen", last.reason if last else "unreachable", str(error))
    if isinstance(error, msgspec.DecodeError):
        return ApiError(operation, "Unreadable", "unreachable", f"the answer is not the JSON of an object: {error}")
    if isinstance(error, TimeoutError):
        return ApiError(operation, "TimeoutError", "timeout", "no answer in time")
    kind = kind_of(error)
    code, message = type(error).__name__, str(error)
    if isinstance(error, HttpStatusError):
        code, message = _told(error.answer)
    return ApiError(operation, code, REASONS[kind], message, not_found=kind == "not_found")


def _told(answer: HttpAnswer) -> tuple[str, str]:
    with contextlib.suppress(msgspec.DecodeError):
        body = msgspec.json.decode(answer.body, type=dict[str, Any])
        return str(body.get("id") or answer.status), str(body.get("message") or f"HTTP {answer.status}")
    return str(answer.status), f"HTTP {answer.status}"


def limit_of(endpoint: Endpoint) -> Limit:
    """The limit of an endpoint."""
    return spaces.LIMIT if endpoint.service == "spaces" else LIMIT


@functools.cache
def shared_guard() -> Guard:
    """The guard of this process for all that it asks of DigitalOcean; raises ``DriftMgrError`` for a bad setting."""
    policy = settings.retry_policy(os.environ)
    return Guard(limit_of, policy=policy, breakers=settings.breaker_policies(os.environ))


async def team_of(token: str, which: str) -> Team:
    """The team of a token; ``which`` is how messages name the token. Raises ``SignInError`` telling what to do."""
    scope = Scope(cloud="digitalocean", account=which)
    try:
        async with DigitalOceanApi({which: token}) as api:
            (page,) = [page async for page in api.pages(scope, "/v2/account", {})]
    except ApiError as error:
        if error.reason == "denied":
            raise SignInError(
                f"DigitalOcean refused the token of {which}: {error.message}",
                error.reason,
                hint="make a new one with read scopes (account:read is always needed)",
            ) from error
        raise SignInError(
            f"DigitalOcean cannot be reached: {error.message}",
            error.reason,
            hint="check the network and DIGITALOCEAN_API_URL",
        ) from error
    account = page.get("account") or {}
    team = account.get("team") or {}
    return Team(
        id=str(team.get("uuid") or account.get("uuid") or which),
        name=str(team.get("name") or account.get("name") or ""),
        email=str(account.get("email") or ""),
    )
