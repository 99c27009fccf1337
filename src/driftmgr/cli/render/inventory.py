"""The inventory of ``discover`` as table, JSON and CSV."""

import csv
import io
from collections.abc import Callable, Iterator

import msgspec

from driftmgr.app.request import Inventory
from driftmgr.cli.render.text import counted, harmless, spreadsheet_cell, value_text
from driftmgr.cli.render.words import named_gaps, place

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_COLUMNS = ("type", "id", "name", "account", "region", "default", "owner", "parents")


def table(found: Inventory) -> str:
    """One line per object, gaps first."""
    lines = []
    if found.gaps:
        lines.append(gap_notice(found))
        lines += [f"  ? {gap.reason} {gap.type} {place(gap)}: {harmless(gap.message)}" for gap in found.gaps]
    rows = [(row["type"], row["id"], row["name"], row["region"] or "global") for row in _rows(found)]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    scan = found.scan
    lines.append(f"{counted(len(rows), 'object')}, {counted(scan.api_calls, 'API call')}, {scan.seconds:.1f} s")
    return "\n".join(lines)


def details(found: Inventory) -> str:
    """Objects with the attributes that are set, one a line."""
    lines = []
    for item in found.objects:
        lines.append(f"{item.type} {harmless(item.id)}")
        shown = {name: value for name, value in item.attributes.items() if value is not None}
        width = max(map(len, shown), default=0)
        lines += [f"  {name.ljust(width)} = {value_text(value)}" for name, value in sorted(shown.items())]
    return "\n".join(lines)


def gap_notice(found: Inventory) -> str:
    """The line that says what is missing from an inventory with gaps."""
    return f"Incomplete: {counted(len(found.gaps), 'gap')}: {named_gaps(found.gaps)}"


def as_json(found: Inventory) -> str:
    """Objects with all their attributes."""
    document = {
        "schema_version": 1,
        "complete": not found.gaps,
        "scan": found.scan,
        "objects": found.objects,
        "gaps": found.gaps,
    }
    return msgspec.json.format(_ENCODER.encode(document), indent=2).decode()


def as_csv(found: Inventory) -> str:
    """One row per object; a cell that a spreadsheet would run as a formula is quoted."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in _rows(found):
        writer.writerow({name: spreadsheet_cell(cell) for name, cell in row.items()})
    return text.getvalue()


def _rows(found: Inventory) -> Iterator[dict[str, str]]:
    for item in found.objects:
        name = item.attributes.get("name") or item.tags.get("Name")
        yield {
            "type": item.type,
            "id": harmless(item.id),
            "name": harmless(name) if isinstance(name, str) else "",
            "account": item.scope.account,
            "region": item.scope.region or "",
            "default": "yes" if item.is_default else "",
            "owner": harmless(item.owner or ""),
            "parents": harmless(" ".join(f"{parent.type}/{parent.id}" for parent in item.parents)),
        }


RENDERERS: dict[str, Callable[[Inventory], str]] = {"table": table, "json": as_json, "csv": as_csv}
