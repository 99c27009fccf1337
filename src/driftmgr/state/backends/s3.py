"""States in S3, locked by an item of a DynamoDB table, by an object ``KEY.tflock``, or by both.

https://developer.hashicorp.com/terraform/language/backend/s3
https://github.com/hashicorp/terraform/blob/main/internal/backend/remote-state/s3/client.go
"""

import base64
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import msgspec

from driftmgr.model import DriftMgrError
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.source import StateSource

_OPTIONS = frozenset(
    {
        "acl",
        "dynamodb_table",
        "encrypt",
        "endpoint",
        "external_id",
        "kms_key_id",
        "profile",
        "region",
        "role_arn",
        "use_lockfile",
        "use_path_style",
        "workspace_key_prefix",
    }
)
_NO_STATES = (".tflock", ".backup", "/")
_SETTLE_SECONDS, _LOOKS = 1.0, 3


class S3Calls(Protocol):
    """The calls of an S3 backend, each under the guard; raise ``DriftMgrError`` that names object or table."""

    def get(self, bucket: str, key: str, options: Mapping[str, Any]) -> bytes | None:
        """An object, ``None`` without one."""

    def put(self, bucket: str, key: str, content: bytes, options: Mapping[str, Any], *, only_new: bool = False) -> bool:
        """Write an object; with ``only_new`` ``False`` where there is one already."""

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object."""

    def keys(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """The keys that begin with a prefix."""

    def get_item(self, table: str, key: str) -> Mapping[str, str] | None:
        """The texts of the item with this ``LockID``, ``None`` without one."""

    def put_item(self, table: str, item: Mapping[str, str], *, only_new: bool = False) -> bool:
        """Write an item of texts; with ``only_new`` ``False`` where there is one already."""

    def delete_item(self, table: str, key: str, only_if: Mapping[str, str]) -> bool:
        """Remove an item with these texts, ``False`` if it has others."""

    def may_not(self, error: DriftMgrError) -> bool:
        """Whether an error means that access is denied."""


def open_s3(settings: Mapping[str, Any], workspace: str, access: Access) -> "S3Backend":
    """The state of a workspace in a bucket."""
    bucket, key = settings.get("bucket"), settings.get("key")
    if not (bucket and key):
        raise StateError(
            f"its backend block does not say in which {'object' if bucket else 'bucket'} the state is",
            hint="complete it: --backend-config FILE, or terraform init; or name the state: s3://BUCKET/KEY",
        )
    if access.aws is None:
        raise StateError(f"s3://{bucket}/{key}: there is no access to AWS here", hint="see docs/state.md")
    return S3Backend(settings, workspace, access.aws(settings), access.environment)


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``s3://BUCKET/KEY?OPTION=VALUE``; a ``*`` in the key makes it a pattern, ``**`` goes through folders."""
    from driftmgr.state.source import StateSource, options_of  # noqa: PLC0415  # it opens what is named here

    parts = urlsplit(url)
    bucket, key = parts.netloc, parts.path.lstrip("/")
    if not bucket or not key or "@" in bucket or key.endswith("/"):
        raise StateError(f"s3://{bucket.rpartition('@')[2]}: not the address of a state", hint="write s3://BUCKET/KEY")
    options = options_of(url, _OPTIONS)
    workspace = str(options.pop("workspace", DEFAULT_WORKSPACE))
    settings = {"bucket": bucket, **options}
    if "*" not in key:
        return (StateSource.open("s3", {**settings, "key": key}, access, workspace=workspace),)
    if access.aws is None:
        raise StateError(f"s3://{bucket}/{key}: there is no access to AWS here", hint="see docs/state.md")
    with _as_state_error():
        keys = access.aws(settings).keys(bucket, key[: key.index("*")])
    found = [name for name in keys if pattern(key).fullmatch(name) and not name.endswith(_NO_STATES)]
    if not found:
        raise StateError(f"s3://{bucket}/{key}: no object matches", hint="quote the pattern, and check its prefix")
    return tuple(StateSource.open("s3", {**settings, "key": name}, access, workspace=workspace) for name in found)


