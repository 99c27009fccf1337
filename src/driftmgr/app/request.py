"""What a use case is asked, and what it tells while it runs."""

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from driftmgr.catalog import whole_catalog
from driftmgr.discovery.shards import Mode
from driftmgr.model import DriftMgrError, Gap, GapReason, RemoteObject, ScanRecord
from driftmgr.policy import Policy

Engine = Literal["catalog", "provider", "plan", "auto"]
"""Who reads the cloud: our catalog, the installed providers, Terraform's plan, or the catalog and, for the rest, the
providers."""


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A role to assume for one more account."""

    arn: str
    external_id: str | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token of one team: the variable of the environment that holds it, or any name and the ``value``."""

    name: str
    value: str | None = None

    def __repr__(self) -> str:
        """Never the value."""
        return f"Token({self.name!r})"


class ScanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One scan, as a user asks for it.

    ``sources`` are states: files, globs, Terraform working directories, ``s3://bucket/key``. ``backend_config``
    completes the backends of working directories (files, ``NAME=VALUE``); ``workspaces`` are those to read instead of
    the selected one, ``("all",)`` every one with a state. ``clouds``: empty for those that the states name.
    ``regions`` (of AWS): empty for those that the states (and else the credentials) name,
    ``("all",)`` for every enabled one. ``accounts``: the account ids wanted, empty for those of the credentials and
    ``roles``. ``declared_regions`` and ``declared_roles``: those of the configuration, which count where the user names
    none; ``None`` stands for the credentials' own. ``tokens``: one for each DigitalOcean team, empty for that of the
    usual variables. ``types``: empty for all that the catalog has. ``provider_config`` is a TOML file with provider
    configurations for the provider engine, ``providers`` holds such themselves. ``cache_ttl``: answers may be that many
    seconds old. ``resume``: what an interrupted or throttled scan has read need not be read again. ``policy``: how much
    findings matter, and which are ignored. ``baseline`` is the file of what the team accepted (``None`` for the one of
    the environment or the current directory, if there is one), ``baseline_key_file`` has its key; without
    ``use_baseline`` nothing is held to it.
    """

    sources: tuple[str, ...] = ()
    backend_config: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    declared_regions: tuple[str | None, ...] = ()
    declared_roles: tuple[Role | None, ...] = ()
    tokens: tuple[Token, ...] = ()
    types: tuple[str, ...] = ()
    mode: Mode = "deep"
    managed_only: bool = False
    include_defaults: bool = False
    accept_gaps: tuple[GapReason, ...] = ()
    profile: str | None = None
    engine: Engine = "catalog"
    provider_config: str | None = None
    providers: Mapping[str, Mapping[str, Any]] = {}
    cache_ttl: float = 0.0
    resume: bool = False
    policy: Policy = Policy()
    baseline: str | None = None
    baseline_key_file: str | None = None
    use_baseline: bool = True


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a scan stands: shards done of all, API calls made, objects seen so far, what it does now."""

    done: int
    total: int
    api_calls: int
    objects: int
    doing: str = ""


OnProgress = Callable[[Progress], None]


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What ``discover`` found: the objects themselves, and what it could not look at."""

    scan: ScanRecord
    objects: tuple[RemoteObject, ...]
    gaps: tuple[Gap, ...] = ()


def expand_types(patterns: Iterable[str]) -> tuple[str, ...]:
    """Names stay, patterns become the types they match; raises ``DriftMgrError`` if one matches nothing."""
    known = [entry.name for entry in whole_catalog()]
    names: list[str] = []
    for pattern in patterns:
        if any(sign in pattern for sign in "*?["):
            found = fnmatch.filter(known, pattern)
            if not found:
                raise DriftMgrError(f"no resource type matches {pattern}", hint="see driftmgr catalog types")
            names += found
        else:
            names.append(pattern)
    return tuple(dict.fromkeys(names))
