"""The clouds that a scan can look at, each behind the same face."""

import importlib
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from driftmgr.app.request import ScanRequest
from driftmgr.catalog import CLOUDS, Catalog
from driftmgr.clouds import CloudApi
from driftmgr.clouds.aws import AwsSession
from driftmgr.model import Gap

_CLASSES: Mapping[str, tuple[str, str]] = {
    "aws": ("driftmgr.app.aws", "AwsCloud"),
    "digitalocean": ("driftmgr.app.digitalocean", "DigitalOceanCloud"),
}


class Cloud(Protocol):
    """One cloud, signed in to for one request."""

    @property
    def catalog(self) -> Catalog:
        """Its resource types."""

    @property
    def identities(self) -> Mapping[str, str]:
        """For each account (subscription, project, team) who reads it, in words that hold no credential."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What of it could not be signed in to, beside what could."""

    def opened(self) -> AbstractAsyncContextManager[CloudApi]:
        """What asks it, as long as the context lasts."""

    async def regions(self, api: CloudApi, named: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """The regions to ask of each account, empty where its answers span all; ``named`` are those of the states."""


def sign_in(cloud: str, request: ScanRequest, session: AwsSession) -> Cloud:
    """Sign in to a cloud; blocks, and raises ``DriftMgrError`` telling what to do.

    ``session`` is the one of AWS: states are read with it, too.
    """
    module, name = _CLASSES[cloud]
    found: Cloud = getattr(importlib.import_module(module), name)(request, session)
    return found


def available_clouds() -> tuple[str, ...]:
    """The clouds to look at where nothing names one.

    AWS, whose credentials may come from anywhere, and those whose credentials are in the environment.
    """
    return tuple(
        cloud for cloud in CLOUDS if cloud not in _CREDENTIALS or any(map(os.environ.get, _CREDENTIALS[cloud]))
    )


_CREDENTIALS = {"digitalocean": ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN")}

_OWN_CREDENTIALS = {("digitalocean", "s3"): ("SPACES_ACCESS_KEY_ID", "SPACES_SECRET_ACCESS_KEY")}
"""Parts of a cloud with credentials beside the cloud's own, and the variables that hold them."""


def without_credentials(catalog: Catalog) -> frozenset[str]:
    """The types of a part of a cloud that nobody gave credentials for.

    As with a whole cloud, nothing unmanaged is looked for there; what a state holds of it is asked for, and is a gap.
    """

    def lacks(service: str) -> bool:
        return not all(map(os.environ.get, _OWN_CREDENTIALS.get((catalog.cloud, service), ())))

    return frozenset(entry.name for entry in catalog if entry.source and lacks(entry.source.service))
