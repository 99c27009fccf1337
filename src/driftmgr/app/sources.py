"""Read the states of a request: local ones from disk, the others through the cloud's own client."""

import functools
from collections.abc import Iterable
from typing import Any

import msgspec
from botocore import exceptions
from botocore.config import Config

from driftmgr.clouds.aws import AwsAccount, AwsSession
from driftmgr.clouds.aws.asking import ask_now
from driftmgr.clouds.aws.session import credentials_problem
from driftmgr.model import DriftMgrError, Gap, ResourceInstance
from driftmgr.runtime.guard import Endpoint
from driftmgr.state import S3State, StateError, StateFile, StateSource, locate, parse_state, read_state


class States(msgspec.Struct, frozen=True, kw_only=True):
    """All instances of all states, the states' names, and a gap for each instance that could not be read."""

    instances: tuple[ResourceInstance, ...]
    labels: tuple[str, ...]
    gaps: tuple[Gap, ...]


def read_states(arguments: Iterable[str], session: AwsSession) -> States:
    """Find and read every state, each once however often it is named; raises ``StateError``."""
    sources: dict[object, StateSource] = {}
    for argument in arguments:
        for source in locate(argument):
            sources.setdefault(_identity(source), source)
    instances: list[ResourceInstance] = []
    gaps: list[Gap] = []
    for source in sources.values():
        state = _read(source, session)
        instances.extend(state.instances())
        gaps += (
            Gap(
                type=problem.type,
                operation="state.read",
                reason="stale_schema",
                message=f"{source.label}: {problem.address}: {problem.message}",
                instances=1,
            )
            for problem in state.problems
        )
    labels = tuple(source.label for source in sources.values())
    return States(instances=tuple(instances), labels=labels, gaps=tuple(gaps))


def _identity(source: StateSource) -> object:
    if isinstance(source, S3State):
        return source.bucket, source.key, source.endpoint_url
    return source.path.resolve()


def _read(source: StateSource, session: AwsSession) -> StateFile:
    if isinstance(source, S3State):
        return parse_state(_fetch(source, session), source=source.label)
    return read_state(source.path, source=source.label)


def _fetch(source: S3State, session: AwsSession) -> bytes:
    reader = AwsSession(source.profile) if source.profile else session
    account = None
    if source.role_arn:
        account = AwsAccount(id="", partition="aws", role_arn=source.role_arn, external_id=source.external_id)
    style = Config(s3={"addressing_style": "path"}) if source.path_style else None
    try:
        client = reader.client(
            account, "s3", source.region or reader.region or "us-east-1", endpoint_url=source.endpoint_url, config=style
        )
        endpoint = Endpoint(provider="aws", account=source.role_arn or "", region=source.region, service="s3")
        return ask_now(endpoint, "s3.get_object", functools.partial(_object, client, source))
    except Exception as error:
        raise _problem(source, error) from error


def _object(client: Any, source: S3State) -> bytes:
    content: bytes = client.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
    return content


def _problem(source: S3State, error: Exception) -> DriftMgrError:
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return StateError(f"{source.label}: S3 cannot be reached: {error}", hint="check network, proxy and endpoint")
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, exceptions.ClientError) else ""
    if code in {"NoSuchKey", "NoSuchBucket", "404"}:
        what = "bucket" if code == "NoSuchBucket" else "object"
        return StateError(f"{source.label}: no such {what}", hint="check bucket, key, workspace and account")
    if code in {"AccessDenied", "403"}:
        return StateError(
            f"{source.label}: access denied",
            hint="allow s3:GetObject (and kms:Decrypt) on it; without s3:ListBucket a missing object looks the same",
        )
    return credentials_problem(source.label, error)
