"""A ``driftmgr.yaml`` to begin with, from what a folder holds: working directories, states, and their regions."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml

from driftmgr.drift.traits import place_of
from driftmgr.intent import IntentError, configured_backend
from driftmgr.model import DriftMgrError
from driftmgr.state import read_state

_DEEPEST = 6
_STATE = ".tfstate"
_SKIPPED = frozenset({"node_modules", "terraform.tfstate.d", "vendor"})

_TAIL = """\

# How much is read. quick is list calls only, deep every attribute, smart details of what matters most or changed.
# mode: deep

# Gaps that are known, and no reason for exit code 3.
# accept_gaps:
#   - unsupported

# What to write: to the terminal, and to files.
# outputs:
#   - table
#   - json=report.json

# How much types matter, instead of what the catalog says.
# criticality:
#   aws_sqs_*: high

# Findings that nobody wants to see. A delete is ignored only by a rule that names the kind missing.
# ignore:
#   - type: aws_autoscaling_group
#     path: desired_capacity
#     owner: platform team
#     reason: the autoscaler sets it
#     expires: 2027-06-30
"""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds, relative to it; ``unreadable`` are states that are none, or broken."""

    directories: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def look_around(folder: Path) -> Found:
    """Look for working directories and states in a folder and below it; reads local states alone."""
    directories: dict[str, str] = {}
    states: list[Path] = []
    for place in _folders(folder, 0):
        kind = _backend_of(place)
        if kind:
            directories[_relative(place, folder)] = kind
        inner = sorted(path for path in place.glob(f"*{_STATE}") if path.is_file())
        states += [path for path in inner if not (kind and path.name == f"terraform{_STATE}")]
    local = [folder / name / f"terraform{_STATE}" for name, kind in directories.items() if kind == "local"]
    regions, unreadable = _regions([*states, *(path for path in local if path.is_file())])
    return Found(
        directories=tuple(directories),
        states=tuple(_relative(path, folder) for path in states if path not in unreadable),
        backends=tuple(sorted(set(directories.values()))),
        regions=regions,
        unreadable=tuple(_relative(path, folder) for path in unreadable),
    )


def starter(found: Found) -> str:
    """The text of a ``driftmgr.yaml``."""
    sources = [*found.directories, *found.states]
    lines = [
        "# Settings of driftmgr. A flag, or DRIFTMGR_ and a name in the environment, goes before what is here.",
        "# Every setting is in the schema: driftmgr config schema",
        "",
    ]
    if sources:
        backends = f" (state: {', '.join(found.backends)})" if found.backends else ""
        lines += [f"# States and Terraform working directories{backends}.", _listed("sources", sources)]
    else:
        lines += ["# States, patterns, Terraform working directories, s3://BUCKET/KEY.", "# sources:", "#   - ."]
    lines += [f"# {path} is no state that can be read." for path in found.unreadable]
    lines += ["", "# Where to look; by default where the states say that resources live."]
    regions = found.regions or ("all",)
    lines += [f"# {line}" for line in _listed("regions", list(regions)).splitlines()]
    return "\n".join(lines) + "\n" + _TAIL


def _listed(name: str, values: list[str]) -> str:
    written = yaml.safe_dump(values, allow_unicode=True, default_flow_style=False, width=1_000)
    return "\n".join([f"{name}:", *(f"  {line}" for line in written.splitlines())])


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth == _DEEPEST:
        return
    try:
        inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return  # what may not be looked into has nothing for us
    for path in inner:
        if not path.name.startswith(".") and path.name not in _SKIPPED:
            yield from _folders(path, depth + 1)


def _backend_of(folder: Path) -> str | None:
    """The backend of a root module; a module without a backend and without a state is only used by others."""
    if not any(any(folder.glob(pattern)) for pattern in ("*.tf", "*.tofu", "*.tf.json")):
        return None
    try:
        found = configured_backend(folder)
    except IntentError:
        return "unknown"  # still a working directory: whoever reads its state is told file and line
    if found is not None:
        return found.type
    has_state = (folder / f"terraform{_STATE}").is_file() or (folder / ".terraform" / f"terraform{_STATE}").is_file()
    return "local" if has_state or (folder / "terraform.tfstate.d").is_dir() else None


def _regions(states: list[Path]) -> tuple[tuple[str, ...], list[Path]]:
    counted: Counter[str] = Counter()
    unreadable: list[Path] = []
    for path in states:
        try:
            instances = read_state(path, source=str(path)).instances()
            counted.update(region for item in instances if (region := place_of(item.attributes)[1]))
        except DriftMgrError:
            unreadable.append(path)
    return tuple(sorted(counted)), unreadable


def _relative(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder))
