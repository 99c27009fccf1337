"""States that only Terraform or OpenTofu itself can fetch: ``state pull`` in the working directory, read-only.

For a backend that we do not know, and for a state that OpenTofu encrypts. Nothing but the directory that the user
named is ever run in.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from driftmgr.runtime.terraform import ProgramError, find_program, run_program
from driftmgr.state.backends.protocol import LockInfo
from driftmgr.state.read import StateError

_SECONDS = 300.0


class PulledState:
    """The state of a workspace of a working directory, as the program prints it."""

    def __init__(self, root: Path, workspace: str, label: str, environment: Mapping[str, str]) -> None:
        self.label = label
        self._root = root
        self._workspace = workspace
        self._environment = environment

    @property
    def identity(self) -> tuple[object, ...]:
        """Where the program runs."""
        return ("pulled", self._root.resolve(), self._workspace)

    def read(self) -> bytes | None:
        """What ``state pull`` prints."""
        try:
            return pull(self._root, self._workspace, find_program(self._root, self._environment), self._environment)
        except ProgramError as error:
            hint = error.hint or "fetch the state where that works: terraform state pull > FILE"
            raise StateError(f"{self.label}: {error.message}", hint=hint) from error

    def write(self, content: bytes) -> None:
        """Refused."""
        raise self._not_ours(f"no {len(content)} bytes can be pushed there")

    def lock(self, lock: LockInfo) -> None:
        """Refused."""
        raise self._not_ours(f"the lock for {lock.operation} cannot be taken")

    def unlock(self, lock_id: str) -> None:
        """Refused."""
        raise self._not_ours(f"the lock {lock_id} cannot be released")

    def holder(self) -> LockInfo | None:
        """Refused."""
        raise self._not_ours("its lock cannot be looked at")

    def workspaces(self) -> tuple[str, ...]:
        """What ``workspace list`` prints."""
        try:
            program = find_program(self._root, self._environment)
            told = run_program([program, "workspace", "list"], self._root, self._environment, _SECONDS).decode()
        except ProgramError as error:
            raise StateError(f"{self.label}: {error.message}", hint=error.hint) from error
        return tuple(name for line in told.splitlines() if (name := line.strip("* ")))

    def _not_ours(self, what: str) -> StateError:
        return StateError(
            f"{self.label}: this backend is read through terraform: {what}", hint="use terraform state in the directory"
        )


def decrypted(root: Path, workspace: str, label: str, environment: Mapping[str, str]) -> bytes:
    """The state of a working directory that OpenTofu encrypts; raises ``StateError``."""
    program = shutil.which("tofu", path=environment.get("PATH"))
    if program is None:
        raise StateError(
            f"{label}: the state is encrypted by OpenTofu, and tofu is not on the PATH",
            hint="install OpenTofu, or decrypt a copy: tofu state pull > state.json",
        )
    try:
        return pull(root, workspace, program, environment) or b""
    except ProgramError as error:
        raise StateError(f"{label}: the state is encrypted by OpenTofu: {error.message}", hint=error.hint) from error


def pull(root: Path, workspace: str, program: str, environment: Mapping[str, str]) -> bytes | None:
    """What ``state pull`` prints in a directory; raises ``ProgramError``."""
    chosen = {**environment, "TF_WORKSPACE": workspace}
    content = run_program([program, "state", "pull"], root, chosen, _SECONDS)
    return content if content.strip() else None
