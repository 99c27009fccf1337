"""The configuration files of a directory, in the order in which later ones override.

https://developer.hashicorp.com/terraform/language/files and .../override
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from driftmgr.hcl import Body, HclError, parse_hcl, parse_json
from driftmgr.intent.errors import Problem
from driftmgr.model import SourceLocation

_SUFFIXES = (".tofu.json", ".tf.json", ".tofu", ".tf")
_SHADOWED = {".tf": ".tofu", ".tf.json": ".tofu.json"}


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read. ``name`` is its path from the root module."""

    name: str
    body: Body
    overrides: bool

    def at(self, line: int) -> SourceLocation:
        """A place in it."""
        return SourceLocation(file=self.name, line=line)


def names_in(directory: Path) -> frozenset[str]:
    """The names in a directory; empty for one that cannot be looked into."""
    try:
        return frozenset(path.name for path in directory.iterdir())
    except (OSError, ValueError):
        return frozenset()


def configuration_files(directory: Path) -> list[Path]:
    """The files that Terraform or OpenTofu reads in a directory; empty if there is none, or no directory."""
    try:
        names = {entry.name for entry in os.scandir(directory) if not entry.name.startswith(".") and entry.is_file()}
    except (OSError, ValueError):
        return []
    kept = [name for name in names if (suffix := _suffix(name)) and not _is_shadowed(name, suffix, names)]
    return [directory / name for name in sorted(kept, key=lambda name: (is_override(name), name))]


def is_override(name: str) -> bool:
    """Whether a file's blocks are merged into those of the others."""
    stem = name.removesuffix(_suffix(name))
    return stem == "override" or stem.endswith("_override")


def read_files(directory: Path, root: Path) -> tuple[list[SourceFile], list[Problem]]:
    """The files of a directory, and what could not be read of them."""
    files: list[SourceFile] = []
    problems: list[Problem] = []
    for path in configuration_files(directory):
        name = relative(path, root)
        try:
            files.append(SourceFile(name=name, body=parse_file(path, name), overrides=is_override(path.name)))
        except HclError as error:
            where = SourceLocation(file=name, line=error.line)
            problems.append(Problem(location=where, message=error.what, in_root=directory == root))
    return files, problems


def parse_file(path: Path, name: str) -> Body:
    """Read a file by its ending; raises ``HclError``, for one that cannot be opened too."""
    try:
        text = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: no name of a file
        raise HclError(name, 1, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return parse_json(text, name) if path.suffix == ".json" else parse_hcl(text, name)


def is_file(path: Path) -> bool:
    """Whether a path that a configuration names is a file; no text is too strange for it."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_directory(path: Path) -> bool:
    """The same for a directory."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def relative(path: Path, root: Path) -> str:
    """A path as seen from a directory, with ``/``."""
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def below(directory: Path, passed: Iterator[str] | tuple[str, ...] = ()) -> Iterator[tuple[Path, frozenset[str]]]:
    """The directories of a tree with the names of their entries; without hidden ones, links and those ``passed``."""
    left = frozenset(passed)
    for folder, folders, files in os.walk(directory):
        entries = frozenset((*folders, *files))
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in left)
        yield Path(folder), entries


def _suffix(name: str) -> str:
    return next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")


def _is_shadowed(name: str, suffix: str, names: set[str]) -> bool:
    return suffix in _SHADOWED and name.removesuffix(suffix) + _SHADOWED[suffix] in names
