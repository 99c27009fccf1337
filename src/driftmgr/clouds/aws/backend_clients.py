"""Clients for a state in S3, signed in as its backend says: profile, files, keys, role, endpoints, region.

https://developer.hashicorp.com/terraform/language/backend/s3 lists the settings.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.config import Config

from driftmgr.clouds.aws.asking import ask_now
from driftmgr.clouds.aws.session import AwsSession
from driftmgr.model import DriftMgrError
from driftmgr.runtime.guard import Endpoint
from driftmgr.telemetry.redaction import hide

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


class BackendClients:
    """The clients of the backends with some settings; nothing is asked or read before the first is needed."""

    def __init__(self, session: AwsSession, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._own = session
        self._settings = settings
        self._environment = environment

    @property
    def account(self) -> str:
        """The role that is assumed, as the account of an endpoint; empty without one."""
        return str(self._role.get("RoleArn", ""))

    @functools.cached_property
    def _role(self) -> dict[str, Any]:
        return _role_of(self._settings)

    def check_account(self, what: str) -> None:
        """Raise ``DriftMgrError`` when the settings do not allow the account that we are signed in to."""
        allowed, forbidden = (self._settings.get(f"{word}_account_ids") for word in ("allowed", "forbidden"))
        if not (allowed or forbidden):
            return
        if (allowed and self._account not in allowed) or (forbidden and self._account in forbidden):
            raise DriftMgrError(
                f"{what}: the account {self._account} is not one that its backend allows",
                hint="sign in to the account of the state; see allowed_account_ids, forbidden_account_ids",
            )

    @functools.cached_property
    def _account(self) -> str:
        options = {**self._options("sts"), **self._credentials}
        asked = self._session.client(None, "sts", self.region, **options).get_caller_identity
        endpoint = Endpoint(provider="aws", account="", region=self.region, service="sts")
        return str(ask_now(endpoint, "sts.get_caller_identity", asked)["Account"])

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
    def region(self) -> str:
        """The region of bucket and table."""
        return str(self._settings.get("region") or self._session.region or "us-east-1")

    def client(self, service: str) -> Any:
        """A client of ``s3`` or ``dynamodb``; the first signs in. Raises ``DriftMgrError`` and what botocore raises."""
        # S3 tells where a bucket is; of a table nobody knows.
        if service == "dynamodb" and not (self._settings.get("region") or self._session.region):
            raise DriftMgrError("the region of the lock table is not known", hint="set region, or AWS_REGION")
        return self._session.client(None, service, self.region, **self._options(service), **self._credentials)

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
        sts = self._session.client(None, "sts", self.region, **self._options("sts"), **static)
        endpoint = Endpoint(provider="aws", account=self._role["RoleArn"], region=self.region, service="sts")
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
