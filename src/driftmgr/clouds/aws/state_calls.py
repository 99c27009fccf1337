"""The calls that a state in S3 needs, made with what its backend configures: profile, role, endpoints, keys.

https://developer.hashicorp.com/terraform/language/backend/s3 lists the settings.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from botocore import exceptions
from botocore.config import Config

from driftmgr.clouds.aws.asking import ask_now
from driftmgr.clouds.aws.session import AwsSession, credentials_problem
from driftmgr.model import DriftMgrError
from driftmgr.runtime.guard import Endpoint
from driftmgr.telemetry.redaction import hide

Answer = TypeVar("Answer")

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "ConditionalCheckFailedException"})
_GONE = frozenset({"NoSuchKey", "404"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403"})
# The arguments of a role, by the API's names.
_ROLE = {
    "role_arn": "RoleArn",
    "session_name": "RoleSessionName",
    "external_id": "ExternalId",
    "policy": "Policy",
    "source_identity": "SourceIdentity",
    "transitive_tag_keys": "TransitiveTagKeys",
}
_ENDPOINT_VARIABLES = {"s3": "AWS_S3_ENDPOINT", "dynamodb": "AWS_DYNAMODB_ENDPOINT", "sts": "AWS_STS_ENDPOINT"}


class AccessDeniedError(DriftMgrError):
    """AWS knows who asks, and refuses."""


class AwsStateCalls:
    """The calls of the backends with some settings. Every call blocks, and none may be made from an event loop."""

    def __init__(self, session: AwsSession, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._own = session
        self._settings = settings
        self._environment = environment

    def get(self, bucket: str, key: str, options: Mapping[str, Any]) -> bytes | None:
        """An object, ``None`` without one."""

        def read() -> bytes:
            content: bytes = self._client("s3").get_object(Bucket=bucket, Key=key, **options)["Body"].read()
            return content

        try:
            return self._ask("s3.get_object", f"s3://{bucket}/{key}", read)
        except _CodeError as error:
            return None if error.code in _GONE else error.tell()

    def put(self, bucket: str, key: str, content: bytes, options: Mapping[str, Any], *, only_new: bool = False) -> bool:
        """Write an object; with ``only_new`` ``False`` where there is one already."""
        condition = {"IfNoneMatch": "*"} if only_new else {}

        def write() -> None:
            self._client("s3").put_object(
                Bucket=bucket, Key=key, Body=content, ContentType="application/json", **condition, **options
            )

        try:
            self._ask("s3.put_object", f"s3://{bucket}/{key}", write)
        except _CodeError as error:
            return False if only_new and error.code in _TAKEN else error.tell()
        return True

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object."""

        def remove() -> None:
            self._client("s3").delete_object(Bucket=bucket, Key=key)

        self._told("s3.delete_object", f"s3://{bucket}/{key}", remove)

    def keys(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """The keys that begin with a prefix."""
        found: list[str] = []
        token: dict[str, str] | None = {}
        while token is not None:
            page = self._told("s3.list_objects_v2", f"s3://{bucket}/{prefix}", self._page(bucket, prefix, token))
            found += (item["Key"] for item in page.get("Contents", ()))
            following = page.get("NextContinuationToken")
            token = {"ContinuationToken": following} if following else None
        return tuple(found)

    def get_item(self, table: str, key: str) -> Mapping[str, str] | None:
        """The texts of the item with this ``LockID``, ``None`` without one."""

        def read() -> Mapping[str, Any]:
            asked = self._client("dynamodb").get_item
            answer: Mapping[str, Any] = asked(TableName=table, Key={"LockID": {"S": key}}, ConsistentRead=True)
            return answer

        item = self._told("dynamodb.get_item", f"DynamoDB table {table}", read).get("Item")
        return {name: value["S"] for name, value in item.items() if "S" in value} if item else None

    def put_item(self, table: str, item: Mapping[str, str], *, only_new: bool = False) -> bool:
        """Write an item of texts; with ``only_new`` ``False`` where there is one already."""
        condition = {"ConditionExpression": "attribute_not_exists(LockID)"} if only_new else {}

        def write() -> None:
            self._client("dynamodb").put_item(TableName=table, Item=_typed(item), **condition)

        return self._unless_refused("dynamodb.put_item", table, write)

    def delete_item(self, table: str, key: str, only_if: Mapping[str, str]) -> bool:
        """Remove an item with these texts, ``False`` if it has others."""
        names = {f"#n{place}": name for place, name in enumerate(only_if)}
        values = {f":v{place}": {"S": value} for place, value in enumerate(only_if.values())}
        condition = " AND ".join(f"#n{place} = :v{place}" for place in range(len(only_if)))

        def remove() -> None:
            self._client("dynamodb").delete_item(
                TableName=table,
                Key={"LockID": {"S": key}},
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )

        return self._unless_refused("dynamodb.delete_item", table, remove)

    def may_not(self, error: DriftMgrError) -> bool:
        """Whether an error means that access is denied."""
        return isinstance(error, AccessDeniedError)

    def _unless_refused(self, operation: str, table: str, send: Callable[[], None]) -> bool:
        try:
            self._ask(operation, f"DynamoDB table {table}", send)
        except _CodeError as error:
            return False if error.code in _TAKEN else error.tell()
        return True

    def _page(self, bucket: str, prefix: str, token: Mapping[str, str]) -> Callable[[], dict[str, Any]]:
        def read() -> dict[str, Any]:
            answer: dict[str, Any] = self._client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, **token)
            return answer

        return read

    def _told(self, operation: str, what: str, send: Callable[[], Answer]) -> Answer:
        try:
            return self._ask(operation, what, send)
        except _CodeError as error:
            error.tell()

    def _ask(self, operation: str, what: str, send: Callable[[], Answer]) -> Answer:
        service = operation.partition(".")[0]
        account = str(self._role.get("RoleArn", ""))
        try:
            endpoint = Endpoint(provider="aws", account=account, region=self._region, service=service)
            self._client(service)  # signing in is a call of its own under the guard
            return ask_now(endpoint, operation, send)
        except exceptions.ClientError as error:
            raise _CodeError(operation, what, error) from error
        except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
            name = "S3" if service == "s3" else "DynamoDB"
            raise DriftMgrError(
                f"{what}: {name} cannot be reached: {error}", hint="check network, proxy and endpoint"
            ) from error
        except exceptions.ParamValidationError as error:
            told = " ".join(str(error).split())
            raise DriftMgrError(f"{what}: {told}", hint="check the settings of the backend") from error
        except DriftMgrError:
            raise
        except Exception as error:
            raise credentials_problem(what, error) from error

    @functools.cached_property
    def _role(self) -> dict[str, Any]:
        return _role_of(self._settings)

    @functools.cached_property
    def _session(self) -> AwsSession:
        files = {
            name: self._file(setting)
            for name, setting in (
                ("credentials_file", "shared_credentials_files"),
                ("config_file", "shared_config_files"),
            )
        }
        profile = self._settings.get("profile")
        return AwsSession(profile, **files) if profile or any(files.values()) else self._own

    def _file(self, setting: str) -> str | None:
        given = self._settings.get(setting) or self._settings.get(setting.removesuffix("s"))
        files = [given] if isinstance(given, str) else list(given or ())
        if len(files) > 1:
            raise DriftMgrError(f"{setting} names several files", hint="name one, or set AWS_PROFILE and leave it out")
        return str(Path(files[0]).expanduser()) if files else None

    @property
    def _region(self) -> str:
        return str(self._settings.get("region") or self._session.region or "us-east-1")

    def _client(self, service: str) -> Any:
        # S3 tells where a bucket is; of a table nobody knows.
        if service == "dynamodb" and not (self._settings.get("region") or self._session.region):
            raise DriftMgrError("the region of the lock table is not known", hint="set region, or AWS_REGION")
        return self._session.client(None, service, self._region, **self._options(service), **self._credentials)

    def _options(self, service: str) -> dict[str, Any]:
        found = _first(self._settings.get("endpoints")).get(service)
        old = {"s3": "endpoint", "dynamodb": "dynamodb_endpoint", "sts": "sts_endpoint"}[service]
        endpoint = found or self._settings.get(old) or self._environment.get(_ENDPOINT_VARIABLES[service])
        options: dict[str, Any] = {"endpoint_url": str(endpoint)} if endpoint else {}
        if self._settings.get("insecure"):
            options["verify"] = False
        elif bundle := self._settings.get("custom_ca_bundle"):
            options["verify"] = str(Path(bundle).expanduser())
        if service == "s3":
            options["config"] = self._s3_config
        return options

    @functools.cached_property
    def _s3_config(self) -> Config:
        styled = self._settings.get("use_path_style") or self._settings.get("force_path_style")
        checksum = {"request_checksum_calculation": "when_required"} if self._settings.get("skip_s3_checksum") else {}
        return Config(
            s3={"addressing_style": "path"} if styled else None,
            use_fips_endpoint=bool(self._settings.get("use_fips_endpoint")) or None,
            use_dualstack_endpoint=bool(self._settings.get("use_dualstack_endpoint")) or None,
            **checksum,
        )

    @property
    def _static(self) -> dict[str, str]:
        names = {"access_key": "aws_access_key_id", "secret_key": "aws_secret_access_key", "token": "aws_session_token"}
        return {ours: str(self._settings[name]) for name, ours in names.items() if self._settings.get(name)}

    @functools.cached_property
    def _credentials(self) -> dict[str, str]:
        static = self._static
        for name in ("aws_secret_access_key", "aws_session_token"):
            hide(static.get(name, ""))
        if not self._role:
            return static
        sts = self._session.client(None, "sts", self._region, **self._options("sts"), **static)
        endpoint = Endpoint(provider="aws", account=self._role["RoleArn"], region=self._region, service="sts")
        by_token = "WebIdentityToken" in self._role
        method = "assume_role_with_web_identity" if by_token else "assume_role"
        asked = functools.partial(getattr(sts, method), **self._role)
        answer = ask_now(endpoint, f"sts.{method}", asked)["Credentials"]
        hide(answer["SecretAccessKey"])
        hide(answer["SessionToken"])
        return {
            "aws_access_key_id": answer["AccessKeyId"],
            "aws_secret_access_key": answer["SecretAccessKey"],
            "aws_session_token": answer["SessionToken"],
        }


