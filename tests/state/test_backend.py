"""The backend that init recorded in a working directory."""

import json
from pathlib import Path

import pytest

from driftmgr.model import Backend
from driftmgr.state import StateError
from driftmgr.state.backend import recorded_backend

S3 = {"bucket": "states", "key": "network/terraform.tfstate", "region": "eu-west-1"}


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
