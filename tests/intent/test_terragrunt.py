"""Terragrunt units: their states, modules, inputs and order."""

import re
from pathlib import Path
from typing import Any

import pytest

from driftmgr.hcl import Unresolved
from driftmgr.intent import Unit, units
from driftmgr.model import ResourceAddress
from intent.conftest import Write

ROOT = """
locals {
  account = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  name    = local.account.locals.name
}
remote_state {
  backend = "s3"
  generate = { path = "backend.tf", if_exists = "overwrite" }
  config = {
    bucket         = "states-${local.name}"
    key            = "${path_relative_to_include()}/terraform.tfstate"
    region         = get_env("REGION", "eu-west-1")
    profile        = get_env("PROFILE", "none")
    s3_bucket_tags = merge(local.tags, {})
  }
}
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite"
  contents  = <<-EOF
    provider "aws" {
      region = "${local.name}-region"
    }
  EOF
}
inputs = { owner = "me", size = 1 }
"""
UNIT = """
include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}
terraform {
  source = "../../../modules//app?ref=1"
}
dependency "vpc" {
  config_path = "../vpc"
}
dependencies {
  paths = ["../kms"]
}
inputs = {
  size = 2
  vpc  = dependency.vpc.outputs.id
  name = include.root.locals.name
}
"""
PLAIN = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\nterraform {\n  source = "tfr:///a/b/c"\n}\n'
TREE = {
    "root.hcl": ROOT,
    "live/account.hcl": 'locals {\n  name = "prod"\n}\n',
    "live/eu/app/terragrunt.hcl": UNIT,
    "live/eu/kms/terragrunt.hcl": PLAIN,
    "live/eu/vpc/terragrunt.hcl": PLAIN,
    "live/eu/vpc/.terragrunt-cache/x/terragrunt.hcl": "broken {",
    "modules/app/main.tf": 'variable "size" {}\nresource "aws_vpc" "a" {}\n',
}


def found(tree: Path, **environment: str) -> dict[str, Unit]:
    """The units by their directories, in their order."""
    return {unit.directory.relative_to(tree.resolve()).as_posix(): unit for unit in units(tree, environment)}


def test_the_units_of_a_tree_are_resolved(write: Write) -> None:
    """Each with the backend that its include configures for it, in an order in which others come first."""
    seen = found(write(TREE), PROFILE="p")
    assert list(seen)[-1] == "live/eu/app"
    assert set(seen) == {"live/eu/app", "live/eu/kms", "live/eu/vpc"}
    assert [unit.reason for unit in seen.values()] == ["", "", ""]
    backend = seen["live/eu/app"].backend
    assert backend is not None
    assert (backend.type, backend.settings) == (
        "s3",
        {"bucket": "states-prod", "key": "live/eu/app/terraform.tfstate", "region": "eu-west-1", "profile": "p"},
    )
    other = found(write({}), REGION="us-east-1")["live/eu/vpc"].backend
    assert other is not None
    assert other.settings == {
        "bucket": "states-prod",
        "key": "live/eu/vpc/terraform.tfstate",
        "region": "us-east-1",
        "profile": "none",
    }


