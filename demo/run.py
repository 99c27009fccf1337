"""The whole of DriftMgr in one run: an estate on two simulated clouds, changes behind Terraform's back, the report.

    make demo                                       # or: .venv/bin/python -m demo.run [--stay]

The clouds are moto (https://docs.getmoto.org), an emulator of AWS, and the simulated DigitalOcean of the tests: no
account is touched. With ``--stay`` they run on until Enter is pressed, so that the commands of the README can be tried
on them.
"""

import argparse
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
# The tests' emulator is the demo's too: a moto server as a process of its own, ended by whoever started it.
sys.path.append(str(PROJECT / "tests"))

DRIFTMGR = Path(sys.executable).with_name("driftmgr")
DRIFT = 2


def main() -> int:
    """Run the demo; 0 if the report found drift, 1 with a word about what is missing."""
    options = argparse.ArgumentParser(prog="python -m demo.run", description="The demo: no account is touched.")
    options.add_argument("--stay", action="store_true", help="keep the simulated clouds until Enter is pressed")
    stay = options.parse_args().stay
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if lacking := _lacking():
        return _fail(lacking)
    with tempfile.TemporaryDirectory(prefix="driftmgr-demo-") as folder:
        try:
            return _run(Path(folder), stay=stay)
        except (OSError, RuntimeError) as error:
            return _fail(
                f"the simulated clouds did not start: {error}\nIs a port on 127.0.0.1 free, and a process allowed?"
            )
        except KeyboardInterrupt:
            return _fail("interrupted")


def _lacking() -> str | None:
    missing = [name for name in ("moto", "flask", "botocore", "aiohttp") if importlib.util.find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed: run make setup, then make demo"
    return None if DRIFTMGR.exists() else f"{DRIFTMGR} not found: run make setup, then make demo"


def _run(folder: Path, *, stay: bool) -> int:
    from conformance.emulator import Emulator  # noqa: PLC0415  # only once its libraries are known to be there
    from demo import shop  # noqa: PLC0415
    from digitalocean.server import Server  # noqa: PLC0415

    started = time.monotonic()
    _tell(
        "Starting a simulated AWS (moto, an emulator) and a simulated DigitalOcean (a server of the tests).",
        "No account of either is touched.",
    )
    emulator = Emulator(folder / "moto.log")
    try:
        with Server() as server:
            clouds = emulator.environment | shop.environment(server)
            code = _story(folder, emulator, server, clouds)
            _tell(f"Took {time.monotonic() - started:.0f} s.")
            if stay:
                _wait(folder, clouds)
    finally:
        emulator.stop()
    return code


def _story(folder: Path, emulator: Any, server: Any, clouds: Mapping[str, str]) -> int:
    from demo import changes, shop  # noqa: PLC0415  # the same
    from demo.build import REGION, build, state_of  # noqa: PLC0415

    client = partial(emulator.client, region=REGION)
    _tell(
        "Creating an estate on both, and its one Terraform state:",
        "  demo/infrastructure/main.tf on AWS, tests/digitalocean/configurations/shop.tf on DigitalOcean.",
    )
    names = build(client)
    shop.build(server.cloud)
    state = folder / "terraform.tfstate"
    state.write_text(shop.with_shop(state_of(names)))
    _tell(f"Changing it behind Terraform's back, {len(changes.CHANGES) + len(shop.CHANGES)} times:")
    for cloud, stories in (
        ("AWS", changes.make_changes(client, names)),
        ("DigitalOcean", shop.make_changes(server.cloud)),
    ):
        for story in stories:
            print(f"  - {cloud}: {story}", flush=True)
    print("  - and the token for DigitalOcean may not read alerts", flush=True)
    _tell("What differs from the state? This is the command a user runs:", "$ driftmgr detect terraform.tfstate")
    ended = _driftmgr(folder, clouds, "detect", state.name)
    if ended != DRIFT:
        return _fail(f"driftmgr detect should have ended with {DRIFT} (drift), not {ended}")
    _tell("driftmgr ended with exit code 2: drift.")
    return 0


def _driftmgr(folder: Path, environment: Mapping[str, str], *arguments: str) -> int:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DIGITALOCEAN_", "TF_"))}
    command = [str(DRIFTMGR), *arguments]
    return subprocess.run(command, cwd=folder, env={**kept, **environment, **_cache(folder)}, check=False).returncode


def _cache(folder: Path) -> dict[str, str]:
    return {"DRIFTMGR_CACHE_DIR": str(folder / "cache")}


def _wait(folder: Path, environment: Mapping[str, str]) -> None:
    _tell("The simulated clouds run on. In another terminal:")
    for name, value in environment.items():
        print(f"  export {name}={value}")
    print(f"  cd {folder}")
    _tell("Press Enter to end it.")
    sys.stdin.readline()


def _tell(*lines: str) -> None:
    print("", *lines, sep="\n", flush=True)


def _fail(message: str) -> int:
    print(f"demo: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
