"""What must hold before a missing object is believed: a wrong account or region makes every object seem gone."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from driftmgr.catalog import whole_catalog
from driftmgr.catalog.entry import GLOBAL
from driftmgr.model import ResourceInstance
from driftmgr.provider.errors import ProviderDiedError, ProviderError
from driftmgr.provider.session import Session
from driftmgr.telemetry.redaction import hide

Counted = TypeVar("Counted")
What = Literal["account", "subscription", "project"]

_SUSPICIOUS_SHARE, _SUSPICIOUS_COUNT = 0.2, 3
_ARN = re.compile(r"arn:[\w-]+:[\w-]*:(?P<region>[\w-]*):(?P<place>\d{12}):")
_SUBSCRIPTION = re.compile(r"/subscriptions/(?P<place>[0-9a-f]{8}-[0-9a-f-]{27})(?:/|\Z)", re.IGNORECASE)
_PROJECT = re.compile(r"(?:https://[\w.-]+/(?:\w+/)*?)?projects/(?P<place>[\w.:-]+)/")
# A data source without arguments that tells who the provider is, and which of its attributes is that place.
_TELLERS: Mapping[What, tuple[str, str]] = {
    "account": ("aws_caller_identity", "account_id"),
    "subscription": ("azurerm_client_config", "subscription_id"),
    "project": ("google_client_config", "project"),
}


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Where a provider is signed in to, by its own word; ``region`` only where its objects have one."""

    what: What = "account"
    account: str
    region: str | None = None


async def identity_of(session: Session) -> Identity | None:
    """Ask a provider who it is, through its own data sources; ``None`` where it cannot or may not say."""
    try:
        for what, (source, attribute) in _TELLERS.items():
            found = await session.read_data(source)
            if not found:
                continue
            # Google's tells a token, too.
            hide(str(found.get("access_token") or ""))
            region = await session.read_data("aws_region") if what == "account" else None
            if not found.get(attribute) or (what == "account" and not region):
                return None
            return Identity(
                what=what, account=str(found[attribute]).lower(), region=str(region.get("id")) if region else None
            )
    except ProviderDiedError:
        raise
    except ProviderError:
        pass
    return None


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Where most instances of a provider configuration say that they live; ``None`` where none says.

    ``everywhere`` says that no region matters: all of them are of types that an account has once, or of a cloud whose
    providers are not bound to a region.
    """

    what: What = "account"
    account: str | None
    region: str | None
    everywhere: bool


def home_of(instances: Sequence[ResourceInstance]) -> Home:
    """The place of most ARNs, or ids of Azure or Google Cloud; ids of DigitalOcean tell none.

    An instance with a region of its own (AWS provider 6) does not count for that.
    """
    places: Counter[tuple[What, str]] = Counter()
    regions: Counter[str] = Counter()
    for instance in instances:
        attributes = instance.attributes
        if arn := _ARN.match(_text(attributes, "arn")):
            places["account", arn["place"]] += 1
            if arn["region"] and "region" not in attributes:
                regions[arn["region"]] += 1
        elif found := _SUBSCRIPTION.match(_text(attributes, "id")):
            places["subscription", found["place"].lower()] += 1
        elif found := _PROJECT.match(_text(attributes, "id")) or _PROJECT.match(_text(attributes, "self_link")):
            places["project", found["place"].lower()] += 1
    what, account = _most(places) or ("account", None)
    catalog = whole_catalog()
    once = all(item.type in catalog and catalog[item.type].reach == GLOBAL for item in instances)
    region = _most(regions)
    return Home(what=what, account=account, region=region, everywhere=what != "account" or once)


def misplaced(home: Home, identity: Identity | None) -> str | None:
    """Why a configuration cannot be the one that instances were made with; ``None`` if nothing says so."""
    # Google's provider reads each instance in the project that it records, whichever it is configured with.
    if identity is None or identity.what != home.what or home.what == "project":
        return None
    if home.account is not None and home.account != identity.account:
        return f"the instances live in {home.what} {home.account}, the provider is signed in to {identity.account}"
    if None not in {home.region, identity.region} and home.region != identity.region:
        return f"the instances live in region {home.region}, the provider is signed in to {identity.region}"
    return None


def is_confirmed(home: Home, identity: Identity | None) -> bool:
    """Whether the provider is shown to look in the place of the instances."""
    return (
        identity is not None
        and (identity.what, identity.account) == (home.what, home.account)
        and (home.everywhere or identity.region == home.region)
    )


def is_suspicious(gone: int, of: int, *, confirmed: bool) -> bool:
    """Whether so many objects are gone that rather the configuration is wrong."""
    return not confirmed and gone >= _SUSPICIOUS_COUNT and gone > _SUSPICIOUS_SHARE * of


def _most(counted: Counter[Counted]) -> Counted | None:
    return counted.most_common(1)[0][0] if counted else None


def _text(attributes: Mapping[str, Any], name: str) -> str:
    return str(attributes.get(name) or "")
