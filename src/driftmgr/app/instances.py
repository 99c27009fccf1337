"""Which instances of the states a scan can judge, and what to say of the others."""

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.model import Gap, ResourceInstance

# Providers whose resources live in the state alone, or on the machine that ran Terraform: no cloud to compare with.
WITHOUT_CLOUD_OBJECTS = frozenset(
    {
        "archive",
        "assert",
        "cloudinit",
        "external",
        "http",
        "local",
        "null",
        "random",
        "template",
        "terraform",
        "time",
        "tls",
    }
)

_SOURCE = re.compile(r'provider\["(?:[^"]*/)?(?P<name>[^"/]+)"\]|provider\.(?P<legacy>[\w-]+)')


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """Instances of types that the catalog has, the ``others`` of this cloud, and a gap for each type that it lacks."""

    instances: tuple[ResourceInstance, ...]
    others: tuple[ResourceInstance, ...]
    gaps: tuple[Gap, ...]
    unsupported: int


def provider_name(text: str) -> str:
    """The provider's type in a state's text: ``aws`` of ``provider["registry.terraform.io/hashicorp/aws"].west``."""
    found = _SOURCE.search(text)
    return (found["name"] or found["legacy"]) if found else ""


def sort_instances(instances: Iterable[ResourceInstance], catalog: Catalog, types: frozenset[str]) -> Sorted:
    """Keep what can be judged; ``types`` (names of the catalog) limits what was asked, empty for everything."""
    kept: list[ResourceInstance] = []
    others: list[ResourceInstance] = []
    lacking: Counter[tuple[str, str]] = Counter()
    for instance in instances:
        provider = provider_name(instance.provider)
        if instance.address.mode == "data" or provider in WITHOUT_CLOUD_OBJECTS:
            continue
        if provider == catalog.cloud and instance.type in catalog:
            # Instances of types that were not asked still tell which attributes are theirs (companions).
            kept.append(instance)
            continue
        if provider == catalog.cloud:
            others.append(instance)
        if not types:
            lacking[instance.type, provider] += 1
    gaps = (
        Gap(
            type=kind,
            operation="catalog",
            reason="unsupported",
            message=f"{count} {'instance' if count == 1 else 'instances'}: {_why(provider, catalog.cloud)}",
            instances=count,
        )
        for (kind, provider), count in sorted(lacking.items())
    )
    return Sorted(instances=tuple(kept), others=tuple(others), gaps=tuple(gaps), unsupported=sum(lacking.values()))


def _why(provider: str, cloud: str) -> str:
    if provider == cloud:
        return "the catalog has no entry for this type"
    return f"the catalog has no entries for provider {provider or 'of unknown name'}"
