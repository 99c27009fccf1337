"""Spaces: buckets behind the S3 API, with keys and addresses of their own.

https://docs.digitalocean.com/reference/api/spaces/ ; the variables are those of the Terraform provider.
"""

import asyncio
import os
import posixpath
import re
import threading
from collections.abc import Mapping
from typing import Any

import botocore.session
import msgspec
from botocore.config import Config

from driftmgr.clouds.api import ApiError
from driftmgr.clouds.aws import errors
from driftmgr.clouds.aws.asking import THREADS
from driftmgr.runtime.guard import Endpoint, Guard
from driftmgr.runtime.limiter import Limit
from driftmgr.telemetry.redaction import hide

REGIONS = ("ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1")
"""No API tells which regions have Spaces; the provider's list (``spaces/spaces_entities.go``)."""
ADDRESS = "https://{{.Region}}.digitaloceanspaces.com"
KEY_VARIABLES = ("SPACES_ACCESS_KEY_ID", "SPACES_SECRET_ACCESS_KEY")
LIMIT = Limit(rate=100, burst=200)
"""Ours, as for S3: nothing published is known to us for calls about buckets."""
IN_FLIGHT = 10

_REGION = re.compile(r"\{\{\s*\.Region\s*\}\}")
_CONFIG = Config(
    # One retry policy, ours: two on top of each other multiply.
    retries={"total_max_attempts": 1, "mode": "standard"},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=IN_FLIGHT,
    user_agent_extra="driftmgr",
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class SpacesKeys(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of keys."""

    access_key: str
    secret_key: str


def keys_from(environment: Mapping[str, str]) -> SpacesKeys | None:
    """The keys that the environment holds; none unless it holds both."""
    access_key, secret_key = (environment.get(name, "") for name in KEY_VARIABLES)
    if not access_key or not secret_key:
        return None
    hide(secret_key)
    return SpacesKeys(access_key=access_key, secret_key=secret_key)


def stored_key(key: str) -> str:
    """The key under which the provider stores an object: its SDK cleans the path of every request.

    ``/a//b`` is stored as ``a/b`` (Go's ``path.Clean``; ``private/protocol/rest/build.go`` of aws-sdk-go 1.42).
    """
    cleaned = posixpath.normpath(f"/{key}").lstrip("/")
    return f"{cleaned}/" if key.endswith("/") and cleaned else cleaned


class Spaces:
    """The buckets that one pair of keys reads; ``team`` is the account they are asked for."""

    def __init__(self, keys: SpacesKeys | None, team: str, guard: Guard) -> None:
        self._keys = keys
        self._team = team
        self._guard = guard
        self._address = os.environ.get("SPACES_ENDPOINT_URL") or ADDRESS
        self._session = botocore.session.Session()
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._gate = asyncio.Semaphore(IN_FLIGHT)
        self.calls = 0

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    async def answer(self, team: str, operation: str, params: Mapping[str, Any], region: str | None) -> dict[str, Any]:
        """The answer of one operation (``s3.get_bucket_acl``); raises ``ApiError``.

        ``s3.list_buckets`` is asked in every region: each tells its own buckets, which get it as ``Region``.
        """
        if self._keys is None:
            names = " and ".join(KEY_VARIABLES)
            raise ApiError(operation, "NoSpacesKeys", "denied", f"Spaces has keys of its own: set {names}")
        if team != self._team:
            raise ApiError(operation, "NoSpacesKeys", "denied", "the Spaces keys are taken for those of the first team")
        if operation != "s3.list_buckets":
            return await self._ask(self._keys, operation, params, region or REGIONS[0])
        found = await asyncio.gather(*(self._ask(self._keys, operation, params, name) for name in REGIONS))
        buckets = [
            {**bucket, "Region": name}
            for name, answer in zip(REGIONS, found, strict=True)
            for bucket in answer.get("Buckets") or ()
        ]
        return {"Buckets": buckets}

    async def _ask(self, keys: SpacesKeys, operation: str, params: Mapping[str, Any], region: str) -> dict[str, Any]:
        endpoint = Endpoint(provider="digitalocean", account=self._team, region=region, service="spaces")
        if "Key" in params:
            params = {**params, "Key": stored_key(params["Key"])}

        async def once() -> dict[str, Any]:
            self.calls += 1
            return await THREADS.run(send)

        def send() -> dict[str, Any]:
            answer: dict[str, Any] = getattr(self._client(keys, region), operation.removeprefix("s3."))(**params)
            return answer

        try:
            return await self._guard.call(endpoint, operation, once, errors.verdict_of, self._gate)
        except Exception as error:
            raise errors.api_error(operation, error) from error

    def _client(self, keys: SpacesKeys, region: str) -> Any:
        """A client of a region; botocore's making of clients is not thread-safe."""
        with self._lock:
            if region not in self._clients:
                self._clients[region] = self._session.create_client(
                    "s3",
                    # Signatures name this region, wherever the bucket is.
                    region_name="us-east-1",
                    endpoint_url=_REGION.sub(region, self._address),
                    aws_access_key_id=keys.access_key,
                    aws_secret_access_key=keys.secret_key,
                    config=_CONFIG,
                )
            return self._clients[region]