def pattern(key: str) -> re.Pattern[str]:
    """What keys match: ``*`` stands for anything but ``/``, a ``**`` between slashes for any number of folders."""
    *folders, last = key.split("/")
    parts = [r"(?:[^/]+/)*" if folder == "**" else f"{_segment(folder)}/" for folder in folders]
    return re.compile("".join(parts) + _segment(last), re.DOTALL)


def _segment(text: str) -> str:
    return "[^/]*".join(map(re.escape, re.split(r"\*+", text)))


class S3Backend:
    """One object, with the lock that its backend configures."""

    def __init__(
        self, settings: Mapping[str, Any], workspace: str, calls: S3Calls, environment: Mapping[str, str]
    ) -> None:
        self._calls = calls
        self._bucket, self._default_key = str(settings["bucket"]), str(settings["key"])
        prefix = settings.get("workspace_key_prefix")
        self._prefix = "env:" if prefix is None else str(prefix)
        own = (part for part in (self._prefix, workspace, self._default_key) if part)
        self._key = self._default_key if workspace == DEFAULT_WORKSPACE else "/".join(own)
        self.label = f"s3://{self._bucket}/{self._key}"
        self._table = str(settings.get("dynamodb_table") or "")
        self._lock_key = f"{self._key}.tflock" if settings.get("use_lockfile") else ""
        self._lock_id = f"{self._bucket}/{self._key}"
        self._reading, self._writing = _encryption(settings, environment, self.label)
        endpoints = settings.get("endpoints")
        endpoint = endpoints.get("s3") if isinstance(endpoints, dict) else None
        self._endpoint = endpoint or settings.get("endpoint")

    @property
    def identity(self) -> tuple[object, ...]:
        """The object, and at which endpoint."""
        return ("s3", self._endpoint, self._bucket, self._key)

    def read(self) -> bytes | None:
        """The object, held to the digest that Terraform keeps in the table."""
        for look in range(_LOOKS):
            # The object is written before its digest: between the two they differ.
            time.sleep(_SETTLE_SECONDS if look else 0)
            with _as_state_error():
                content = self._calls.get(self._bucket, self._key, self._reading) or None
            digest = self._digest()
            if not digest or digest == (_md5(content) if content else ""):
                return content
        raise StateError(
            f"{self.label}: the state is not the one that was written last: its digest is not that in the table "
            f"{self._table}",
            hint="wait for the one who writes; else compare the versions of the object and correct the item "
            f"{self._lock_id}-md5",
        )

    def write(self, content: bytes) -> None:
        """Write the object, then its digest."""
        with _as_state_error():
            self._calls.put(self._bucket, self._key, content, self._writing)
        if self._table:
            try:
                self._calls.put_item(self._table, {"LockID": f"{self._lock_id}-md5", "Digest": _md5(content)})
            except DriftMgrError as error:
                raise StateError(
                    f"{self.label}: the state was written, its digest was not: {error.message}",
                    hint="push it again: until then Terraform refuses to read it",
                ) from error

    def lock(self, lock: LockInfo) -> None:
        """Take the lock object, then the item of the table, as far as they are configured."""
        if not (self._table or self._lock_key):
            raise StateError(
                f"{self.label}: its backend configures no lock, so nothing keeps others out",
                hint="set use_lockfile (?use_lockfile=true) or dynamodb_table; or --no-lock, and work alone",
            )
        lock = msgspec.structs.replace(lock, path=self._lock_id)
        if self._lock_key:
            with _as_state_error():
                taken = self._calls.put(self._bucket, self._lock_key, lock.encode(), self._writing, only_new=True)
            self._make_sure(lock, taken=taken, holder=None if taken else self._object_holder())
        try:
            self._take_item(lock)
        except BaseException:
            if self._lock_key:
                with _as_state_error():
                    self._calls.delete(self._bucket, self._lock_key)
            raise

    def unlock(self, lock_id: str) -> None:
        """Release every lock of this id."""
        holders = (self._object_holder(), self._item_holder())
        if not any(holders):
            raise StateError(f"{self.label}: nobody holds the lock", hint="there is nothing to unlock")
        if other := next((holder for holder in holders if holder and holder.id != lock_id), None):
            raise StateError(f"{self.label}: not locked with the id {lock_id}, but by {other}", hint="check the id")
        with _as_state_error():
            if holders[1]:
                raw = self._calls.get_item(self._table, self._lock_id) or {}
                self._calls.delete_item(self._table, self._lock_id, {"Info": raw.get("Info", "")})
            if holders[0]:
                self._calls.delete(self._bucket, self._lock_key)

    def holder(self) -> LockInfo | None:
        """Who holds one of the locks."""
        return self._object_holder() or self._item_holder()

    def workspaces(self) -> tuple[str, ...]:
        """The default workspace if its object is there, and those with an object under the prefix."""
        prefix = f"{self._prefix}/" if self._prefix else ""
        with _as_state_error():
            has_default = self._default_key in self._calls.keys(self._bucket, self._default_key)
            others = self._calls.keys(self._bucket, prefix)
        names = {key.removeprefix(prefix).partition("/")[::2] for key in others}
        found = sorted(name for name, rest in names if rest == self._default_key and name)
        return (*((DEFAULT_WORKSPACE,) if has_default else ()), *found)

    def _take_item(self, lock: LockInfo) -> None:
        if self._table:
            item = {"LockID": self._lock_id, "Info": lock.encode().decode()}
            with _as_state_error():
                taken = self._calls.put_item(self._table, item, only_new=True)
            self._make_sure(lock, taken=taken, holder=None if taken else self._item_holder())

    def _make_sure(self, lock: LockInfo, *, taken: bool, holder: LockInfo | None) -> None:
        # A lost answer makes the second try meet our own lock.
        if not taken and not (holder and holder.id == lock.id):
            raise StateLockedError(self.label, holder)

    def _object_holder(self) -> LockInfo | None:
        if not self._lock_key:
            return None
        with _as_state_error():
            content = self._calls.get(self._bucket, self._lock_key, self._reading)
        return LockInfo.decode(content) if content else None

    def _item_holder(self) -> LockInfo | None:
        if not self._table:
            return None
        with _as_state_error():
            item = self._calls.get_item(self._table, self._lock_id)
        return LockInfo.decode(item.get("Info", "")) if item else None

    def _digest(self) -> str:
        if not self._table:
            return ""
        try:
            item = self._calls.get_item(self._table, f"{self._lock_id}-md5")
        except DriftMgrError as error:
            # As for Terraform: who may read the state, but not the table, reads it without that check.
            if self._calls.may_not(error):
                return ""
            raise StateError(error.message, hint=error.hint) from error
        return (item or {}).get("Digest", "")


@contextmanager
def _as_state_error() -> Iterator[None]:
    try:
        yield
    except StateError:
        raise
    except DriftMgrError as error:
        raise StateError(error.message, hint=error.hint) from error


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _encryption(
    settings: Mapping[str, Any], environment: Mapping[str, str], label: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes with reading and with writing an object: encryption by S3, by a KMS key or by the customer's key."""
    acl = {"ACL": str(settings["acl"])} if settings.get("acl") else {}
    if not settings.get("encrypt"):
        return {}, acl
    if kms := settings.get("kms_key_id"):
        return {}, acl | {"SSEKMSKeyId": str(kms), "ServerSideEncryption": "aws:kms"}
    if given := settings.get("sse_customer_key") or environment.get("AWS_SSE_CUSTOMER_KEY"):
        try:
            key = base64.b64decode(str(given), validate=True)
        except ValueError as error:
            raise StateError(f"{label}: sse_customer_key is not base64", hint="openssl rand -base64 32") from error
        # botocore encodes the key and adds its digest.
        own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}
        return own, acl | own
    return {}, acl | {"ServerSideEncryption": "AES256"}
