"""Reports of any content, and files that nearly are reports."""

import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from hypothesis import strategies as st

from driftmgr.model import (
    AttributeChange,
    ChangeClass,
    Drift,
    DriftKind,
    DriftReport,
    Gap,
    GapReason,
    ScanRecord,
    Scope,
    Severity,
    SourceLocation,
    Summary,
)

GOLDEN = (Path(__file__).parents[1] / "flows/golden/report.json").read_bytes()

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
COUNT = st.integers(min_value=0, max_value=10**6)
NUMBER = (
    st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number.adjusted()) < 300)
)
VALUE = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
SCOPE = st.builds(Scope, cloud=TEXT, account=TEXT, region=st.none() | TEXT)
CHANGE = st.builds(
    AttributeChange,
    path=TEXT,
    recorded=VALUE,
    observed=VALUE,
    classification=st.sampled_from(get_args(ChangeClass)),
    sensitive=st.booleans(),
    rule=st.none() | TEXT.filter(bool),
    intended=st.none() | st.booleans(),
)
DRIFT = st.builds(
    Drift,
    kind=st.sampled_from(get_args(DriftKind)),
    type=TEXT,
    id=st.none() | TEXT,
    scope=SCOPE,
    severity=st.sampled_from(get_args(Severity)),
    address=st.none() | TEXT,
    parent=st.none() | TEXT,
    name=st.none() | TEXT,
    source=st.none() | TEXT,
    changes=st.lists(CHANGE, max_size=2).map(tuple),
    suppressed=st.lists(CHANGE, max_size=2).map(tuple),
    reason=st.none() | TEXT.filter(bool),
    location=st.none() | st.builds(SourceLocation, file=TEXT, line=COUNT),
    rule=st.none() | TEXT.filter(bool),
)
GAP = st.builds(
    Gap,
    type=TEXT,
    operation=TEXT,
    reason=st.sampled_from(get_args(GapReason)),
    message=TEXT,
    scope=st.none() | SCOPE,
    attributes=st.lists(TEXT, max_size=2).map(tuple),
    instances=COUNT,
)
SCAN = st.builds(
    ScanRecord,
    id=TEXT,
    started_at=TEXT,
    finished_at=TEXT | st.just("2026-01-01T00:00:00Z"),
    mode=TEXT,
    engine=TEXT,
    sources=st.lists(TEXT, max_size=2).map(tuple),
    scopes=st.lists(SCOPE, max_size=2).map(tuple),
    api_calls=COUNT,
    seconds=st.floats(min_value=0, max_value=1e6),
    reused=COUNT,
)
SUMMARY = st.builds(Summary, managed=COUNT, in_sync=COUNT, changed=COUNT, missing=COUNT, unmanaged=COUNT)
REPORTS = st.builds(
    DriftReport,
    scan=SCAN,
    summary=SUMMARY,
    drifts=st.lists(DRIFT, max_size=2).map(tuple),
    gaps=st.lists(GAP, max_size=2).map(tuple),
    suppressed=st.lists(DRIFT, max_size=1).map(tuple),
    ignored=st.lists(DRIFT, max_size=1).map(tuple),
    accepted_gaps=st.lists(st.sampled_from(get_args(GapReason)), max_size=2).map(tuple),
)

# What tends to break readers and writers of JSON.
_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    1e308,
    Decimal("1e-7"),
    "",
    "\x00",
    "\u202e<b>",
    "\ud800",
    "a" * 5000,
    [],
    {},
    [[[]]],
    {"": {"": None}},
    "(sensitive)",
    "2026-99-99T00:00:00Z",
    "0001-01-01T00:00:00",
)
_TOKENS = tuple(b'{ } [ ] , : " \\ null 1e999 -0 \x00 \xff \\ud800 NaN'.split())


def mutated(chance: random.Random) -> bytes:
    """The golden report, changed in its values or in its bytes."""
    if chance.random() < 0.6:
        document = json.loads(GOLDEN)
        for _ in range(chance.randint(1, 2)):
            _change_a_value(document, chance)
        return json.dumps(document, default=float).encode()
    content = bytearray(GOLDEN)
    for _ in range(chance.randint(1, 6)):
        _change_bytes(content, chance)
    return bytes(content)


def mutations() -> st.SearchStrategy[bytes]:
    """Such documents, for a property."""
    return st.integers(min_value=0, max_value=2**32).map(lambda seed: mutated(random.Random(seed)))  # noqa: S311


def _change_a_value(document: Any, chance: random.Random) -> None:
    holder = document
    while True:
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = chance.choice(keys)
        if isinstance(holder[key], dict | list) and holder[key] and chance.random() < 0.85:
            holder = holder[key]
            continue
        _replace(holder, key, chance)
        return


def _replace(holder: Any, key: Any, chance: random.Random) -> None:
    if chance.random() < 0.2:
        del holder[key]
    elif isinstance(holder, dict) and chance.random() < 0.2:
        holder[chance.choice(("kind", "scan", "class", "\u202e"))] = holder.pop(key)
    else:
        holder[key] = chance.choice(_ODD)


def _change_bytes(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.choice((0, 1, 1, 2, 40)))
    edits: tuple[Callable[[], bytes], ...] = (
        lambda: b"",
        lambda: chance.choice(_TOKENS),
        lambda: bytes([chance.randrange(256)]),
        lambda: bytes(content[start:end]) * 2,
        lambda: chance.choice(_TOKENS) * chance.choice((2, 300)),
    )
    content[start:end] = chance.choice(edits)()