class _CodeError(Exception):
    """An error code that AWS answered with; ``tell`` makes it what a person can act on."""

    def __init__(self, operation: str, what: str, error: exceptions.ClientError) -> None:
        super().__init__(str(error))
        self.code: str = error.response.get("Error", {}).get("Code", "")
        self._operation, self._what, self._error = operation, what, error

    def tell(self) -> NoReturn:
        service, _, method = self._operation.partition(".")
        permission = f"{service}:{''.join(word.capitalize() for word in method.split('_'))}"
        permission = {"s3:ListObjectsV2": "s3:ListBucket"}.get(permission, permission)
        if self.code == "NoSuchBucket":
            raise DriftMgrError(f"{self._what}: no such bucket", hint="check bucket and account") from self._error
        if self.code == "ResourceNotFoundException":
            raise DriftMgrError(f"{self._what}: no such table", hint="check table, region and account") from self._error
        if self.code in _DENIED:
            raise AccessDeniedError(
                f"{self._what}: access denied",
                hint=f"allow {permission} on it and its KMS key; without s3:ListBucket a missing object is refused too",
            ) from self._error
        raise credentials_problem(self._what, self._error) from self._error


def _role_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of AssumeRole; empty where there is no role to assume."""
    by_token = _first(settings.get("assume_role_with_web_identity"))
    role = by_token or _first(settings.get("assume_role")) or settings
    if not role.get("role_arn"):
        return {}
    found = {ours: role[name] for name, ours in _ROLE.items() if role.get(name)}
    if arns := role.get("policy_arns"):
        found["PolicyArns"] = [{"arn": arn} for arn in arns]
    if tags := role.get("tags"):
        found["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    if by_token:
        found["WebIdentityToken"] = _token(by_token)
    return {"RoleSessionName": "driftmgr", **found}


def _token(settings: Mapping[str, Any]) -> str:
    path = settings.get("web_identity_token_file")
    try:
        token = str(settings.get("web_identity_token") or (Path(path).read_text() if path else "")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DriftMgrError(f"{path}: the token cannot be read: {error}", hint="check the file") from error
    if not token:
        raise DriftMgrError("assume_role_with_web_identity has no token", hint="set web_identity_token_file")
    hide(token)
    return token


def _first(value: Any) -> Mapping[str, Any]:
    # Recorded as an object or as a list of one, by version.
    found = value[0] if isinstance(value, list) and value else value
    return found if isinstance(found, Mapping) else {}


def _typed(item: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"S": value} for name, value in item.items()}
