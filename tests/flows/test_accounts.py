"""More accounts than one: roles, external ids, and which account a finding is of."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from conformance.emulator import ACCOUNT, Emulator
from flows.conftest import Run
from flows.proxy import Proxy

OTHER = "111122223333"
ROLE = f"arn:aws:iam::{OTHER}:role/reader"
QUEUES = ("a.tfstate", "--type", "aws_sqs_queue", "--region", "us-east-1")


@pytest.fixture
def two_accounts(cloud: Emulator, folder: Path) -> Emulator:
    """An account with the queue ``ours``, another with ``theirs``, and a state that knows neither."""
    cloud.client("sqs").create_queue(QueueName="ours")
    keys = cloud.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
    given: dict[str, Any] = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    session = botocore.session.Session()
    with closing(session.create_client("sqs", region_name="us-east-1", endpoint_url=cloud.url, **given)) as sqs:
        sqs.create_queue(QueueName="theirs")
    (folder / "a.tfstate").write_text(json.dumps({"version": 4, "resources": []}))
    return cloud


def found(run: Run, *arguments: str) -> set[tuple[str, str]]:
    """The account and name of each unmanaged queue."""
    drifts = run("detect", *QUEUES, *arguments, "-o", "json").json["drifts"]
    return {(drift["scope"]["account"], drift["id"].rpartition("/")[2]) for drift in drifts}


def test_a_role_leads_to_its_account(two_accounts: Emulator, run: Run) -> None:
    """Without a role the credentials' account is scanned, with one the role's, with --account both."""
    assert found(run) == {(ACCOUNT, "ours")}
    assert found(run, "--role-arn", ROLE) == {(OTHER, "theirs")}
    both = ("--role-arn", ROLE, "--account", ACCOUNT, "--account", OTHER)
    assert found(run, *both) == {(ACCOUNT, "ours"), (OTHER, "theirs")}
    table = run("detect", *QUEUES, *both).out
    assert f"of account {OTHER}\n" in table
    assert "2 regions" in table


def test_an_external_id_goes_with_the_role(two_accounts: Emulator, proxy: Proxy, run: Run) -> None:
    """--external-id is sent for a role that names none, ARN,ID for that role alone."""
    assert found(run, "--role-arn", ROLE, "--external-id", "for all") == {(OTHER, "theirs")}
    assert "ExternalId=for+all" in proxy.bodies["AssumeRole"][-1]
    assert found(run, "--role-arn", f"{ROLE},its-own", "--external-id", "for all") == {(OTHER, "theirs")}
    assert "ExternalId=its-own" in proxy.bodies["AssumeRole"][-1]
