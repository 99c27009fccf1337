"""Secrets planted wherever one can stand: none of them is in anything that leaves."""

import base64
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import Emulator
from driftmgr.cli.render import FORMATS
from flows.conftest import Run
from flows.proxy import Proxy

REGION = "eu-central-1"
PLANTED = {
    "schema-sensitive, recorded": "planted-recorded-value",
    "schema-sensitive, observed": "planted-observed-value",
    "sensitive_attributes": "planted-in-sensitive-attributes",
    "form in a tag": "ghp_" + "pLaNt3d" * 5,
    "form in a description": "AKIAPLANTEDPLANTED12",
    "name in a map": "planted-under-a-name",
    "token in a map": "Zq7Xw2Kp9Lm4Rt8Vb3Nc6Hj1",
    "hex in a map": "9f3c1d7a5e2b8046af19c3d7e5b20486",
    "JSON in a string": "planted-in-json",
    "list element": "xoxb-" + "424242424242-planted",
    "user data": "planted-in-user-data",
    "error message": "planted-in-an-error",
    "URL": "planted-in-a-url",
}
# What only the comparison knows to be secret, by schema or state.
BY_COMPARISON = {"schema-sensitive, recorded", "schema-sensitive, observed", "sensitive_attributes"}
NOTE = "orders-production-eu-central-1-web"
"""What may be read."""


def resource(kind: str, name: str, attributes: dict[str, Any], *sensitive: str) -> dict[str, Any]:
    """A resource of a state, with top-level sensitive paths."""
    paths = [[{"type": "get_attr", "value": path}] for path in sensitive]
    return {
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": paths}],
    }


