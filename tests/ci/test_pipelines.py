"""The action and the examples for CI systems do what they show, on the demo's estate."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ci.pipelines import EXAMPLES, PROJECT, Ended, azure, document, github_action, gitlab, jenkins
from conformance.emulator import Emulator
from demo.build import REGION, Names, build, state_of
from driftmgr.cli.render import FORMATS

NETWORK = ("--type", "aws_subnet")


@pytest.fixture(scope="module")
def built(emulator: Emulator) -> Names:
    """The demo's estate with one subnet changed behind Terraform's back."""
    emulator.reset()
    client = partial(emulator.client, region=REGION)
    names = build(client)
    client("ec2").create_tags(Resources=[names['aws_subnet.web["a"].id']], Tags=[{"Key": "env", "Value": "test"}])
    return names


@pytest.fixture
def workspace(built: Names, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checked out repository with a state, as the current directory."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path / ".cache"))
    (tmp_path / "work dir").mkdir()
    monkeypatch.chdir(tmp_path / "work dir")
    Path("terraform.tfstate").write_text(state_of(built))
    return tmp_path / "work dir"


def lines(*words: str) -> str:
    """An input of the action: one word a line."""
    return "\n".join(words)


def failures(path: Path) -> int:
    """The failed tests of a JUnit file."""
    return int(ET.parse(path).getroot().get("failures", ""))  # noqa: S314  # we wrote it


def test_the_action_tells_drift(workspace: Path) -> None:
    """It fails with 2, its outputs and summary tell the verdict, and every report is there."""
    ended, outputs, summary = github_action({"arguments": lines(*NETWORK), "reports": "out put"})
    assert (ended.code, outputs) == (2, {"verdict": "drift", "exit-code": "2"}), ended.text
    assert summary.startswith("## Drift: 1 changed")
    assert sorted(path.name for path in Path("out put").iterdir()) == [
        f"driftmgr.{suffix}" for suffix in ("html", "json", "md", "sarif", "xml")
    ]
    assert len(json.loads(Path("out put/driftmgr.json").read_text())["drifts"]) == 1


@pytest.mark.parametrize(
    ("types", "fail_on", "verdict", "code"),
    [
        (NETWORK, "never", "drift", 0),
        (("--type", "aws_vpc"), "unknown", "safe", 0),
    ],
)
def test_the_action_fails_on_what_was_asked(
    workspace: Path, types: tuple[str, ...], fail_on: str, verdict: str, code: int
) -> None:
    """Drift may be told without failing; what is safe never fails."""
    ended, outputs, _ = github_action({"arguments": lines(*types), "fail-on": fail_on})
    assert (ended.code, outputs["verdict"]) == (code, verdict), ended.text


@pytest.mark.parametrize(("fail_on", "code"), [("unknown", 3), ("drift", 0)])
def test_the_action_knows_gaps(workspace: Path, fail_on: str, code: int) -> None:
    """A gap fails unless only drift shall."""
    Path("gap.tfstate").write_text(stale(Path("terraform.tfstate")))
    asked = {"arguments": lines("--type", "aws_vpc"), "fail-on": fail_on, "sources": "gap.tfstate"}
    ended, outputs, _ = github_action(asked)
    assert (ended.code, outputs.get("verdict")) == (code, "unknown"), ended.text


def stale(path: Path) -> str:
    """The state, one instance of it in the form of Terraform 0.11, which cannot be compared."""
    state = json.loads(path.read_text())
    (vpc,) = (resource for resource in state["resources"] if resource["type"] == "aws_vpc")
    (instance,) = vpc["instances"]
    instance["attributes_flat"] = {"id": instance.pop("attributes")["id"]}
    return json.dumps(state)


def test_a_hostile_source_is_no_command(workspace: Path) -> None:
    """What stands in an input is an argument, never part of a script; an error is code 1 without a verdict."""
    ended, outputs, _ = github_action({"sources": "$(touch pwned); `touch pwned`", "fail-on": "never"})
    assert (ended.code, outputs["verdict"]) == (1, "")
    assert not Path("pwned").exists()
    assert "no such" in ended.text or "not" in ended.text


@pytest.mark.parametrize(
    ("pipeline", "variable", "junit"),
    [
        (partial(gitlab, EXAMPLES / "gitlab.yml"), "DRIFT_ARGUMENTS", "driftmgr.xml"),
        (partial(azure, EXAMPLES / "azure-pipelines.yml"), "driftArguments", "staging/driftmgr.xml"),
        (partial(jenkins, EXAMPLES / "Jenkinsfile"), "DRIFT_ARGUMENTS", "driftmgr.xml"),
    ],
    ids=["gitlab", "azure", "jenkins"],
)
def test_the_examples_run(workspace: Path, pipeline: Callable[..., Ended], variable: str, junit: str) -> None:
    """Each example ends with 2 on drift and with 0 where all is in sync, and leaves the files that it publishes."""
    ended = pipeline(**{variable: " ".join(NETWORK)})
    assert ended.code == 2, ended.text
    assert "drift" in ended.text.split()
    assert failures(Path(junit)) == 1
    assert Path(junit).with_suffix(".html").exists()
    ended = pipeline(**{variable: "--type aws_vpc"})
    assert ended.code == 0, ended.text
    assert "safe" in ended.text.split()
    assert failures(Path(junit)) == 0


def test_the_azure_example_warns_of_gaps(workspace: Path) -> None:
    """Where drift is not found and not all could be looked at, the run succeeds with issues, and says so."""
    Path("gap.tfstate").write_text(stale(Path("terraform.tfstate")))
    ended = azure(EXAMPLES / "azure-pipelines.yml", driftArguments="--type aws_vpc", driftSources="gap.tfstate")
    assert ended.code == 0, ended.text
    assert "result=SucceededWithIssues" in ended.text


def test_the_workflow_uses_what_the_action_has() -> None:
    """The example workflow gives inputs that the action has, and uploads files that it writes."""
    action, workflow = document(PROJECT / "action.yml"), document(EXAMPLES / "github.yml")
    steps = workflow["jobs"]["drift"]["steps"]
    (own,) = (step for step in steps if step.get("id") == "drift")
    assert set(own["with"]) <= set(action["inputs"])
    folder = action["inputs"]["reports"]["default"]
    script = action["runs"]["steps"][-1]["run"]
    for step in steps:
        for file in (step.get("with", {}).get("sarif_file"), step.get("with", {}).get("path")):
            assert file is None or file == folder or file.replace(folder, "$REPORTS") in script
    assert all(f"{name}=" in script for name in FORMATS if name in {"json", "html", "sarif", "junit", "markdown"})
