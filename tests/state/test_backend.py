"""The backend of a working directory, from what init recorded and from the configuration."""

import json
from pathlib import Path
from typing import Any

import pytest

from driftmgr.state import StateError
from driftmgr.state.backend import Backend, configured_backend, recorded_backend

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
    "max_retries": "5",
    "assume_role": {"role_arn": "r", "external_id": "e"},
    "endpoints": {"s3": "u"},
}


@pytest.mark.parametrize(
    ("text", "kind", "settings"),
    [
        ('terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}', "s3", S3),
        ('terraform{backend "s3"{bucket="b"\nkey="k"}}', "s3", S3),
        ('terraform {\n backend s3 {\n bucket = "b"\n key = "k"\n }\n}', "s3", S3),
        ('terraform {\n  backend "local" {}\n}', "local", {}),
        ('terraform {\n  cloud {\n    workspaces { name = "x" }\n  }\n}', "cloud", {"workspaces": {"name": "x"}}),
        (
            'terraform {\n  required_version = ">= 1.5"\n}\nterraform {\n  backend "gcs" { prefix = "p" }\n}',
            "gcs",
            None,
        ),
        ('# terraform { backend "gcs" {} }\n// backend "gcs" {}\n/* terraform { backend "gcs" {} } */', None, {}),
        ('resource "x" "y" {\n  backend "s3" {}\n}\nlocals { terraform = { backend = "s3" } }', None, {}),
        (MISLEADING, "s3", S3),
        (IN_FULL, "s3", IN_FULL_SETTINGS),
        ("", None, {}),
    ],
)
def test_a_backend_block_is_read_as_terraform_reads_it(
    tmp_path: Path, text: str, kind: str | None, settings: dict[str, Any] | None
) -> None:
    """Blocks in any layout are found; comments, strings, heredocs and other blocks that look alike are not."""
    (tmp_path / "main.tf").write_text(text)
    found = configured_backend(tmp_path)
    assert (found.type if found else None) == kind
    if found and settings is not None:
        assert found.settings == settings


def test_json_configuration_is_read_too(tmp_path: Path) -> None:
    """A backend in *.tf.json is found, as an object or in lists."""
    path = tmp_path / "main.tf.json"
    path.write_text(json.dumps({"terraform": {"backend": {"s3": S3}}}))
    assert configured_backend(tmp_path) == Backend(type="s3", settings=S3)
    path.write_text(json.dumps({"terraform": [{"required_version": "1"}, {"backend": [{"s3": [S3]}]}]}))
    assert configured_backend(tmp_path) == Backend(type="s3", settings=S3)
    path.write_text(json.dumps({"terraform": {"cloud": {}}}))
    assert configured_backend(tmp_path) == Backend(type="cloud")
    path.write_text("no json")
    assert configured_backend(tmp_path) is None


def test_opentofu_files_count(tmp_path: Path) -> None:
    """A backend in a *.tofu file is found."""
    (tmp_path / "backend.tofu").write_text('terraform { backend "local" { path = "p" } }')
    assert configured_backend(tmp_path) == Backend(type="local", settings={"path": "p"})


def test_the_record_of_init_is_read(tmp_path: Path) -> None:
    """Type and settings come from the record, unset ones dropped; a record without a backend is none."""
    record = tmp_path / "terraform.tfstate"
    record.write_text(json.dumps({"version": 3, "backend": {"type": "s3", "config": {**S3, "profile": None}}}))
    assert recorded_backend(record) == Backend(type="s3", settings=S3)
    record.write_text(json.dumps({"version": 3, "backend": {"type": "s3", "config": {"workspace_key_prefix": ""}}}))
    assert recorded_backend(record) == Backend(type="s3", settings={"workspace_key_prefix": ""})
    record.write_text(json.dumps({"version": 3, "backend": {"type": "s3", "config": [1]}}))
    assert recorded_backend(record) == Backend(type="s3")
    record.write_text(json.dumps({"version": 3}))
    assert recorded_backend(record) is None


def test_a_broken_record_asks_for_init(tmp_path: Path) -> None:
    """A record that is no JSON is an error that says to run init."""
    record = tmp_path / "terraform.tfstate"
    record.write_text("{")
    with pytest.raises(StateError, match="the backend record cannot be read") as raised:
        recorded_backend(record)
    assert raised.value.hint == "run terraform init"
