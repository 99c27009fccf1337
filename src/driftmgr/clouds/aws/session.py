"""Credentials and accounts: who we are, and whom else we may read."""

import functools
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import botocore.session
import msgspec
from botocore import exceptions
from botocore.config import Config
from botocore.credentials import RefreshableCredentials

from driftmgr.clouds.aws import integrity
from driftmgr.clouds.aws.asking import ask_now
from driftmgr.clouds.aws.errors import kind_of
from driftmgr.clouds.aws.paging import Paging
from driftmgr.model import DriftMgrError
from driftmgr.runtime.guard import Endpoint
from driftmgr.telemetry.redaction import hide

_CONFIG = Config(
    # One retry policy, ours (clouds/aws/api.py): two on top of each other multiply.
    retries={"total_max_attempts": 1, "mode": "standard"},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=50,
    user_agent_extra="driftmgr",
)
_RENEW_BEFORE, _RENEW_AT_LAST = 300, 60
"""Seconds before credentials expire: from then on one request renews them and the others go on; all wait for it."""
_HOME_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def home_region(partition: str) -> str:
    """The region that answers for what a partition keeps once."""
    return _HOME_REGIONS.get(partition, "us-east-1")


class AwsAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account that can be read: its id, partition, and the role to assume for it (if not our own).

    ``principal`` is the ARN of who reads it, as AWS sees them.
    """

    id: str
    partition: str
    principal: str = ""
    role_arn: str | None = None
    external_id: str | None = None


class AwsSession:
    """One botocore session per process, with a client per (account, service, region).

    Thread-safe: clients are made under a lock (botocore's client creation is not thread-safe),
    calls on them need none.
    """

    def __init__(
        self, profile: str | None = None, *, credentials_file: str | None = None, config_file: str | None = None
    ) -> None:
        try:
            self._session = botocore.session.Session(profile=profile)
            for name, path in (("credentials_file", credentials_file), ("config_file", config_file)):
                if path:
                    self._session.set_config_variable(name, path)
            self._session.get_scoped_config()
        except exceptions.ProfileNotFound as error:
            raise DriftMgrError(
                f"AWS profile {profile or ''!r} not found",
                hint="see the names in the AWS config file: aws configure list-profiles",
            ) from error
        self._lock = threading.Lock()
        self._clients: dict[tuple[Any, ...], Any] = {}
        self._paginators: dict[str, dict[str, Any]] = {}
        self._profile = profile
        self._roles: dict[str, botocore.session.Session] = {}

    @property
    def region(self) -> str | None:
        """The region that the environment or the profile configures."""
        region: str | None = os.environ.get("AWS_REGION") or self._session.get_config_variable("region")
        return region

    def own_account(self) -> AwsAccount:
        """The account of the ambient credentials; raises ``DriftMgrError`` telling what to do."""
        return self._identity(None, None)

    def assume(self, role_arn: str, external_id: str | None = None) -> AwsAccount:
        """The account behind a role; raises ``DriftMgrError`` if it cannot be assumed."""
        return self._identity(role_arn, external_id)

    def client(self, account: AwsAccount | None, service: str, region: str | None, **overrides: Any) -> Any:
        """A botocore client; ``account=None`` uses the ambient credentials."""
        role = account.role_arn if account else None
        with self._lock:
            session = self._role_session(account) if account and role else self._session
            key = (role, service, region, *sorted(overrides.items()))
            if key not in self._clients:
                config = _CONFIG.merge(overrides["config"]) if overrides.get("config") else _CONFIG
                others = {name: value for name, value in overrides.items() if name != "config"}
                client = session.create_client(service, region_name=region, config=config, **others)
                integrity.register(client)
                self._clients[key] = client
            return self._clients[key]

    def close(self) -> None:
        """Close the connections of all clients."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def paging(self, service: str, operation: str) -> Paging | None:
        """How an operation (``DescribeVpcs``) is paged, from botocore's own model; ``None`` if it is not."""
        if service not in self._paginators:
            loader = self._session.get_component("data_loader")
            try:
                self._paginators[service] = loader.load_service_model(service, "paginators-1")["pagination"]
            except (exceptions.UnknownServiceError, exceptions.DataNotFoundError):
                self._paginators[service] = {}
        config = self._paginators[service].get(operation)
        return Paging.of(config) if config else None

    def _identity(self, role_arn: str | None, external_id: str | None) -> AwsAccount:
        partition = role_arn.split(":")[1] if role_arn and role_arn.count(":") > 1 else "aws"
        probe = AwsAccount(id="", partition=partition, role_arn=role_arn, external_id=external_id)
        region = self.region or home_region(partition)
        who = f"role {role_arn}" if role_arn else "the AWS credentials"
        endpoint = Endpoint(provider="aws", account=role_arn or "", region=region, service="sts")
        try:
            asked = self.client(probe, "sts", region).get_caller_identity
            identity = ask_now(endpoint, "sts.get_caller_identity", asked)
        except Exception as error:
            raise credentials_problem(who, error) from error
        found = identity["Arn"].split(":")[1] or "aws"
        return AwsAccount(
            id=identity["Account"],
            partition=found,
            principal=identity["Arn"],
            role_arn=role_arn,
            external_id=external_id,
        )

    def _role_session(self, account: AwsAccount) -> botocore.session.Session:
        """A session whose clients sign with the role's credentials, and renew these before they expire."""
        role = str(account.role_arn)
        if role not in self._roles:
            region = self.region or home_region(account.partition)
            sts = self._session.create_client("sts", region_name=region, config=_CONFIG)
            integrity.register(sts)
            self._clients[role, "sts", region, "assume"] = sts
            given = {"ExternalId": account.external_id} if account.external_id else {}
            assume = functools.partial(sts.assume_role, RoleArn=role, RoleSessionName="driftmgr", **given)
            endpoint = Endpoint(provider="aws", account=role, region=region, service="sts")
            made = _renewed(functools.partial(ask_now, endpoint, "sts.assume_role", assume))
            session = botocore.session.Session(profile=self._profile)
            # Service models take a tenth of a second to read: once for all roles.
            session.register_component("data_loader", self._session.get_component("data_loader"))
            session.register_component("credential_provider", _Only(made))
            self._roles[role] = session
        return self._roles[role]


def _renewed(assume: Callable[[], Mapping[str, Any]]) -> RefreshableCredentials:
    """Credentials that assume their role anew in time, while requests go on with the ones they have.

    Raises what ``assume`` raises, the first time.
    """

    def metadata() -> dict[str, str]:
        answer = assume()["Credentials"]
        for name in ("SecretAccessKey", "SessionToken"):
            hide(answer[name])
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    first = metadata()
    expires = datetime.fromisoformat(first.pop("expiry_time"))
    return RefreshableCredentials(
        **first,
        expiry_time=expires,
        refresh_using=metadata,
        method="assume-role",
        advisory_timeout=_RENEW_BEFORE,
        mandatory_timeout=_RENEW_AT_LAST,
    )


class _Only(msgspec.Struct, frozen=True):
    """A source of credentials, as botocore asks one, with one answer."""

    credentials: RefreshableCredentials

    def load_credentials(self) -> RefreshableCredentials:
        """The credentials."""
        return self.credentials


def credentials_problem(who: str, error: Exception) -> DriftMgrError:
    """Turn a failed sign-in into what a person can act on."""
    kind = kind_of(error)
    if isinstance(error, exceptions.NoCredentialsError):
        return DriftMgrError(
            "no AWS credentials found",
            hint="set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in: aws sso login",
        )
    if kind == "expired":
        return DriftMgrError(f"{who}: the token has expired", hint="sign in again, for example: aws sso login")
    if kind == "denied":
        return DriftMgrError(
            f"{who}: AWS refused: {error}",
            hint="check the access key, the clock of this machine, and the role's trust policy and external id",
        )
    if isinstance(error, exceptions.BotoCoreError) and kind == "transient":
        return DriftMgrError(
            f"AWS STS cannot be reached: {error}", hint="check the network, the proxy and AWS_ENDPOINT_URL"
        )
    return DriftMgrError(f"{who}: {error}", hint="check the AWS configuration: aws sts get-caller-identity")
