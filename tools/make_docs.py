"""Write what is generated: pages and the schema under docs, and a passage of the README (``make docs``).

A test holds them true: it generates them and compares.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from driftmgr.app.settings.model import schema
from driftmgr.catalog import CLOUDS, Catalog, catalog_of
from driftmgr.catalog.entry import ResourceType
from driftmgr.catalog.permissions import actions, call_actions, calls_of, policy_document, token_scopes
from driftmgr.cli.detect import detect
from driftmgr.clouds.aws.limits import LIMITS

PROJECT = Path(__file__).parents[1]
COVERED, SETTINGS, RATES = "covered", "settings", "limits"
NOTICE = "<!-- Written by tools/make_docs.py from the catalog: change an entry, then run `make docs`. -->"


def pages() -> dict[str, str]:
    """The text of each file that is generated, or in part, by its path in the project."""
    catalogs = [catalog_of(cloud) for cloud in CLOUDS]
    return {
        "README.md": _between(COVERED, "README.md", (line for catalog in catalogs for line in covered(catalog))),
        "docs/catalog.md": "".join(f"{line}\n" for line in catalog_page(catalogs)),
        "docs/permissions.md": "".join(f"{line}\n" for line in permissions_page(*catalogs)),
        "docs/configuration.md": _between(SETTINGS, "docs/configuration.md", settings_table()),
        "docs/resilience.md": _between(RATES, "docs/resilience.md", limits_table()),
        "docs/driftmgr.schema.json": schema().decode(),
    }


def _between(passage: str, name: str, lines: Iterable[str]) -> str:
    """A page with one passage written anew."""
    begin, end = f"<!-- {passage}: written by tools/make_docs.py -->\n", f"<!-- /{passage} -->"
    before, _, rest = (PROJECT / name).read_text().partition(begin)
    return before + begin + "".join(f"{line}\n" for line in lines) + end + rest.partition(end)[2]


def settings_table() -> Iterator[str]:
    """Every setting with what it means."""
    yield from ("| setting | means | default |", "| --- | --- | --- |")
    defaults = {param.name: param.get_default(click.Context(detect)) for param in detect.params}
    for name, field in json.loads(schema())["$defs"]["Settings"]["properties"].items():
        default = defaults.get(name)
        shown = f"`{default}`" if isinstance(default, str | float) and default else ""
        yield f"| `{name}` | {field['description']} | {shown} |"


def limits_table() -> Iterator[str]:
    """How fast each service of AWS is asked, and who says so."""
    yield from ("| service | a second | at once | for each | source |", "| --- | --- | --- | --- | --- |")
    for service, row in sorted(LIMITS.items()):
        each = "operation" if row.limit.per_operation else "service"
        source = f"[{row.says}]({row.page})" if row.published else f"ours: [{row.says}]({row.page})"
        yield f"| {service} | {row.limit.rate:g} | {row.limit.burst:g} | {each} | {source} |"
        for operation, own in sorted(row.limit.own.items()):
            yield f"| {operation} | {own.rate:g} | {own.burst:g} | operation | the same |"


def covered(catalog: Catalog) -> Iterator[str]:
    """The types by the service that is asked about them."""
    services: dict[str, list[str]] = {}
    for entry in catalog:
        call = entry.source or next(part.list for part in map(catalog.__getitem__, entry.parts) if part.list)
        services.setdefault(call.service, []).append(entry.name)
    yield f"{_share(catalog)}, each at full depth:"
    yield from ("", "| service | types |", "| --- | --- |")
    for service, names in sorted(services.items()):
        yield f"| {service} | {', '.join(names)} |"
    yield ""


def catalog_page(catalogs: Iterable[Catalog]) -> Iterator[str]:
    """What is compared of each type, and what is not and why."""
    yield from ("# What is covered", "", NOTICE, "")
    yield "Every attribute that HCL can set is either compared or listed below with the reason why no API tells it."
    for catalog in catalogs:
        yield from ("", f"{_share(catalog)}:")
        yield from (
            "",
            "| type | severity of a finding | listed | compared | not readable |",
            "| --- | --- | --- | --- | --- |",
        )
        for entry in catalog:
            place = "once per account" if entry.reach == "global" else "per region"
            place = "only what a state records" if entry.lookup else place
            name = f"[{entry.name}](#{entry.name})"
            yield f"| {name} | {entry.criticality} | {place} | {len(entry.attributes)} | {len(entry.unreadable)} |"
        if catalog.without:
            yield from ("", "Without an entry, because what they make is no object that can be read:", "")
        for name, reason in catalog.without.items():
            yield f"- `{name}`: {reason}"
        for entry in catalog:
            yield from ("", f"## {entry.name}", "")
            yield from _details(entry)


def _share(catalog: Catalog) -> str:
    known = len(catalog.schemas.types)
    return f"{catalog.covered} of the {known:,} resource types of {catalog.provider} {catalog.schemas.version}"


def _details(entry: ResourceType) -> Iterator[str]:
    if entry.parts:
        yield f"Put together from {_names(entry.parts)}."
        yield ""
    if entry.aliases:
        yield f"Also known as {_names(entry.aliases)}."
        yield ""
    for ref in entry.parents:
        shown = f", shown in its {_names(ref.inline)}" if ref.inline else ""
        yield f"{'Part of' if ref.part else 'Belongs to'} {_names((ref.type,))} by `{ref.attribute}`{shown}."
        yield ""
    yield f"Compared: {_names(sorted(entry.attributes))}."
    if entry.unreadable:
        yield ""
    for name, reason in sorted(entry.unreadable.items()):
        yield f"- `{name}` is not compared: {reason}"


def permissions_page(aws: Catalog, digitalocean: Catalog) -> Iterator[str]:
    """The permissions of each type, and what grants all of them."""
    yield from ("# Permissions", "", NOTICE, "")
    yield "A scan reads and never writes. `driftmgr catalog permissions TYPE ...` prints what some types need."
    yield from ("", "## AWS", "")
    yield "IAM actions; `sts:GetCallerIdentity` and `ec2:DescribeRegions` are part of every scan."
    yield from _permissions(aws, "actions")
    yield from ("", f"### The policy for all {len(aws)} types", "", f"{len(actions(aws))} actions:", "", "```json")
    yield json.dumps(policy_document(aws), indent=2)
    yield from ("```", "", "## DigitalOcean", "")
    yield "Scopes of a custom token; `account:read` is part of every scan. Without a scope that single members need"
    yield "(`tag:read`) the API leaves these out without a word, and things look untagged."
    yield from _permissions(digitalocean, "scopes")
    yield from ("", f"All {len(digitalocean)} types: {_names(token_scopes(digitalocean))}.")


def _permissions(catalog: Catalog, word: str) -> Iterator[str]:
    yield from ("", f"| type | calls in a deep scan | {word} |", "| --- | --- | --- |")
    for entry in catalog:
        calls = dict.fromkeys(call.operation for call in calls_of(entry))
        needed = dict.fromkeys(action for call in calls_of(entry) for action in call_actions(call))
        own = f"{_names(calls)} | {_names(needed)}" if calls else f"those of {_names(entry.parts)} | "
        yield f"| `{entry.name}` | {own} |"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (PROJECT / name).write_text(text)
        print(name)


if __name__ == "__main__":
    main()
