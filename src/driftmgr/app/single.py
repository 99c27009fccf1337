"""One object of a cloud by its id, read by the provider that a working directory has installed."""

import asyncio
from pathlib import Path

import msgspec

from driftmgr.app.engines import given_configurations, need_providers
from driftmgr.app.intent import declared_arguments
from driftmgr.app.reading import Collected
from driftmgr.app.request import Inventory, ScanRequest
from driftmgr.app.scan import Clock
from driftmgr.drift.secrets import masked_value
from driftmgr.drift.traits import place_of
from driftmgr.intent import read_configuration
from driftmgr.intent.files import configuration_files
from driftmgr.model import DriftMgrError, RemoteObject, Scope
from driftmgr.provider.reference import ProviderReference
from driftmgr.telemetry import logs, traces


class ObjectRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An object of ``type`` with the import id ``id``.

    ``provider`` names the provider configuration (``hashicorp/aws.west``), else the type and the working directory
    say which it is; ``provider_config`` is a TOML file as ``detect`` takes it.
    """

    type: str
    id: str
    provider: str | None = None
    provider_config: str | None = None
    directory: Path = Path()


def read_object(request: ObjectRequest) -> Inventory:
    """The object, in an inventory of its own; raises ``DriftMgrError`` if there is none or nobody can tell."""
    need_providers()
    return asyncio.run(_read_object(request))


async def _read_object(request: ObjectRequest) -> Inventory:
    from driftmgr.provider.engine import ProviderEngine, Source  # noqa: PLC0415  # an extra, and slow to import

    clock = Clock()
    directory = request.directory.resolve()
    with logs.context(scan=clock.id), traces.span("driftmgr.scan", **{"driftmgr.scan.id": clock.id}):
        reference = _reference(request, directory)
        engine = ProviderEngine(declared_arguments, given=given_configurations(request.provider_config))
        values = await engine.read_object(Source(str(reference), directory), request.type, request.id)
    if values is None:
        raise DriftMgrError(
            f"{request.type} {request.id}: provider {reference.name} finds no such object",
            hint="check the id (it is the one that terraform import takes), and the provider's account and region",
        )
    account, region = place_of(values)
    # The provider's schema has masked what it calls sensitive; the rest is what looks like a secret.
    open_values = {name: masked_value(value, name) for name, value in values.items()}
    scope = Scope(cloud=reference.type, account=account or "", region=region)
    found = RemoteObject(type=request.type, id=str(values.get("id") or request.id), scope=scope, attributes=open_values)
    asked = Collected(objects=(), gaps=(), api_calls=1, reused=0, outcome="complete")
    record = clock.record(ScanRequest(engine="provider"), (scope,), asked)
    return Inventory(scan=record, objects=(found,))


def _reference(request: ObjectRequest, directory: Path) -> ProviderReference:
    local = request.type.partition("_")[0]
    required = read_configuration(directory).modules[()].required_providers if configuration_files(directory) else {}
    named = request.provider or required.get(local, local)
    try:
        return ProviderReference.named(named)
    except ValueError as error:
        raise DriftMgrError(str(error), hint="write hashicorp/aws, or hashicorp/aws.ALIAS") from error
