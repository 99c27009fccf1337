"""One provider process: started, spoken to, stopped, and never left behind.

Providers ignore SIGINT and outlive a parent that dies, so each is started by a shell that first leaves a watcher in the
provider's own process group: it waits for the end of a pipe that this process holds open. However this process ends,
even by SIGKILL, the kernel closes the pipe, and the watcher removes the private folder and kills the group.
"""

import asyncio
import contextlib
import os
import shutil
import ssl
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from google.protobuf.message import Message
from grpclib.client import Channel, UnaryStreamMethod, UnaryUnaryMethod
from grpclib.config import Configuration
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError
from grpclib.protocol import H2Protocol

from driftmgr.provider.errors import NotImplementedByProviderError, ProviderDiedError, ProviderError
from driftmgr.provider.handshake import SERVER_NAME, ClientCertificate, Handshake, parse_handshake, provider_environment
from driftmgr.provider.messages import CALLS, SHUTDOWN, STDIO, messages_of, method_path

_WATCHED = 'exec 3<&0 </dev/null; (read -r _ <&3; rm -rf -- "$1"; kill -KILL 0) >/dev/null 2>&1 & exec "$0" 3<&-'
_KEPT_LINES = 200
_CONNECTION_LOST = (StreamTerminatedError, ConnectionError, OSError)


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider is started. ``cwd`` is the Terraform root directory: states hold paths relative to it.

    All times in seconds. ``plain`` starts it without AutoMTLS.
    """

    binary: Path
    cwd: Path
    environment: Mapping[str, str]
    start_seconds: float = 60.0
    call_seconds: float = 300.0
    stop_seconds: float = 3.0
    plain: bool = False


class ProviderProcess:
    """A running provider, an asynchronous context manager: ``async with ProviderProcess(launch) as provider``."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._folder = Path()
        self._lifeline = -1
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._connection: H2Protocol | None = None
        self._drains: list[asyncio.Task[None]] = []
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._handshake = Handshake(protocol=6, socket="", certificate=None)

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def protocol(self) -> int:
        """5 or 6."""
        return self._handshake.protocol

    @property
    def pid(self) -> int:
        """The process id of the provider, and the id of its group."""
        return self._process.pid if self._process else 0

    @property
    def last_words(self) -> str:
        """What it last wrote to its standard error: of a panic, the text from its first line on."""
        lines = list(self._said)
        panics = [place for place, line in enumerate(lines) if line.startswith(("panic:", "fatal error:"))]
        return "\n".join(lines[panics[-1] :] if panics else lines[-5:])

    def message(self, kind: str, /, **fields: Any) -> Any:
        """A message of the protocol that this provider speaks."""
        return messages_of(self._handshake.protocol)[kind](**fields)

    async def call(self, name: str, request: Any = None, *, seconds: float | None = None) -> Any:
        """Make one call of the table and give its answer.

        Raises ``ProviderDiedError`` when the process is gone, ``NotImplementedByProviderError`` for a call it does not
        know, ``ProviderError`` (``timeout``) past the deadline.
        """
        method = UnaryUnaryMethod(self._live_channel(name), *self._method(name))
        limit = self._launch.call_seconds if seconds is None else seconds
        with self._told(name, limit):
            return await method(request if request is not None else self.message("Empty"), timeout=limit)

    async def stream(
        self, name: str, request: Any, emit: Callable[[Any], None], *, seconds: float | None = None
    ) -> None:
        """Make one call that answers with a stream; every answer goes to ``emit``. Raises as ``call`` does."""
        method = UnaryStreamMethod(self._live_channel(name), *self._method(name))
        limit = self._launch.call_seconds if seconds is None else seconds
        with self._told(name, limit):
            async with method.open(timeout=limit) as opened:
                await opened.send_message(request, end=True)
                async for answer in opened:
                    emit(answer)

    async def stop(self) -> None:
        """Cancel its work, ask it to leave, then make it."""
        try:
            if self._channel is not None and self._process is not None and self._process.returncode is None:
                await self._ask_to_leave(self._process)
        finally:
            await self._end()

    async def _ask_to_leave(self, process: asyncio.subprocess.Process) -> None:
        seconds = self._launch.stop_seconds
        with contextlib.suppress(ProviderError):
            await self.call("stop", seconds=seconds)
        empty = type(self.message("Empty"))
        with contextlib.suppress(ProviderError):
            # It drops the connection instead of answering.
            channel = self._live_channel("shutdown")
            with self._told("shutdown", seconds):
                await UnaryUnaryMethod(channel, SHUTDOWN, empty, empty)(empty(), timeout=seconds)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)

    def _live_channel(self, name: str) -> Channel:
        # A channel would connect again by itself, to a process that is about to end and whose socket still answers.
        if self._channel is None:
            raise ProviderDiedError(f"{self._launch.binary.name} does not run")
        if self._lost:
            raise self._death(name)
        return self._channel

    @property
    def _lost(self) -> bool:
        return self._connection is not None and self._connection.connection.is_closing()

    def _method(self, name: str) -> tuple[str, type[Message], type[Message]]:
        classes = messages_of(self._handshake.protocol)
        _, request, answer = CALLS[name]
        return method_path(self._handshake.protocol, name), classes[request], classes[answer]

    @contextlib.contextmanager
    def _told(self, name: str, limit: float) -> Iterator[None]:
        """Errors of the connection in words."""
        try:
            yield
        except TimeoutError as error:
            message = f"{self._launch.binary.name} did not answer {name} within {limit:g} s"
            raise ProviderError(message, reason="timeout") from error
        except GRPCError as error:
            if error.status is Status.UNIMPLEMENTED:
                raise NotImplementedByProviderError(f"{self._launch.binary.name} does not know {name}") from error
            if error.status is Status.UNAVAILABLE:
                raise self._death(name) from error
            raise ProviderError(f"{name}: {error.status.name}: {error.message}") from error
        except _CONNECTION_LOST as error:
            raise self._death(name) from error
        except Exception as error:
            # What grpclib raises for a connection that ends between two of its steps is of any kind, for it takes the
            # closed connection apart.
            if self._lost:
                raise self._death(name) from error
            raise

    def _death(self, name: str) -> ProviderDiedError:
        return ProviderDiedError(
            f"{self._launch.binary.name} ended during {name}: {self.last_words or 'it said nothing'}"
        )

    async def _start(self) -> None:
        launch = self._launch
        # Short: the path of a socket holds about 100 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="dm-", dir=_short_folder()))
        certificate = None if launch.plain else ClientCertificate()
        environment = provider_environment(launch.environment, self._folder, certificate.pem if certificate else None)
        reading, self._lifeline = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                "/bin/sh",
                *("-c", _WATCHED, str(launch.binary), str(self._folder)),
                stdin=reading,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=launch.cwd,
                env=environment,
                start_new_session=True,
            )
        finally:
            os.close(reading)
        self._handshake = await self._shake_hands(self._process)
        await self._connect(certificate)

    async def _shake_hands(self, process: asyncio.subprocess.Process) -> Handshake:
        assert process.stdout is not None  # noqa: S101  # asked for as a pipe
        assert process.stderr is not None  # noqa: S101  # the same
        self._drains.append(asyncio.create_task(self._keep(process.stderr)))
        try:
            async with asyncio.timeout(self._launch.start_seconds):
                line = ""
                while not line.strip():
                    raw = await process.stdout.readline()
                    if not raw:
                        await process.wait()
                        await asyncio.wait(self._drains, timeout=1)
                        words = self.last_words or "it said nothing"
                        raise ProviderError(f"{self._launch.binary.name} ended before its handshake: {words}")
                    line = raw.decode(errors="replace")
        except TimeoutError as error:
            message = f"{self._launch.binary.name} did not start within {self._launch.start_seconds:g} s"
            raise ProviderError(message, reason="timeout") from error
        except ValueError as error:
            message = f"{self._launch.binary.name}: not a Terraform provider: its first line has no end"
            raise ProviderError(message, reason="unsupported") from error
        self._drains.append(asyncio.create_task(_discard(process.stdout)))
        return parse_handshake(line)

    async def _connect(self, certificate: ClientCertificate | None) -> None:
        server = self._handshake.certificate
        if server is None:
            self._channel = Channel(path=self._handshake.socket)
        else:
            mine = certificate or ClientCertificate()
            config = Configuration(ssl_target_name_override=SERVER_NAME)
            self._channel = Channel(path=self._handshake.socket, ssl=mine.context(server, self._folder), config=config)
            with self._refused():
                try:
                    await self._channel.__connect__()
                except ssl.SSLCertVerificationError:
                    self._channel.close()
                    weak = mine.context(server, self._folder, weak=True)
                    self._channel = Channel(path=self._handshake.socket, ssl=weak, config=config)
        with self._refused():
            self._connection = await self._channel.__connect__()
        self._drains.append(asyncio.create_task(self._drain_stdio(self._channel)))

    @contextlib.contextmanager
    def _refused(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ProviderError(f"cannot connect to {self._launch.binary.name}: {error}") from error

    async def _drain_stdio(self, channel: Channel) -> None:
        # A provider whose output nobody takes may come to wait for somebody to do so.
        empty = type(self.message("Empty"))
        with contextlib.suppress(GRPCError, *_CONNECTION_LOST):
            async with UnaryStreamMethod(channel, STDIO, empty, empty).open() as opened:
                await opened.send_message(empty(), end=True)
                async for _ in opened:
                    pass

    async def _keep(self, stream: asyncio.StreamReader) -> None:
        rest = ""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk.decode(errors="replace")).split("\n")
            self._said.extend(lines)
            rest = rest[-65536:]
        if rest:
            self._said.append(rest)

    async def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self._launch.stop_seconds)
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
        for task in self._drains:
            task.cancel()
        await asyncio.gather(*self._drains, return_exceptions=True)
        self._drains.clear()
        if self._folder.name:
            shutil.rmtree(self._folder, ignore_errors=True)


async def _discard(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass


_LONGEST_FOLDER = 60


def _short_folder() -> str | None:
    # macOS gives every user a temporary folder with a path too long for a socket in it.
    return "/tmp" if len(tempfile.gettempdir()) > _LONGEST_FOLDER else None  # noqa: S108  # mkdtemp makes it private
