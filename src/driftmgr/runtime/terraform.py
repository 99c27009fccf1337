"""The programs ``terraform`` and ``tofu``: which one a working directory belongs to, and running it unattended."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from driftmgr.model import DriftMgrError

LOCK_FILE = ".terraform.lock.hcl"
_UNATTENDED = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
_FRAME = str.maketrans(dict.fromkeys("\u2502\u2575\u2577", " "))


class ProgramError(DriftMgrError):
    """The program is not there, ended with an error, or did not end in time."""


def find_program(root: Path, environment: Mapping[str, str]) -> str:
    """``tofu`` for a directory that OpenTofu initialised, else ``terraform``; raises ``ProgramError``."""
    lock = root / LOCK_FILE
    is_tofu = any(root.glob("*.tofu")) or (
        lock.is_file() and "registry.opentofu.org" in lock.read_text(errors="replace")
    )
    for name in ("tofu", "terraform") if is_tofu else ("terraform", "tofu"):
        if found := shutil.which(name, path=environment.get("PATH")):
            return found
    raise ProgramError("neither terraform nor tofu is on the PATH", hint="install the one that this directory is for")


def run_program(command: Sequence[str], directory: Path, environment: Mapping[str, str], seconds: float) -> bytes:
    """What the program prints when it runs in a directory; raises ``ProgramError`` with what it told."""
    kept = {name: value for name, value in environment.items() if not name.startswith("TF_CLI_ARGS")} | _UNATTENDED
    name = f"{Path(command[0]).name} {' '.join(word for word in command[1:3] if not word.startswith('-'))}".strip()
    try:
        done = subprocess.run(  # noqa: S603  # terraform or tofu from the PATH, with arguments of our own
            command,
            cwd=directory,
            env=kept,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"{name} did not end within {seconds:.0f} s", hint="run it by hand to see why") from error
    except OSError as error:
        raise ProgramError(f"{name} cannot be run: {error.strerror}", hint="check the program") from error
    if done.returncode:
        text = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        told = " ".join(text.translate(_FRAME).split())
        told = told.partition("Error: ")[2] or told  # warnings come first
        hint = "run terraform init (or tofu init) in the working directory" if " init" in told else ""
        raise ProgramError(f"{name}: {told}", hint=hint)
    return done.stdout
