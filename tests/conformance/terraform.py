"""Real Terraform with the real provider, made quick: one provider process serves all cases of a worker.

Starting the provider (700 MB) and installing it by ``terraform init`` cost more than all else, so the
provider runs once in its debug mode and Terraform attaches to it (``TF_REATTACH_PROVIDERS``,
https://developer.hashicorp.com/terraform/plugin/debugging). One process holds one provider
configuration at a time: a case with aliased configurations runs without it, the ordinary slow way.
"""

import json
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.emulator import REGION, Emulator, end, inherited_environment

PROVIDER_VERSION = "5.100.0"
PROVIDER_ADDRESS = "registry.terraform.io/hashicorp/aws"
_BINARY = f"{PROVIDER_ADDRESS}/{PROVIDER_VERSION}/*/terraform-provider-aws_v{PROVIDER_VERSION}_x5"
_REATTACH = re.compile(r"TF_REATTACH_PROVIDERS='(\{.*\})'")
_START_SECONDS = 60.0
_COMMAND_SECONDS = 600.0


def find_provider(mirror: Path) -> Path | None:
    """The provider binary in an unpacked filesystem mirror (``HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/``)."""
    return next(iter(sorted(mirror.glob(_BINARY))), None)


def provider_block(
    *, region: str = REGION, alias: str | None = None, default_tags: Mapping[str, str] | None = None
) -> str:
    """HCL of one ``aws`` provider configuration for the emulator (its address comes by environment)."""
    lines = [f'  region = "{region}"']
    if alias is not None:
        lines.append(f'  alias = "{alias}"')
    lines += [
        "  skip_credentials_validation = true",
        "  skip_requesting_account_id  = false",
        "  skip_metadata_api_check     = true",
        "  s3_use_path_style           = true",
    ]
    if default_tags:
        tags = ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in default_tags.items())
        lines.append(f"  default_tags {{\n    tags = {{ {tags} }}\n  }}")
    return 'provider "aws" {\n' + "\n".join(lines) + "\n}\n"


class ProviderProcess:
    """The provider binary in debug mode; started at first use, started anew if it died."""

    def __init__(self, binary: Path, emulator: Emulator, log: Path) -> None:
        self._binary = binary
        self._emulator = emulator
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._reattach = ""

    def reattach(self) -> str:
        """The value of ``TF_REATTACH_PROVIDERS`` for the running process."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        return self._reattach

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            end(self._process)

    def _start(self) -> None:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(self._binary), "-debug"],
                env=inherited_environment() | self._emulator.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if found := _REATTACH.search(self._log.read_text(errors="replace")):
                self._reattach = found[1]
                return
            time.sleep(0.05)
        end(self._process)
        message = f"the provider did not start:\n{self._log.read_text(errors='replace')}"
        raise RuntimeError(message)


class Terraform:
    """Commands in one working directory."""

    def __init__(self, directory: Path, *, mirror: Path, emulator: Emulator, provider: ProviderProcess) -> None:
        self.directory = directory
        self._mirror = mirror
        self._emulator = emulator
        self._provider = provider
        self._attached = True
        self._initialized = False

    @property
    def state_file(self) -> Path:
        """The local state that ``apply`` writes."""
        return self.directory / "terraform.tfstate"

    def write(self, hcl: str, *, attached: bool = True) -> None:
        """Set the configuration; ``attached=False`` gives every provider configuration its own process."""
        source = f'aws = {{ source = "hashicorp/aws", version = "{PROVIDER_VERSION}" }}'
        required = f"terraform {{\n  required_providers {{\n    {source}\n  }}\n}}\n\n"
        (self.directory / "main.tf").write_text(required + hcl)
        self._initialized = self._initialized and attached == self._attached
        self._attached = attached

    def apply(self) -> None:
        """Create or change what the configuration says, without a refresh first (nobody else changed anything yet)."""
        self._initialize()
        self._run("apply", "-auto-approve", "-parallelism=20", "-refresh=false", "-input=false")

    def apply_as_users_do(self, *options: str) -> None:
        """An ordinary ``apply``, which reads the cloud first; with ``-refresh-only`` it writes only what it read."""
        self._initialize()
        self._run("apply", *options, "-auto-approve", "-parallelism=20", "-input=false")

    def refresh_only_plan(self) -> dict[str, Any]:
        """``plan -refresh-only`` in the documented JSON form (format 1.2); the state stays as it is."""
        return self.plan("-refresh-only")

    def plan(self, *options: str) -> dict[str, Any]:
        """``plan`` in the same form."""
        self._initialize()
        self._run("plan", *options, "-out=refresh.plan", "-parallelism=20", "-input=false")
        plan: dict[str, Any] = json.loads(self._run("show", "-json", "refresh.plan"))
        return plan

    def _initialize(self) -> None:
        if self._initialized:
            return
        (self.directory / "cli.tfrc").write_text(
            f"provider_installation {{\n  filesystem_mirror {{ path = {json.dumps(str(self._mirror))} }}\n}}\n"
        )
        self._run("init", "-input=false")
        self._initialized = True

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )
        if done.returncode:
            message = f"terraform {arguments[0]} failed:\n{done.stderr or done.stdout}"
            raise AssertionError(message)
        return done.stdout

    def environment(self) -> dict[str, str]:
        """The variables that Terraform runs with in this directory."""
        environment = inherited_environment() | self._emulator.environment
        environment |= {
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_ARGS": "-no-color",
            "TF_CLI_CONFIG_FILE": str(self.directory / "cli.tfrc"),
            "CHECKPOINT_DISABLE": "1",
        }
        return environment | ({"TF_REATTACH_PROVIDERS": self._provider.reattach()} if self._attached else {})
