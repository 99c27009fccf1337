"""Real Terraform with a backend and ``terraform_data``, which needs no provider from anywhere."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_HOLD = """
resource "terraform_data" "held" {
  input = "%s"
  provisioner "local-exec" {
    command = "touch held; while [ ! -e go ]; do sleep 0.05; done"
  }
}
"""
_SECONDS = 60.0

needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH")


class Terraform:
    """A working directory whose state is in a backend."""

    def __init__(
        self, folder: Path, backend: str, settings: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "ARM_", "PG"))}
        self._environment = {**inherited, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **(environment or {})}
        block = json.dumps({"terraform": {"backend": {backend: settings}}})
        (folder / "backend.tf.json").write_text(block)
        (folder / "main.tf").write_text(_HOLD % "one")
        (folder / "go").touch()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command; what it said is in its answer."""
        return subprocess.run(
            ("terraform", *arguments, "-no-color"),
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    def init(self) -> None:
        done = self.run("init", "-input=false")
        assert done.returncode == 0, done.stderr

    def apply(self, value: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "main.tf").write_text(_HOLD % value)
        return self.run("apply", "-auto-approve", "-input=false")

    @contextmanager
    def holding(self) -> Iterator[None]:
        """An apply that holds the state's lock until the block ends."""
        (self.folder / "go").unlink()
        (self.folder / "held").unlink(missing_ok=True)
        command = ("terraform", "apply", "-auto-approve", "-input=false", "-no-color", "-replace=terraform_data.held")
        with subprocess.Popen(
            command, cwd=self.folder, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                self._wait_for_lock(process)
                yield
            finally:
                (self.folder / "go").touch()
                said, _ = process.communicate(timeout=_SECONDS)
            assert process.returncode == 0, said

    def _wait_for_lock(self, process: "subprocess.Popen[str]") -> None:
        deadline = time.monotonic() + _SECONDS
        held = self.folder / "held"
        while not held.exists():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "terraform apply did not begin"
            time.sleep(0.02)
