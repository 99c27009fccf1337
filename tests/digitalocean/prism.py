"""Prism as a validating proxy between a client and the simulated cloud: a violation of the document is an error."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Self

from conformance.emulator import _free_port as free_port
from conformance.emulator import end, inherited_environment
from digitalocean import document

_START_SECONDS = 300.0


def lacking() -> str | None:
    """What this machine lacks to validate, in words."""
    if executable() is None:
        return "prism is not on the PATH (npm install --global @stoplight/prism-cli)"
    return None if document.SOURCE.is_file() else "the official OpenAPI document is not beside the project"


def executable() -> str | None:
    """Prism's command line: ``DRIFTMGR_PRISM`` names it, or it is on the PATH."""
    return os.environ.get("DRIFTMGR_PRISM") or shutil.which("prism")


class Prism:
    """The running proxy; a context manager.

    ``requests=False`` lets requests pass unseen: the real provider's own break the document (``"ssh_keys": null``).
    """

    def __init__(self, upstream: str, document_file: Path, log: Path, *, requests: bool = True) -> None:
        self.port = free_port()
        self._log = log
        command = [executable() or "prism", "proxy", "--errors", str(document_file), upstream, "--port", str(self.port)]
        command.append(f"--validate-request={str(requests).lower()}")
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                env=inherited_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if b"Prism is listening" in self._log.read_bytes():
                return self
            time.sleep(0.1)
        end(self._process)
        raise RuntimeError(f"prism did not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def __exit__(self, *_: object) -> None:
        end(self._process)
