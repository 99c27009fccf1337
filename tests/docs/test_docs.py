"""The documentation, held to the program: every command runs, every link leads somewhere, generated pages are true."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
import pytest

from conformance.emulator import Emulator
from demo.build import REGION, build, state_of
from demo.changes import make_changes
from driftmgr.cli import driftmgr, main

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md")), *sorted((PROJECT / "tests").rglob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_FILE = re.compile(r"(?:^|\s)((?:tests|tools|demo|docs|src|benchmarks)/[\w./-]+)")
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b")


def commands(page: Path) -> list[str]:
    """Every command line of a page: of its shell blocks, and in running text."""
    text = page.read_text()
    lines = [line for kind, block in _FENCE.findall(text) if kind in {"sh", ""} for line in block.splitlines()]
    lines += [line.strip() for line in text.splitlines() if line.startswith("    ")]
    lines += _INLINE.findall(_FENCE.sub("", text))
    starts = ("driftmgr ", "make ", "pytest ", ".venv/bin/", "python ")
    return [line for line in lines if line.startswith(starts)]


ALL = [(page, command) for page in PAGES for command in commands(page)]
TOUR = [command for page, command in ALL if page.name == "README.md" and command.startswith("driftmgr ")]


@pytest.mark.parametrize(
    ("page", "command"), [pytest.param(*pair, id=f"{pair[0].name}: {pair[1]}") for pair in ALL if pair[1] != "make "]
)
def test_every_command_of_the_documentation_exists(page: Path, command: str) -> None:
    """A make target is one, a file is there, and a driftmgr command has the options that are shown."""
    program, *arguments = shlex.split(command, comments=True)
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
        assert set(arguments) <= set(targets)
    elif program == "driftmgr":
        parse(arguments)
    else:
        assert all((PROJECT / found).exists() for found in _FILE.findall(command)), command


def parse(arguments: list[str]) -> None:
    """Parse a command line as click does, without running it; fails on an unknown command or option."""
    command: click.Command = driftmgr
    context = click.Context(command)
    while isinstance(command, click.Group) and arguments:
        name, *arguments = arguments
        found = command.get_command(context, name)
        assert found is not None, f"no command {name}"
        command, context = found, click.Context(found, parent=context)
    command.parse_args(context, list(arguments))


def test_continuous_integration_runs_the_commands_of_the_readme() -> None:
    """What CI runs last is the test command that the README gives."""
    assert "make test" in commands(PROJECT / "README.md")[1]
    last = (PROJECT / ".ci/run").read_text().splitlines()[-1]
    assert last == 'step "tests" make --no-print-directory test'


def test_the_readme_has_a_tour() -> None:
    """The README shows ten commands and more, each of the seven among them."""
    assert len(TOUR) >= 10
    assert {command.split()[1] for command in TOUR} == {
        "detect",
        "check",
        "report",
        "discover",
        "catalog",
        "state",
        "baseline",
    }


@pytest.fixture(scope="module")
def estate(emulator: Emulator) -> Iterator[str]:
    """The demo's estate after its changes, and its state in S3 too; gives the state."""
    emulator.reset()
    client = partial(emulator.client, region=REGION)
    names = build(client)
    state = state_of(names)
    client("s3").create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket="states", Key="orders/terraform.tfstate", Body=state.encode())
    assert all(make_changes(client, names))
    yield state
    emulator.reset()


@pytest.mark.parametrize("command", [command for command in TOUR if not PLACEHOLDER.search(command.partition("#")[0])])
def test_every_command_of_the_readme_runs(
    command: str,
    estate: str,
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command of the README ends with an answer, in the folder of the demo's state, and never with an error."""
    monkeypatch.chdir(tmp_path)
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path / ".cache"))
    (tmp_path / "terraform.tfstate").write_text(estate)
    (tmp_path / "states/orders").mkdir(parents=True)
    (tmp_path / "states/orders/web.tfstate").write_text(estate)
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(command, comments=True)[1:])
    told = capsys.readouterr()
    assert ended.value.code in {0, 2, 3}, told.err
    assert told.err == ""
    assert told.out or "=" in command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A relative link of a page names a file or folder of the project."""
    links = [link for link in _LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_generated_pages_are_true() -> None:
    """What ``make docs`` would write is what is there."""
    spec = importlib.util.spec_from_file_location("make_docs", PROJECT / "tools/make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    make_docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_docs)
    stale = [name for name, text in make_docs.pages().items() if (PROJECT / name).read_text() != text]
    assert stale == [], "run make docs"
