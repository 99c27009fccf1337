"""The root modules and Terragrunt units of a tree."""

from pathlib import Path

from driftmgr.hcl import HclError
from driftmgr.intent.backend import backend_of
from driftmgr.intent.files import SourceFile, below, configuration_files, is_override, names_in, parse_file

UNIT_FILES = ("terragrunt.hcl", "terragrunt.hcl.json")
_STATES = frozenset({".terraform", "terraform.tfstate", "terraform.tfstate.d"})
_HINTS = (b"backend", b"cloud")
_PASSED = ("node_modules",)


def root_modules(directory: Path) -> tuple[Path, ...]:
    """The directories of a tree, itself included, that are root modules, sorted.

    A root module has a ``backend`` or ``cloud`` block, was initialised (``.terraform``), or has a local state. Hidden
    directories (downloaded modules) are passed over, and links, which may lead in circles.
    """
    found = (folder for folder, entries in below(directory, _PASSED) if is_root_module(folder, entries))
    return tuple(sorted(found))


def is_root_module(directory: Path, entries: frozenset[str] | None = None) -> bool:
    """Whether a directory is a root module; ``entries`` are the names in it, if they are known."""
    return bool(_STATES & (names_in(directory) if entries is None else entries)) or _has_backend(directory)


def unit_directories(directory: Path) -> tuple[Path, ...]:
    """The directories of a tree, itself included, with a ``terragrunt.hcl``, sorted."""
    return tuple(sorted(folder for folder, entries in below(directory, _PASSED) if not entries.isdisjoint(UNIT_FILES)))


def _has_backend(directory: Path) -> bool:
    for path in configuration_files(directory):
        try:
            text = path.read_bytes()
            if not any(hint in text for hint in _HINTS):
                continue
            file = SourceFile(name=path.name, body=parse_file(path, path.name), overrides=is_override(path.name))
        except (OSError, HclError):
            # What cannot be read is told by whoever reads this root module; that it is one is told by others.
            continue
        if backend_of([file]) is not None:
            return True
    return False
