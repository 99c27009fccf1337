"""The names that other programs import: they stay what they are, and the page about them is true."""

import asyncio
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import driftmgr
from demo.build import Names, state_of
from driftmgr import DriftMgrError, DriftReport, detect, discover, load_report, load_state

PAGE = Path(__file__).parents[2] / "docs/python-api.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)

SIGNATURES = {
    "detect": "(*sources: str | os.PathLike[str], workspaces: collections.abc.Iterable[str] = (), clouds: "
    "collections.abc.Iterable[str] = (), regions: collections.abc.Iterable[str] = (), accounts: "
    "collections.abc.Iterable[str] = (), roles: collections.abc.Iterable[str] = (), types: "
    "collections.abc.Iterable[str] = (), mode: Literal['quick', 'deep', 'smart'] = 'deep', engine: "
    "Literal['catalog', 'provider', 'plan', 'auto'] = 'catalog', managed_only: bool = False, include_defaults: "
    "bool = False, accept_gaps: collections.abc.Iterable[typing.Literal['denied', 'throttled', 'unreachable', "
    "'unsupported', 'stale_schema', 'encrypted', 'timeout', 'interrupted']] = (), profile: str | None = None, "
    "cache_ttl: float = 0.0) -> driftmgr.model.report.DriftReport",
    "discover": "(*, clouds: collections.abc.Iterable[str] = (), "
    "regions: collections.abc.Iterable[str] = (), accounts: collections.abc.Iterable[str] = (), roles: "
    "collections.abc.Iterable[str] = (), types: collections.abc.Iterable[str] = (), mode: Literal['quick', 'deep', "
    "'smart'] = 'deep', include_defaults: bool = False, profile: str | None = None) -> driftmgr.app.request.Inventory",
    "load_report": "(file: str | os.PathLike[str]) -> driftmgr.model.report.DriftReport",
    "load_state": "(*sources: str | os.PathLike[str], workspaces: collections.abc.Iterable[str] = (), "
    "profile: str | None = None) -> driftmgr.app.sources.States",
}
TYPES = {
    "AttributeChange": {"path", "recorded", "observed", "classification", "sensitive"},
    "Drift": {"kind", "type", "id", "address", "severity", "reason", "scope", "changes", "location"},
    "DriftReport": {"drifts", "gaps", "summary", "scan"},
    "Gap": {"type", "scope", "operation", "reason", "message"},
    "Inventory": {"objects", "gaps", "scan"},
    "RemoteObject": {"type", "id", "scope", "attributes"},
    "ResourceInstance": {"address", "provider"},
    "Scope": {"cloud", "account", "region"},
    "States": {"instances", "labels", "gaps"},
}


def test_the_names_are_these() -> None:
    """Fourteen names, each on the page; a wrong one is an AttributeError as in any module."""
    assert set(driftmgr.__all__) == {*SIGNATURES, *TYPES, "DriftMgrError"}
    assert set(driftmgr.__all__) <= set(dir(driftmgr))
    told = re.findall(r"^\| `(\w+)", PAGE.read_text(), re.MULTILINE)
    assert sorted(told) == sorted(driftmgr.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        driftmgr.nothing  # noqa: B018  # reading it is the test


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_stay(name: str) -> None:
    """Whoever calls a function today can call it so tomorrow."""
    found = str(inspect.signature(getattr(driftmgr, name)))
    assert found.replace("typing.Literal", "Literal") == SIGNATURES[name].replace("typing.Literal", "Literal")


@pytest.mark.parametrize("name", TYPES)
def test_types_keep_their_attributes(name: str) -> None:
    """The documented attributes of each type are there."""
    assert TYPES[name] <= set(getattr(driftmgr, name).__struct_fields__)


def test_the_import_is_cheap() -> None:
    """Importing the package imports no cloud SDK, no catalog, not even msgspec."""
    program = "import sys, json, driftmgr; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    modules = json.loads(done.stdout)
    assert "driftmgr" in modules
    assert not {"botocore", "aiohttp", "msgspec", "driftmgr.app", "driftmgr.catalog"} & set(modules)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_of_the_page_run(drifted: Names, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Each example prints what it is about, in the folder of a state whose cloud has drifted."""
    code = 0
    try:
        exec(compile(EXAMPLES[number], str(PAGE), "exec"), {"__name__": "example"})  # noqa: S102  # our own page
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr().out
    assert (code, bool(told)) == (2 if number == 0 else 0, True)
    expected = ("visibility_timeout_seconds 60 900", "web", "cannot be read")[number]
    assert expected in told


def test_a_report_can_be_kept_and_loaded(drifted: Names, folder: Path) -> None:
    """What ``detect`` gives is what ``load_report`` reads from the JSON of the command, but for time and cost."""
    from driftmgr.cli.render.json import render  # noqa: PLC0415  # the command's own writer

    report = detect(folder / "terraform.tfstate", types=["aws_subnet"])
    (folder / "kept.json").write_text(render(report))
    kept = load_report(folder / "kept.json")
    assert isinstance(kept, DriftReport)
    assert (kept.scan, kept.summary, kept.gaps) == (report.scan, report.summary, report.gaps)
    assert [drift.changes for drift in kept.drifts] == [drift.changes for drift in report.drifts]
    assert state_of(drifted)


def test_it_runs_inside_an_event_loop(drifted: Names) -> None:
    """In a notebook, where a loop is running, a scan works, and an error is raised where it was called."""

    async def cell() -> DriftReport:  # a running loop is all that is wanted
        return detect(types=["aws_subnet"])

    assert asyncio.run(cell()).exit_code == 2

    async def wrong() -> DriftReport:  # the same
        return detect("missing.tfstate")

    with pytest.raises(DriftMgrError, match=r"missing\.tfstate"):
        asyncio.run(wrong())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"mode": "fast"}, "fast"),
        ({"regions": "eu-central-1"}, r"regions: a list is wanted"),
        ({"types": ["aws_nothing_*"]}, "no resource type matches"),
        ({"accept_gaps": ["boredom"]}, "boredom"),
        ({"roles": [7]}, "roles"),
    ],
)
def test_a_wrong_question_is_told(asked: dict[str, object], said: str) -> None:
    """What is no option's value is a DriftMgrError that names it, with a hint."""
    with pytest.raises(DriftMgrError, match=said) as caught:
        detect(**asked)  # type: ignore[arg-type]
    assert caught.value.hint


def test_states_are_loaded_as_they_are(drifted: Names, folder: Path) -> None:
    """Every instance of a state, with its attributes; objects of the cloud come from ``discover``."""
    states = load_state(folder / "terraform.tfstate")
    assert states.labels == ("terraform.tfstate",) or states.labels[0].endswith("terraform.tfstate")
    assert states.gaps == ()
    subnets = [instance for instance in states.instances if instance.type == "aws_subnet"]
    found = discover(regions=["eu-central-1"], types=["aws_subnet"])
    assert {subnet.attributes["id"] for subnet in subnets} <= {item.id for item in found.objects}
