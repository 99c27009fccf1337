"""How a backend asks a server over HTTP: blocking, under the process' guard, with errors that say what to do."""

import asyncio
import functools
import os
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec

from driftmgr.runtime.breaker import CircuitOpenError
from driftmgr.runtime.guard import Endpoint, Guard
from driftmgr.runtime.http import HttpAnswer, HttpClient, HttpStatusError
from driftmgr.state.read import StateError

_REDIRECTS = 5
_LONGEST_DETAIL = 300
_READING = frozenset({"GET", "HEAD"})
_REFUSED: Mapping[int, tuple[str, str]] = {
    401: ("the credentials are missing or not accepted", "check the credentials of the backend"),
    403: ("access denied", "check what the credentials of the backend may do"),
    404: ("there is nothing at this address", "check the address, and that the credentials may see it"),
    407: ("the proxy wants credentials", "put them into HTTPS_PROXY"),
    413: ("the state is too large for the server", "raise the server's limit"),
}


class Labelled(Protocol):
    """What has a name for messages."""

    label: str


NOT_UNDERSTOOD = (
    msgspec.MsgspecError,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    SyntaxError,
    RecursionError,
)
"""What reading an answer raises that is not of the form that was expected (``SyntaxError`` is XML's)."""
Answer = TypeVar("Answer")
Backend = TypeVar("Backend", bound=Labelled)
Given = ParamSpec("Given")


class Server:
    """A server that is asked for the state ``label``; ``explain`` finds its own words in an answer of 400 and above."""

    def __init__(  # noqa: PLR0913  # a server has these parts
        self,
        *,
        guard: Guard,
        label: str,
        endpoint: Endpoint,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
        explain: Callable[[HttpAnswer], str] | None = None,
    ) -> None:
        self.label = label
        self._guard = guard
        self._endpoint = endpoint
        self._headers = dict(headers or {})
        self._tls = tls
        self._proxy = proxy
        self._explain = explain or (lambda _: "")

    def ask(  # noqa: PLR0913  # a request has these parts
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accepted: Collection[int] = (),
    ) -> HttpAnswer:
        """The answer to a request; ``accepted`` are statuses of 300 and above that are answers.

        ``operation`` completes "cannot ...". Reading follows redirects. Raises ``StateError``.
        """
        sent = {**self._headers, **(headers or {})}
        for _ in range(_REDIRECTS):
            answer = self._once(operation, method, url, params=params, headers=sent, body=body, accepted=accepted)
            if not 300 <= answer.status < 400 or answer.status in accepted:  # noqa: PLR2004  # redirects
                return answer
            target = urljoin(url, answer.headers.get("location", ""))
            if method not in _READING or (url.startswith("https:") and not target.startswith("https:")):
                break
            if urlsplit(target).netloc != urlsplit(url).netloc:
                # What is meant for one server is no other server's business.
                sent = {}
            url, params = target, None
        raise StateError(
            f"{self.label}: cannot {operation}: the server redirects to {without_secrets(target)}",
            hint="configure that address",
        )

    def _once(self, operation: str, method: str, url: str, **parts: Any) -> HttpAnswer:
        import aiohttp  # noqa: PLC0415  # a quarter of a second that only its users pay

        if self._tls is None and url.startswith("https:"):
            # A context of now: who sets SSL_CERT_FILE means the next request.
            self._tls = ssl.create_default_context()
        tls = self._tls

        async def send() -> HttpAnswer:
            async with HttpClient(self._guard, tls=tls, proxy=self._proxy) as client:
                return await client.request(self._endpoint, operation, method, url, **parts)

        try:
            return asyncio.run(send())
        except CircuitOpenError as error:
            raise self.problem(operation, error.last or error) from error
        except (HttpStatusError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self.problem(operation, error, wrote=method not in _READING) from error

    def problem(self, operation: str, error: BaseException, *, wrote: bool = False) -> StateError:
        """What a failure means for whoever wanted the state."""
        if isinstance(error, HttpStatusError):
            return self.refusal(operation, error.answer)
        what, hint = _unanswered(error)
        if wrote and not isinstance(error, CircuitOpenError):
            hint += "; the server may have done it all the same: look before you try again"
        return StateError(f"{self.label}: cannot {operation}: {what}", hint=hint)

    def refusal(self, operation: str, answer: HttpAnswer) -> StateError:
        """What an answer that is none means."""
        what, hint = _REFUSED.get(answer.status, ("", "see the server's log"))
        try:
            detail = " ".join(self._explain(answer).split())[:_LONGEST_DETAIL]
        except NOT_UNDERSTOOD:
            detail = ""  # an error page
        words = ", ".join(filter(None, (what, f"HTTP {answer.status}", detail)))
        return StateError(f"{self.label}: cannot {operation}: {words}", hint=hint)


def _unanswered(error: BaseException) -> tuple[str, str]:
    """What happened and what to do; an exception's text may hold an address, and that a password."""
    import aiohttp  # noqa: PLC0415  # as above

    if isinstance(error, aiohttp.ClientConnectorError | ssl.SSLError | aiohttp.ClientConnectorCertificateError):
        return _unconnected(error)
    if isinstance(error, aiohttp.InvalidURL):
        return "the address is not one", "check the address"
    if isinstance(error, TimeoutError):
        return "no answer in time", "check network and proxy"
    return f"the connection broke: {type(error).__name__}", "try again"


def _unconnected(error: BaseException) -> tuple[str, str]:
    import aiohttp  # noqa: PLC0415  # as above

    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the host name {error.host} does not resolve", "check the address and the network"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = _reason(error.certificate_error)
        return f"the certificate of {error.host} is not trusted: {reason}", "configure the authority that signed it"
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, aiohttp.ClientSSLError):
        number = error.os_error.errno
        reason = os.strerror(number) if number else type(error.os_error).__name__
        return f"{error.host} cannot be reached: {reason}", "check address, network and proxy"
    return f"no TLS connection: {_reason(error)}", "check the address and the certificates"


def _reason(error: BaseException) -> str:
    return getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__


def understood(
    method: Callable[Concatenate[Backend, Given], Answer],
) -> Callable[Concatenate[Backend, Given], Answer]:
    """A method of a backend whose server may answer anything: what cannot be understood raises ``StateError``."""

    @functools.wraps(method)
    def asked(self: Backend, /, *given: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return method(self, *given, **named)
        except NOT_UNDERSTOOD as error:
            raise StateError(
                f"{self.label}: the server's answer cannot be understood ({type(error).__name__})",
                hint="check the address: something else may listen there",
            ) from error

    return asked


def without_secrets(url: str) -> str:
    """An address as it may be shown: without user, password and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def basic(username: str, password: str) -> str:
    """The Authorization header of a user and password (RFC 7617)."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def tls_context(
    *, authorities: str = "", certificate: str = "", key: str = "", verify: bool = True, folder: str | None = None
) -> ssl.SSLContext | None:
    """The TLS settings of PEM texts, ``None`` where the defaults do; ``folder`` has further authorities.

    Raises ``ValueError`` for a text that is no PEM, or a certificate without its key.
    """
    if not (authorities or certificate or key or folder) and verify:
        return None
    if bool(certificate) != bool(key):
        raise ValueError("a client certificate and its private key go together")
    try:
        context = ssl.create_default_context(cadata=authorities or None, capath=folder)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if certificate:
            # OpenSSL reads a private key only from a file; nobody else may, and it is gone at once.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(f"{certificate}\n{key}\n")
                file.flush()
                context.load_cert_chain(file.name, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"not PEM: {getattr(error, 'reason', None) or error}") from error
    return context
