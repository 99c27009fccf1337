"""What could not be looked at is told in the first lines of every format and in the exit code; it gets no verdict."""

import csv
import io
import json
import re
from pathlib import Path

from conformance.emulator import ACCOUNT, Emulator
from demo.build import REGION, Names
from flows.conftest import Run
from flows.proxy import Proxy


def test_a_gap_that_is_accepted_is_no_reason_for_code_3(estate: Names, run: Run) -> None:
    """In sync but for an unsupported type ends with 3, with --accept-gaps unsupported with 0; both name the gap."""
    ran = run("detect")
    assert (ran.code, ran.err) == (3, "")
    assert ran.out.splitlines()[:2] == [
        "No drift in what could be looked at",
        "Incomplete: 1 gap: aws_cloudwatch_dashboard unsupported",
    ]
    accepted = run("detect", "--accept-gaps", "unsupported")
    assert accepted.code == 0
    assert accepted.out.splitlines()[1] == "Incomplete: 1 gap (1 accepted): aws_cloudwatch_dashboard unsupported"
    assert run("detect", "--accept-gaps", "denied").code == 3


def test_in_sync_is_said_only_of_what_was_looked_at_in_full(estate: Names, run: Run, folder: Path) -> None:
    """Without a gap the verdict is In sync and the exit code 0."""
    state = json.loads((folder / "terraform.tfstate").read_text())
    state["resources"] = [item for item in state["resources"] if item["type"] != "aws_cloudwatch_dashboard"]
    (folder / "terraform.tfstate").write_text(json.dumps(state))
    ran = run("detect")
    assert ran.code == 0
    assert ran.out.startswith("In sync\n")
    assert run("detect", "-o", "json").json["complete"] is True


def test_a_denied_list_is_a_gap_and_never_a_missing_object(proxy: Proxy, estate: Names, run: Run) -> None:
    """A type whose list call is denied gives no verdict in any format; everything else is still compared."""
    proxy.refusals["ListQueues"] = (403, "AccessDenied")
    proxy.refusals["GET /orders-invoices?policy"] = (403, "AccessDenied")
    report = run("detect", "--accept-gaps", "unsupported", "-o", "json")
    assert (report.code, report.json["complete"], report.json["drifts"]) == (3, False, [])
    gaps = {(gap["type"], gap["reason"], gap["instances"]) for gap in report.json["gaps"]}
    assert ("aws_sqs_queue", "denied", 2) in gaps
    assert ("aws_s3_bucket_policy", "denied", 1) in gaps
    assert report.json["summary"]["unverified"] == 5
    table = run("detect").out.splitlines()
    assert table[1].startswith("Incomplete: ")
    assert "aws_sqs_queue denied" in table[1]
    assert "      allow it: driftmgr catalog permissions" in table
    markdown = run("detect", "-o", "markdown").out.splitlines()
    assert markdown[2].startswith("**Incomplete: ")


def test_an_inventory_with_a_gap_never_passes_for_the_whole(proxy: Proxy, estate: Names, run: Run) -> None:
    """Discover ends with 3 and says in every format what it lacks; CSV rows leave that to standard error."""
    proxy.refusals["ListQueues"] = (403, "AccessDenied")
    where = ("--region", "eu-central-1", "--type", "aws_sqs_queue", "--type", "aws_subnet")
    notice = "Incomplete: 1 gap: aws_sqs_queue denied"
    table, text, rows = (run("discover", *where, "-o", output) for output in ("table", "json", "csv"))
    assert {table.code, text.code, rows.code} == {3}
    assert table.out.startswith(f"{notice}\n")
    assert text.json["complete"] is False
    assert rows.err == f"{notice}\n"
    assert len(list(csv.DictReader(io.StringIO(rows.out)))) == 2


