"""Real Terraform beside us: it applies with its built-in provider, and holds the lock of its state while it does."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.emulator import end, inherited_environment

TERRAFORM = shutil.which("terraform")
needs_terraform = pytest.mark.skipif(TERRAFORM is None, reason="NOT TRIED WITH REAL TERRAFORM: it is not on the PATH")
_SECONDS = 120.0
_WAIT = "until [ -e go ]; do sleep 0.1; done"
_CONFIGURATION = """
terraform {{
{backend}
}}
resource "terraform_data" "a" {{
  input = "{value}"
}}
resource "terraform_data" "slow" {{
  triggers_replace = [{hold}]
  provisioner "local-exec" {{
    command = "{command}"
  }}
}}
"""


class Peer:
    """Terraform in one working directory."""

    def __init__(self, directory: Path, backend: str = "", environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self._backend = backend
        self._environment = {
            **inherited_environment(),
            **(environment or {}),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_ARGS": "-no-color",
            "TF_CLI_CONFIG_FILE": os.devnull,
        }

    def write(self, value: str = "x", *, hold: int = 0) -> None:
        """Set the configuration; another ``hold`` than before makes an apply wait for ``release``."""
        command = f"touch started; {_WAIT}" if hold else "true"
        text = _CONFIGURATION.format(backend=self._backend, value=value, hold=hold, command=command)
        (self.directory / "main.tf").write_text(text)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One command, whatever its exit code."""
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )

    def do(self, *arguments: str) -> str:
        """One command that must succeed; what it prints."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr or done.stdout
        return done.stdout

    def apply(self, value: str = "x") -> None:
        """Initialise and apply."""
        self.write(value)
        self.do("init", "-input=false")
        self.do("apply", "-auto-approve", "-input=false")

    @contextmanager
    def holding_the_lock(self) -> Iterator[None]:
        """An apply under way; it goes on to its end when the block ends."""
        self.write(hold=time.monotonic_ns())
        process = subprocess.Popen(
            ["terraform", "apply", "-auto-approve", "-input=false"],
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + _SECONDS
            while not (self.directory / "started").exists():
                assert process.poll() is None, (process.stdout.read() if process.stdout else b"").decode()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield
            (self.directory / "go").touch()
            output, _ = process.communicate(timeout=_SECONDS)
            assert process.returncode == 0, output.decode()
        finally:
            end(process)
            if process.stdout:
                process.stdout.close()
            (self.directory / "started").unlink(missing_ok=True)
            (self.directory / "go").unlink(missing_ok=True)
