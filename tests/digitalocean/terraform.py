"""Real Terraform with the real provider ``digitalocean/digitalocean`` against the simulated cloud."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from conformance.emulator import inherited_environment
from digitalocean.server import TOKEN
from digitalocean.spaces import ENDPOINT

PROVIDER_VERSION = "2.99.1"
MIRROR = "DRIFTMGR_DIGITALOCEAN_MIRROR"
_BINARY = f"*/digitalocean/digitalocean/{PROVIDER_VERSION}/*/terraform-provider-digitalocean_v{PROVIDER_VERSION}"
_COMMAND_SECONDS = 900.0
_LINEAGE = "0d0c0000-0000-4000-8000-000000000001"
# What the provider makes unique by the time of day, and the port that a simulated S3 happens to have.
_OF_THE_DAY = re.compile(rb"20\d{16}[0-9a-f]{8}")
_VIOLATION = re.compile(r'"message": ?"((?:Response|Request) [^"]+)"')
_PORT = re.compile(rb"127\.0\.0\.1:\d+")


def lacking() -> str | None:
    """What this machine lacks to run the provider, in words."""
    if shutil.which("terraform") is None:
        return "terraform is not on the PATH"
    mirror = os.environ.get(MIRROR)
    if not mirror:
        return f"{MIRROR} does not name a filesystem mirror with the digitalocean provider {PROVIDER_VERSION}"
    if not any(Path(mirror).glob(_BINARY)):
        return f"no unpacked digitalocean provider {PROVIDER_VERSION} in the mirror {mirror}"
    return None


class Terraform:
    """Commands in one working directory, in which a copy of a configuration lies."""

    def __init__(self, directory: Path, *, endpoint: str, spaces: str) -> None:
        self.directory = directory
        self._spaces = spaces
        self._settings = {
            "token": TOKEN,
            "api_endpoint": endpoint,
            "spaces_endpoint": ENDPOINT,
            "spaces_access_id": "testing",
            "spaces_secret_key": "testing",
            # For connections that Prism closes while they are idle; a refusal that stays fails the apply soon.
            "http_retry_max": 2,
            "http_retry_wait_min": 0.1,
            "http_retry_wait_max": 0.5,
        }

    def write(self, configuration: str) -> None:
        """Set the configuration; the provider block is added."""
        mirror = json.dumps(os.environ[MIRROR])
        (self.directory / "cli.tfrc").write_text(
            f"provider_installation {{\n  filesystem_mirror {{ path = {mirror} }}\n}}\n"
        )
        source = {"source": "digitalocean/digitalocean", "version": PROVIDER_VERSION}
        block = {
            "terraform": {"required_providers": {"digitalocean": source}},
            "provider": {"digitalocean": self._settings},
        }
        (self.directory / "provider.tf.json").write_text(json.dumps(block))
        (self.directory / "main.tf").write_text(configuration)

    def apply(self) -> None:
        """Create or change what the configuration says."""
        self._run("init", "-input=false")
        self._run("apply", "-auto-approve", "-parallelism=40", "-input=false")

    def planned_changes(self, *options: str) -> list[str]:
        """Addresses that ``plan`` would still change, with the actions."""
        self._run("plan", "-out=any.plan", "-parallelism=40", "-input=false", *options)
        plan = json.loads(self._run("show", "-json", "any.plan"))
        return [
            f"{change['address']}: {'+'.join(change['change']['actions'])}"
            for change in plan.get("resource_changes", ())
            if change["change"]["actions"] not in (["no-op"], ["read"])
        ]

    def state(self) -> bytes:
        """The state that the provider wrote, without what differs between two runs."""
        text = (self.directory / "terraform.tfstate").read_bytes()
        state: dict[str, Any] = json.loads(
            _PORT.sub(b"127.0.0.1:4566", _OF_THE_DAY.sub(b"20261101093000000000000001", text))
        )
        state |= {"lineage": _LINEAGE, "serial": 1}
        state["resources"].sort(key=lambda one: (one["mode"], one["type"], one["name"]))
        for resource in state["resources"]:
            for instance in resource["instances"]:
                instance.get("sensitive_attributes", []).sort(key=json.dumps)
        return json.dumps(state, indent=1).encode() + b"\n"

    def _run(self, *arguments: str) -> str:
        environment = inherited_environment() | {
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_ARGS": "-no-color",
            "TF_CLI_CONFIG_FILE": str(self.directory / "cli.tfrc"),
            "CHECKPOINT_DISABLE": "1",
            "HTTP_PROXY": self._spaces,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_LOG": "DEBUG",
            "TF_LOG_PATH": str(self.directory / "provider.log"),
        }
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )
        if done.returncode:
            said = [done.stderr or done.stdout, *self._violations()]
            raise AssertionError(f"terraform {arguments[0]} failed:\n" + "\n".join(said))
        return done.stdout

    def _violations(self) -> list[str]:
        """What Prism found; the provider itself shows no more than the status."""
        log = self.directory / "provider.log"
        text = log.read_text(errors="replace") if log.is_file() else ""
        return sorted(set(_VIOLATION.findall(text)))
