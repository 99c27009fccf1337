"""DriftMgr against ``terraform plan -refresh-only``: same state, same emulator, same run; calls and wall time.

Needs ``terraform`` on the PATH and ``DRIFTMGR_PROVIDER_MIRROR`` (a filesystem mirror with hashicorp/aws 5.100.0).
"""

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec

from estate import estate
from figures import Figure

_RUNS = 3
_TARGET_CALLS = 0.3
_TARGET_TIMES = 20

HERE = Path(__file__).parent
PROVIDER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}
"""


class Emulator:
    """The counting emulator as a process."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen([sys.executable, str(HERE / "counting_emulator.py"), str(port)])
        for _ in range(600):
            try:
                self.requests()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("the emulator did not start")

    def requests(self) -> int:
        """API requests since the last question."""
        with urllib.request.urlopen(f"{self.url}/__requests", timeout=60) as answer:
            return int(answer.read())

    @property
    def cpu_seconds(self) -> float:
        """CPU time of the emulator so far, user and system (``/proc/PID/stat``, fields 14 and 15)."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def environment(url: str, directory: Path) -> dict[str, str]:
    """The variables both programs run with."""
    mirror = os.environ.get("DRIFTMGR_PROVIDER_MIRROR", "")
    config = directory / "terraform.rc"
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {
        "TF_CLI_CONFIG_FILE": str(config),
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "DRIFTMGR_CACHE_DIR": str(directory),
    }


def timed(command: list[str], directory: Path, variables: dict[str, str], accepted: tuple[int, ...] = (0,)) -> float:
    """Wall seconds of a command; ends the benchmark with its output if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=directory, env=variables, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in accepted:
        raise SystemExit(
            f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return seconds


def measure(resources: int) -> Iterator[Figure]:
    """Apply an estate, look at it with both."""
    emulator = Emulator()
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield from _figures(_look(resources, emulator, Path(folder)))
    finally:
        emulator.stop()


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look took: wall seconds, API calls, and the CPU seconds of the command and of the emulator meanwhile."""

    seconds: float
    calls: int
    own_seconds: float
    emulator_seconds: float


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """Looks at the same resources: Terraform's; ours at managed ones, as Terraform does; ours at all there is."""

    resources: int
    theirs: Look
    managed: Look
    everything: Look


def _look(resources: int, emulator: Emulator, directory: Path) -> Looks:
    variables = environment(emulator.url, directory)
    (directory / "main.tf").write_text(PROVIDER + estate(resources))
    timed(["terraform", "init", "-input=false"], directory, variables)
    timed(["terraform", "apply", "-auto-approve", "-input=false", "-parallelism=10"], directory, variables)
    recorded = json.loads((directory / "terraform.tfstate").read_text())["resources"]
    count = sum(len(item["instances"]) for item in recorded if item["mode"] == "managed")
    plan = ["terraform", "plan", "-refresh-only", "-input=false", "-lock=false"]
    detect = [str(Path(sys.executable).parent / "driftmgr"), "detect", "terraform.tfstate", "-o", "json=report.json"]
    theirs = _measured(plan, emulator, directory, variables, runs=1)
    managed = _measured([*detect, "--managed-only"], emulator, directory, variables, runs=_RUNS)
    everything = _measured(detect, emulator, directory, variables, runs=_RUNS)
    summary = json.loads((directory / "report.json").read_text())["summary"]
    if summary["in_sync"] != count:
        raise SystemExit(f"{count} resources were applied, the report says: {summary}")
    return Looks(resources=count, theirs=theirs, managed=managed, everything=everything)


def _measured(command: list[str], emulator: Emulator, directory: Path, variables: dict[str, str], *, runs: int) -> Look:
    """The fastest of some runs of a command."""
    looks: list[Look] = []
    for _ in range(runs):
        emulator.requests()
        before, own = emulator.cpu_seconds, _cpu_of_children()
        seconds = timed(command, directory, variables)
        looks.append(
            Look(
                seconds=seconds,
                calls=emulator.requests(),
                own_seconds=_cpu_of_children() - own,
                emulator_seconds=emulator.cpu_seconds - before,
            )
        )
    return min(looks, key=lambda look: look.seconds)


def _cpu_of_children() -> float:
    """CPU seconds of all commands that have ended: the emulator is not among them while it runs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _figures(looks: Looks) -> Iterator[Figure]:
    theirs = looks.theirs
    for what, look in (("managed ones", looks.managed), ("all there is", looks.everything)):
        calls, times = look.calls / looks.resources, theirs.seconds / look.seconds
        yield Figure(
            what=f"{looks.resources:,} resources, {what}: API calls per resource",
            value=f"{calls:.3f} (`terraform plan -refresh-only`: {theirs.calls / looks.resources:.2f})",
            target=f"{_TARGET_CALLS}",
            reached=calls < _TARGET_CALLS,
        )
        yield Figure(
            what=f"{looks.resources:,} resources, {what}: wall time",
            value=(
                f"{look.seconds:.1f} s, {times:.1f} times faster than Terraform's {theirs.seconds:.1f} s (CPU: "
                f"{look.own_seconds:.1f} s and the emulator {look.emulator_seconds:.1f} s; Terraform "
                f"{theirs.own_seconds:.1f} s and the emulator {theirs.emulator_seconds:.1f} s)"
            ),
            target=f"{_TARGET_TIMES} times faster",
            reached=times >= _TARGET_TIMES,
        )
