"""What the configuration of the directories that a user named says of a scan and of its findings."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.app.request import Role, ScanRequest
from driftmgr.hcl import unresolved_in
from driftmgr.intent import Configuration, ProviderConfiguration, Unit, read_configuration, root_modules, units
from driftmgr.intent.files import configuration_files, is_directory, names_in, relative
from driftmgr.intent.paths import without
from driftmgr.intent.roots import UNIT_FILES, is_root_module, unit_directories
from driftmgr.model import (
    AttributeChange,
    Drift,
    DriftReport,
    Gap,
    ResourceAddress,
    ResourceInstance,
    SourceLocation,
    Summary,
    coverage_of,
)
from driftmgr.model.address import parse_module_path
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.reference import ProviderReference

IGNORE_CHANGES = "lifecycle.ignore_changes"
"""The rule of a change that a block asks Terraform to pass over."""
_HINT = "give the configuration to driftmgr itself (--provider-config), or use --engine plan"
_AWS = ("hashicorp/aws", "registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws")


class Rooted(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of a root module. ``prefix`` leads to it from where places are told."""

    configuration: Configuration
    prefix: str = ""

    def place(self, location: SourceLocation) -> SourceLocation:
        """A place as seen from where places are told."""
        file = os.path.normpath(Path(self.prefix) / location.file)
        return SourceLocation(file=Path(file).as_posix(), line=location.line)


class Intent(msgspec.Struct, frozen=True):
    """The configurations of the named directories, by the label of the state that belongs to each."""

    by_source: dict[str, Rooted] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be read, with file and line: nothing is known of what stands there."""
        return tuple(
            f"{place.file}:{place.line}: {problem.message}"
            for rooted in {id(rooted): rooted for rooted in self.by_source.values()}.values()
            for problem in rooted.configuration.problems
            for place in (rooted.place(problem.location),)
        )

    def sets(self, instance: ResourceInstance, path: str) -> bool | None:
        """Whether the configuration of an instance sets what a path begins with; ``None`` where nobody knows."""
        rooted = self.by_source.get(instance.source)
        return None if rooted is None else rooted.configuration.sets(instance.address, path)

    def written(self, instance: ResourceInstance, name: str) -> tuple[Any, ...]:
        """The value that the files write down for an attribute, alone in a tuple; an empty one where nobody knows."""
        rooted = self.by_source.get(instance.source)
        value = None if rooted is None else rooted.configuration.written(instance.address, name)
        return () if value is None or any(True for _ in unresolved_in(value)) else (value,)

    def declares(self, instance: ResourceInstance) -> bool | None:
        """Whether the configuration has the block of an instance; ``None`` where nobody knows."""
        rooted = self.by_source.get(instance.source)
        if rooted is None:
            return None
        if rooted.configuration.resource(instance.address) is not None:
            return True
        # A module that is not there, or a file that cannot be read, may have it.
        return None if rooted.configuration.problems else False


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of a scan, and by root module the directory that the user named."""

    sources: tuple[str, ...]
    named: dict[Path, Path]


def places_of(request: ScanRequest) -> Places:
    """The sources of a request; for a directory the Terragrunt units and root modules of its tree, if it is none."""
    sources: dict[str, None] = {}
    named: dict[Path, Path] = {}
    for argument in request.sources or (".",):
        if "://" in argument or not is_directory(Path(argument)):
            sources[argument] = None
            continue
        for root in _roots_below(Path(argument)):
            sources[str(root)] = None
            named.setdefault(root.resolve(), Path(argument).resolve())
    return Places(sources=tuple(sources), named=named)


def _roots_below(directory: Path) -> tuple[Path, ...]:
    """The Terragrunt units and the other root modules of a tree; the directory itself if there are none."""
    found = {directory / unit.directory.relative_to(directory.resolve()): unit for unit in units_below(directory)}
    if not found and is_root_module(directory):
        return (directory,)
    applied = {unit.source for unit in found.values()}
    modules = (root for root in root_modules(directory) if root not in found and root.resolve() not in applied)
    return (*found, *modules) or (directory,)


