"""The reader against real Terraform: the place of every block, the value of every literal, what ignore_changes covers.

``terraform_data`` is built into Terraform, so that nothing is downloaded.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from driftmgr.app.intent import is_ignored
from driftmgr.hcl import Unresolved
from driftmgr.intent import read_configuration
from driftmgr.model import AttributeChange, ResourceAddress
from intent.conftest import Write

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH")

# Terraform tells the line of a condition that fails, three lines below the block's own.
BELOW = 3
BROKEN = """{{
  lifecycle {{
    precondition {{
      condition     = var.never
      error_message = "here"
    }}
  }}
  {more}
}}
"""
VARIABLE = 'variable "never" {\n  type    = bool\n  default = false\n}\n'


def block(name: str, more: str = "") -> str:
    """A resource whose plan always fails."""
    return f'resource "terraform_data" "{name}" {BROKEN.format(more=more)}'


PLACES = {
    "main.tf": (
        "/* a comment\n over lines */\n"
        + VARIABLE
        + 'locals {\n  text = <<-EOT\n    resource "terraform_data" "no" {\n  EOT\n}\n'
        + block("plain")
        + block("counted", "count = 2")
        + block("keyed", 'for_each = { "a.b" = 1, "c\\"d" = 2 }')
        + 'module "net" {\n  source   = "./modules/net"\n  for_each = toset(["x", "y"])\n}\n'
        + 'module "twice" {\n  source = "./modules/net"\n  count  = 1\n}\n'
    ),
    "more_override.tf": 'resource "terraform_data" "plain" {\n  input = "overridden"\n}\n',
    "modules/net/main.tf": VARIABLE + block("inner") + 'module "deep" {\n  source = "../deep"\n}\n',
    "modules/deep/zz.tf": VARIABLE + "\n\n" + block("innermost", 'for_each = toset(["k"])'),
}


def terraform(directory: Path, *arguments: str, variables: Mapping[str, str] | None = None, code: int = 0) -> str:
    """What Terraform prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        ("terraform", *arguments),
        cwd=directory,
        env=environment | dict(variables or {}) | {"CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_every_address_leads_to_the_block_that_terraform_names(write: Write) -> None:
    """Instances of count, for_each and nested modules: the same file and line, and no instance left out."""
    root = write(PLACES)
    terraform(root, "init", "-input=false")
    lines = map(json.loads, terraform(root, "plan", "-json", "-input=false", code=1).splitlines())
    found = [line["diagnostic"] for line in lines if line.get("diagnostic", {}).get("detail") == "here"]
    theirs = {(item["range"]["filename"], item["range"]["start"]["line"] - BELOW) for item in found}
    configuration = read_configuration(root, {})
    addresses = (
        "terraform_data.plain",
        "terraform_data.counted[1]",
        'terraform_data.keyed["a.b"]',
        'terraform_data.keyed["c\\"d"]',
        'module.net["x"].terraform_data.inner',
        'module.net["y"].module.deep.terraform_data.innermost["k"]',
        'module.twice[0].module.deep.terraform_data.innermost["k"]',
    )
    ours = {configuration.location(ResourceAddress.parse(address)) for address in addresses}
    assert {(item.file, item.line) for item in ours if item} == theirs
    assert None not in ours
    assert configuration.problems == ()


VALUES = """
variable "text" { default = "default" }
variable "list" {
  type    = list(string)
  default = []
}
variable "auto" { default = "default" }
locals {
  all = {
    quoted     = "a \\"b\\" \\u00e9\\t$${x} %%{y} $ %"
    spaces     = "  ${var.text}  ${1.50} ${true} "
    wrapped    = "${var.list}"
    indented   = <<-EOT
        deep ${var.text}
      less

        deep again
    EOT
    plain      = <<EOT
  kept \\n $${x}
    ${var.auto}
  EOT
    empty      = <<EOT
EOT
    numbers    = [1, -2, 1.5, 123456789012345678901234567890]
    nested     = { "a b" = { (var.text) = [null, false] }, c : local.other["k"][0].z }
    element    = var.list[1]
    from_given = var.auto
  }
  other = { k = [{ z = "deep" }] }
}
output "all" { value = local.all }
"""


def test_literals_have_the_values_that_terraform_gives_them(write: Write) -> None:
    """Strings, templates, heredocs, numbers, references; variables from the environment and from files."""
    root = write(
        {
            "main.tf": VALUES,
            "terraform.tfvars": 'auto = "tfvars"\nlist = ["of", "tfvars"]\n',
            "b.auto.tfvars.json": '{"auto": "auto json"}',
        }
    )
    variables = {"TF_VAR_text": "env", "TF_VAR_auto": "env"}
    terraform(root, "init", "-input=false")
    terraform(root, "apply", "-auto-approve", "-input=false", variables=variables)
    theirs = json.loads(terraform(root, "output", "-json"))["all"]["value"]
    module = read_configuration(root, variables).modules[()]
    ours: dict[str, Any] = module.locals["all"].value(module.context)
    # Decimal and int compare as numbers do.
    assert json.loads(json.dumps(ours, default=float)) == theirs
    assert not any(isinstance(value, Unresolved) for value in ours.values())


# Of attributes alone: what is built into Terraform has no map whose keys could be ignored one by one.
IGNORES = {
    "whole": "[input]",
    "quoted": '["input"]',
    "several": "[triggers_replace, input]",
    "all": "all",
    "none": "[]",
    "another": "[triggers_replace]",
}


def test_ignored_are_the_changes_that_terraform_leaves_alone(write: Write) -> None:
    """What was changed behind its back and Terraform would not put right, for every form of ignore_changes."""
    blocks = (
        f'resource "terraform_data" "{name}" {{\n  input = "recorded"\n'
        f"  lifecycle {{\n    ignore_changes = {ignore}\n  }}\n}}\n"
        for name, ignore in IGNORES.items()
    )
    root = write({"main.tf": "".join(blocks)})
    terraform(root, "init", "-input=false")
    terraform(root, "apply", "-auto-approve", "-input=false")
    state = json.loads((root / "terraform.tfstate").read_text())
    for resource in state["resources"]:
        resource["instances"][0]["attributes"]["input"]["value"] = "observed"
    (root / "terraform.tfstate").write_text(json.dumps(state))
    lines = map(json.loads, terraform(root, "plan", "-json", "-input=false").splitlines())
    theirs = {line["change"]["resource"]["resource_name"] for line in lines if line["type"] == "planned_change"}
    configuration = read_configuration(root, {})
    change = AttributeChange(path="input", recorded="recorded", observed="observed")
    ours = {
        name
        for name in IGNORES
        if not is_ignored(change, ResourceAddress.parse(f"terraform_data.{name}"), configuration)
    }
    assert ours == theirs == {"none", "another"}
