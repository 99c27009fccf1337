"""The provider engine against ``terraform plan -refresh-only``: same state, same emulator, same parallelism.

    python benchmarks/provider_engine.py [RESOURCES]        (default: 500)

Prints wall time (alternating runs, best of 3) and the peak of the memory of the whole process tree. Needs
``terraform`` on the PATH and ``DRIFTMGR_PROVIDER_MIRROR`` (a filesystem mirror with hashicorp/aws 5.100.0).
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from against_terraform import PROVIDER, Emulator, environment, timed
from estate import estate

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


def main(resources: int) -> None:
    """Apply an estate, refresh it with both in turn, print both."""
    emulator = Emulator()
    driftmgr = shutil.which("driftmgr", path=str(Path(sys.executable).parent)) or "driftmgr"
    engine = [driftmgr, "detect", ".", "--engine", "provider", "--managed-only", "-o", "json=report.json"]
    plan = ["terraform", "plan", "-refresh-only", "-input=false", "-lock=false", f"-parallelism={PARALLELISM}"]
    results: dict[str, list[tuple[float, int]]] = {"terraform": [], "driftmgr": []}
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        variables = environment(emulator.url, directory)
        (directory / "main.tf").write_text(PROVIDER + estate(resources))
        try:
            timed(["terraform", "init", "-input=false"], directory, variables)
            timed(["terraform", "apply", "-auto-approve", "-input=false", "-parallelism=20"], directory, variables)
            for _ in range(RUNS):
                results["terraform"].append(watched(plan, directory, variables))
                results["driftmgr"].append(watched(engine, directory, variables))
            report = json.loads((directory / "report.json").read_text())
        finally:
            emulator.stop()
    summary = report["summary"]
    print(f"{summary['managed']} instances, {summary['in_sync']} in sync, {summary['gaps']} gaps")
    for name, runs in results.items():
        seconds, memory = min(run[0] for run in runs), max(run[1] for run in runs)
        print(f"  {name:10} {seconds:6.1f} s  {memory / _MEGABYTE:6.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
