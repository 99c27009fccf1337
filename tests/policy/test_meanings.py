"""The table of meanings is data, held to the schemas that are shipped."""

import fnmatch
import functools

from driftmgr.catalog import CLOUDS
from driftmgr.catalog.schema import Block, schema_pack
from driftmgr.policy.meanings import GUARDS, MEANINGS
from driftmgr.policy.openings import FIREWALLS

# Attributes of providers whose schema is not shipped: azurerm, google, and azurerm before version 4.
ELSEWHERE = {
    "allow_blob_public_access",
    "allow_nested_items_to_be_public",
    "enable_https_traffic_only",
    "encryption_at_host_enabled",
    "https_only",
    "https_traffic_only_enabled",
    "public_access_prevention",
    "public_network_access",
    "public_network_access_enabled",
    "purge_protection_enabled",
    "settings.ip_configuration.authorized_networks.value",
    "settings.ip_configuration.ipv4_enabled",
    "settings.ip_configuration.require_ssl",
    "soft_delete_retention_days",
    "uniform_bucket_level_access",
}


def paths(block: Block, before: tuple[str, ...] = ()) -> set[str]:
    """The names of all attributes of a block, those inside its blocks with dots."""
    found = {".".join((*before, name)) for name in block.attributes}
    for name, inner in block.block_types.items():
        found.add(".".join((*before, name)))
        if len(before) < 4:
            found |= paths(inner.block, (*before, name))
    return found


@functools.cache
def shipped() -> dict[str, set[str]]:
    """All types of the shipped schemas, with the names of their attributes."""
    packs = [schema_pack(cloud) for cloud in CLOUDS]
    return {name: paths(pack[name].block) for pack in packs for name in pack}


def test_every_row_is_about_an_attribute_that_exists() -> None:
    """Each row names an attribute of a type that it is for, unless it is of a provider whose schema is not shipped."""
    known = shipped()
    lost = {
        row.path
        for row in MEANINGS
        if not any(row.path in found for name, found in known.items() if fnmatch.fnmatchcase(name, row.types))
    }
    assert lost == ELSEWHERE
    assert set(GUARDS) <= set(known)


def test_every_firewall_of_a_shipped_schema_has_its_block() -> None:
    """Where a row of firewalls names a block, the types that it is for have it."""
    known = shipped()
    for wall in FIREWALLS:
        if not wall.type.startswith(("azurerm_", "google_")):
            assert not wall.block or wall.block in known[wall.type]
