"""HTTP under the guard: for clouds that are asked without an SDK, and for states that are kept behind an address.

Statuses: https://www.rfc-editor.org/rfc/rfc9110 (5xx, Retry-After), https://www.rfc-editor.org/rfc/rfc6585 (429).
"""

import asyncio
import contextlib
import io
import socket
import weakref
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from driftmgr.runtime.guard import Endpoint, Guard, Verdict

if TYPE_CHECKING:
    import aiohttp

HttpErrorKind = Literal["throttle", "transient", "denied", "expired", "not_found", "permanent"]

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_KINDS: Mapping[int, HttpErrorKind] = {
    401: "expired",
    403: "denied",
    404: "not_found",
    407: "denied",
    408: "transient",
    410: "not_found",
    425: "transient",
    429: "throttle",
    501: "permanent",
    505: "permanent",
}
_FAILED, _SERVER_ERROR, _UNAVAILABLE = 400, 500, 503
_CONNECT_SECONDS = 5.0
_CLOSE_TURNS, _CLOSE_WAIT = 500, 0.002


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said; the names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpStatusError(Exception):
    """A status of 400 and above that the caller did not expect."""

    def __init__(self, operation: str, answer: HttpAnswer) -> None:
        super().__init__(f"{operation}: HTTP {answer.status}")
        self.answer = answer


OnAnswer = Callable[[HttpAnswer], None]


class HttpClient:
    """Requests of one event loop; enter it, so that its connections are let go at the end.

    ``headers`` go with every request. The proxy comes from the environment (``HTTPS_PROXY``, ``NO_PROXY``) unless
    ``proxy`` names one.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        headers: Mapping[str, str] | None = None,
        tls: SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        self._guard = guard
        self._headers = dict(headers or {})
        self._tls = tls
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.requests = 0

    async def __aenter__(self) -> Self:
        """Open it."""
        import aiohttp  # noqa: PLC0415  # a quarter of a second that only its users pay

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        connector = aiohttp.TCPConnector(ssl=self._tls or True, socket_factory=self._socket)
        # Not trust_env: it would also take passwords from ~/.netrc, and fail where a request has its own.
        self._session = aiohttp.ClientSession(
            headers=self._headers, timeout=timeout, connector=connector, trust_env=False, auto_decompress=True
        )
        # aiohttp would send PUT and DELETE twice after a reset; there is no public switch (its test client does this).
        self._session._retry_connection = False  # noqa: SLF001
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the connections go."""
        if self._session:
            await self._session.close()
            # A TLS connection ends a few turns of the loop later, and warns if the loop has ended before it.
            for _ in range(_CLOSE_TURNS):
                if all(made.fileno() < 0 for made in self._sockets):
                    return
                await asyncio.sleep(_CLOSE_WAIT)

    def _socket(self, address: "aiohttp.AddrInfoType") -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        self._sockets.add(made)
        return made

    async def request(  # noqa: PLR0913  # a request has these parts
        self,
        endpoint: Endpoint,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accepted: Collection[int] = (),
        gate: contextlib.AbstractAsyncContextManager[Any] | None = None,
        on_answer: OnAnswer | None = None,
    ) -> HttpAnswer:
        """The answer to a request; redirects are not followed.

        Reading is tried again as the guard's policy says; writing only where it was refused by a limit, for whoever
        writes must know what a lost answer means. ``accepted`` are statuses of 400 and above that are answers.
        ``on_answer`` sees every answer, also those that are tried again (limits in headers). Raises
        ``HttpStatusError``, ``CircuitOpenError``, and what aiohttp raises where there was no answer.
        """
        query = {name: str(value) for name, value in (params or {}).items() if value is not None}
        proxy = self._proxy or _proxy_of(url)

        async def send() -> HttpAnswer:
            self.requests += 1
            if self._session is None:
                raise RuntimeError("the client is not open")
            # A stream, for aiohttp warns of large bodies in one piece; a new one for each try.
            data = io.BytesIO(body) if body else body
            sent = self._session.request(
                method, url, params=query, headers=headers, data=data, allow_redirects=False, proxy=proxy
            )
            async with sent as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                answer = HttpAnswer(status=response.status, headers=names, body=await response.read())
            if on_answer:
                on_answer(answer)
            if answer.status >= _FAILED and answer.status not in accepted:
                raise HttpStatusError(operation, answer)
            return answer

        judge = verdict_of if method in _REPEATABLE else _final
        return await self._guard.call(endpoint, operation, send, judge, gate or contextlib.nullcontext())


def _proxy_of(url: str) -> str | None:
    parts = urlsplit(url)
    return None if not parts.hostname or proxy_bypass(parts.hostname) else getproxies().get(parts.scheme)


def kind_of(error: BaseException) -> HttpErrorKind:
    """Classify a failed request; only ``throttle`` and ``transient`` are worth another try."""
    import aiohttp  # noqa: PLC0415  # as above; who gets here has it already

    if isinstance(error, HttpStatusError):
        status = error.answer.status
        if status == _UNAVAILABLE and "retry-after" in error.answer.headers:
            return "throttle"
        return _KINDS.get(status) or ("transient" if status >= _SERVER_ERROR else "permanent")
    # A name that does not resolve and a certificate that is not trusted stay as they are.
    if isinstance(error, aiohttp.ClientConnectorDNSError | aiohttp.ClientSSLError | aiohttp.InvalidURL):
        return "permanent"
    passing = aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | TimeoutError | asyncio.IncompleteReadError
    return "transient" if isinstance(error, passing) else "permanent"


def verdict_of(error: BaseException) -> Verdict:
    """What a failure means for the endpoint and for the next try."""
    headers = error.answer.headers if isinstance(error, HttpStatusError) else {}
    return Verdict(kind=kind_of(error), retry_after=retry_after(headers))


def _final(error: BaseException) -> Verdict:
    # A throttled request was refused; after any other failure nobody knows whether it was carried out.
    verdict = verdict_of(error)
    return Verdict(kind="permanent") if verdict.kind == "transient" else verdict


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header: a number, or a date that is measured by the server's own clock."""
    text = headers.get("retry-after", "")
    if text.isdecimal():
        return float(text)
    wanted = date_of(text)
    if wanted is None:
        return None
    return max(0.0, (wanted - (date_of(headers.get("date", "")) or datetime.now(UTC))).total_seconds())


def date_of(text: str) -> datetime | None:
    """A date as HTTP writes it, ``None`` for anything else."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
