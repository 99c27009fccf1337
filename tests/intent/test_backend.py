"""The backend that a configuration names."""

import json
from pathlib import Path
from typing import Any

import pytest

from driftmgr.intent import IntentError, backend_settings, configured_backend, root_modules
from driftmgr.intent.roots import is_root_module
from driftmgr.model import SourceLocation
from intent.conftest import Write

S3 = {"bucket": "b", "key": "k"}
MISLEADING = """
locals {
  a = "${"}"}"
  b = "{ ${jsonencode({ a = "}" })}"
  c = <<-EOT
    terraform {
    EOT
}
terraform {
  backend "s3" {
    bucket = "b" # }
    key    = "k"
  }
}
"""
IN_FULL = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
  backend "s3" {
    bucket      = "b"
    key         = "k"
    encrypt     = true
    max_retries = 5
    profile     = null
    assume_role = {
      role_arn    = "r"
      external_id = "e"
    }
    endpoints = { s3 = "u" }
  }
}
"""
IN_FULL_SETTINGS: dict[str, Any] = {
    **S3,
    "encrypt": True,
    "max_retries": 5,
    "assume_role": {"role_arn": "r", "external_id": "e"},
    "endpoints": {"s3": "u"},
}
CLOUD = 'terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      tags = ["x"]\n    }\n  }\n}'


@pytest.mark.parametrize(
    ("text", "kind", "settings"),
    [
        ('terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}', "s3", S3),
        ('terraform{backend "s3"{bucket="b"\nkey="k"}}', "s3", S3),
        ('terraform {\n backend s3 {\n bucket = "b"\n key = "k"\n }\n}', "s3", S3),
        ('terraform {\n  backend "local" {}\n}', "local", {}),
        (CLOUD, "cloud", {"organization": "o", "workspaces": {"tags": ["x"]}}),
        (
            'terraform {\n  required_version = ">= 1.5"\n}\nterraform {\n  backend "gcs" { prefix = "p" }\n}',
            "gcs",
            {"prefix": "p"},
        ),
        ('# terraform { backend "gcs" {} }\n// backend "gcs" {}\n/* terraform { backend "gcs" {} } */', None, {}),
        ('resource "x" "y" {\n  backend "s3" {}\n}\nlocals { terraform = { backend = "s3" } }', None, {}),
        (MISLEADING, "s3", S3),
        (IN_FULL, "s3", IN_FULL_SETTINGS),
        ("", None, {}),
    ],
)
def test_a_backend_block_is_read_as_terraform_reads_it(
    write: Write, text: str, kind: str | None, settings: dict[str, Any]
) -> None:
    """Blocks in any layout are found; comments, strings, heredocs and other blocks that look alike are not."""
    found = configured_backend(write({"main.tf": text}), environment={})
    assert (found.type if found else None) == kind
    assert (found.settings if found else {}) == settings


@pytest.mark.parametrize(
    "document",
    [
        {"terraform": {"backend": {"s3": S3}}},
        {"terraform": [{"required_version": "1"}, {"backend": [{"s3": [S3]}]}]},
    ],
)
def test_json_configuration_is_read_too(write: Write, document: Any) -> None:
    """A backend in *.tf.json is found, as an object or in lists, with its place."""
    found = configured_backend(write({"main.tf.json": json.dumps(document)}), environment={})
    assert found is not None
    assert (found.type, found.settings) == ("s3", S3)
    assert found.location == SourceLocation(file="main.tf.json", line=1)


def test_override_files_win(write: Write) -> None:
    """Of two backends the one in an override file counts, in a .tofu file too."""
    found = configured_backend(
        write(
            {
                "a_override.tofu": 'terraform {\n  backend "local" {}\n}',
                "main.tf": 'terraform {\n  backend "s3" {}\n}',
                "other.tf": 'terraform {\n  backend "gcs" {}\n}',
            }
        ),
        environment={},
    )
    assert found is not None
    assert found.type == "local"


def test_a_backend_may_hold_variables(write: Write) -> None:
    """As OpenTofu allows them; what is not written down is named."""
    text = (
        'variable "env" {\n  default = "dev"\n}\n'
        'terraform {\n  backend "s3" {\n    key = "${var.env}/x"\n'
        "    bucket = data.a.b.c\n    region = var.none\n  }\n}"
    )
    root = write({"main.tf": text})
    found = configured_backend(root, {})
    assert found is not None
    assert found.settings == {"key": "dev/x"}
    assert found.unresolved == {"bucket": "data.a.b.c", "region": "var.none"}


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ("bucket=c=d", {"bucket": "c=d"}),
        ("encrypt=true", {"encrypt": True}),
        ('assume_role={ role_arn = "r" }', {"assume_role": {"role_arn": "r"}}),
        ("prod.tfbackend", {"bucket": "b", "assume_role": {"role_arn": "r"}}),
        ("prod.json", {"bucket": "b"}),
    ],
)
def test_what_completes_a_backend(
    write: Write, monkeypatch: pytest.MonkeyPatch, given: str, settings: dict[str, Any]
) -> None:
    """NAME=VALUE, its value a word or HCL, and files of HCL or JSON, named from the current directory."""
    files = {"prod.tfbackend": 'bucket = "b" # x\nassume_role = { role_arn = "r" }\n', "prod.json": '{"bucket": "b"}'}
    monkeypatch.chdir(write(files))
    assert backend_settings(given).settings == settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("none.tfbackend", r"none\.tfbackend:1: cannot be read"),
        ("broken.tfbackend", r"broken\.tfbackend:2: not HCL"),
        ("broken.json", r"broken\.json:1: "),
        ("empty.tfbackend", "holds no backend configuration"),
        ("tags=[", "--backend-config tags:1: not HCL"),
    ],
)
def test_what_completes_a_backend_must_be_readable(
    write: Write, monkeypatch: pytest.MonkeyPatch, given: str, message: str
) -> None:
    """What is missing, broken or empty is told by its name and line."""
    files = {"broken.tfbackend": 'bucket = "b"\nkey = }\n', "broken.json": "{", "empty.tfbackend": "# nothing\n"}
    monkeypatch.chdir(write(files))
    with pytest.raises(IntentError, match=message):
        backend_settings(given)


def test_a_broken_file_that_may_hold_the_backend_is_an_error(write: Write) -> None:
    """Otherwise a stale local state would be taken for the right one; a broken file without the word is none."""
    root = write({"broken.tf": 'terraform {\n  backend "s3" {\n', "other.tf": "x {"})
    with pytest.raises(IntentError, match=r"broken\.tf:\d: not HCL: which backend is configured"):
        configured_backend(root, environment={})
    (root / "broken.tf").write_text("resource {")
    assert configured_backend(root, environment={}) is None


def test_root_modules_are_found_in_a_tree(write: Write, tmp_path: Path) -> None:
    """By backend, by init, by a local state; modules, downloaded ones and links that lead in circles are none."""
    write(
        {
            "live/a/main.tf": 'terraform {\n  backend "s3" {}\n}',
            "live/b/.terraform/environment": "default",
            "live/b/.terraform/modules/x/main.tf": 'terraform {\n  backend "s3" {}\n}',
            "live/c/terraform.tfstate": "{}",
            "live/d/x.tf": "terraform {\n  cloud {}\n}",
            "modules/net/main.tf": 'resource "x_y" "z" {}\n# backend\n',
            "broken/main.tf": "terraform { backend",
            "node_modules/x/terraform.tfstate": "{}",
        }
    )
    (tmp_path / "live/a/loop").symlink_to(tmp_path / "live")
    assert [path.relative_to(tmp_path).as_posix() for path in root_modules(tmp_path)] == [
        "live/a",
        "live/b",
        "live/c",
        "live/d",
    ]
    assert root_modules(tmp_path / "live/a") == (tmp_path / "live/a",)
    assert root_modules(tmp_path / "modules") == ()
    assert not is_root_module(tmp_path / "not there")
