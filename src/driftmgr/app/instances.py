"""Which instances of the states a scan can judge, and what to say of the others."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from driftmgr.catalog import CLOUDS, Catalog
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
    """The instances of states, by what a scan can say of them.

    By cloud: ``instances`` of types that its catalog has, and the ``others`` of its provider. ``gaps`` has one for each
    type that no catalog has, ``unsupported`` counts their instances, ``outside`` those of clouds that were not asked.
    """

    instances: Mapping[str, tuple[ResourceInstance, ...]]
    others: Mapping[str, tuple[ResourceInstance, ...]]
    gaps: tuple[Gap, ...]
    unsupported: int
    outside: int = 0


def provider_name(text: str) -> str:
    """The provider's type in a state's text: ``aws`` of ``provider["registry.terraform.io/hashicorp/aws"].west``."""
    found = _SOURCE.search(text)
    return (found["name"] or found["legacy"]) if found else ""


def clouds_of(instances: Iterable[ResourceInstance]) -> tuple[str, ...]:
    """The clouds with a catalog that managed instances belong to, in the catalog's order."""
    named = {provider_name(instance.provider) for instance in instances if instance.address.mode == "managed"}
    return tuple(cloud for cloud in CLOUDS if cloud in named)


def sort_instances(
    instances: Iterable[ResourceInstance], catalogs: Mapping[str, Catalog], types: frozenset[str]
) -> Sorted:
    """Keep what can be judged with the ``catalogs`` of the asked clouds.

    ``types`` (names of the catalogs) limits what was asked, empty for everything.
    """
    kept: dict[str, list[ResourceInstance]] = {cloud: [] for cloud in catalogs}
    others: dict[str, list[ResourceInstance]] = {cloud: [] for cloud in catalogs}
    lacking: Counter[tuple[str, str]] = Counter()
    outside = 0
    for instance in instances:
        provider = provider_name(instance.provider)
        if instance.address.mode == "data" or provider in WITHOUT_CLOUD_OBJECTS:
            continue
        if provider in CLOUDS and provider not in catalogs:
            outside += 1
        elif provider in catalogs and instance.type in catalogs[provider]:
            # Instances of types that were not asked still tell which attributes are theirs (companions).
            kept[provider].append(instance)
        else:
            if provider in catalogs:
                others[provider].append(instance)
            if not types:
                lacking[instance.type, provider] += 1
    return Sorted(
        instances={cloud: tuple(found) for cloud, found in kept.items()},
        others={cloud: tuple(found) for cloud, found in others.items()},
        gaps=tuple(_unsupported(*key, count, catalogs) for key, count in sorted(lacking.items())),
        unsupported=sum(lacking.values()),
        outside=outside,
    )


def _unsupported(kind: str, provider: str, count: int, catalogs: Mapping[str, Catalog]) -> Gap:
    why = f"the catalog has no entries for provider {provider or 'of unknown name'}"
    if provider in catalogs:
        reason = catalogs[provider].without.get(kind)
        why = f"the catalog has no entry for this type{f': {reason}' if reason else ''}"
    return Gap(
        type=kind,
        operation="catalog",
        reason="unsupported",
        message=f"{count} {'instance' if count == 1 else 'instances'}: {why}",
        instances=count,
    )
