"""The simulated AWS of the conformance tests: moto's server as a process of its own on a loopback port.

A process, not a thread: it runs on the second core while Terraform waits for it, and what the
emulator warns about never meets our "warnings are errors".
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session

ACCOUNT = "123456789012"
REGION = "us-east-1"

# What may reach the processes of a case from the machine: nothing that names another cloud,
# account, proxy or certificate bundle (a second configuration of one provider process fails with one).
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_START_SECONDS = 60.0


class Emulator:
    """A running moto server; ``stop`` ends exactly the process it started."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._clients: dict[tuple[str, str], Any] = {}
        self._session = botocore.session.Session()
        self.port = _free_port()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
                env=inherited_environment() | {"MOTO_PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_it_answers()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send an AWS client of any kind to this emulator and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, region: str = REGION) -> Any:
        """A botocore client of a service; kept, for making one costs up to half a second."""
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
                verify=False,
            )
        return self._clients[service, region]

    def reset(self) -> None:
        """Empty every account of it, to what a new account holds."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", data=b"", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def stop(self) -> None:
        """End the server and close every connection to it."""
        for client in self._clients.values():
            client.close()
        end(self._process)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        end(self._process)
        message = f"the emulator did not start on port {self.port}:\n{self._log.read_text(errors='replace')}"
        raise RuntimeError(message)


def inherited_environment() -> dict[str, str]:
    """What of this process's environment a child may see."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def cleared_names(environment: Mapping[str, str]) -> list[str]:
    """Names of the variables that would lead an AWS client or Terraform astray in-process."""
    return [name for name in environment if name.startswith(("AWS_", "TF_")) or name.lower().endswith("_proxy")]


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to stop, and make it stop after five seconds."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