def test_another_account_is_suspected_not_believed_missing(estate: Names, run: Run, folder: Path) -> None:
    """A state of an account that nobody signed in to gives a gap that names both accounts, and no missing object."""
    path = folder / "terraform.tfstate"
    path.write_text(path.read_text().replace(ACCOUNT, "999999999999"))
    ran = run("detect", "--managed-only", "-o", "json")
    assert ran.code == 3
    assert ran.json["drifts"] == []
    told = " ".join(gap["message"] for gap in ran.json["gaps"])
    assert re.search(rf"\d+ instances live in account 999999999999, the credentials are for {ACCOUNT}", told)


def test_an_empty_account_is_suspected_not_believed(cloud: Emulator, estate: Names, run: Run) -> None:
    """When most of a state is not found, the report says to check account and region instead of missing."""
    cloud.reset()
    ran = run("detect", "--managed-only", "-o", "json")
    assert ran.code == 3
    assert ran.json["summary"]["missing"] == 0
    assert "Check credentials, account and region before you believe it" in str(ran.json["gaps"])
    assert "Check credentials" in run("detect", "--managed-only").out


def test_a_state_of_a_newer_provider_is_read(estate: Names, run: Run, folder: Path) -> None:
    """Provider 6's region attribute, unknown attributes and higher schema versions neither fail nor invent drift."""
    path = folder / "terraform.tfstate"
    state = json.loads(path.read_text())
    for resource in state["resources"]:
        for instance in resource["instances"]:
            instance["schema_version"] += 1
            instance["identity_schema_version"] = 0
            instance["identity"] = {"account_id": ACCOUNT}
            instance["attributes"] |= {"region": "eu-central-1", "attribute_of_tomorrow": {"a": [1]}}
    path.write_text(json.dumps(state))
    ran = run("detect", "--accept-gaps", "unsupported", "-o", "json")
    assert ran.json["drifts"] == []
    assert {gap["reason"] for gap in ran.json["gaps"]} == {"unsupported"}
    assert ran.code == 0


def test_one_bad_resource_costs_only_its_own_verdict(cloud: Emulator, estate: Names, run: Run, folder: Path) -> None:
    """An instance that cannot be read is a gap and unverified, its object not unmanaged; all others are compared."""
    path = folder / "terraform.tfstate"
    state = json.loads(path.read_text())
    queue = next(item for item in state["resources"] if item.get("module") == 'module.queue["orders"]')
    queue["instances"][0]["attributes"] = "scrambled"
    path.write_text(json.dumps(state))
    ran = run("detect", "--accept-gaps", "unsupported", "-o", "json")
    assert ran.code == 3
    assert ran.json["drifts"] == []
    assert [gap["message"] for gap in ran.json["gaps"] if gap["reason"] == "stale_schema"] == [
        'terraform.tfstate: module.queue["orders"].aws_sqs_queue.this: its attributes are not an object'
    ]
    assert ran.json["summary"]["managed"] == 20
    assert ran.json["summary"]["unverified"] == 2
    cloud.client("sqs", REGION).delete_queue(QueueUrl=estate['module.queue["returns"].aws_sqs_queue.this.id'])
    missing = run("detect", "-o", "json").json["drifts"]
    assert [(drift["kind"], drift["address"]) for drift in missing] == [
        ("missing", 'module.queue["returns"].aws_sqs_queue.this')
    ]


def test_a_state_without_resources_says_so(cloud: Emulator, run: Run, folder: Path) -> None:
    """An empty state is no agreement: the report says that it holds nothing, and what it does not know is unmanaged."""
    (folder / "a.tfstate").write_text('{"version": 4, "resources": []}')
    ran = run("detect", "a.tfstate", "--region", "us-east-1", "--type", "aws_sqs_queue")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["Nothing to compare", "The states hold no managed instance of a cloud"]
    cloud.client("sqs").create_queue(QueueName="x")
    assert run("detect", "a.tfstate", "--region", "us-east-1", "--type", "aws_sqs_queue").code == 2
