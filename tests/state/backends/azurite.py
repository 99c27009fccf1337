"""Azurite, Microsoft's emulator of Azure Storage, under the names and the TLS that Azure has.

Clients reach it as ``https://ACCOUNT.blob.core.windows.net`` through a proxy of the test's own that leads every tunnel
to it: real Terraform takes no other address for an account.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from state.backends.web import Certificates, ending_with_us, free_port

ACCOUNT = "teamstates"
KEY = base64.b64encode(b"a key of sixty-four bytes, which no account of Azure's has or had").decode()
HOST = f"{ACCOUNT}.blob.core.windows.net"
_SECONDS = 60.0
_CACHED = Path(__file__).parents[3] / ".cache" / "azurite" / "node_modules" / ".bin" / "azurite-blob"


def find_azurite() -> str | None:
    """The program, where ``.ci/run`` installs it or on the PATH; it needs Node."""
    if shutil.which("node") is None:
        return None
    return str(_CACHED) if _CACHED.exists() else shutil.which("azurite-blob")


class Azurite:
    """The emulator, its authority, and the proxy that leads to it."""

    def __init__(self, program: str, folder: Path) -> None:
        pem = Certificates(HOST)
        self._port = free_port()
        (folder / "server.pem").write_text(pem.server)
        (folder / "server.key").write_text(pem.server_key)
        self._authority = folder / "authority.pem"
        self._authority.write_text(pem.authority)
        options = {"blobPort": self._port, "cert": "server.pem", "key": "server.key", "oauth": "basic"}
        switches = ("--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry")
        self._process = subprocess.Popen(
            ending_with_us(program, *switches, *(f"--{name}={value}" for name, value in options.items())),
            cwd=folder,
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
            stdout=subprocess.DEVNULL,
        )
        self._wait()
        self._tunnel = Tunnel(self._port)

    @property
    def environment(self) -> Mapping[str, str]:
        """What leads Terraform and us to it, and makes both trust it."""
        return {"HTTPS_PROXY": self._tunnel.url, "NO_PROXY": "", "SSL_CERT_FILE": str(self._authority)}

    def stop(self) -> None:
        self._tunnel.stop()
        self._process.terminate()
        self._process.wait(_SECONDS)

    def _wait(self) -> None:
        deadline = time.monotonic() + _SECONDS
        while True:
            assert self._process.poll() is None, "Azurite ended"
            assert time.monotonic() < deadline, "Azurite does not listen"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.05)


class Tunnel:
    """A proxy for TLS that leads to one port whatever host it is asked for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            with socket.create_connection(("127.0.0.1", self._port)) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def sas_token(permissions: str = "rwdlacup") -> str:
    """A SAS token of the account: https://learn.microsoft.com/en-us/rest/api/storageservices/create-account-sas."""
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"sv": "2023-11-03", "ss": "b", "srt": "sco", "sp": permissions, "se": until, "spr": "https"}
    text = f"{ACCOUNT}\n{permissions}\nb\nsco\n\n{until}\n\nhttps\n2023-11-03\n\n"
    signature = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    return urlencode({**fields, "sig": base64.b64encode(signature).decode()})
