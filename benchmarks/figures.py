"""A measured figure beside its target, and the table of them."""

from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, what it came to, the target, and whether that is reached."""

    what: str
    value: str
    target: str
    reached: bool


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [("measured", "value", "target", ""), ("---", "---", "---", "---")]
    rows += [(row.what, row.value, row.target, "reached" if row.reached else "**missed**") for row in figures]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
