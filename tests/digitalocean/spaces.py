"""Simulated Spaces: moto's S3 behind a small proxy that knows Spaces' host names and remembers every write.

The provider asks ``http://BUCKET.REGION.HOST/KEY`` through it (``HTTP_PROXY``); a client of our own may ask it itself,
``http://127.0.0.1:PORT/REGION/BUCKET/KEY``. All buckets are in one region, ``HOME``. A recording
keeps the writes; loading it makes them again.
"""

import asyncio
import http.client
import threading
from typing import Any, Self

import aiohttp
from aiohttp import web
from yarl import URL

from conformance.emulator import Emulator

HOST = "spaces.example"
HOME = "nyc3"
ENDPOINT = f"http://{{{{.Region}}}}.{HOST}"
"""What the provider's ``spaces_endpoint`` says; the name is never looked up."""
_SIGNED = "AWS4-HMAC-SHA256 Credential=testing/20261101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
_DROPPED = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "proxy-connection",
    "accept-encoding",
    "expect",
}
_KEPT = ("content-type", "content-disposition", "content-encoding", "content-language", "cache-control", "x-amz-")
_NOT_KEPT = ("x-amz-date", "x-amz-content-sha256", "x-amz-security-token")

_NO_BUCKETS = "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"

Write = dict[str, Any]


class Spaces:
    """The running proxy; a context manager. ``writes`` are all requests that changed something, in order."""

    def __init__(self, emulator: Emulator) -> None:
        self.writes: list[Write] = []
        self.refused = False
        self._emulator = emulator
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        """Where it listens: a proxy's address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def endpoint(self) -> str:
        """The template of its S3 endpoints, with region and bucket in the path."""
        return f"{self.url}/{{{{.Region}}}}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def client(self) -> Any:
        """A botocore client, to change things behind Terraform's back."""
        return self._emulator.client("s3")

    def load(self, writes: list[Write]) -> None:
        """Hold exactly what these writes make."""
        self._emulator.reset()
        self.writes, self.refused = [], False
        for write in writes:
            self._write(write)

    def _write(self, write: Write) -> None:
        """Plain HTTP: ``urllib`` would add a content type, and so change an object."""
        connection = http.client.HTTPConnection("127.0.0.1", self._emulator.port, timeout=30)
        headers = {"Authorization": _SIGNED, **write["headers"]}
        connection.request(write["method"], write["path"], body=write["body"].encode(), headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{write['method']} {write['path']}: {answer.status} {text!r}")

    async def _start(self) -> None:
        self._client = aiohttp.ClientSession(auto_decompress=False)
        application = web.Application(client_max_size=64 * 1024**2)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        assert self._runner is not None
        assert self._client is not None
        await self._runner.cleanup()
        await self._client.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        assert self._client is not None
        region, path = _place(request)
        body = await request.read()
        if self.refused:
            return web.Response(status=403, content_type="application/xml", text=_error("InvalidAccessKeyId"))
        if region != HOME and not path.strip("/"):
            return web.Response(content_type="application/xml", text=_NO_BUCKETS)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _DROPPED}
        url = URL(self._emulator.url + path, encoded=True)
        # A content type that the writer did not send would be set on the object.
        unsent = () if "Content-Type" in request.headers else ("Content-Type",)
        async with self._client.request(
            request.method, url, headers=headers, data=body or None, skip_auto_headers=unsent
        ) as answer:
            text = await answer.read()
            if request.method not in {"GET", "HEAD"} and answer.status < 400:
                self.writes.append(_written(request, path, body))
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _DROPPED}
            if request.method == "HEAD":
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, headers=kept, body=text)


def _place(request: web.Request) -> tuple[str, str]:
    """The region that is asked, and path and query with the bucket in front, wherever they stood."""
    path = request.rel_url.raw_path_qs
    host = request.host.partition(":")[0]
    if host.endswith(f".{HOST}"):
        bucket, _, region = host.removesuffix(f".{HOST}").rpartition(".")
        return region, f"/{bucket}{path}" if bucket else path
    region, _, rest = path.removeprefix("/").partition("/")
    return region, f"/{rest}"


def _error(code: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"


def _written(request: web.Request, path: str, body: bytes) -> Write:
    names = [name for name in request.headers if name.lower().startswith(_KEPT)]
    headers = {name.lower(): request.headers[name] for name in names if name.lower() not in _NOT_KEPT}
    return {"method": request.method, "path": path, "headers": headers, "body": body.decode()}
