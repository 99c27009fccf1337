"""``driftmgr baseline`` and ``driftmgr detect`` with one, on the demo's estate."""

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import Emulator
from demo.build import REGION, Names
from demo.changes import QUEUE, make_changes
from driftmgr.telemetry.audit import AuditTrail
from flows.conftest import Run

GAPS = ("--accept-gaps", "unsupported")


@pytest.fixture
def project(folder: Path, estate: Names, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the demo's state, a key of its own, nobody at a terminal."""
    monkeypatch.setenv("DRIFTMGR_STATE_DIR", str(folder / "state"))
    for name in ("DRIFTMGR_BASELINE", "DRIFTMGR_BASELINE_KEY", "DRIFTMGR_BASELINE_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return folder


class Terminal(io.StringIO):
    """Standard input with somebody at it."""

    def isatty(self) -> bool:
        return True


def take_in(folder: Path, key: str, **attributes: Any) -> None:
    """Write into the state of a queue what Terraform would take in from the cloud."""
    path = folder / "terraform.tfstate"
    state = json.loads(path.read_text())
    for resource in state["resources"]:
        if (resource.get("module"), resource["type"]) == (f'module.queue["{key}"]', "aws_sqs_queue"):
            resource["instances"][0]["attributes"].update(attributes)
    path.write_text(json.dumps(state))


def test_a_laundered_change_is_told_until_it_is_accepted(
    project: Path, estate: Names, run: Run, cloud: Emulator
) -> None:
    """Accept; change cloud and state; absorbed in every format and exit code 2; accept that: silent again."""
    assert run("baseline", "accept", "--yes", "--by", "ada", "--note", "as built").code == 0
    clean = run("detect", *GAPS)
    assert (clean.code, "Baseline: .driftmgr/baseline.sqlite, accepted 2" in clean.out) == (0, True)
    url = estate[f"{QUEUE.format('orders')}.id"]
    cloud.client("sqs", REGION).set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "77"})
    take_in(project, "orders", delay_seconds=77)

    blind = run("detect", "--no-baseline", *GAPS)
    assert (blind.code, "Baseline" in blind.out) == (0, False)
    others = [f"{form}=told.{form}" for form in ("table", "markdown", "html", "sarif", "junit", "csv")]
    told = run("detect", "-o", "json", *(word for form in others for word in ("-o", form)), *GAPS)
    assert told.code == 2
    (drift,) = told.json["drifts"]
    (change,) = drift["changes"]
    assert (drift["kind"], drift["address"]) == ("changed", QUEUE.format("orders"))
    assert (change["path"], change["class"], change["observed"]) == ("delay_seconds", "absorbed", 77)
    record = told.json["scan"]["baseline"]
    assert (record["path"], record["serial"], record["accepted_by"]) == (".driftmgr/baseline.sqlite", 1, "ada")
    assert record["compared"] == told.json["summary"]["in_sync"] + 1
    for form in others:
        assert "absorbed" in (project / form.partition("=")[2]).read_text(), form
    for form in ("table", "markdown", "html"):
        assert "baseline.sqlite, accepted 2" in (project / f"told.{form}").read_text().replace("\\", ""), form

    assert run("baseline", "accept", "--yes", "--in-sync").out.endswith("Nothing to accept\n")
    differs = run("baseline", "diff")
    assert differs.code == 2
    assert f"~ changed {QUEUE.format('orders')}" in differs.out
    assert run("baseline", "accept", "--expect", "0" * 64).code == 1
    assert run("baseline", "accept", "--expect", differs.out.rpartition("Expect: ")[2].strip()).code == 0
    assert run("detect", *GAPS).code == 0
    # The gap of a type that the catalog lacks is no reason to call it complete.
    assert run("baseline", "diff").code == 3
    shown = run("baseline", "show")
    assert "#1" in shown.out
    assert "by ada: as built" in shown.out
    assert "#2" in shown.out


