"""Options that several commands share, and the request they make."""

import fnmatch
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, get_args

import click

from driftmgr.app.request import Role, ScanRequest
from driftmgr.catalog import CLOUDS, whole_catalog
from driftmgr.cli.settings import config_option
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
        metavar="VARIABLE",
        help="A variable that holds the DigitalOcean token of one more team (default: DIGITALOCEAN_TOKEN); repeatable.",
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
        help="What the team accepted; else DRIFTMGR_BASELINE, or .driftmgr/baseline.sqlite if it is there.",
    ),
    click.option(
        "--baseline-key",
        metavar="FILE",
        help="The key of the baseline; else DRIFTMGR_BASELINE_KEY_FILE, DRIFTMGR_BASELINE_KEY, or the user's own.",
    ),
)


def baseline_options(command: Command) -> Command:
    """Add the options that say which baseline."""
    for option in reversed(_BASELINE):
        command = option(command)
    return command


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
        tokens=options["tokens"],
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


def expand_types(patterns: Iterable[str]) -> tuple[str, ...]:
    """Names stay, patterns become the types they match; raises ``DriftMgrError`` if one matches nothing."""
    known = [entry.name for entry in whole_catalog()]
    names: list[str] = []
    for pattern in patterns:
        if any(sign in pattern for sign in "*?["):
            found = fnmatch.filter(known, pattern)
            if not found:
                raise DriftMgrError(f"no resource type matches {pattern}", hint="see driftmgr catalog types")
            names += found
        else:
            names.append(pattern)
    return tuple(dict.fromkeys(names))


def parse_reasons(values: Iterable[str]) -> tuple[Any, ...]:
    """Gap reasons, given one by one or with commas between them."""
    reasons = tuple(dict.fromkeys(word for value in values for word in value.split(",") if word))
    for reason in reasons:
        if reason not in GAP_REASONS:
            raise DriftMgrError(f"no such gap reason: {reason}", hint=f"one of {', '.join(GAP_REASONS)}")
    return reasons