def test_a_unit_knows_its_module_and_what_it_gives_it(write: Write) -> None:
    """The local module's configuration, with inputs and generated providers; a downloaded module is not there."""
    tree = write(TREE)
    seen = found(tree)
    app = seen["live/eu/app"]
    assert app.source == (tree / "modules/app").resolve()
    assert app.inputs == {"owner": "me", "size": 2, "vpc": Unresolved("dependency.vpc.outputs.id"), "name": "prod"}
    assert app.dependencies == tuple((tree / "live/eu" / name).resolve() for name in ("vpc", "kms"))
    configuration = app.configuration({})
    assert configuration is not None
    assert configuration.modules[()].providers["aws", None].arguments == {"region": "prod-region"}
    location = configuration.location(ResourceAddress.parse("aws_vpc.a"))
    assert location is not None
    assert (location.file, location.line) == ("main.tf", 2)
    assert (seen["live/eu/vpc"].source, seen["live/eu/vpc"].configuration({})) == (None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("broken {", r"^unit/terragrunt\.hcl:1: not HCL$"),
        (
            'include "root" {\n  path = find_in_parent_folders("nowhere.hcl")\n}',
            r"unit/terragrunt\.hcl:1: include: path is not written down: .*no nowhere\.hcl above unit",
        ),
        (
            'include "root" {\n  path = "../gone.hcl"\n}',
            r"gone\.hcl:1: cannot be read",
        ),
        (
            'remote_state {\n  backend = "s3"\n  config = {\n    bucket = "b-${get_aws_account_id()}"\n  }\n}',
            r"unit/terragrunt\.hcl:1: remote_state: bucket is not written down: get_aws_account_id\(\)",
        ),
        (
            '\nremote_state {\n  backend = "s3"\n  config = merge({}, local.x)\n}',
            r"terragrunt\.hcl:2: remote_state: config is not written down: merge",
        ),
        ("remote_state = { config = {} }", r"terragrunt\.hcl:1: remote_state: backend is not written down: nothing"),
        ('remote_state {\n  backend = get_env("NOT_SET")\n}', r'remote_state: backend .*get_env\("NOT_SET"\)'),
        ('terraform {\n  source = "git::https://x"\n}', "its module is not here to tell its backend"),
        ('terraform {\n  source = "../empty"\n}', "its state is in Terragrunt's cache"),
        ("locals {}", "neither a remote_state nor a module"),
        (
            'locals {\n  a = read_terragrunt_config("terragrunt.hcl")\n}\nremote_state {\n  backend = local.a\n}',
            "files that read each other without end",
        ),
    ],
)
def test_a_unit_whose_backend_cannot_be_told_says_why(write: Write, text: str, reason: str) -> None:
    """With file and line, never with a guess; the other units are there all the same."""
    tree = write(
        {
            "unit/terragrunt.hcl": text,
            "other/terragrunt.hcl": 'remote_state {\n  backend = "local"\n}',
            "empty/x.txt": "",
        }
    )
    seen = found(tree)
    assert seen["unit"].backend is None
    assert re.search(reason, seen["unit"].reason)
    assert seen["other"].reason == ""


@pytest.mark.parametrize(
    ("files", "kind", "settings"),
    [
        ({"unit/terragrunt.hcl": "", "unit/main.tf": ""}, "local", {}),
        (
            {"unit/terragrunt.hcl": "", "unit/main.tf": 'terraform {\n  backend "gcs" {\n bucket = "b" }\n}'},
            "gcs",
            {"bucket": "b"},
        ),
        (
            {
                "unit/terragrunt.hcl": 'terraform {\n  source = "../m"\n}\ngenerate "b" {\n  path = "b.tf"\n'
                '  contents = "terraform {\\n backend \\"http\\" {\\n address = \\"a\\"\\n }\\n}"\n}',
                "m/main.tf": "",
            },
            "http",
            {"address": "a"},
        ),
        (
            {
                "unit/terragrunt.hcl.json": '{"remote_state": {"backend": "s3", "config": {'
                '"bucket": "${basename(\\"x\\")}"}}}'
            },
            "s3",
            {"bucket": "x"},
        ),
    ],
)
def test_a_backend_may_stand_in_the_module_or_be_generated(
    write: Write, files: dict[str, str], kind: str, settings: dict[str, Any]
) -> None:
    """In the unit's own configuration, in what it generates, in JSON, or nowhere: then the state is a local file."""
    backend = found(write(files))["unit"].backend
    assert backend is not None
    assert (backend.type, backend.settings) == (kind, settings)


