"""The settings of ``driftmgr.yaml``. Names are those of the command line's options."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from driftmgr.app.request import Engine
from driftmgr.discovery.shards import Mode
from driftmgr.model import DriftKind, GapReason, Severity
from driftmgr.policy import IgnoreRule

Text = Annotated[str, Meta(min_length=1)]
Texts = tuple[Text, ...]
Seconds = Annotated[float, Meta(ge=0)]
Port = Annotated[int, Meta(ge=0, le=65_535)]
RoleArn = Annotated[str, Meta(pattern="^arn:[^:]+:iam::[0-9]{12}:role/.+|^vault:.+")]


class _Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has settings of its own: a key that it does not know is an error."""


class RoleSetting(_Setting, frozen=True, kw_only=True):
    """A role to assume for one more account."""

    arn: Annotated[RoleArn, Meta(description="The role's ARN.")]
    external_id: Annotated[Text | None, Meta(description="The external id that it asks for.")] = None


class IgnoreSetting(_Setting, frozen=True, kw_only=True):
    """Findings that nobody wants to see. All that a rule names must fit."""

    owner: Annotated[Text, Meta(description="Who answers for the rule.")]
    reason: Annotated[Text, Meta(description="Why the findings are no concern.")]
    name: Annotated[Text | None, Meta(description="What reports call it; by default file and line.")] = None
    type: Annotated[Text | None, Meta(description="A resource type, or a pattern.")] = None
    address: Annotated[Text | None, Meta(description="An address, or a pattern: `module.legacy.*`.")] = None
    id: Annotated[Text | None, Meta(description="An id, or a pattern.")] = None
    tag: Annotated[Text | None, Meta(description="`KEY`, or `KEY=VALUE` with a pattern for the value.")] = None
    path: Annotated[Text | None, Meta(description="An attribute: `ingress`, `ingress[*].description`.")] = None
    kinds: Annotated[
        tuple[DriftKind, ...] | None,
        Meta(description="`changed` and `unmanaged` by default; `missing` only where it is named."),
    ] = None
    expires: Annotated[date | None, Meta(description="The last day on which it applies.")] = None

    def rule(self, where: str) -> IgnoreRule:
        """The rule, with file and line for a name."""
        parts = msgspec.structs.asdict(self)
        return IgnoreRule(**{name: value for name, value in parts.items() if value is not None}, where=where)


class Settings(_Setting, frozen=True, kw_only=True):
    """All settings; what is not set is as on the command line without the option."""

    sources: Annotated[Texts | None, Meta(description="States: files, patterns, working directories, addresses.")] = (
        None
    )
    backend_config: Annotated[
        Texts | None, Meta(description="What completes the backend block of a working directory: a file, or KEY=VALUE.")
    ] = None
    workspaces: Annotated[Texts | None, Meta(description="Workspaces whose states are wanted.")] = None
    clouds: Annotated[Texts | None, Meta(description="Clouds to look at.")] = None
    regions: Annotated[Texts | None, Meta(description="Regions to look at, or `all`.")] = None
    accounts: Annotated[Texts | None, Meta(description="Accounts to look at.")] = None
    roles: Annotated[
        tuple[RoleArn | RoleSetting, ...] | None, Meta(description="Roles to assume, one for each further account.")
    ] = None
    external_id: Annotated[Text | None, Meta(description="The external id for roles without one of their own.")] = None
    profile: Annotated[Text | None, Meta(description="The AWS profile to sign in with.")] = None
    tokens: Annotated[Texts | None, Meta(description="Where DigitalOcean tokens are: variables, or `vault:NAME`.")] = (
        None
    )
    types: Annotated[Texts | None, Meta(description="Resource types, or patterns.")] = None
    mode: Annotated[Mode | None, Meta(description="How much is read.")] = None
    engine: Annotated[Engine | None, Meta(description="Who reads the cloud.")] = None
    managed_only: Annotated[bool | None, Meta(description="Do not look for unmanaged objects.")] = None
    include_defaults: Annotated[bool | None, Meta(description="Show default objects of the cloud too.")] = None
    accept_gaps: Annotated[
        tuple[GapReason, ...] | None, Meta(description="Gaps that are no reason for exit code 3.")
    ] = None
    provider_config: Annotated[Text | None, Meta(description="A TOML file with provider configurations.")] = None
    provider_configurations: Annotated[
        dict[str, dict[str, Any]] | None,
        Meta(description="Provider configurations by name (`hashicorp/aws.west`), for the provider engine."),
    ] = None
    baseline: Annotated[Text | None, Meta(description="The file of what the team accepted.")] = None
    baseline_key_file: Annotated[Text | None, Meta(description="A file with the baseline's key.")] = None
    outputs: Annotated[Texts | None, Meta(description="What to write: `FORMAT`, `FORMAT=FILE`.")] = None
    show_suppressed: Annotated[bool | None, Meta(description="Show what rules explain or ignore.")] = None
    color: Annotated[Literal["auto", "always", "never"] | None, Meta(description="Colour on the terminal.")] = None
    cache_ttl: Annotated[Seconds | None, Meta(description="Seconds that answers of earlier scans are good for.")] = None
    ignore: Annotated[tuple[IgnoreSetting, ...] | None, Meta(description="Findings to ignore.")] = None
    criticality: Annotated[
        dict[str, Severity] | None,
        Meta(description="How much types (or patterns of them) matter, instead of what the catalog says."),
    ] = None
    vault: Annotated[Text | None, Meta(description="The vault's file, for values such as `vault:NAME`.")] = None
    log_level: Annotated[Literal["debug", "info", "warning", "error"] | None, Meta(description="What is logged.")] = (
        None
    )
    log_file: Annotated[Text | None, Meta(description="Where logs go, as lines of JSON.")] = None
    log_format: Annotated[Literal["auto", "json", "console"] | None, Meta(description="How logs look.")] = None
    metrics_port: Annotated[Port | None, Meta(description="The port of 127.0.0.1 that answers scrapes.")] = None
    metrics_file: Annotated[Text | None, Meta(description="Where metrics go at the end.")] = None
    trace: Annotated[Literal["otlp", "console"] | None, Meta(description="Where spans go.")] = None


FILES = ("baseline", "baseline_key_file", "log_file", "metrics_file", "provider_config", "vault")
"""Settings that name a file: relative to the one that they stand in."""


def schema() -> bytes:
    """The settings as a JSON Schema, for editors."""
    document = msgspec.json.schema(Settings)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "driftmgr.yaml"}
    return msgspec.json.format(msgspec.json.encode(head | document), indent=2) + b"\n"
