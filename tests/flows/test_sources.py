"""Where states come from: working directories with their backends and workspaces, and objects in S3."""

import json
from functools import partial
from pathlib import Path

import pytest

from conformance.emulator import Emulator
from demo.build import REGION, Names
from flows.conftest import Run
from flows.proxy import Proxy
from flows.test_errors import assert_told

QUEUES = ("--type", "aws_sqs_queue", "-o", "json")
S3_BLOCK = """
terraform {
  required_version = ">= 1.5"
  # backend "local" {}
  backend "s3" {
    bucket = "states"
    key    = "orders/terraform.tfstate"
    region = "eu-central-1"
  }
}
"""


@pytest.fixture
def stored(cloud: Emulator, estate: Names, folder: Path) -> str:
    """The state moved to S3; gives its text."""
    s3 = cloud.client("s3", REGION)
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": REGION})
    text = (folder / "terraform.tfstate").read_text()
    put = partial(s3.put_object, Bucket="states", Body=text.encode())
    put(Key="orders/terraform.tfstate")
    put(Key="env:/staging/orders/terraform.tfstate")
    (folder / "terraform.tfstate").unlink()
    return text


def sources(run: Run, *arguments: str) -> list[str]:
    """The states that a command read; its queues are in sync."""
    ran = run("detect", *arguments, *QUEUES)
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["summary"]["in_sync"] == 2
    found: list[str] = ran.json["scan"]["sources"]
    return found


def test_a_state_in_s3_is_read_by_its_address(stored: str, run: Run) -> None:
    """s3://BUCKET/KEY is read with the credentials of the scan, its region given or not."""
    address = "s3://states/orders/terraform.tfstate"
    assert sources(run, address) == [address]
    assert sources(run, f"{address}?region={REGION}") == [address]


def test_a_working_directory_with_an_s3_backend_is_read(
    stored: str, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend block leads to the state, of the selected workspace too; what init recorded goes first."""
    (folder / "main.tf").write_text(S3_BLOCK)
    assert sources(run) == ["s3://states/orders/terraform.tfstate"]
    monkeypatch.setenv("TF_WORKSPACE", "staging")
    assert sources(run) == ["s3://states/env:/staging/orders/terraform.tfstate"]
    monkeypatch.delenv("TF_WORKSPACE")
    (folder / ".terraform").mkdir()
    (folder / ".terraform/environment").write_text("staging")
    assert sources(run, ".") == ["s3://states/env:/staging/orders/terraform.tfstate"]
    (folder / ".terraform/environment").unlink()
    config = {"bucket": "states", "key": "orders/terraform.tfstate", "region": REGION, "endpoints": None}
    record = {"version": 3, "backend": {"type": "s3", "config": config, "hash": 1}}
    (folder / ".terraform/terraform.tfstate").write_text(json.dumps(record))
    (folder / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    assert sources(run, str(folder)) == ["s3://states/orders/terraform.tfstate"]


def test_a_working_directory_with_a_local_state_is_read(estate: Names, run: Run, folder: Path) -> None:
    """The default state, one at another path, and one of a workspace are found; the label is a path a user can open."""
    assert sources(run, ".") == ["terraform.tfstate"]
    stack = folder / "stack"
    stack.mkdir()
    (folder / "terraform.tfstate").rename(stack / "here.tfstate")
    (stack / "main.tf").write_text('terraform {\n  backend "local" { path = "here.tfstate" }\n}\n')
    assert sources(run, "stack") == ["stack/here.tfstate"]
    (stack / "main.tf").write_text("terraform {}\n")
    workspace = stack / "terraform.tfstate.d/staging"
    workspace.mkdir(parents=True)
    (stack / "here.tfstate").rename(workspace / "terraform.tfstate")
    assert_told(
        run("detect", "stack"), "workspace default has no state, there is one for staging", "TF_WORKSPACE=staging"
    )
    (stack / ".terraform").mkdir()
    (stack / ".terraform/environment").write_text("staging")
    assert sources(run, "stack") == ["stack/terraform.tfstate.d/staging/terraform.tfstate"]


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        (
            'terraform {\n  backend "oss" {\n    bucket = "x"\n  }\n}\n',
            ". (oss): neither terraform nor tofu",
            "install",
        ),
        ('terraform {\n  backend "etcdv3" {}\n}\n', "Terraform 1.3 and newer have no backend etcdv3", "older"),
        ('terraform {\n  backend "s3" {}\n}\n', "does not say in which bucket", "--backend-config"),
        ('terraform {\n  backend "s3" {\n bucket = var.b\n }\n}\n', "by an expression, bucket = var.b", "bucket=VALUE"),
        ('resource "aws_vpc" "x" {}\n', "has no state (workspace default)", "terraform apply"),
    ],
)
def test_a_backend_that_cannot_be_read_says_so(  # pytest passes them by name
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, error: str, hint: str
) -> None:
    """A backend of another kind, an incomplete one, and a directory never applied are errors with a way out."""
    monkeypatch.setenv("PATH", str(folder))
    (folder / "main.tf").write_text(text)
    assert_told(run("detect"), error, hint)


def test_what_completes_a_backend_is_given(stored: str, run: Run, folder: Path) -> None:
    """A backend block is completed by a file and by values, the last one counts; a workspace is chosen by its name."""
    (folder / "main.tf").write_text('terraform {\n  backend "s3" {\n    key = "orders/terraform.tfstate"\n  }\n}\n')
    (folder / "prod.tfbackend").write_text(f'bucket = "other"\nregion = "{REGION}"\n')
    given = ("--backend-config", "prod.tfbackend", "--backend-config", "bucket=states")
    assert sources(run, *given) == ["s3://states/orders/terraform.tfstate"]
    assert sources(run, *given, "--workspace", "staging") == ["s3://states/env:/staging/orders/terraform.tfstate"]
    ran = run("state", "list", *given, "--workspace", "all", "-o", "json")
    assert {item["source"] for item in ran.json} == {
        "s3://states/orders/terraform.tfstate",
        "s3://states/env:/staging/orders/terraform.tfstate",
    }


def test_a_directory_of_other_states_names_one(run: Run, folder: Path) -> None:
    """A folder with states of other names says how to name one."""
    (folder / "prod.tfstate").write_text("{}")
    assert_told(run("detect"), "holds states of other names", "name one: prod.tfstate")


@pytest.mark.parametrize(
    ("address", "refusal", "error", "hint"),
    [
        ("s3://states/other", None, "s3://states/other: there is no state", "workspace"),
        ("s3://nowhere/at-all", None, "s3://nowhere/at-all: no such bucket", "check bucket"),
        ("s3://states/orders/terraform.tfstate", (403, "AccessDenied"), "access denied", "s3:GetObject"),
        ("s3://states/orders/terraform.tfstate", (400, "ExpiredToken"), "the token has expired", "sign in again"),
    ],
)
def test_a_state_in_s3_that_cannot_be_read_says_why(
    proxy: Proxy, stored: str, run: Run, address: str, refusal: tuple[int, str] | None, error: str, hint: str
) -> None:
    """A missing object, a missing bucket and a refusal are told apart."""
    if refusal:
        proxy.refusals["GET /states"] = refusal
    assert_told(run("detect", address), error, hint)


def test_an_s3_that_does_not_answer_is_named(
    cloud: Emulator, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the endpoint of the state's bucket is not there, that is said, and of which state."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    assert_told(run("detect", "s3://states/x"), "s3://states/x: S3 cannot be reached", "endpoint")
