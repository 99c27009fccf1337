"""Find the aws provider that the conformance tests and the benchmark run, and print the root of its mirror.

    python tools/find_provider_mirror.py [--everywhere]

Looks, in this order, in DRIFTMGR_PROVIDER_MIRROR, the mirrors and the plugin cache of Terraform's CLI
configuration, TF_PLUGIN_CACHE_DIR, and Terraform's implied mirror directories
(https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories);
with ``--everywhere`` also on the whole root file system, for at most a minute. Prints nothing and
exits 1 without a find.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = "5.100.0"
BINARY = f"terraform-provider-aws_v{VERSION}_x5"
SOURCE = f"registry.terraform.io/hashicorp/aws/{VERSION}"
_CONFIGURED = re.compile(r'^[^#\n]*\b(?:path|plugin_cache_dir)\s*=\s*"([^"]+)"', re.MULTILINE)
_SEARCH_SECONDS = 60


def holds_provider(root: Path) -> bool:
    """Whether an unpacked mirror has the binary for some platform (``ROOT/HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/``)."""
    try:
        return any(root.glob(f"{SOURCE}/*/{BINARY}"))
    except OSError:
        return False


def named_places() -> Iterator[Path]:
    """Where a mirror is by name or by Terraform's convention."""
    for variable in ("DRIFTMGR_PROVIDER_MIRROR", "TF_PLUGIN_CACHE_DIR"):
        yield from (Path(part) for part in os.environ.get(variable, "").split(os.pathsep) if part)
    configuration = Path(os.environ.get("TF_CLI_CONFIG_FILE", "~/.terraformrc")).expanduser()
    if configuration.is_file():
        yield from (Path(found).expanduser() for found in _CONFIGURED.findall(configuration.read_text()))
    home = Path("~/.terraform.d").expanduser()
    data = Path(os.environ.get("XDG_DATA_HOME", "~/.local/share")).expanduser()
    yield from (home / "plugins", home / "plugin-cache", data / "terraform/plugins")
    yield from (Path("/usr/local/share/terraform/plugins"), Path("/usr/share/terraform/plugins"))


def all_places() -> Iterator[Path]:
    """Every place of the root file system where the binary lies in a mirror's layout."""
    command = ["find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "-name", BINARY, "-print"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SEARCH_SECONDS).stdout
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in found.splitlines():
        platform = Path(line).parent
        if platform.parent.as_posix().endswith(f"/{SOURCE}"):
            yield platform.parents[len(Path(SOURCE).parts)]


def main() -> int:
    """Print the first root that holds the provider."""
    options = argparse.ArgumentParser(description="Find the filesystem mirror that holds the aws provider.")
    options.add_argument("--everywhere", action="store_true", help="also search the root file system, up to a minute")
    everywhere = options.parse_args().everywhere
    root = next(filter(holds_provider, named_places()), None)
    if root is None and everywhere:
        root = next(filter(holds_provider, all_places()), None)
    if root is None:
        return 1
    print(root.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
