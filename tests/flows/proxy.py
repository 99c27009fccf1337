"""A proxy in front of the emulator that refuses chosen operations, as AWS would."""

import http.client
import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_HOP = frozenset({"connection", "transfer-encoding", "content-length", "date", "server"})


class Proxy:
    """Listens on a loopback port from its making until ``stop``.

    ``refusals`` gives an HTTP status and an error code by operation (``GetCallerIdentity``; for S3 the beginning of
    method and path, ``GET /bucket``), ``silent`` names operations that get no answer at all, ``bodies`` keeps what was
    asked.
    """

    def __init__(self, upstream: str) -> None:
        self.refusals: dict[str, tuple[int, str]] = {}
        self.silent: set[str] = set()
        self.bodies: dict[str, list[str]] = {}
        self.asked_in_vain, self._over = threading.Event(), threading.Event()
        self.upstream = urlsplit(upstream).netloc
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def keep_waiting(self) -> None:
        """Let the one who asks wait until this ends."""
        self.asked_in_vain.set()
        self._over.wait()

    def stop(self) -> None:
        """End it."""
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Nothing: a command that was interrupted does not wait for its answers."""


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[Proxy]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self._operation(body)
        self.proxy.bodies.setdefault(operation, []).append(body.decode(errors="replace"))
        if operation in self.proxy.silent:
            self.proxy.keep_waiting()
            return
        refusal = next((answer for name, answer in self.proxy.refusals.items() if operation.startswith(name)), None)
        if refusal is None:
            self._forward(body)
        else:
            self._send(refusal[0], {"Content-Type": "text/plain"}, self._error(refusal[1]).encode())

    do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815  # names that the standard library looks for

    def _operation(self, body: bytes) -> str:
        if target := self.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        if action := _ACTION.search(body):
            return action[1].decode()
        return f"{self.command} {self.path}"

    def _error(self, code: str) -> str:
        if self.headers.get("X-Amz-Target"):
            return json.dumps({"__type": code, "message": "refused"})
        error = f"<Error><Code>{code}</Code><Message>refused</Message></Error>"
        signed = self.headers.get("Authorization", "")
        if "/s3/" in signed:
            return error
        return f"<Response><Errors>{error}</Errors></Response>" if "/ec2/" in signed else f"<E>{error}</E>"

    def _forward(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(self.proxy.upstream, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in {"connection", "expect"}}
        connection.request(self.command, self.path, body=body, headers=headers)
        answer = connection.getresponse()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        self._send(answer.status, kept, answer.read())
        connection.close()

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the report is what counts."""
