"""The demo's estate held to Terraform: its state is what Terraform writes, its API calls make the same objects.

DRIFTMGR_RENEW=1 .venv/bin/python -m pytest tests/conformance/test_demo.py        # record the state anew
"""

import json
import os
import shutil
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from conformance.emulator import Emulator
from conformance.harness import Case
from conformance.referee import recorded_instances
from demo.build import INFRASTRUCTURE, RECORDED, REGION, build, placeholder, state_of


def apply_estate(case: Case) -> None:
    """``terraform apply`` of the demo's configuration."""
    shutil.copytree(INFRASTRUCTURE / "queue", case.terraform.directory / "queue", dirs_exist_ok=True)
    case.apply((INFRASTRUCTURE / "main.tf").read_text(), region=REGION)


def recorded(state: Path, names: Iterable[str]) -> str:
    """The text of a state with names for what the cloud chose."""
    document = json.loads(state.read_text())
    instances = recorded_instances(state)
    text = json.dumps(document | {"serial": 1, "terraform_version": "1.11.4"}, indent=2) + "\n"
    for name in names:
        address, _, attribute = name.rpartition(".")
        value = instances[address][1][attribute] if address else document[attribute]
        text = text.replace(value, placeholder(name))
    return text


def test_the_demo_builds_what_terraform_would(case: Case, cloud: Emulator) -> None:
    """The recorded state is what ``terraform apply`` writes; its refresh of the demo's objects finds no drift."""
    apply_estate(case)
    applied = case.terraform.state_file
    cloud.reset()
    names = build(partial(case.client, region=REGION))
    text = recorded(applied, names)
    if os.environ.get("DRIFTMGR_RENEW") == "1":
        RECORDED.write_text(text)
    assert text == RECORDED.read_text()

    applied.write_text(state_of(names))
    clean = case.detect()
    case.assert_silent(clean, gaps={("aws_cloudwatch_dashboard", "unsupported")})
    case.compare_with_referee(clean)
