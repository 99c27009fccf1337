"""Options that several commands share, and the request they make."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, get_args

import click
from click.core import ParameterSource

from driftmgr.app.request import Role, ScanRequest, Token, expand_types
from driftmgr.catalog import CLOUDS
from driftmgr.cli.render import FORMATS
from driftmgr.cli.settings import config_option, policy_of, provider_configurations, token_secret
from driftmgr.model import DriftMgrError, GapReason

Command = TypeVar("Command", bound=Callable[..., Any])

MODES = ("quick", "deep", "smart")
GAP_REASONS: tuple[GapReason, ...] = get_args(GapReason)

_SOURCE = (
    click.option(
        "--backend-config",
        multiple=True,
        metavar="FILE|NAME=VALUE",
        help="What completes the backend of a working directory, as for terraform init; repeatable.",
    ),
    click.option(
        "--workspace",
        "workspaces",
        multiple=True,
        metavar="NAME",
        help="A workspace instead of the selected one, or all; repeatable.",
    ),
)

_SCOPE = (
    config_option,
    click.option("--cloud", "clouds", multiple=True, type=click.Choice(CLOUDS), help="A cloud to look at; repeatable."),
    click.option(
        "--region", "regions", multiple=True, metavar="REGION", help="A region to look at, or all; repeatable."
    ),
    click.option("--account", "accounts", multiple=True, metavar="ID", help="An account to look at; repeatable."),
    click.option(
        "--role-arn",
        "roles",
        multiple=True,
        metavar="ARN[,EXTERNAL_ID]",
        help="A role to assume for one more account; repeatable.",
    ),
    click.option(
        "--token",
        "tokens",
        multiple=True,
        metavar="VARIABLE|vault:NAME",
        help="Where the DigitalOcean token of one more team is (default: DIGITALOCEAN_TOKEN); repeatable.",
    ),
    click.option("--external-id", metavar="ID", help="The external id for roles given without one."),
    click.option("--profile", metavar="NAME", help="The AWS profile to sign in with."),
    click.option(
        "--type",
        "types",
        multiple=True,
        metavar="TYPE",
        help="A resource type, or a pattern such as aws_iam_*; repeatable.",
    ),
    click.option(
        "--mode",
        type=click.Choice(MODES),
        default="deep",
        show_default=True,
        help="quick: list calls only; deep: every attribute; smart: details of what matters most or changed.",
    ),
    click.option(
        "--include-defaults",
        is_flag=True,
        help="Show default objects of the cloud, and those that other services made.",
    ),
)

_BASELINE = (
    click.option(
        "--baseline",
        metavar="FILE",
        help="What the team accepted; by default .driftmgr/baseline.sqlite if it is there.",
    ),
    click.option(
        "--baseline-key-file",
        metavar="FILE",
        help="A file with the key of the baseline; else DRIFTMGR_BASELINE_KEY, or the user's own.",
    ),
)


def baseline_options(command: Command) -> Command:
    """Add the options that say which baseline."""
    for option in reversed(_BASELINE):
        command = option(command)
    return command


_DETECTION = (
    click.option("--managed-only", is_flag=True, help="Do not look for unmanaged objects."),
    click.option(
        "--accept-gaps", "accept_gaps", multiple=True, metavar="REASON", help="A gap that is no reason for exit code 3."
    ),
    click.option(
        "--engine",
        type=click.Choice(("catalog", "provider", "plan", "auto")),
        default="catalog",
        show_default=True,
        help="Who reads the cloud: our catalog, the installed Terraform providers, terraform plan -refresh-only, "
        "or the catalog and, for what it lacks, the providers.",
    ),
    click.option(
        "--provider-config",
        metavar="FILE",
        help="Provider configurations (TOML) that the HCL of the working directory does not tell.",
    ),
    *_BASELINE,
    click.option("--no-baseline", is_flag=True, help="Do not compare with a baseline, even if there is one."),
    click.option("--show-suppressed", is_flag=True, help="Show what rules explain or ignore, with the rule."),
    click.option("--no-ignore", is_flag=True, help="Report what ignore rules would take out."),
    click.option(
        "--cache-ttl",
        type=click.FloatRange(0),
        default=0.0,
        metavar="SECONDS",
        help="Use answers of earlier scans that are at most this old.",
    ),
    click.option("--resume", is_flag=True, help="Go on where an interrupted or throttled scan stopped."),
)


def detection_options(command: Command) -> Command:
    """Add the sources, and all options that say what to compare and how."""
    sources = click.argument("sources", nargs=-1, metavar="[STATE|DIR|URL]...", envvar="DRIFTMGR_SOURCES")
    for option in reversed((sources, *_SOURCE, *_SCOPE, *_DETECTION)):
        command = option(command)
    return command


def report_output(default: str) -> Callable[[Command], Command]:
    """Add the option that says in which formats a report is written; ``default`` tells what happens without it."""
    return click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}; repeatable. {default}",
    )


def detection_request(options: dict[str, Any], sources: tuple[str, ...]) -> ScanRequest:
    """The request of ``detection_options``; raises ``DriftMgrError``."""
    if options["no_baseline"] and is_flag_given("baseline"):
        raise click.UsageError("--baseline and --no-baseline exclude each other")
    by_providers = options["engine"] != "catalog" or options.get("verify")
    return request_of(
        options,
        sources=sources,
        backend_config=options["backend_config"],
        workspaces=options["workspaces"],
        managed_only=options["managed_only"],
        accept_gaps=parse_reasons(options["accept_gaps"]),
        engine=options["engine"],
        provider_config=options["provider_config"],
        cache_ttl=options["cache_ttl"],
        resume=options["resume"],
        policy=policy_of(options),
        providers=provider_configurations() if by_providers else {},
        baseline=options["baseline"],
        baseline_key_file=options["baseline_key_file"],
        use_baseline=not options["no_baseline"],
    )


def is_flag_given(name: str) -> bool:
    """Whether an option stands on the command line itself; settings and environment are for many commands."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def source_options(command: Command) -> Command:
    """Add the options that say how states are found."""
    for option in reversed(_SOURCE):
        command = option(command)
    return command


