"""Read the states of a request: local ones from disk, the others through the cloud's own client."""

import functools
from collections.abc import Iterable
from typing import Any

import msgspec
from botocore.config import Config
from botocore.exceptions import ClientError

from driftmgr.clouds.aws import AwsAccount, AwsSession
from driftmgr.clouds.aws.asking import ask_now
from driftmgr.clouds.aws.session import credentials_problem
from driftmgr.model import Gap, ResourceInstance
from driftmgr.runtime.guard import Endpoint
from driftmgr.state import S3State, StateError, StateFile, StateSource, locate, parse_state, read_state


class States(msgspec.Struct, frozen=True, kw_only=True):
    """All instances of all states, the states' names, and a gap for each instance that could not be read."""

    instances: tuple[ResourceInstance, ...]
    labels: tuple[str, ...]
    gaps: tuple[Gap, ...]


def read_states(arguments: Iterable[str], session: AwsSession) -> States:
    """Find and read every state, each once; raises ``StateError``."""
    sources = dict.fromkeys(source for argument in arguments for source in locate(argument))
    instances: list[ResourceInstance] = []
    gaps: list[Gap] = []
    for source in sources:
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
    return States(instances=tuple(instances), labels=tuple(source.label for source in sources), gaps=tuple(gaps))


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
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"NoSuchKey", "NoSuchBucket", "404"}:
            what = "bucket" if code == "NoSuchBucket" else "object"
            raise StateError(
                f"{source.label}: no such {what}", hint="check bucket, key, workspace and account"
            ) from error
        raise credentials_problem(source.label, error) from error
    except Exception as error:
        raise credentials_problem(source.label, error) from error


def _object(client: Any, source: S3State) -> bytes:
    content: bytes = client.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
    return content