FUNCTIONS = """
include "up" {
  path = "${get_terragrunt_dir()}/../parent.hcl"
}
include "none" {
  path           = "../none.hcl"
  merge_strategy = "no_merge"
}
locals {
  folder = basename(get_terragrunt_dir())
}
remote_state {
  backend = "s3"
  config = {
    up     = path_relative_from_include("up")
    down   = path_relative_to_include("up")
    parent = basename(get_parent_terragrunt_dir())
    folder = "${local.folder}-${basename(get_original_terragrunt_dir())}"
    above  = basename(dirname(get_terragrunt_dir()))
    repo   = get_path_from_repo_root()
    back   = get_path_to_repo_root()
    root   = basename(get_repo_root())
    other  = read_terragrunt_config("none.hcl", { a = "default" }).a
    found  = find_in_parent_folders("no.such.file", "fallback")
  }
}
"""


def test_functions_of_paths_are_answered_as_terragrunt_does(write: Write) -> None:
    """From the unit, from its includes, from the repository."""
    tree = write(
        {
            "repo/.git/HEAD": "",
            "repo/live/parent.hcl": "",
            "repo/live/none.hcl": 'remote_state {\n  backend = "gcs"\n}',
            "repo/live/unit/terragrunt.hcl": FUNCTIONS,
        }
    )
    backend = found(tree)["repo/live/unit"].backend
    assert backend is not None
    assert backend.settings == {
        "up": "..",
        "down": "unit",
        "parent": "live",
        "folder": "unit-unit",
        "above": "live",
        "repo": "live/unit",
        "back": "../..",
        "root": "repo",
        "other": "default",
        "found": "fallback",
    }


def test_variables_whose_inputs_are_not_known_have_no_default(write: Write) -> None:
    """Inputs that a function makes may hold any of them; merged ones are followed, files win over them."""
    tree = write(
        {
            "root.hcl": 'inputs = merge({ a = "root", b = "root" }, { b = "second" })',
            "known/terragrunt.hcl": 'include "r" {\n  path = "../root.hcl"\n}\ninputs = { a = "unit", c = "unit" }',
            "known/x.auto.tfvars": 'c = "file"',
            "known/main.tf": "".join(f'variable "{name}" {{}}\n' for name in "abc")
            + 'provider "p" {\n  v = [var.a, var.b, var.c]\n}\n',
            "unknown/terragrunt.hcl": 'inputs = yamldecode(file("x.yaml"))',
            "unknown/main.tf": 'variable "a" {\n  default = "x"\n}\nprovider "p" {\n  v = var.a\n}\n',
        }
    )
    seen = found(tree)

    def given(unit: str) -> Any:
        configuration = seen[unit].configuration({})
        assert configuration is not None
        return configuration.modules[()].providers["p", None].arguments["v"]

    assert (seen["known"].inputs, seen["known"].inputs_known) == ({"a": "unit", "b": "second", "c": "unit"}, True)
    assert given("known") == ["unit", "second", "file"]
    assert not seen["unknown"].inputs_known
    assert given("unknown") == Unresolved("var.a")


def test_a_parent_of_the_old_style_is_no_unit(write: Write) -> None:
    """A terragrunt.hcl that others include, without a module of its own; with a bare include too."""
    tree = write(
        {
            "terragrunt.hcl": 'remote_state {\n  backend = "s3"\n  config  = { key = path_relative_to_include() }\n}',
            "a/terragrunt.hcl": 'include {\n  path = find_in_parent_folders()\n}\nterraform {\n  source = "x"\n}',
        }
    )
    seen = found(tree)
    assert list(seen) == ["a"]
    assert seen["a"].backend is not None
    assert seen["a"].backend.settings == {"key": "a"}


def test_units_that_depend_on_each_other_are_all_there(write: Write) -> None:
    """Terragrunt refuses to run them; their states can be read all the same."""
    unit = 'remote_state {\n  backend = "local"\n}\ndependency "x" {\n  config_path = "../%s"\n}'
    assert list(found(write({"a/terragrunt.hcl": unit % "b", "b/terragrunt.hcl": unit % "a"}))) == ["a", "b"]