def test_nothing_is_accepted_without_a_word(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody to ask: an error before any scan. Asked and refused: nothing is kept. Agreed: it is."""
    refused = run("baseline", "accept")
    assert refused.code == 1
    assert "--yes" in refused.err
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert "nothing was accepted" in run("baseline", "accept", "--type", "aws_sqs_queue").err
    assert not (project / ".driftmgr").exists()
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    assert run("baseline", "accept", "--type", "aws_sqs_queue").code == 0
    assert (project / ".driftmgr" / "baseline.sqlite").exists()


def test_a_part_can_be_accepted(project: Path, run: Run, cloud: Emulator, estate: Names) -> None:
    """By type and address; the rest is counted as not accepted; unmanaged objects only when asked for, then ignored."""
    assert all(make_changes(partial(cloud.client, region=REGION), estate))
    run("baseline", "accept", "--yes", "--type", "aws_sqs_queue", "--address", "*aws_sqs_*")
    kept = run("baseline", "show", "-o", "json").json
    assert {one["type"] for one in kept["objects"]} == {"aws_sqs_queue"}
    assert all(one["address"] for one in kept["objects"])
    before = run("detect", "-o", "json").json
    assert before["scan"]["baseline"]["unknown"] > 0
    run("baseline", "accept", "--yes", "--unmanaged")
    after = run("detect", "-o", "json").json
    assert after["summary"]["ignored"] == before["summary"]["unmanaged"] > 0
    assert {drift["kind"] for drift in after["drifts"]} == {"changed", "missing"}


def test_a_baseline_that_cannot_be_trusted_stops_the_scan(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed, without its key, or named and not there: an error with what to do, never a scan without it."""
    run("baseline", "accept", "--yes", "--type", "aws_sqs_queue")
    missing = run("detect", "--baseline", "none.sqlite")
    assert (missing.code, "there is no baseline" in missing.err) == (1, True)
    (project / "state" / "baseline.key").rename(project / "elsewhere.key")
    without = run("detect")
    assert (without.code, "no key for the baseline" in without.err) == (1, True)
    assert run("detect", "--baseline-key-file", "elsewhere.key", "--type", "aws_sqs_queue").code == 0
    content = bytearray((project / ".driftmgr/baseline.sqlite").read_bytes())
    place = content.index(b"aws_sqs_queue.")
    content[place + 15] ^= 1
    (project / ".driftmgr/baseline.sqlite").write_bytes(content)
    changed = run("detect", "--baseline-key-file", "elsewhere.key")
    assert (changed.code, "the file was changed" in changed.err) == (1, True)
    assert run("detect", "--no-baseline", "--type", "aws_sqs_queue").code == 0
    both = run("detect", "--no-baseline", "--baseline", "x")
    assert (both.code, "exclude each other" in both.err) == (1, True)


def test_an_engine_without_a_baseline_says_so(project: Path, run: Run) -> None:
    """A baseline that the engine leaves out is a gap; with --no-baseline it is none."""
    run("baseline", "accept", "--yes", "--type", "aws_sqs_queue")
    only = ("--engine", "provider", "--managed-only", "--type", "aws_none", "-o", "json")
    found = run("detect", *only)
    assert found.code == 3
    assert [gap["operation"] for gap in found.json["gaps"]] == ["baseline"]
    assert run("detect", "--no-baseline", *only).code == 0


def test_accepting_is_audited(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trail tells who accepted what, as which act, under the name that a diff shows."""
    monkeypatch.setenv("DRIFTMGR_AUDIT", str(project / "audit.jsonl"))
    shown = run("baseline", "diff", "--type", "aws_sqs_queue", "-o", "json").json
    run("baseline", "accept", "--yes", "--type", "aws_sqs_queue", "--by", "ada", "--note", "release 7")
    run("baseline", "show")
    lines = [line for line in AuditTrail(project / "audit.jsonl").lines() if line["outcome"] != "started"]
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("baseline.diff", "ok"),
        ("baseline.accept", "ok"),
        ("baseline.show", "ok"),
    ]
    detail = lines[1]["detail"]
    assert (detail["by"], detail["note"], detail["serial"]) == ("ada", "release 7", 1)
    assert detail["accepted"] == shown["expect"]
    assert detail["objects"] == len(shown["proposed"])


def test_a_secret_is_never_shown(project: Path, run: Run, cloud: Emulator) -> None:
    """What the schema calls sensitive or looks like a secret is masked in show and diff, and encrypted in the file."""
    ssm = cloud.client("ssm", REGION)
    ssm.put_parameter(Name="token", Value="Tr0ub4dor&3", Type="String")
    run("baseline", "accept", "--yes", "--unmanaged", "--type", "aws_ssm_parameter", "--address", "token")
    shown = run("baseline", "show", "-o", "json")
    (found,) = shown.json["objects"]
    assert found["id"] == "token"
    assert "Tr0ub4dor" not in shown.out
    ssm.put_parameter(Name="token", Value="0ther&s3cret", Type="String", Overwrite=True)
    differs = run("baseline", "diff", "--unmanaged", "--type", "aws_ssm_parameter", "-o", "json")
    assert differs.code == 2
    assert "0ther" not in differs.out
    assert b"Tr0ub4dor" not in (project / ".driftmgr/baseline.sqlite").read_bytes()

    token, renewed = (f"ghp_{letter * 18}0aB9xY7kQ2mZ4pLw6t" for letter in "ab")
    url = cloud.client("sqs", REGION).create_queue(QueueName="tagged", tags={"deploy": token})["QueueUrl"]
    queues = ("--unmanaged", "--type", "aws_sqs_queue", "--address", url)
    run("baseline", "accept", "--yes", *queues)
    cloud.client("sqs", REGION).tag_queue(QueueUrl=url, Tags={"deploy": renewed})
    told = run("baseline", "diff", *queues), run("baseline", "show", "-o", "json"), run("detect", "-o", "json")
    assert "deploy" in told[0].out
    assert [one.out for one in told if token in one.out or renewed in one.out] == []


def test_settings_and_environment_stand_behind_the_options(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """driftmgr.yaml names the files, the environment goes before it, a flag before both; modes are those of detect."""
    (project / "driftmgr.yaml").write_text("baseline: kept/team.sqlite\nmode: quick\ntypes: [aws_sqs_queue]\n")
    assert run("baseline", "accept", "--yes").code == 0
    assert (project / "kept" / "team.sqlite").exists()
    assert run("detect", "-o", "json").json["scan"]["baseline"]["path"].endswith("kept/team.sqlite")
    assert "kept/team.sqlite: 2 instances" in run("baseline", "show").out
    monkeypatch.setenv("DRIFTMGR_BASELINE", "none.sqlite")
    assert "there is no baseline" in run("detect").err
    assert run("detect", "--no-baseline").code == 0
    assert run("detect", "--baseline", "kept/team.sqlite").code == 0
    key = (project / "state" / "baseline.key").read_text().strip()
    monkeypatch.delenv("DRIFTMGR_BASELINE")
    (project / "state" / "baseline.key").unlink()
    monkeypatch.setenv("DRIFTMGR_BASELINE_KEY", key)
    assert run("detect").code == 0
    monkeypatch.setenv("DRIFTMGR_BASELINE_KEY", "A" * 43 + "=")
    wrong = run("detect")
    assert (wrong.code, "wrong key" in wrong.err, "AAAA" in wrong.err) == (1, True, False)


def test_a_directory_below_has_the_baseline_of_its_settings(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where driftmgr.yaml is found above, so is the baseline beside it, unless there is one here."""
    (project / "driftmgr.yaml").write_text("sources: [terraform.tfstate]\ntypes: [aws_sqs_queue]\n")
    assert run("baseline", "accept", "--yes").code == 0
    for name in (".git", "below"):
        (project / name).mkdir()
    monkeypatch.chdir(project / "below")
    told = run("detect", "-o", "json")
    assert told.err == ""
    assert told.json["scan"]["baseline"]["path"] == "../.driftmgr/baseline.sqlite"
    assert "#1" in run("baseline", "show").out
    assert '"../.driftmgr/baseline.sqlite"  (beside ../driftmgr.yaml)' in run("config", "show").out
    assert run("detect", "--no-baseline").code == 0
    assert run("baseline", "accept", "--yes", "--baseline", ".driftmgr/baseline.sqlite").code == 0
    assert run("detect", "-o", "json").json["scan"]["baseline"]["path"] == ".driftmgr/baseline.sqlite"


def test_what_makes_no_sense_is_refused(project: Path, run: Run) -> None:
    """Quick looks, and unmanaged objects that are in sync; a show without a baseline."""
    assert "leave out --mode" in run("baseline", "diff", "--mode", "quick").err
    assert "leave out --in-sync" in run("baseline", "diff", "--in-sync", "--unmanaged").err
    missing = run("baseline", "show")
    assert (missing.code, "there is no baseline" in missing.err) == (1, True)
