"""The provider engine: every instance read by the very provider that its working directory has installed.

Grouped by provider configuration, whatever state an instance comes from: one process each, one after another, for a
large provider takes half a gigabyte of memory.
"""

import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.catalog import whole_catalog
from driftmgr.model import GapReason, ResourceInstance
from driftmgr.provider.asking import Ask, guarded
from driftmgr.provider.companions import Companions
from driftmgr.provider.configuration import configuration_value
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.guards import home_of, identity_of, is_confirmed, is_suspicious, misplaced
from driftmgr.provider.noise import SENSITIVE
from driftmgr.provider.normal import without_secrets
from driftmgr.provider.process import Launch
from driftmgr.provider.reference import ProviderReference
from driftmgr.provider.refresh import CONCURRENCY, Explain, Reading, Refresh
from driftmgr.provider.schema import TypeSchema
from driftmgr.provider.search import Binary, find_binary
from driftmgr.provider.session import Listed, SchemaCache, Session
from driftmgr.provider.values import plain
from driftmgr.store.fingerprints import cache_directory

Given = Mapping[str, Mapping[str, Any]]
"""Provider configurations that a person gave, by address and alias (``registry.terraform.io/hashicorp/aws.west``)."""

Declared = Callable[[ProviderReference, Path, Mapping[str, str]], Mapping[str, Any]]
"""The arguments of a provider configuration in the HCL of a root module, empty if it does not mention it.

Asked with the environment that counts. Raises ``ProviderError`` where they are more than literals.
"""


