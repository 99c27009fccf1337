"""The provider engine against ``terraform plan -refresh-only``: same state, same emulator, same parallelism.

    python benchmarks/provider_engine.py [RESOURCES]        (default: 500)

Wall time (alternating runs, best of 3) and the peak of the memory of the whole process tree. Needs
``terraform`` on the PATH and ``DRIFTMGR_PROVIDER_MIRROR`` (a filesystem mirror with hashicorp/aws 5.100.0).
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from against_terraform import PROVIDER, Emulator, environment, timed
from estate import estate
from figures import Figure

RESOURCES = 500
PARALLELISM = 10
RUNS = 3
_PAGE = 4096
_MEGABYTE = 1 << 20


def children_of(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children_of(int(child))]
    return found


def memory_of(pid: int) -> int:
    """Bytes resident in a process and all below it; what has ended counts nothing."""
    total = 0
    for one in (pid, *children_of(pid)):
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE
        except OSError:
            continue
    return total


def watched(command: list[str], directory: Path, variables: dict[str, str]) -> tuple[float, int]:
    """Wall seconds and peak bytes of a command; ends the benchmark with its output if it fails."""
    peak = 0
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=directory, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.1):
                peak = max(peak, memory_of(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        output, _ = process.communicate()
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    if process.returncode not in {0, 2}:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{output[-3000:]}")
    return seconds, peak


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """What both took for the same instances: the best wall time in seconds, the highest peak in bytes."""

    instances: int
    their_seconds: float
    their_memory: int
    our_seconds: float
    our_memory: int


def look(resources: int) -> Looks:
    """Apply an estate, and refresh it with both in turn; ends the benchmark if the engine left anything unread."""
    emulator = Emulator()
    driftmgr = str(Path(sys.executable).parent / "driftmgr")
    engine = [driftmgr, "detect", ".", "--engine", "provider", "--managed-only", "-o", "json=report.json"]
    plan = ["terraform", "plan", "-refresh-only", "-input=false", "-lock=false", f"-parallelism={PARALLELISM}"]
    theirs: list[tuple[float, int]] = []
    ours: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        variables = environment(emulator.url, directory)
        (directory / "main.tf").write_text(PROVIDER + estate(resources))
        try:
            timed(["terraform", "init", "-input=false"], directory, variables)
            timed(["terraform", "apply", "-auto-approve", "-input=false", "-parallelism=10"], directory, variables)
            for _ in range(RUNS):
                theirs.append(watched(plan, directory, variables))
                ours.append(watched(engine, directory, variables))
            summary = json.loads((directory / "report.json").read_text())["summary"]
        finally:
            emulator.stop()
    if summary["in_sync"] != summary["managed"] or summary["gaps"]:
        raise SystemExit(f"the provider engine's report of a clean estate says: {summary}")
    return Looks(
        instances=summary["managed"],
        their_seconds=min(run[0] for run in theirs),
        their_memory=max(run[1] for run in theirs),
        our_seconds=min(run[0] for run in ours),
        our_memory=max(run[1] for run in ours),
    )


def measure(resources: int = RESOURCES) -> Iterator[Figure]:
    """Time and memory of the engine, against Terraform's refresh."""
    seen = look(resources)
    yield Figure(
        what=f"provider engine, {seen.instances:,} instances: wall time",
        value=f"{seen.our_seconds:.1f} s (`terraform plan -refresh-only`: {seen.their_seconds:.1f} s)",
        target="no more than Terraform",
        reached=seen.our_seconds <= seen.their_seconds,
    )
    yield Figure(
        what=f"provider engine, {seen.instances:,} instances: memory of all its processes at most",
        value=f"{seen.our_memory / _MEGABYTE:.0f} MB (Terraform's: {seen.their_memory / _MEGABYTE:.0f} MB)",
        target="no more than Terraform",
        reached=seen.our_memory <= seen.their_memory,
    )


if __name__ == "__main__":
    for figure in measure(int(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES):
        print(
            f"{figure.what}: {figure.value} (target {figure.target}{'' if figure.reached else ': MISSED'})", flush=True
        )