def units_below(directory: Path) -> tuple[Unit, ...]:
    """The Terragrunt units of a tree, itself included."""
    return units(directory) if unit_directories(directory) else ()


def unit_at(directory: Path) -> Unit | None:
    """The Terragrunt unit that a directory is."""
    if not is_directory(directory) or names_in(directory).isdisjoint(UNIT_FILES):
        return None
    return next((unit for unit in units(directory) if unit.directory == directory.resolve()), None)


def read_intent(places: Places, roots: Mapping[str, Path]) -> Intent:
    """The configurations of root modules that the user named; ``roots`` are root modules by the labels of states."""
    read: dict[Path, Rooted] = {}
    for root in roots.values():
        found = _configuration_of(root) if root in places.named and root not in read else None
        if found is not None:
            read[root] = Rooted(configuration=found, prefix=relative(found.root, _seen_from(places.named[root])))
    return Intent({label: read[root] for label, root in roots.items() if root in read})


def _seen_from(named: Path) -> Path:
    """Where places are told from: the current directory, for one below it; else the named one itself.

    Two directories of one repository have a ``main.tf`` each, and code scanning looks for files from the top.
    """
    here = Path.cwd()
    return here if named.is_relative_to(here) else named


def _configuration_of(root: Path) -> Configuration | None:
    """The configuration of a root module, or of the module that a Terragrunt unit applies."""
    if unit := unit_at(root):
        return unit.configuration()
    return read_configuration(root) if configuration_files(root) else None


def with_scopes(request: ScanRequest, intent: Intent) -> ScanRequest:
    """A request that knows the regions and roles of the AWS providers that are configured, where it names none."""
    configured = [item for rooted in intent.by_source.values() for item in _aws_providers(rooted.configuration)]
    regions = dict.fromkeys(_region(item) for item in configured)
    roles = dict.fromkeys(_role(item) for item in configured)
    return msgspec.structs.replace(
        request,
        declared_regions=() if request.regions else tuple(regions),
        declared_roles=() if request.roles else tuple(roles),
    )


def _aws_providers(configuration: Configuration) -> Iterator[ProviderConfiguration]:
    module = configuration.modules[()]
    for (name, _), found in module.providers.items():
        if module.required_providers.get(name, f"hashicorp/{name}").lower() in _AWS:
            yield found


def _region(provider: ProviderConfiguration) -> str | None:
    """Its region; ``None`` is that of the credentials."""
    region = provider.arguments.get("region")
    return region if isinstance(region, str) and region else None


def _role(provider: ProviderConfiguration) -> Role | None:
    """The role that it assumes; ``None`` is the credentials' own account, also where no role is written down."""
    given = provider.arguments.get("assume_role")
    blocks = given if isinstance(given, list) else [given]
    if len(blocks) != 1 or not isinstance(blocks[0], Mapping):
        return None
    arn, external = blocks[0].get("role_arn"), blocks[0].get("external_id")
    return Role(arn=arn, external_id=external if isinstance(external, str) else None) if isinstance(arn, str) else None


def with_intent(report: DriftReport, intent: Intent) -> DriftReport:
    """A report whose findings say where they are configured and which changes the configuration asks for.

    A change that ``lifecycle.ignore_changes`` covers is explained by that rule; a missing object stays missing.
    """
    drifts: list[Drift] = []
    explained: list[Drift] = []
    for drift in report.drifts:
        told = _told(drift, intent)
        (explained if drift.changes and not told.changes else drifts).append(told)
    suppressed = (*(_told(drift, intent) for drift in report.suppressed), *explained)
    before = sum(len(drift.suppressed) for drift in (*report.drifts, *report.suppressed))
    after = sum(len(drift.suppressed) for drift in (*drifts, *suppressed))
    partly = Counter(gap for drift in explained if (gap := _partial(drift, report.gaps)) is not None)
    gaps = tuple(msgspec.structs.replace(gap, instances=gap.instances + partly[gap]) for gap in report.gaps)
    return msgspec.structs.replace(
        report,
        scan=msgspec.structs.replace(report.scan, notes=(*report.scan.notes, *intent.notes)),
        summary=_counted(report.summary, len(explained), partly.total(), after - before),
        drifts=tuple(drifts),
        suppressed=suppressed,
        gaps=gaps,
    )