class Source(msgspec.Struct, frozen=True):
    """A provider configuration as a state names it, and the root module whose it is."""

    provider: str
    root: Path


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a source comes to: a binary, what it is configured with, and where it runs."""

    reference: ProviderReference
    binary: Binary
    configuration: Mapping[str, Any]
    cwd: Path

    @property
    def ask(self) -> Ask:
        """Asks it under the guard."""
        return guarded(self.reference)


class Unlisted(msgspec.Struct, frozen=True, kw_only=True):
    """A type whose objects a provider would list, and why it did not."""

    type: str
    reason: GapReason
    message: str


class ProviderEngine:
    """Reads instances. ``environment`` is what providers see and what is asked for paths and variables.

    With ``lists`` it also has the types listed for which that is true and whose provider can (few can yet): after
    ``read``, ``unmanaged`` holds the objects that no instance stands for, ``unlisted`` what went wrong.
    """

    def __init__(  # noqa: PLR0913  # all but the first have their usual value
        self,
        declared: Declared,
        *,
        given: Given | None = None,
        environment: Mapping[str, str] | None = None,
        concurrency: int = CONCURRENCY,
        on_reading: Callable[[Reading], None] = lambda _: None,
        lists: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.unmanaged: list[Listed] = []
        self.unlisted: list[Unlisted] = []
        self._lists = lists
        self._declared = declared
        self._given = given or {}
        self._environment = dict(os.environ if environment is None else environment)
        self._concurrency = concurrency
        self._on_reading = on_reading

    async def read(
        self,
        instances: Sequence[ResourceInstance],
        root_of: Callable[[ResourceInstance], Path],
        *,
        among: Sequence[ResourceInstance] = (),
    ) -> tuple[Reading, ...]:
        """A reading for every managed instance that is not deposed.

        ``root_of`` gives the working directory that an instance belongs to; ``among`` are all instances of the states,
        if these are only some of them: they may manage parts of each other.
        """
        managed = [item for item in instances if item.address.mode == "managed" and item.status != "deposed"]
        companions = Companions(whole_catalog(), among or managed, {instance.type for instance in managed})
        readings: list[Reading] = []
        with tempfile.TemporaryDirectory(prefix="driftmgr-") as scratch:
            groups, failed = self._grouped(managed, root_of, Path(scratch))
            readings += failed
            for target, members in groups:
                found, listable = await self._read_group(target, members, companions.explained)
                await self._list(target, listable, found, among or managed)
                readings += found
        return tuple(readings)

    def _grouped(
        self, instances: Sequence[ResourceInstance], root_of: Callable[[ResourceInstance], Path], scratch: Path
    ) -> tuple[list[tuple[Target, list[ResourceInstance]]], list[Reading]]:
        by_source: dict[Source, list[ResourceInstance]] = {}
        for instance in instances:
            by_source.setdefault(Source(instance.provider, root_of(instance)), []).append(instance)
        groups: dict[str, tuple[Target, list[ResourceInstance]]] = {}
        failed: list[Reading] = []
        for source, members in by_source.items():
            try:
                target = self.resolve(source, scratch)
            except ProviderError as error:
                failed += (_failed(instance, error) for instance in members)
                continue
            groups.setdefault(_key(target), (target, []))[1].extend(members)
        for reading in failed:
            self._on_reading(reading)
        return list(groups.values()), failed

    def resolve(self, source: Source, scratch: Path) -> Target:
        """Binary and configuration of a source; raises ``ProviderError``."""
        try:
            reference = ProviderReference.parse(source.provider)
        except ValueError as error:
            raise ProviderError(str(error), reason="unsupported") from error
        if os.name != "posix":
            raise ProviderError("the provider engine runs on Linux and macOS", reason="unsupported")
        return Target(
            reference=reference,
            binary=find_binary(reference, source.root, self._environment, scratch),
            configuration=self._configuration(reference, source.root),
            cwd=source.root,
        )

    async def read_object(self, source: Source, resource_type: str, identity: str) -> dict[str, Any] | None:
        """The values of one object by its import id, secrets masked; ``None`` if there is none.

        Raises ``ProviderError``.
        """
        with tempfile.TemporaryDirectory(prefix="driftmgr-") as scratch:
            target = self.resolve(source, Path(scratch))
            async with self._opener(target)() as session:
                found = await target.ask("provider.import", lambda: session.imported(resource_type, identity))
                schema = session.schemas[resource_type]
        return None if found is None else plain(without_secrets(schema.block, found, SENSITIVE))

    def _configuration(self, reference: ProviderReference, root: Path) -> Mapping[str, Any]:
        for name in (reference.name, reference.name.partition("/")[2]):
            if name in self._given:
                return self._given[name]
        if reference.key is not None:
            raise ProviderError(
                f"the configuration of {reference.name} belongs to for_each {reference.key}",
                hint="give it to driftmgr itself (--provider-config)",
                reason="unsupported",
            )
        return self._declared(reference, root, self._environment)

    async def _read_group(
        self, target: Target, members: Sequence[ResourceInstance], explain: Explain
    ) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
        """The readings of one configuration, and the types that it can list."""
        home = home_of(members)
        confirmed: list[bool] = []
        listable: list[str] = []

        async def check(session: Session) -> None:
            identity = await identity_of(session)
            if problem := misplaced(home, identity):
                raise ProviderError(problem, hint="check credentials, account and region")
            confirmed.append(is_confirmed(home, identity))
            listable[:] = filter(self._lists, session.schemas.listable())

        refresh = Refresh(
            self._opener(target),
            check=check,
            explain=explain,
            concurrency=self._concurrency,
            on_reading=self._on_reading,
            ask=target.ask,
        )
        readings = await refresh.run(members)
        gone = [reading for reading in readings if reading.outcome == "gone"]
        if not is_suspicious(len(gone), len(readings), confirmed=all(confirmed) and bool(confirmed)):
            return readings, tuple(listable)
        doubt = ProviderError(
            f"{len(gone)} of {len(readings)} instances of {members[0].provider} were not found: check credentials, "
            "account and region before you believe it"
        )
        doubted = (_failed(item.instance, doubt) if item.outcome == "gone" else item for item in readings)
        return tuple(doubted), ()

    def _opener(self, target: Target) -> Callable[[], Session]:
        launch = Launch(binary=target.binary.path, cwd=target.cwd, environment=self._environment)
        cache = SchemaCache(cache_directory() / "provider-schemas")
        return functools.partial(Session, launch, _configure(target), cache=cache, schema_key=_file_name(target.binary))

    async def _list(
        self,
        target: Target,
        types: Sequence[str],
        readings: Sequence[Reading],
        instances: Sequence[ResourceInstance],
    ) -> None:
        if not types:
            return
        waiting = list(types)
        try:
            async with self._opener(target)() as session:
                while waiting:
                    found = await target.ask("provider.list", functools.partial(session.listed, waiting[0]))
                    self.unmanaged += _strangers(found, readings, instances)
                    waiting.pop(0)
        except ProviderError as error:
            self.unlisted += (Unlisted(type=name, reason=error.reason, message=error.message) for name in waiting)


def _strangers(
    found: Sequence[Listed], readings: Sequence[Reading], instances: Sequence[ResourceInstance]
) -> Iterator[Listed]:
    """Of the listed objects of a type those that no instance of any state stands for; raises ``ProviderError``."""
    kinds = {item.type for item in found}
    mine = [reading for reading in readings if reading.instance.type in kinds]
    ids = {str(item.attributes.get("id")) for item in instances if item.type in kinds}
    for item in found:
        if any(reading.identity is not None and reading.identity == item.identity for reading in mine):
            continue
        identity = (item.values or {}).get("id")
        if identity is None and any(reading.identity is None for reading in mine):
            raise ProviderError("listed objects have no id to tell them from the recorded ones", reason="unsupported")
        if str(identity) not in ids:
            yield item


def _configure(target: Target) -> Callable[[TypeSchema], Mapping[str, Any]]:
    return lambda schema: configuration_value(schema, target.configuration)


def _failed(instance: ResourceInstance, error: ProviderError) -> Reading:
    message = f"{error.message}; {error.hint}" if error.hint else error.message
    return Reading(instance=instance, outcome="failed", reason=error.reason, message=message)


def _key(target: Target) -> str:
    """Equal for targets that one process may serve."""
    config = repr(sorted(target.configuration.items(), key=lambda item: item[0]))
    # A path relative to the root module makes a configuration that module's own.
    own = str(target.cwd) if any(sign in config for sign in ("'./", "'../")) else ""
    return f"{target.binary.path} {own} {config}"


def _file_name(binary: Binary) -> str:
    return binary.digest.removeprefix("h1:").replace("/", "_").replace("=", "")
