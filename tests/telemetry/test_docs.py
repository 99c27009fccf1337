"""docs/telemetry.md and docs/resilience.md say what is so."""

import re
from pathlib import Path

import pytest

from driftmgr.cli.operation import AUDIT
from driftmgr.runtime.guard import BREAKERS
from driftmgr.runtime.limiter import _RECOVERY_SECONDS
from driftmgr.runtime.retry import _CAPACITY, RetryPolicy
from driftmgr.runtime.shutdown import PHASES, SECONDS
from driftmgr.telemetry.metrics import INSTRUMENTS, SERIES_PER_INSTRUMENT
from driftmgr.telemetry.traces import SPANS

DOCS = Path(__file__).parents[2] / "docs"
TELEMETRY = (DOCS / "telemetry.md").read_text()
RESILIENCE = (DOCS / "resilience.md").read_text()
SOURCES = Path(__file__).parents[2] / "src" / "driftmgr"


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of all table rows whose first cell starts so."""
    lines = (line for line in text.splitlines() if line.startswith(f"| `{first}"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_metric_is_documented_and_no_other() -> None:
    """Name as it is scraped, kind, labels and meaning of each instrument, in the order of the table."""
    expected = [
        [
            f"`{one.name}{'_total' if one.kind == 'counter' else ''}`",
            one.kind,
            ", ".join(f"`{label}`" for label in one.labels) or "none",
            one.help,
        ]
        for one in INSTRUMENTS
    ]
    assert rows(TELEMETRY, "driftmgr_") == expected
    assert f"{SERIES_PER_INSTRUMENT:,} label combinations" in TELEMETRY


def test_every_span_is_documented_and_no_other() -> None:
    """Name and meaning of each span."""
    assert rows(TELEMETRY, "driftmgr.") == [[f"`{name}`", text] for name, text in SPANS.items()]


def test_every_instrument_and_span_is_used() -> None:
    """Nothing is documented that no code records."""
    code = "\n".join(path.read_text() for path in SOURCES.rglob("*.py"))
    constants = re.findall(r"^([A-Z_]+) = Instrument", (SOURCES / "telemetry" / "metrics.py").read_text(), re.MULTILINE)
    assert len(constants) == len(INSTRUMENTS)
    unused = [name for name in constants if not re.search(rf"metrics\.{name}\b|child\({name},", code)]
    assert unused == []
    assert [name for name in SPANS if f'span("{name}"' not in code] == []


def test_every_attribute_of_a_span_is_documented() -> None:
    """Attributes are set under the documented names only."""
    code = "\n".join(path.read_text() for path in SOURCES.rglob("*.py"))
    used = set(re.findall(r'"((?:driftmgr|cloud)\.(?:action|scan\.id|scope|service|operation|region|format))":', code))
    told = set(re.findall(r"`((?:driftmgr|cloud)\.[a-z.]+)`", TELEMETRY.split("Attributes:")[1].split("##")[0]))
    assert used == told


@pytest.mark.parametrize("provider", BREAKERS)
def test_breaker_thresholds_are_as_documented(provider: str) -> None:
    """The table of the page is that of the code."""
    name = {"aws": "AWS", "azure": "Azure", "gcp": "GCP", "digitalocean": "DigitalOcean"}[provider]
    policy = BREAKERS[provider]
    found = re.search(rf"\| {name} \| (\d+)[^|]*\| (\d+) s \|", RESILIENCE)
    assert found
    assert (int(found[1]), int(found[2])) == (policy.failures, policy.open_seconds)


def test_numbers_are_as_documented() -> None:
    """Retry, budget, recovery and shutdown."""
    policy = RetryPolicy()
    assert f"`{policy.attempts}/{policy.give_up_after:g}`" in RESILIENCE
    assert f"starts with {_CAPACITY:g}" in RESILIENCE
    assert f"within {_RECOVERY_SECONDS:g} s" in RESILIENCE
    assert f"{SECONDS:g} s for all" in RESILIENCE
    for phase, first in PHASES:
        assert re.search(rf"{phase}[a-z ]* \({first}[-+]", RESILIENCE), phase
    assert AUDIT in TELEMETRY