def _counted(summary: Summary, explained: int, partly: int, changes: int) -> Summary:
    """The counts after findings were explained, ``partly`` of which have an attribute that nobody could look at."""
    unverified = summary.unverified + partly
    return msgspec.structs.replace(
        summary,
        changed=summary.changed - explained,
        in_sync=summary.in_sync + explained - partly,
        unverified=unverified,
        suppressed=summary.suppressed + changes,
        coverage=coverage_of(summary.managed, unverified),
    )


def _partial(drift: Drift, gaps: Iterable[Gap]) -> Gap | None:
    """The gap by which an instance without any other finding has no full verdict."""
    return next(
        (gap for gap in gaps if gap.attributes and gap.type == drift.type and gap.scope in {None, drift.scope}), None
    )


def _told(drift: Drift, intent: Intent) -> Drift:
    rooted = intent.by_source.get(drift.source or "")
    if rooted is None or drift.address is None:
        return drift
    try:
        address = ResourceAddress.parse(drift.address)
    except ValueError:
        return drift
    configuration = rooted.configuration
    place = configuration.location(address)
    # The absence of an object is no attribute, though what an apply absorbed is told as one.
    is_missing = drift.kind == "missing"
    changes = drift.changes if is_missing else [_meant(change, address, configuration) for change in drift.changes]
    return msgspec.structs.replace(
        drift,
        location=None if place is None else rooted.place(place),
        changes=tuple(change for change in changes if change.rule != IGNORE_CHANGES),
        suppressed=(
            *(_meant(change, address, configuration) for change in drift.suppressed),
            *(change for change in changes if change.rule == IGNORE_CHANGES),
        ),
    )


def _meant(change: AttributeChange, address: ResourceAddress, configuration: Configuration) -> AttributeChange:
    """A change with whether it was asked for; one that counted becomes ``ignored`` if the block says so."""
    told = msgspec.structs.replace(change, intended=configuration.sets(address, change.path))
    if change.rule is not None or not is_ignored(change, address, configuration):
        return told
    return msgspec.structs.replace(told, classification="ignored", rule=IGNORE_CHANGES)


def is_ignored(change: AttributeChange, address: ResourceAddress, configuration: Configuration) -> bool:
    """Whether ``lifecycle.ignore_changes`` of its block covers all that a change says."""
    recorded, observed = change.recorded, change.observed
    for way in configuration.ignored(address, change.path):
        if not way:
            return True
        recorded, observed = without(recorded, way), without(observed, way)
    # What is left of both sides beside the ignored parts, if any were.
    return recorded == observed and (recorded, observed) != (change.recorded, change.observed)


def declared_arguments(reference: ProviderReference, root: Path, environment: Mapping[str, str]) -> Mapping[str, Any]:
    """The arguments of a provider configuration in the HCL of a root module, empty if the HCL does not mention it.

    Raises ``ProviderError`` for what is more than literals: a half-known configuration could look into another account.
    """
    configuration = read_configuration(root, environment)
    path = tuple(step.name for step in parse_module_path(reference.module or ""))
    for problem in configuration.problems:
        if not path and problem.in_root:
            raise _undeclared(f"{problem}: how {reference.name} is configured cannot be told")
    module = configuration.modules.get(path)
    if module is None:
        raise _undeclared(f"the configuration of {reference.name} belongs to module {reference.module}")
    names = [name for name, source in module.required_providers.items() if reference.is_source(source)]
    found = module.providers.get((names[0] if names else reference.type, reference.alias))
    if found is None and path:
        raise _undeclared(f"the configuration of {reference.name} belongs to module {reference.module}")
    given = found.arguments if found is not None else {}
    for name, value in given.items():
        for part in unresolved_in(value):
            raise _undeclared(
                f'provider "{names[0] if names else reference.type}": {name} is not written down: {part.text}'
            )
    return given


def _undeclared(message: str) -> ProviderError:
    return ProviderError(message, hint=_HINT, reason="unsupported")