@pytest.fixture(scope="module")
def planted(emulator: Emulator) -> Iterator[str]:
    """Objects that hold secrets, and the state that records others."""
    emulator.reset()
    client = partial(emulator.client, region=REGION)
    client("ssm").put_parameter(Name="/orders/key", Value=PLANTED["schema-sensitive, observed"], Type="String")
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    script = f"#!/bin/sh\nexport DB_PASSWORD={PLANTED['user data']}\n"
    template = client("ec2").create_launch_template(
        LaunchTemplateName="orders",
        LaunchTemplateData={"UserData": base64.b64encode(script.encode()).decode()},
    )["LaunchTemplate"]["LaunchTemplateId"]
    policy = {"list": [PLANTED["list element"]], "client_secret": PLANTED["JSON in a string"]}
    queue = client("sqs").create_queue(
        QueueName="orders",
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": []})},
        tags={
            "note": NOTE,
            "owner": PLANTED["form in a tag"],
            "DB_PASSWORD": PLANTED["name in a map"],
            "session": PLANTED["token in a map"],
        },
    )["QueueUrl"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("web.py", "def handler(event, context): pass")
    role = client("iam").create_role(RoleName="web", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client("lambda").create_function(
        FunctionName="web",
        Role=role,
        Runtime="python3.12",
        Handler="web.handler",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"DATABASE": PLANTED["hex in a map"], "LEVEL": "debug"}},
    )
    log = f"arn:aws:logs:{REGION}:123456789012:log-group:orders"
    client("logs").create_log_group(logGroupName="orders", tags={"secret": PLANTED["sensitive_attributes"]})
    resources = [
        resource(
            "aws_ssm_parameter",
            "key",
            {
                "id": "/orders/key",
                "name": "/orders/key",
                "type": "String",
                "value": PLANTED["schema-sensitive, recorded"],
                "description": PLANTED["form in a description"],
            },
        ),
        resource(
            "aws_vpc",
            "main",
            {"id": vpc, "cidr_block": "10.0.0.0/16", "tags": {"url": f"https://me:{PLANTED['URL']}@x.org"}},
        ),
        resource("aws_launch_template", "orders", {"id": template, "name": "orders", "user_data": ""}),
        resource(
            "aws_sqs_queue",
            "orders",
            {"id": queue, "url": queue, "name": "orders", "policy": json.dumps(policy), "tags": {}},
        ),
        resource(
            "aws_cloudwatch_log_group",
            "orders",
            {"id": "orders", "name": "orders", "arn": log, "tags": {"secret": PLANTED["sensitive_attributes"] + "-2"}},
            "tags",
        ),
        resource(
            "aws_lambda_function",
            "web",
            {
                "id": "web",
                "function_name": "web",
                "environment": [{"variables": {"DATABASE": "none", "LEVEL": "info"}}],
            },
        ),
    ]
    yield json.dumps({"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "x", "resources": resources})
    emulator.reset()


@pytest.fixture
def place(planted: str, emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state in the current directory, an audit trail, and a proxy that puts secrets into an error."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("DRIFTMGR_AUDIT", str(folder / "audit.jsonl"))
    between = Proxy(emulator.url)
    (folder / "in").mkdir()
    # A queue is known by the URL that it is asked through.
    (folder / "in/terraform.tfstate").write_text(planted.replace(emulator.url, between.url))
    between.refusals["ListRoles"] = 403, f"password={PLANTED['error message']} {PLANTED['form in a tag']}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", between.url)
    yield folder
    between.stop()


def leaks(text: str) -> set[str]:
    """The secrets that a text tells, also in base64."""
    found = {where for where, secret in PLANTED.items() if secret in text}
    return found | {
        where for where, secret in PLANTED.items() if base64.b64encode(secret.encode()).decode()[:-4] in text
    }


def left_behind(folder: Path) -> str:
    """Everything that was written beside the state, as text."""
    files = [path for path in folder.rglob("*") if path.is_file() and "in" not in path.relative_to(folder).parts]
    assert any(path.suffix == ".shard" for path in files)
    assert {"audit.jsonl", "log"} <= {path.name for path in files}
    return "\n".join(path.read_bytes().decode(errors="replace") for path in files)


def test_no_report_log_shard_or_trail_tells_a_secret(place: Path, run: Run) -> None:
    """A scan in every format, with all that rules explain, with a log of everything, and what it keeps on disk."""
    files = [option for name in FORMATS for option in ("-o", f"{name}=out.{name}")]
    options = ("--show-suppressed", "--cache-ttl", "600", "--log-level", "debug", "--log-file", "log")
    ran = run("detect", "in/terraform.tfstate", *files, *options)
    assert ran.code == 2, ran.err
    assert leaks(ran.out + ran.err) == set()
    assert leaks(left_behind(place)) == set()
    report = json.loads((place / "out.json").read_text())
    assert len(report["drifts"]) >= 6
    text = (place / "out.json").read_text()
    assert text.count("(sensitive)") > 12
    assert NOTE in text
    assert [gap["type"] for gap in report["gaps"]] == ["aws_iam_role"]
    for name in FORMATS:
        assert "(sensitive)" in (place / f"out.{name}").read_text() or name == "prometheus"


def test_without_the_mask_they_would_be_told(place: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: every planted secret that the mask alone takes out is in the report before it."""
    monkeypatch.setattr(sys.modules["driftmgr.app.scan"], "masked", lambda report: report)
    ran = run("detect", "in/terraform.tfstate", "-o", "json", "--show-suppressed")
    assert leaks(base64_decoded(ran.out)) == PLANTED.keys() - BY_COMPARISON


def base64_decoded(text: str) -> str:
    """The text, with the scripts in base64 that it quotes."""
    scripts = re.findall(r'"(IyEv[\w+/=]+)"', text)
    return text + "".join(base64.b64decode(script).decode() for script in scripts)


def test_no_inventory_tells_a_secret(place: Path, run: Run) -> None:
    """All attributes of all objects, in every format of ``discover``."""
    files = [option for name in ("table", "json", "csv") for option in ("-o", f"{name}=out.{name}")]
    ran = run("discover", "--region", REGION, *files, "--log-file", "log", "--log-level", "debug")
    assert ran.code == 3, ran.err
    assert leaks(ran.out + ran.err) == set()
    told = "".join((place / f"out.{name}").read_text() for name in ("table", "json", "csv"))
    assert leaks(told) == set()
    assert NOTE in told
    assert told.count("(sensitive)") > 4
    assert leaks((place / "audit.jsonl").read_text() + (place / "log").read_text()) == set()


def test_no_error_tells_a_secret(place: Path, run: Run) -> None:
    """A message that names what a user typed hides the password in it."""
    ran = run("detect", f"https://me:{PLANTED['URL']}@states.invalid/a")
    assert ran.code == 1
    assert leaks(ran.out + ran.err + (place / "audit.jsonl").read_text()) == set()