def scope_options(command: Command) -> Command:
    """Add the options that say where and what to look at."""
    for option in reversed(_SCOPE):
        command = option(command)
    return command


def request_of(options: dict[str, Any], **others: Any) -> ScanRequest:
    """The request of the shared options; raises ``DriftMgrError`` for a pattern without a match."""
    return ScanRequest(
        clouds=options["clouds"],
        regions=options["regions"],
        tokens=tuple(Token(name=name, value=token_secret(name, at)) for at, name in enumerate(options["tokens"])),
        accounts=options["accounts"],
        roles=tuple(parse_role(text, options["external_id"]) for text in options["roles"]),
        profile=options["profile"],
        types=expand_types(options["types"]),
        mode=options["mode"],
        include_defaults=options["include_defaults"],
        **others,
    )


def parse_role(text: str, default_external_id: str | None = None) -> Role:
    """``ARN`` or ``ARN,EXTERNAL_ID``; raises ``DriftMgrError`` for what is no role's ARN."""
    arn, _, external_id = text.partition(",")
    if not (arn.startswith("arn:") and ":iam:" in arn and ":role/" in arn):
        raise DriftMgrError(f"not the ARN of a role: {arn}", hint="write arn:aws:iam::111122223333:role/NAME")
    return Role(arn=arn, external_id=external_id or default_external_id)


def parse_reasons(values: Iterable[str]) -> tuple[Any, ...]:
    """Gap reasons, given one by one or with commas between them."""
    reasons = tuple(dict.fromkeys(word for value in values for word in value.split(",") if word))
    for reason in reasons:
        if reason not in GAP_REASONS:
            raise DriftMgrError(f"no such gap reason: {reason}", hint=f"one of {', '.join(GAP_REASONS)}")
    return reasons
