"""A fault-injecting HTTP proxy in front of an emulator: what networks and clouds do to a request, on purpose.

It listens on a loopback port, asks ``choose`` about every request, and forwards it or does the fault. Error bodies are
in the protocol of the request's service, as AWS documents them.
"""

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self

import msgspec

_XML = 'xmlns="http://example.amazonaws.com/doc/"'


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came in; ``number`` counts them from 1, ``service`` is the one it was signed for."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    raw_head: bytes

    @property
    def service(self) -> str:
        found = re.search(r"Credential=([^,]+)", self.headers.get("authorization", ""))
        parts = found[1].split("/") if found else []
        return parts[3] if len(parts) > 3 else ""

    @property
    def protocol(self) -> str:
        """json, query, ec2, rest-xml or rest-json."""
        if "x-amz-target" in self.headers:
            return "json"
        if "x-www-form-urlencoded" in self.headers.get("content-type", ""):
            return "ec2" if self.service == "ec2" else "query"
        return "rest-xml" if self.service in {"s3", "route53", "cloudfront"} else "rest-json"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the proxy sends instead of forwarding: an error of the cloud."""

    status: int
    code: str
    headers: tuple[tuple[str, str], ...] = ()


class Bad(msgspec.Struct, frozen=True, kw_only=True):
    """What happens on the way.

    ``reset``; ``cut``: half the body, then close; ``halved``: half the body as if it were all; ``empty``; ``page``: a
    web page with status 200; ``late`` by ``seconds``; ``drip``: a byte per ``seconds``.
    """

    what: str
    seconds: float = 0.0


Fault = Answer | Bad
Choose = Callable[[Request], Fault | None]


def no_fault(_: Request) -> None:
    """Forward every request as it is."""


def first_of(service: str, *faults: Callable[[Request], Fault]) -> Choose:
    """The first requests to a service meet these faults in turn, all others none."""
    pending = list(faults)

    def choose(request: Request) -> Fault | None:
        return pending.pop(0)(request) if request.service == service and pending else None

    return choose


def throttle(request: Request, retry_after: int | None = None) -> Answer:
    """The throttling answer of the request's protocol."""
    status, code = {
        "json": (400, "ThrottlingException"),
        "query": (400, "Throttling"),
        "ec2": (503, "RequestLimitExceeded"),
        "rest-xml": (503, "SlowDown"),
        "rest-json": (429, "TooManyRequestsException"),
    }[request.protocol]
    return Answer(status=status, code=code, headers=(("Retry-After", str(retry_after)),) if retry_after else ())


def expired() -> Answer:
    """What an expired session token meets."""
    return Answer(status=403, code="ExpiredToken")


def skewed(seconds: float) -> Answer:
    """What a machine meets whose clock is behind by this much."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    return Answer(status=403, code="SignatureDoesNotMatch", headers=(("Date", date),))


def error_body(protocol: str, code: str) -> tuple[str, bytes]:
    """Content type and body of an error, by protocol."""
    message = f"{code} by the fault proxy"
    detail = f"<Code>{code}</Code><Message>{message}</Message>"
    query = f"<ErrorResponse {_XML}><Error><Type>Sender</Type>{detail}</Error><RequestId>1</RequestId></ErrorResponse>"
    ec2 = f"<Response><Errors><Error>{detail}</Error></Errors><RequestID>1</RequestID></Response>"
    bodies = {
        "json": ("application/x-amz-json-1.1", f'{{"__type":"com.amazonaws#{code}","message":"{message}"}}'),
        "rest-json": ("application/json", f'{{"message":"{message}"}}'),
        "query": ("text/xml", query),
        "ec2": ("text/xml", ec2),
        "rest-xml": ("application/xml", f"<Error>{detail}</Error>"),
    }
    kind, text = bodies[protocol]
    return kind, text.encode()


class FaultProxy:
    """A running proxy; a context manager. ``requests`` are all that came in, in order."""

    def __init__(self, upstream_port: int) -> None:
        self.choose: Choose = no_fault
        self.requests: list[Request] = []
        self._upstream = upstream_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def calm(self, choose: Choose = no_fault) -> None:
        """Forget all requests, and do these faults from now on."""
        self.requests = []
        self.choose = choose

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await self._read(reader)
            fault = self.choose(request)
            if isinstance(fault, Answer):
                writer.write(_error(request, fault))
            elif isinstance(fault, Bad):
                await self._misbehave(fault, request, writer)
            else:
                head, body = await self._forward(request)
                writer.write(_whole(head, body))
            await writer.drain()
        with contextlib.suppress(ConnectionError):
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(
            number=len(self.requests) + 1, method=method, path=path, headers=headers, body=body, raw_head=head
        )
        self.requests.append(request)
        return request

    async def _forward(self, request: Request) -> tuple[bytes, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", request.raw_head)
            writer.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + request.body)
            answer = await reader.read()
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return head, body

    async def _misbehave(self, fault: Bad, request: Request, writer: asyncio.StreamWriter) -> None:
        if fault.what == "reset":
            _reset(writer)
            return
        if fault.what == "late":
            await asyncio.sleep(fault.seconds)
        head, body = await self._forward(request)
        half = body[: len(body) // 2]
        if fault.what == "cut":
            writer.write(_whole(head, body)[: -(len(body) - len(half)) or None])
        elif fault.what == "drip":
            for byte in _whole(head, body):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(fault.seconds)
        else:
            page = b"<!DOCTYPE html><html><body><p>Please sign in to the network.</p></body></html>"
            bodies = {"halved": half, "empty": b"", "page": page, "late": body}
            writer.write(_whole(head, bodies[fault.what]))


def _whole(head: bytes, body: bytes) -> bytes:
    """An answer with the length of this body, on a connection that ends with it."""
    kept = [
        line for line in head.split(b"\r\n") if not re.match(rb"(?i)(content-length|connection|transfer-enc)", line)
    ]
    kept += [b"Content-Length: %d" % len(body), b"Connection: close"]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


def _error(request: Request, fault: Answer) -> bytes:
    kind, body = error_body(request.protocol, fault.code)
    headers = [("Content-Type", kind), ("x-amzn-ErrorType", fault.code), *fault.headers]
    lines = [f"HTTP/1.1 {fault.status} Fault", *(f"{name}: {value}" for name, value in headers)]
    return _whole("\r\n".join(lines).encode(), b"" if request.method == "HEAD" else body)


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
