"""``driftmgr catalog``."""

from collections.abc import Iterable
from typing import Any

import click
import msgspec

from driftmgr.app.request import expand_types
from driftmgr.app.scan import chosen_types
from driftmgr.catalog import CLOUDS, Catalog, catalog_of, cloud_of, whole_catalog
from driftmgr.catalog.entry import ResourceType
from driftmgr.catalog.permissions import call_actions, calls_of, policy_document, token_scopes
from driftmgr.catalog.scaffold import draft
from driftmgr.discovery.plan import plan, with_parts
from driftmgr.model import DriftMgrError

_ACCOUNT, _REGION = "ACCOUNT", "REGION"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, hidden=True)
def catalog(*, debug: bool) -> None:
    """Show what is covered, what it needs and what it costs.

    This is about the catalog, whatever driftmgr.yaml says: what a scan with your settings would call, and the
    permissions for that, driftmgr detect --dry-run prints.
    """
    del debug


@catalog.command()
def types() -> None:
    """The resource types that are covered."""
    entries = list(whole_catalog())
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        click.echo(
            f"{entry.name:<{width}}  {entry.criticality:<8}  {entry.reach:<8}  {len(entry.attributes)} attributes"
        )
    for cloud in CLOUDS:
        known = catalog_of(cloud)
        click.echo(f"{known.covered} of {len(known.schemas.types)} types of {known.provider}")
        for name, reason in known.without.items():
            click.echo(f"no entry for {name}: {reason}")


@catalog.command()
@click.argument("name", metavar="TYPE")
def show(name: str) -> None:
    """Where each attribute of a type comes from, and what cannot be read."""
    known = whole_catalog()
    entry = known[chosen_types([name])[0]]
    for line in _description(entry):
        click.echo(line)


def _description(entry: ResourceType) -> Iterable[str]:
    yield f"{entry.name}: criticality {entry.criticality}, {entry.reach}, import id {entry.import_id or 'the id'}"
    if entry.parts:
        yield f"put together from {', '.join(entry.parts)}"
    for call in calls_of(entry):
        yield f"  call {call.operation} ({', '.join(call_actions(call))})"
    for ref in entry.parents:
        shown = f", shown in {', '.join(ref.inline)}" if ref.inline else ""
        yield f"  part of {ref.type} by {ref.attribute}{shown}"
    yield f"compared: {', '.join(sorted(entry.attributes))}"
    for name, reason in sorted(entry.unreadable.items()):
        yield f"not readable: {name}: {reason}"


@catalog.command()
@click.argument("names", nargs=-1, metavar="[TYPE]...")
@click.option("--cloud", type=click.Choice(CLOUDS), default="aws", show_default=True, help="The cloud, without a type.")
def permissions(names: tuple[str, ...], cloud: str) -> None:
    """The permissions, to read only, that a scan of the types needs (all types without one).

    For AWS an IAM policy, for DigitalOcean the scopes of a token.
    """
    entries = _entries(whole_catalog() if names else catalog_of(cloud), names)
    clouds = {cloud_of(entry.name) for entry in entries}
    if len(clouds) > 1:
        raise DriftMgrError("the types belong to several clouds", hint="ask for one cloud at a time")
    document = policy_document(entries) if clouds == {"aws"} else {"scopes": token_scopes(entries)}
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


@catalog.command()
@click.argument("names", nargs=-1, metavar="[TYPE]...")
@click.option("--objects", default=100, show_default=True, help="Objects of each type.")
@click.option("--mode", type=click.Choice(("quick", "deep")), default="deep", show_default=True)
def cost(names: tuple[str, ...], objects: int, mode: Any) -> None:
    """The calls expected for that many objects of each type, in one region."""
    known = whole_catalog()
    for entry in _entries(known, names):
        planned = plan(known, {_ACCOUNT: (_REGION,)}, [entry.name], mode=mode, managed={entry.name: objects})
        calls = planned.expected_calls
        click.echo(f"{entry.name:<55} {calls:>6} calls  {calls / max(1, objects):.2f} per object")


@catalog.command()
@click.argument("name", metavar="TYPE")
@click.option("--operation", metavar="SERVICE.METHOD", help="The list call to draft from, such as sqs.list_queues.")
def scaffold(name: str, operation: str | None) -> None:
    """A draft entry for a type, from the schema pack and botocore's model."""
    schemas = catalog_of(cloud_of(name) or "aws").schemas
    click.echo(draft(schemas, name, members=_members(operation) if operation else None))


def _entries(known: Catalog, names: tuple[str, ...]) -> list[ResourceType]:
    chosen = chosen_types(expand_types(names)) or tuple(entry.name for entry in known)
    return [known[name] for name in with_parts(known, chosen)]


def _members(operation: str) -> tuple[str, str, frozenset[str]]:
    from driftmgr.clouds.aws.model import listed_members  # noqa: PLC0415  # botocore is only needed here

    return operation, *listed_members(operation)
