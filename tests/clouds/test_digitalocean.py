"""The client of the DigitalOcean API, against a server that answers as the API documents it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from driftmgr.clouds import ApiError
from driftmgr.clouds.digitalocean import DigitalOceanApi, Team
from driftmgr.clouds.digitalocean import api as module
from driftmgr.clouds.digitalocean.api import LIMIT
from driftmgr.clouds.digitalocean.spaces import stored_key
from driftmgr.model import DriftMgrError, Scope
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.retry import RetryPolicy
from runtime.clock import Clock

SCOPE = Scope(cloud="digitalocean", account="team-1")
NOT_FOUND = 404
Handler = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[tuple[DigitalOceanApi, list[float]]]:
    """The client of a server, and how long its guard wanted to sleep each time."""
    clock, slept = Clock(), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await clock.sleep(seconds)

    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    guard = Guard(lambda _: LIMIT, policy=RetryPolicy(attempts=3), now=clock.now, sleep=sleep)
    try:
        async with DigitalOceanApi({"team-1": "secret"}, guard, f"http://127.0.0.1:{port}") as api:
            yield api, slept
    finally:
        await runner.cleanup()


def ask(
    handler: Handler, operation: str = "/v2/things", params: Mapping[str, Any] | None = None
) -> tuple[list[dict[str, Any]], list[float], int]:
    """All pages of an operation, the waits, and the requests that were sent."""

    async def run() -> tuple[list[dict[str, Any]], list[float], int]:
        async with answering(handler) as (api, slept):
            pages = [page async for page in api.pages(SCOPE, operation, params or {})]
            return pages, slept, api.calls

    return asyncio.run(run())


def failure(handler: Handler) -> ApiError:
    """The error that asking ends with."""
    with pytest.raises(ApiError) as caught:
        ask(handler)
    return caught.value


def test_pages_are_followed_by_their_query_alone() -> None:
    """Every page is read; the host of the link is never asked, the token goes with each request."""
    seen: list[tuple[str, str | None]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.path_qs, request.headers.get("Authorization")))
        number = int(request.query.get("page", "1"))
        following = {"next": f"https://elsewhere.example/v2/things?page={number + 1}&per_page=200"}
        return web.json_response({"things": [number], "links": {"pages": following if number < 3 else {}}})

    pages, _, calls = ask(handler, params={"per_page": 200})
    assert [page["things"] for page in pages] == [[1], [2], [3]]
    assert seen[0] == ("/v2/things?per_page=200", "Bearer secret")
    assert seen[2] == ("/v2/things?per_page=200&page=3", "Bearer secret")
    assert calls == 3


def test_pages_without_links_are_counted() -> None:
    """An answer that says how many there are in all, and links nowhere, is followed until all have come."""
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        number, size = int(request.query.get("page", 1)), int(request.query["per_page"])
        held = list(range(5))[(number - 1) * size : number * size]
        return web.json_response({"things": held, "total": 5})

    pages, _, _ = ask(handler, params={"per_page": 2})
    assert [page["things"] for page in pages] == [[0, 1], [2, 3], [4]]
    assert asked == [{"per_page": "2"}, {"per_page": "2", "page": "2"}, {"per_page": "2", "page": "3"}]


def test_a_page_that_comes_twice_is_an_error() -> None:
    """A link that leads nowhere new ends the call instead of running for ever."""

    async def handler(_: web.Request) -> web.Response:
        return web.json_response({"links": {"pages": {"next": "https://x.example/?page=2"}}})

    assert failure(handler).code == "PaginationError"


def test_parameters_fill_the_path_or_make_the_query() -> None:
    """What the braces name is quoted into the path, the rest is the query."""
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.json_response({})

    ask(handler, "/v2/domains/{domain}/records", {"domain": "a/b.example", "type": "A"})
    assert asked == ["/v2/domains/a%2Fb.example/records?type=A"]


@pytest.mark.parametrize(
    ("status", "identity", "reason", "requests"),
    [
        (401, "Unauthorized", "denied", 1),
        (403, "Forbidden", "denied", 1),
        (404, "not_found", "unreachable", 1),
        (422, "unprocessable_entity", "unreachable", 1),
        (429, "too_many_requests", "throttled", 3),
        (500, "server_error", "unreachable", 3),
        (503, "service_unavailable", "unreachable", 3),
    ],
)
def test_an_error_keeps_its_code_and_makes_its_gap(status: int, identity: str, reason: str, requests: int) -> None:
    """The body's id is the code; only throttling and failures of the server are asked again."""
    sent: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        sent.append(request.path)
        return web.json_response({"id": identity, "message": "why"}, status=status)

    error = failure(handler)
    assert (error.code, error.reason, error.not_found, error.message) == (identity, reason, status == NOT_FOUND, "why")
    assert len(sent) == requests


def test_retry_after_is_obeyed() -> None:
    """A throttled request is sent again no earlier than the answer asks for, and then answered."""
    sent: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        sent.append(request.path)
        if len(sent) == 1:
            return web.json_response({"id": "too_many_requests"}, status=429, headers={"Retry-After": "7"})
        return web.json_response({"things": []})

    pages, slept, _ = ask(handler)
    assert pages == [{"things": []}]
    assert max(slept) >= 7


def test_a_quota_that_is_used_up_closes_the_bucket() -> None:
    """When the headers say that nothing is left, the next request waits for the reset without being refused first."""

    async def run() -> list[float]:
        async def handler(_: web.Request) -> web.Response:
            reset = str(time.time() + 30)
            return web.json_response({}, headers={"ratelimit-remaining": "0", "ratelimit-reset": reset})

        async with answering(handler) as (api, slept):
            for _ in range(2):
                _pages = [page async for page in api.pages(SCOPE, "/v2/things", {})]
            return slept

    assert any(25 < seconds <= 30 for seconds in asyncio.run(run()))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"things": '])
def test_an_answer_that_is_no_object_is_a_gap(body: bytes) -> None:
    """Broken and foreign bodies are told as such, never read as an empty list."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    error = failure(handler)
    assert (error.code, error.reason) == ("Unreadable", "unreachable")


def test_the_team_of_a_token_is_told_by_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The team's id is what scopes are named by; a refused token says which one and what to do."""

    async def handler(request: web.Request) -> web.Response:
        if request.headers["Authorization"] != "Bearer good":
            return web.json_response({"id": "Unauthorized", "message": "Unable to authenticate you"}, status=401)
        team = {"uuid": "u-1", "name": "ops"}
        return web.json_response({"account": {"email": "a@b.example", "uuid": "me", "team": team}})

    async def run() -> Team:
        async with answering(handler) as (api, _):
            monkeypatch.setenv("DIGITALOCEAN_API_URL", api._address)  # where the server listens
            found = await module.team_of("good", "DIGITALOCEAN_TOKEN")
            with pytest.raises(DriftMgrError, match="refused the token of OTHER: Unable to authenticate you"):
                await module.team_of("bad", "OTHER")
            return found

    assert asyncio.run(run()) == Team(id="u-1", name="ops", email="a@b.example")


@pytest.mark.parametrize(
    ("key", "stored"),
    [
        ("index.html", "index.html"),
        ("/index.html", "index.html"),
        ("a//b/./c/../d", "a/b/d"),
        ("folder/", "folder/"),
        ("//folder//", "folder/"),
        ("../up", "up"),
    ],
)
def test_a_key_is_that_under_which_the_provider_stores_an_object(key: str, stored: str) -> None:
    """What the provider's SDK cleans out of the path of a request is no part of the key either."""
    assert stored_key(key) == stored
