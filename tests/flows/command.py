"""What a command left behind, and the golden files that it is held to.

Renew the golden files after a change of the report that was meant, and read their difference before you commit it:

    DRIFTMGR_RENEW=1 .venv/bin/python -m pytest tests/flows
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

GOLDEN = Path(__file__).parent / "golden"
# What differs from run to run, or with every type that the catalog learns.
_VARYING = (
    (re.compile(r"\d+ API calls?, [\d.]+ s"), "N API calls, N s"),
    (re.compile(r"Left out: .*"), "Left out: ..."),
    (re.compile(r'"(api_calls|seconds|suppressed|defaults|owned)": [\d.]+'), r'"\1": 0'),
    (re.compile(r'"(started_at|finished_at)": "[^"]+"'), r'"\1": "..."'),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b(sgr?|igw|rtb|acl)-[0-9a-f]{17}\b"), r"\1-NEW"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "DATE"),
    (re.compile(r'(?<=\btime=")[\d.]+'), "N"),
    (re.compile(r"(driftmgr_report_(?:api_calls|scan_seconds|finished_timestamp_seconds)\{.*\}) .*"), r"\1 N"),
    (re.compile(r'"driftmgr/v1": "[0-9a-f]{64}"'), '"driftmgr/v1": "DIGEST"'),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
)


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T")


class Ran(NamedTuple):
    """Exit code and what was written."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


def assert_golden(text: str, name: str, known: Mapping[str, str]) -> None:
    """The text, with names for ids and without what varies, is the golden file."""
    for identity, value in sorted(known.items(), key=lambda pair: -len(pair[1])):
        # The estate may be made in the second in which the scan begins.
        if _MOMENT.match(value):
            continue
        text = text.replace(value, f"<{identity}>".replace('"', ""))
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    path = GOLDEN / name
    if os.environ.get("DRIFTMGR_RENEW") == "1":
        path.write_text(text)
    assert text == path.read_text()
