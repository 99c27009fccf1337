"""The simulated DigitalOcean over HTTP, on a loopback port, in a thread of its own."""

import asyncio
import threading
from typing import Self

import msgspec
from aiohttp import web

from digitalocean.cloud import Cloud
from digitalocean.shapes import ApiError, Reply

TOKEN = "dop_v1_simulated"
_HOURLY_LIMIT = 5000
_RESET_AT = 1793525400


class Server:
    """One address for any number of teams, told apart by the token; a context manager."""

    def __init__(self) -> None:
        self.teams: dict[str, Cloud] = {TOKEN: Cloud()}
        self.port = 0
        self.public_url = ""
        """What links in answers start with, where something stands in front."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def cloud(self) -> Cloud:
        """The first team."""
        return self.teams[TOKEN]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _handle(self, request: web.Request) -> web.Response:
        cloud = self.teams.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if cloud is None:
            return self._response(ApiError(401).reply, 0)
        cloud.requests.append((request.method, request.path_qs))
        try:
            body = msgspec.json.decode(text) if (text := await request.read()) else None
        except msgspec.DecodeError:
            return self._response(ApiError(400, "The request body is no JSON.").reply, len(cloud.requests))
        base = self.public_url or f"http://{request.host}"
        reply = cloud.answer(request.method, request.path, query=request.query, body=body, base=base)
        return self._response(reply, len(cloud.requests))

    def _response(self, reply: Reply, asked: int) -> web.Response:
        headers = {
            "ratelimit-limit": str(_HOURLY_LIMIT),
            "ratelimit-remaining": str(max(0, _HOURLY_LIMIT - asked)),
            "ratelimit-reset": str(_RESET_AT),
        }
        if reply.status == 429:
            headers |= {"ratelimit-remaining": "0", "retry-after": "1"}
        if isinstance(reply.body, str):
            return web.Response(status=reply.status, headers=headers, text=reply.body, content_type="application/yaml")
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        return web.Response(
            status=reply.status, headers=headers, body=msgspec.json.encode(reply.body), content_type="application/json"
        )
