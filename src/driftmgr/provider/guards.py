"""What must hold before a missing object is believed: a wrong account or region makes every object seem gone."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from driftmgr.catalog import whole_catalog
from driftmgr.catalog.entry import GLOBAL
from driftmgr.model import ResourceInstance
from driftmgr.provider.errors import ProviderDiedError, ProviderError
from driftmgr.provider.session import Session

_SUSPICIOUS_SHARE, _SUSPICIOUS_COUNT = 0.2, 3
_ARN = re.compile(r"arn:[\w-]+:[\w-]*:(?P<region>[\w-]*):(?P<account>\d{12}):")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Account and region that a provider is signed in to, by its own word."""

    account: str
    region: str


async def identity_of(session: Session) -> Identity | None:
    """Ask a provider who it is, through its own data sources; ``None`` where it cannot or may not say."""
    try:
        caller = await session.read_data("aws_caller_identity")
        region = await session.read_data("aws_region")
    except ProviderDiedError:
        raise
    except ProviderError:
        return None
    if not caller or not region:
        return None
    return Identity(account=str(caller.get("account_id")), region=str(region.get("id")))


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Where most instances of a provider configuration say that they live, by their ARNs; ``None`` where none says.

    ``everywhere`` says that all of them are of types that an account has once, so that no region matters.
    """

    account: str | None
    region: str | None
    everywhere: bool


def home_of(instances: Sequence[ResourceInstance]) -> Home:
    """The account and region of most ARNs. An instance with a region of its own (provider 6) does not count for it."""
    accounts: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    for instance in instances:
        attributes = instance.attributes
        if found := _ARN.match(str(attributes.get("arn") or "")):
            accounts[found["account"]] += 1
            if found["region"] and "region" not in attributes:
                regions[found["region"]] += 1
    catalog = whole_catalog()
    everywhere = all(item.type in catalog and catalog[item.type].reach == GLOBAL for item in instances)
    return Home(account=_most(accounts), region=_most(regions), everywhere=everywhere)


def misplaced(home: Home, identity: Identity | None) -> str | None:
    """Why a configuration cannot be the one that instances were made with; ``None`` if nothing says so."""
    if identity is None:
        return None
    for what, recorded, used in (("account", home.account, identity.account), ("region", home.region, identity.region)):
        if recorded is not None and recorded != used:
            return f"the instances live in {what} {recorded}, the provider is signed in to {used}"
    return None


def is_confirmed(home: Home, identity: Identity | None) -> bool:
    """Whether the provider is shown to look in the account and region of the instances."""
    return (
        identity is not None
        and identity.account == home.account
        and (home.everywhere or identity.region == home.region)
    )


def is_suspicious(gone: int, of: int, *, confirmed: bool) -> bool:
    """Whether so many objects are gone that rather the configuration is wrong."""
    return not confirmed and gone >= _SUSPICIOUS_COUNT and gone > _SUSPICIOUS_SHARE * of


def _most(counted: Counter[str]) -> str | None:
    return counted.most_common(1)[0][0] if counted else None
