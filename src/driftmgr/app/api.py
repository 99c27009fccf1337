"""DriftMgr as a library: what ``from driftmgr import ...`` offers (``docs/python-api.md``)."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from driftmgr.app.request import Engine, Inventory, ScanRequest, expand_types
from driftmgr.app.scan import discover as discover_now
from driftmgr.app.scan import scan
from driftmgr.app.sources import States, read_states
from driftmgr.app.stored_report import read_report
from driftmgr.clouds.aws import AwsSession
from driftmgr.discovery.shards import Mode
from driftmgr.model import DriftMgrError, DriftReport, GapReason

Answer = TypeVar("Answer")
Source = str | PathLike[str]
"""A state file, a pattern, a Terraform working directory, or a URL."""

_LISTS = frozenset({"sources", "workspaces", "clouds", "regions", "accounts", "roles", "types", "accept_gaps"})


def detect(  # noqa: PLR0913  # the options of the command
    *sources: Source,
    workspaces: Iterable[str] = (),
    clouds: Iterable[str] = (),
    regions: Iterable[str] = (),
    accounts: Iterable[str] = (),
    roles: Iterable[str] = (),
    types: Iterable[str] = (),
    mode: Mode = "deep",
    engine: Engine = "catalog",
    managed_only: bool = False,
    include_defaults: bool = False,
    accept_gaps: Iterable[GapReason] = (),
    profile: str | None = None,
    cache_ttl: float = 0.0,
) -> DriftReport:
    """Compare Terraform states with the cloud; without a source, the state of the current directory.

    The arguments are the options of ``driftmgr detect``; ``roles`` are ARNs, ``types`` may be patterns. Settings
    files and ignore rules are the command's. No secret is in the report. Raises ``DriftMgrError``.
    """
    request = _request(
        sources=[fspath(source) for source in sources],
        workspaces=workspaces,
        clouds=clouds,
        regions=regions,
        accounts=accounts,
        roles=roles,
        types=types,
        mode=mode,
        engine=engine,
        managed_only=managed_only,
        include_defaults=include_defaults,
        accept_gaps=accept_gaps,
        profile=profile,
        cache_ttl=cache_ttl,
    )
    return _apart(lambda: scan(request))


def discover(  # noqa: PLR0913  # the options of the command
    *,
    clouds: Iterable[str] = (),
    regions: Iterable[str] = (),
    accounts: Iterable[str] = (),
    roles: Iterable[str] = (),
    types: Iterable[str] = (),
    mode: Mode = "deep",
    include_defaults: bool = False,
    profile: str | None = None,
) -> Inventory:
    """What the cloud holds, in Terraform's words, without any secret; raises ``DriftMgrError``.

    The arguments are the options of ``driftmgr discover``.
    """
    request = _request(
        clouds=clouds,
        regions=regions,
        accounts=accounts,
        roles=roles,
        types=types,
        mode=mode,
        include_defaults=include_defaults,
        profile=profile,
    )
    return _apart(lambda: discover_now(request))


def load_state(*sources: Source, workspaces: Iterable[str] = (), profile: str | None = None) -> States:
    """The instances of states as they are recorded, secrets included; raises ``DriftMgrError``.

    What could not be read is in ``gaps``.
    """
    return read_states(
        [fspath(source) for source in sources] or ["."], AwsSession(profile), workspaces=tuple(workspaces)
    )


def load_report(file: Source) -> DriftReport:
    """A report that ``driftmgr detect -o json=FILE`` kept; raises ``DriftMgrError`` for what is none."""
    return read_report(Path(file))


def _request(**asked: Any) -> ScanRequest:
    """The request with these values; raises ``DriftMgrError`` that names the first that is none of those allowed."""
    for name, value in asked.items():
        if name in _LISTS:
            if isinstance(value, str):
                raise DriftMgrError(f"{name}: a list is wanted, not the text {value!r}", hint=f"write [{value!r}]")
            asked[name] = list(value)
    asked["roles"] = [{"arn": arn} for arn in asked["roles"]]
    try:
        asked["types"] = expand_types(asked["types"])
        return msgspec.convert(asked, ScanRequest)
    except (msgspec.ValidationError, TypeError) as error:
        raise DriftMgrError(f"not a question that can be asked: {error}", hint="see docs/python-api.md") from error


def _apart(work: Callable[[], Answer]) -> Answer:
    """Run what needs an event loop of its own; on a thread where one is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:  # noqa: BLE001  # it is raised where the caller waits
            errors.append(error)

    thread = threading.Thread(target=run, name="driftmgr")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]
