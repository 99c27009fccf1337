"""The engines beside the catalog: the provider's own binary, and Terraform's refresh-only plan.

Each is asked about recorded instances and gives a part of a report; ``auto`` puts such a part beside the catalog's.
"""

import importlib.util
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from driftmgr.app.baseline import not_compared
from driftmgr.app.instances import WITHOUT_CLOUD_OBJECTS, provider_name
from driftmgr.app.intent import declared_arguments, places_of, read_intent, with_intent
from driftmgr.app.parts import Part, Seen, part_of, with_part
from driftmgr.app.reading import Collected
from driftmgr.app.request import OnProgress, Progress, ScanRequest
from driftmgr.app.sources import States, read_request
from driftmgr.catalog import Catalog, cloud_of, whole_catalog
from driftmgr.catalog.entry import ResourceType
from driftmgr.catalog.references import MANAGED_BY_COMPANION
from driftmgr.catalog.schema import ResourceSchema
from driftmgr.clouds.aws import AwsSession
from driftmgr.drift.compare import Comparator
from driftmgr.drift.traits import place_of
from driftmgr.model import Drift, DriftMgrError, DriftReport, Gap, ResourceInstance, ScanRecord, Scope, worst_first
from driftmgr.runtime.terraform import find_program
from driftmgr.runtime.threads import DaemonThreads
from driftmgr.telemetry.redaction import hide

if TYPE_CHECKING:
    from driftmgr.provider.refresh import Reading
    from driftmgr.provider.session import Listed
    from driftmgr.provider.terraform import Refreshed

# Reading a state may be a call of its own event loop.
_THREADS = DaemonThreads(4, "states-of-engines")
_NEEDED = ("grpclib", "h2", "msgpack", "google.protobuf", "cryptography")


class Recorder(Protocol):
    """Writes the record of a scan that ends now (``scan.Clock``)."""

    def record(
        self, request: ScanRequest, scopes: Iterable[Any], collected: Collected, sources: Sequence[str] = ()
    ) -> ScanRecord:
        """The record."""


async def scan(request: ScanRequest, clock: Recorder, on_progress: OnProgress | None) -> DriftReport:
    """A report by the provider or the plan engine alone; raises ``DriftMgrError``."""
    catalog, unheld = whole_catalog(), not_compared(request)
    places = places_of(request)
    request = msgspec.structs.replace(request, sources=places.sources)
    states = await _THREADS.run(lambda: read_request(request, AwsSession(request.profile)))
    instances, outside = asked_of(states, request)
    if request.engine == "plan":
        part = ask_terraform(instances, states, catalog)
    else:
        part = await ask_providers(instances, states, request, catalog, on_progress)
    gaps = (*part.gaps, *states.gaps, *unheld, *(() if request.managed_only else (_UNMANAGED,)))
    # One of the objects of an unread instance's type is its own, so that none of them is called unmanaged.
    unsure = {gap.type for gap in states.gaps}
    drifts = tuple(found for found in part.drifts if found.kind != "unmanaged" or not unsure & {found.type, "*"})
    broken = sum(gap.instances for gap in states.gaps)
    part = msgspec.structs.replace(part, drifts=drifts, gaps=gaps, outside=outside, unverified=part.unverified + broken)
    scopes = tuple(dict.fromkeys(drift.scope for drift in (*part.drifts, *part.suppressed)))
    asked = Collected(objects=(), gaps=gaps, api_calls=part.reads, reused=0, outcome="complete")
    report = DriftReport(
        scan=clock.record(request, scopes, asked, states.labels),
        summary=part.summary,
        drifts=worst_first(part.drifts),
        gaps=gaps,
        suppressed=part.suppressed,
        accepted_gaps=request.accept_gaps,
    )
    return with_intent(report, read_intent(places, states.roots))


_UNMANAGED = Gap(
    type="*",
    operation="list",
    reason="unsupported",
    message="unmanaged objects are told only of types that a provider lists; --managed-only says that this is meant",
)


async def complete(
    report: DriftReport, states: States, request: ScanRequest, on_progress: OnProgress | None
) -> DriftReport:
    """A report of the catalog, with the instances that it lacks read by their providers where these are installed."""
    catalog = whole_catalog()
    wanted = lacking(states, catalog)
    if not wanted or request.types or not is_installed():
        return report
    part = await ask_providers(wanted, states, request, catalog, on_progress)
    return with_part(report, part, unsupported=len(wanted))


