"""An HTTP server on loopback whose answers a test decides, and certificates for it."""

import ipaddress
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from driftmgr.intent import backend_settings, configured_backend
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.limiter import Limit
from driftmgr.runtime.retry import RetryPolicy
from driftmgr.state.backends.protocol import Access


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came in; names of headers are in lower case, ``path`` is as it was on the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def parts(self) -> list[str]:
        """The steps of the path, decoded."""
        return [unquote(step) for step in self.path.strip("/").split("/")]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says; ``reset`` breaks the connection instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    reset: bool = False


def say(status: int, document: Any = None, **headers: str) -> Answer:
    """An answer of JSON."""
    body = b"" if document is None else msgspec.json.encode(document)
    return Answer(status=status, body=body, headers={"Content-Type": "application/json", **headers})


class WebServer:
    """A server that answers with ``answer``, one request at a time, and keeps what it was asked."""

    def __init__(self, answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"peer": self}))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            return self._answer(request)


class _Handler(BaseHTTPRequestHandler):
    """Hands each request, whatever its verb, to ``peer``."""

    protocol_version = "HTTP/1.1"
    peer: WebServer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._do
        raise AttributeError(name)

    def _do(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
        )
        answer = self.peer.answer(request)
        if answer.reset:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # a client that hung up, or whose TLS handshake failed

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class' name
        """Quiet."""


@contextmanager
def serving(answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A peer for as long as it takes."""
    peer = WebServer(answer, tls)
    try:
        yield peer
    finally:
        peer.stop()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def ending_with_us(*command: object) -> list[str]:
    """A command for a server that ends when this process does, also if that is killed (where util-linux is)."""
    watched = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    return [*watched, *map(str, command)]


def access(environment: Mapping[str, str] | None = None, directory: Path = Path()) -> Access:
    """Access under a guard that has met nothing yet and hardly waits."""
    policy = RetryPolicy(attempts=3, first_wait=0.001, longest_wait=0.002, give_up_after=10.0)
    guard = Guard(lambda _: Limit(rate=1000, burst=1000), policy=policy)
    return Access(
        configured=configured_backend,
        completion=backend_settings,
        guard=guard,
        environment=environment or {},
        directory=directory,
    )


class Certificates:
    """An authority, and PEM texts of a server (for 127.0.0.1 and ``names``) and of a client that it signed."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "driftmgr test authority")])
        self.authority = self._sign(self._name, self._key, authority=True)
        self.server, self.server_key = self._pair("server")
        self.client, self.client_key = self._pair("client")

    def context(self, folder: Path, *, client_needed: bool = False) -> ssl.SSLContext:
        """What a server needs; the PEM files go into ``folder``."""
        path = folder / "server.pem"
        path.write_text(self.server + self.server_key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if client_needed:
            context.load_verify_locations(cadata=self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _pair(self, name: str) -> tuple[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self._sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key), text.decode()

    def _sign(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool = False) -> str:
        now = datetime.now(UTC)
        names = map(x509.DNSName, self._names)
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *names])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        builder = builder if authority else builder.add_extension(address, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
