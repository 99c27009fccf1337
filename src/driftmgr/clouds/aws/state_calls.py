"""The calls that a state in S3 and its locks need, each under the guard, and what their errors mean."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from botocore import exceptions

from driftmgr.clouds.aws.asking import ask_now
from driftmgr.clouds.aws.backend_clients import BackendClients
from driftmgr.clouds.aws.session import AwsSession, credentials_problem
from driftmgr.model import DriftMgrError
from driftmgr.runtime.guard import Endpoint

Answer = TypeVar("Answer")

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "ConditionalCheckFailedException"})
_GONE = frozenset({"NoSuchKey", "404"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403"})


class AccessDeniedError(DriftMgrError):
    """AWS knows who asks, and refuses."""


class AwsStateCalls:
    """The calls of the backends with some settings. Every call blocks, and none may be made from an event loop."""

    def __init__(self, session: AwsSession, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._clients = BackendClients(session, settings, environment)

    def get(self, bucket: str, key: str, options: Mapping[str, Any]) -> bytes | None:
        """An object, ``None`` without one."""

        def read() -> bytes:
            content: bytes = self._clients.client("s3").get_object(Bucket=bucket, Key=key, **options)["Body"].read()
            return content

        try:
            return self._ask("s3.get_object", f"s3://{bucket}/{key}", read)
        except _CodeError as error:
            return None if error.code in _GONE else error.tell()

    def put(self, bucket: str, key: str, content: bytes, options: Mapping[str, Any], *, only_new: bool = False) -> bool:
        """Write an object; with ``only_new`` ``False`` where there is one already."""
        condition = {"IfNoneMatch": "*"} if only_new else {}

        def write() -> None:
            self._clients.client("s3").put_object(
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
            self._clients.client("s3").delete_object(Bucket=bucket, Key=key)

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
            asked = self._clients.client("dynamodb").get_item
            answer: Mapping[str, Any] = asked(TableName=table, Key={"LockID": {"S": key}}, ConsistentRead=True)
            return answer

        item = self._told("dynamodb.get_item", f"DynamoDB table {table}", read).get("Item")
        return {name: value["S"] for name, value in item.items() if "S" in value} if item else None

    def put_item(self, table: str, item: Mapping[str, str], *, only_new: bool = False) -> bool:
        """Write an item of texts; with ``only_new`` ``False`` where there is one already."""
        condition = {"ConditionExpression": "attribute_not_exists(LockID)"} if only_new else {}

        def write() -> None:
            self._clients.client("dynamodb").put_item(TableName=table, Item=_typed(item), **condition)

        return self._unless_refused("dynamodb.put_item", table, write)

    def delete_item(self, table: str, key: str, only_if: Mapping[str, str]) -> bool:
        """Remove an item with these texts, ``False`` if it has others."""
        names = {f"#n{place}": name for place, name in enumerate(only_if)}
        values = {f":v{place}": {"S": value} for place, value in enumerate(only_if.values())}
        condition = " AND ".join(f"#n{place} = :v{place}" for place in range(len(only_if)))

        def remove() -> None:
            self._clients.client("dynamodb").delete_item(
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
            answer: dict[str, Any] = self._clients.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, **token)
            return answer

        return read

    def _told(self, operation: str, what: str, send: Callable[[], Answer]) -> Answer:
        try:
            return self._ask(operation, what, send)
        except _CodeError as error:
            error.tell()

    def _ask(self, operation: str, what: str, send: Callable[[], Answer]) -> Answer:
        service = operation.partition(".")[0]
        clients = self._clients
        try:
            endpoint = Endpoint(provider="aws", account=clients.account, region=clients.region, service=service)
            clients.check_account(what)
            clients.client(service)  # signing in is a call of its own under the guard
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


def _typed(item: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"S": value} for name, value in item.items()}
