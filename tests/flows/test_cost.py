"""What a scan does not ask: calls for objects that no line of its report is about."""

import json
from pathlib import Path

from conformance.emulator import Emulator
from demo.build import REGION
from flows.conftest import Run


def _state(path: Path, url: str, name: str, delay: int) -> None:
    arn = f"arn:aws:sqs:{REGION}:123456789012:{name}"
    attributes = {"id": url, "url": url, "arn": arn, "name": name, "delay_seconds": delay}
    resource = {
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": name,
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"schema_version": 0, "attributes": attributes}],
    }
    state = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": name, "resources": [resource]}
    path.write_text(json.dumps(state))


def test_objects_of_others_cost_no_call_and_are_read_for_those_they_belong_to(
    cloud: Emulator, run: Run, folder: Path
) -> None:
    """With --managed-only one queue of many costs one detail call; another state is not answered from that look."""
    client = cloud.client("sqs", region=REGION)
    urls = {name: client.create_queue(QueueName=name)["QueueUrl"] for name in ("a", "b", "c", "d")}
    for name, delay in (("a", 0), ("b", 7)):
        _state(folder / f"{name}.tfstate", urls[name], name, delay)
    kept = ("--region", REGION, "--managed-only", "--cache-ttl", "600", "-o", "json")
    first = run("detect", "a.tfstate", *kept)
    assert (first.code, first.json["summary"]["in_sync"]) == (0, 1)
    second = run("detect", "b.tfstate", *kept)
    assert [(drift["address"], drift["changes"][0]["observed"]) for drift in second.json["drifts"]] == [
        ("aws_sqs_queue.b", 0)
    ]
    everything = run("detect", "a.tfstate", "--region", REGION, "--type", "aws_sqs_queue", "-o", "json")
    assert {drift["id"] for drift in everything.json["drifts"]} == {urls[name] for name in ("b", "c", "d")}
    managed = run("detect", "a.tfstate", "--region", REGION, "--managed-only", "-o", "json")
    assert managed.json["scan"]["api_calls"] == everything.json["scan"]["api_calls"] - 3
