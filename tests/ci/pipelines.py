"""Runs the shell steps of a pipeline definition the way its CI system does, and no more of it."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples/ci"
_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
_SH = ("sh", "-ec")
_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_MACRO = re.compile(r"\$\(([A-Za-z][\w.]*)\)")


class Ended(NamedTuple):
    """How the steps ended: the exit code of the first that failed, else 0, and what all of them wrote."""

    code: int
    text: str


def document(path: Path) -> Any:
    """A YAML definition."""
    return yaml.safe_load(path.read_text())


def github_action(inputs: Mapping[str, str]) -> tuple[Ended, dict[str, str], str]:
    """Run action.yml with these inputs: how it ended, its outputs, and its summary."""
    action = document(PROJECT / "action.yml")
    given = {name: str(one.get("default", "")) for name, one in action["inputs"].items()} | dict(inputs)
    assert given.keys() == action["inputs"].keys(), "an input that the action does not have"
    values = {f"inputs.{name}": text for name, text in given.items()} | {"github.action_path": str(PROJECT)}
    output, summary = Path("github-output"), Path("github-summary")
    files = {"GITHUB_OUTPUT": str(output.absolute()), "GITHUB_STEP_SUMMARY": str(summary.absolute())}
    steps = []
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"], "an expression in a script is an injection"
        environment = {
            name: _EXPRESSION.sub(lambda found: values[found[1]], text) for name, text in step["env"].items()
        }
        steps.append((_BASH, step["run"], {**environment, **files}))
    ended = _run(steps)
    told = dict(line.split("=", 1) for line in output.read_text().splitlines()) if output.exists() else {}
    return ended, told, summary.read_text() if summary.exists() else ""


def gitlab(path: Path, **variables: str) -> Ended:
    """Run the one job of a GitLab pipeline: before_script and script in one shell."""
    (job,) = (value for value in document(path).values() if isinstance(value, dict) and "script" in value)
    lines = "\n".join((*job["before_script"], *job["script"]))
    return _run([(_BASH, lines, {**job["variables"], **variables})])


def azure(path: Path, **variables: str) -> Ended:
    """Run the bash steps of an Azure pipeline, macros filled in as the agent does."""
    definition = document(path)
    known = {**definition["variables"], "Build.ArtifactStagingDirectory": str(Path("staging").absolute()), **variables}
    scripts = [step["bash"] for step in definition["steps"] if "bash" in step]
    return _run([(_BASH, _MACRO.sub(lambda found: known[found[1]], script), {}) for script in scripts])


def jenkins(path: Path, **variables: str) -> Ended:
    """Run the shell blocks of a Jenkinsfile one after the other."""
    text = path.read_text()
    environment = dict(re.findall(r"^\s*([A-Z_]+) = '([^']*)'", text, re.MULTILINE)) | variables
    scripts = re.findall(r"'''(.*?)'''", text, re.DOTALL)
    return _run([(_SH, script, environment) for script in scripts])


def _run(steps: Sequence[tuple[tuple[str, ...], str, Mapping[str, str]]]) -> Ended:
    # The command of this environment is on PATH, so that no step installs another one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    text = ""
    for shell, script, environment in steps:
        done = subprocess.run(
            [*shell, script],
            env={**os.environ, **environment, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        text += done.stdout + done.stderr
        if done.returncode:
            return Ended(done.returncode, text)
    return Ended(0, text)
