"""DriftMgr against ``terraform plan -refresh-only``: same state, same emulator, same run; calls and wall time.

    python benchmarks/against_terraform.py [RESOURCES ...]        (default: 200 1600)

Needs ``terraform`` on the PATH and ``DRIFTMGR_PROVIDER_MIRROR`` (a filesystem mirror with hashicorp/aws 5.100.0).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from estate import estate

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


def compare(resources: int) -> None:
    """Apply an estate, look at it with both, print the ratios."""
    emulator = Emulator()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        variables = environment(emulator.url, directory)
        (directory / "main.tf").write_text(PROVIDER + estate(resources))
        try:
            timed(["terraform", "init", "-input=false"], directory, variables)
            timed(["terraform", "apply", "-auto-approve", "-input=false", "-parallelism=20"], directory, variables)
            state = json.loads((directory / "terraform.tfstate").read_text())
            count = sum(len(item["instances"]) for item in state["resources"] if item["mode"] == "managed")
            emulator.requests()
            theirs = timed(["terraform", "plan", "-refresh-only", "-input=false", "-lock=false"], directory, variables)
            their_calls = emulator.requests()
            driftmgr = shutil.which("driftmgr", path=str(Path(sys.executable).parent)) or "driftmgr"
            ours, our_calls = [], 0
            for _ in range(3):
                command = [driftmgr, "detect", "terraform.tfstate", "-o", "json=report.json"]
                ours.append(timed(command, directory, variables, accepted=(0, 2)))
                our_calls = emulator.requests()
            report = json.loads((directory / "report.json").read_text())
        finally:
            emulator.stop()
    summary, best = report["summary"], min(ours)
    print(f"{count} resources ({summary['managed']} managed by the report, {summary['in_sync']} in sync)")
    print(f"  HTTP calls per resource: terraform {their_calls / count:.2f}, driftmgr {our_calls / count:.3f}")
    print(f"  wall time: terraform {theirs:.1f} s, driftmgr {best:.2f} s (best of 3): {theirs / best:.1f} times faster")


if __name__ == "__main__":
    for size in sys.argv[1:] or ["200", "1600"]:
        compare(int(size))