async def second_opinion(request: ScanRequest, on_progress: OnProgress | None) -> Part:
    """What the providers say of the instances that the catalog has an entry for; raises ``DriftMgrError``."""
    catalog = whole_catalog()
    request = msgspec.structs.replace(request, sources=places_of(request).sources)
    states = await _THREADS.run(lambda: read_request(request, AwsSession(request.profile)))
    instances = [instance for instance in asked_of(states, request)[0] if instance.type in catalog]
    return await ask_providers(instances, states, request, catalog, on_progress)


def is_installed() -> bool:
    """Whether the packages of the extra ``providers`` are there."""
    return all(map(_found, _NEEDED))


def need_providers() -> None:
    """Raise ``DriftMgrError`` without the extra."""
    if not is_installed():
        raise DriftMgrError("the provider engine needs its extra", hint="pip install 'driftmgr[providers]'")


def _found(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def asked_of(states: States, request: ScanRequest) -> tuple[list[ResourceInstance], int]:
    """The instances of a request that stand for an object of a cloud, and how many lie outside the asked places."""
    asked: list[ResourceInstance] = []
    outside = 0
    for instance in states.instances:
        if instance.address.mode == "data" or provider_name(instance.provider) in WITHOUT_CLOUD_OBJECTS:
            continue
        if request.types and instance.type not in request.types:
            continue
        account, region = place_of(instance.attributes)
        elsewhere = request.regions and "all" not in request.regions and region and region not in request.regions
        if elsewhere or (request.accounts and account and account not in request.accounts):
            outside += 1
        else:
            asked.append(instance)
    return asked, outside


def lacking(states: States, catalog: Catalog) -> list[ResourceInstance]:
    """The instances that the catalog has no entry for."""
    return [
        instance
        for instance in states.instances
        if instance.address.mode == "managed"
        and (name := provider_name(instance.provider)) not in WITHOUT_CLOUD_OBJECTS
        and not (name == cloud_of(instance.type) and instance.type in catalog)
    ]


async def ask_providers(
    instances: Sequence[ResourceInstance],
    states: States,
    request: ScanRequest,
    catalog: Catalog,
    on_progress: OnProgress | None,
) -> Part:
    """Have every instance read by its own provider; raises ``DriftMgrError`` without the extra."""
    need_providers()
    from driftmgr.provider.engine import ProviderEngine  # noqa: PLC0415  # an extra, and slow to import

    done: list[Reading] = []

    def on_reading(reading: "Reading") -> None:
        done.append(reading)
        if on_progress is not None:
            doing = reading.instance.type
            total = len(instances)
            on_progress(Progress(done=len(done), total=total, api_calls=len(done), objects=len(done), doing=doing))

    def lists(resource_type: str) -> bool:
        return not request.managed_only and (request.engine == "provider" or resource_type not in catalog)

    given = {**given_values(request.providers, "driftmgr.yaml"), **given_configurations(request.provider_config)}
    engine = ProviderEngine(declared_arguments, given=given, on_reading=on_reading, lists=lists)
    readings = await engine.read(instances, root_finder(states), among=states.instances)
    part = part_of([*map(_seen, readings), *_deposed(instances)], catalog, "provider.read")
    unlisted = (
        Gap(type=item.type, operation="provider.list", reason=item.reason, message=item.message)
        for item in engine.unlisted
    )
    drifts = (*part.drifts, *(_unmanaged(item, catalog) for item in engine.unmanaged))
    return msgspec.structs.replace(part, drifts=drifts, gaps=(*part.gaps, *unlisted))


def _unmanaged(found: "Listed", catalog: Catalog) -> Drift:
    values = found.values or {}
    account, region = place_of(values)
    identity = values.get("id") or ", ".join(f"{name}={value}" for name, value in (found.identity or {}).items())
    return Drift(
        kind="unmanaged",
        type=found.type,
        id=str(identity),
        scope=Scope(cloud=found.type.partition("_")[0], account=account or "", region=region),
        severity=catalog[found.type].criticality if found.type in catalog else "low",
        name=found.name or None,
    )


def _seen(reading: "Reading") -> Seen:
    return Seen(
        instance=reading.instance,
        changes=tuple(item.change for item in reading.judged),
        gone=reading.outcome == "gone",
        reason=reading.reason,
        message=reading.message,
    )


def _deposed(instances: Iterable[ResourceInstance]) -> list[Seen]:
    return [
        Seen(instance=instance, reason="unsupported", message="deposed in the state: Terraform will destroy it")
        for instance in instances
        if instance.status == "deposed"
    ]


def ask_terraform(instances: Sequence[ResourceInstance], states: States, catalog: Catalog) -> Part:
    """Have Terraform or OpenTofu refresh every instance, directory by directory, without touching its state."""
    from driftmgr.provider.terraform import refreshed  # noqa: PLC0415  # only this engine needs it

    if not is_installed():
        raise DriftMgrError("the plan engine needs the extra providers", hint="pip install 'driftmgr[providers]'")
    from driftmgr.provider.companions import Companions  # noqa: PLC0415  # the same

    companions = Companions(catalog, instances, ())
    seen: list[Seen] = []
    root_of = root_finder(states)
    for root in dict.fromkeys(map(root_of, instances)):
        here = [instance for instance in instances if root_of(instance) == root]
        sources = {instance.source for instance in here}
        if len(sources) > 1:
            raise DriftMgrError(
                f"{root} belongs to several states: {', '.join(sorted(sources))}",
                hint="name the working directory, not its states",
            )
        with tempfile.TemporaryDirectory(prefix="driftmgr-") as scratch:
            found = refreshed(root, Path(scratch), os.environ, find_program(root, os.environ))
        for instance in here:
            theirs = companions.inline(instance, instance.attributes)
            added = companions.added(instance, instance.attributes)
            seen.append(_compared(instance, _without(found.get(str(instance.address)), added), catalog, theirs))
    return part_of(seen, catalog, "terraform.plan")


def _without(found: "Refreshed | None", added: Mapping[str, frozenset[str]]) -> "Refreshed | None":
    """The same without what other instances put into lists of this one, on both sides."""
    if found is None or found.after is None or not added:
        return found

    def kept(side: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: [one for one in value if str(one) not in added[name]]
            if name in added and isinstance(value, list)
            else value
            for name, value in side.items()
        }

    return msgspec.structs.replace(found, before=kept(found.before), after=kept(found.after))


def _compared(instance: ResourceInstance, found: "Refreshed | None", catalog: Catalog, theirs: Iterable[str]) -> Seen:
    if instance.status == "deposed":
        return _deposed([instance])[0]
    if found is None:
        return Seen(instance=instance)
    if found.after is None:
        return Seen(instance=instance, gone=True)
    entry = catalog[instance.type] if instance.type in catalog else ResourceType(name=instance.type)
    schema = catalog.schemas[entry.name] if entry.name in catalog.schemas else ResourceSchema()
    sensitive = (*instance.sensitive, *found.sensitive)
    changes = Comparator(entry, schema).compare(
        found.before, found.after, skip=dict.fromkeys(theirs, MANAGED_BY_COMPANION), sensitive=sensitive
    )
    return Seen(instance=instance, changes=changes)


def root_finder(states: States) -> Callable[[ResourceInstance], Path]:
    """For an instance the root module whose provider may be run for it: a directory that the user named.

    That is the working directory itself, or that of a state file named by its path; for states found by a pattern
    and fetched ones it is the current directory. Nothing that a state says is a path to look in.
    """
    return lambda instance: states.roots.get(instance.source, Path.cwd())


def given_configurations(path: str | None) -> Mapping[str, Mapping[str, Any]]:
    """Provider configurations from a TOML file; raises ``DriftMgrError``.

    ``["hashicorp/aws.west"]`` holds the arguments of that configuration. A secret is written ``{ env = "NAME" }``.
    """
    if path is None:
        return {}
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DriftMgrError(f"{path} cannot be read: {error}", hint="see docs/provider-engine.md") from error
    return given_values(document, path)


def given_values(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Provider configurations with what they take from the environment; raises ``DriftMgrError``."""
    return {configuration: _from_environment(value, name) for configuration, value in document.items()}


def _from_environment(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_from_environment(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"env"}:
        if value["env"] not in os.environ:
            raise DriftMgrError(f"{path}: the variable {value['env']} is not set", hint="set it, or take it out")
        hide(os.environ[value["env"]])
        return os.environ[value["env"]]
    return {name: _from_environment(item, path) for name, item in value.items()}
