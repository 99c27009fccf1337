"""What a root module and its modules say of the instances of a state."""

import json
from pathlib import Path
from typing import Any

import pytest

from driftmgr.hcl import Steps, Unresolved
from driftmgr.intent import Configuration, read_configuration
from driftmgr.model import ResourceAddress
from intent.conftest import Write

NET = """
resource "aws_subnet" "a" {
  count      = 2
  cidr_block = "10.0.0.0/24"
}
"""
MAIN = """
module "net" {
  for_each = toset(["x"])
  source   = "./net"
}

resource "aws_instance" "web" {
  ami   = "ami-1"
  ebs_block_device {
    size = 1
  }
  dynamic "network_interface" {
    for_each = []
    content {}
  }
  user_data = null
  count     = 1
  lifecycle {
    ignore_changes = [tags["x"], ebs_block_device[0].size, user_data]
  }
}

data "aws_ami" "web" {
  owners = ["self"]
}

resource "aws_eip" "all" {
  lifecycle {
    ignore_changes = all
  }
}
"""


def place(configuration: Configuration, address: str) -> str | None:
    """Where the block of an instance stands."""
    found = configuration.location(ResourceAddress.parse(address))
    return None if found is None else f"{found.file}:{found.line}"


def ignored(configuration: Configuration, address: str, path: str) -> tuple[Steps, ...]:
    """What ``ignore_changes`` leaves out of a change."""
    return configuration.ignored(ResourceAddress.parse(address), path)


def sets(configuration: Configuration, address: str, path: str) -> bool | None:
    """Whether the block sets it."""
    return configuration.sets(ResourceAddress.parse(address), path)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("aws_instance.web[0]", "main.tf:7"),
        ('module.net["x"].aws_subnet.a[1]', "net/main.tf:2"),
        ("module.net.aws_subnet.a", "net/main.tf:2"),
        ("data.aws_ami.web", "main.tf:23"),
        ("aws_ami.web", None),
        ("aws_instance.other", None),
        ("module.other.aws_subnet.a", None),
    ],
)
def test_an_address_leads_to_its_block(write: Write, address: str, expected: str | None) -> None:
    """Whatever count, for_each or module instance it names; what has no block has no place."""
    configuration = read_configuration(write({"main.tf": MAIN, "net/main.tf": NET}), {})
    assert place(configuration, address) == expected
    assert configuration.problems == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ami", True),
        ("ebs_block_device[0].size", True),
        ("network_interface[0].id", True),
        ("user_data", False),
        ("tags", False),
        ('tags_all["x"]', False),
        ("count", False),
        ("lifecycle", False),
    ],
)
def test_what_a_block_sets_is_known(write: Write, path: str, expected: bool) -> None:  # noqa: FBT001
    """Arguments and nested blocks, dynamic ones too; null and meta-arguments are not set; without a block: unknown."""
    configuration = read_configuration(write({"main.tf": MAIN}), {})
    assert sets(configuration, "aws_instance.web[0]", path) is expected
    assert sets(configuration, "aws_instance.none", path) is None


def test_what_a_provider_shows_of_its_defaults_is_set(write: Write) -> None:
    """tags_all is asked for by tags, or by the default tags of the resource's own provider configuration."""
    text = """
provider "aws" {
  default_tags { tags = { a = "b" } }
}
provider "aws" {
  alias = "bare"
}
resource "aws_vpc" "a" {}
resource "aws_vpc" "b" { provider = aws.bare }
resource "aws_vpc" "c" {
  provider = aws.bare
  tags     = {}
}
"""
    configuration = read_configuration(write({"main.tf": text}), {})
    found = [sets(configuration, f"aws_vpc.{name}", 'tags_all["a"]') for name in "abc"]
    assert found == [True, False, True]


WRITTEN = """
variable "size" {
  default = 5
}
locals {
  delay = 7
  tags  = { team = "shop" }
}
module "queues" {
  source = "./queues"
  delay  = local.delay
  size   = var.size
}
resource "aws_sqs_queue" "all" {
  name          = "all"
  delay_seconds = local.delay
  max_size      = var.size
  policy        = jsonencode({ Version = "2012-10-17", Statement = [] })
  other         = jsonencode(var.size)
  unknown       = file("x")
  tags          = local.tags
  ingress {
    from_port = 443
  }
  ingress {
    from_port = local.delay
  }
  dynamic "egress" {
    for_each = []
    content {}
  }
}
resource "aws_sns_topic" "moved" {
  name = "moved"
}
moved {
  from = aws_sns_topic.old
  to   = aws_sns_topic.moved
}
"""
QUEUES = """
variable "delay" {}
variable "size" {}
variable "limit" {
  default = 3
}
resource "aws_sqs_queue" "one" {
  delay_seconds = var.delay
  max_size      = var.size
  limit         = var.limit
}
"""


@pytest.mark.parametrize(
    ("address", "name", "expected"),
    [
        ("aws_sqs_queue.all", "name", "all"),
        ("aws_sqs_queue.all", "delay_seconds", 7),
        ("aws_sqs_queue.all", "max_size", Unresolved("var.size")),
        ("aws_sqs_queue.all", "policy", '{"Version":"2012-10-17","Statement":[]}'),
        ("aws_sqs_queue.all", "other", Unresolved("jsonencode(var.size)")),
        ("aws_sqs_queue.all", "unknown", Unresolved('file("x")')),
        ("aws_sqs_queue.all", "ingress", [{"from_port": 443}, {"from_port": 7}]),
        ("aws_sqs_queue.all", "egress", Unresolved('dynamic "egress"')),
        ("aws_sqs_queue.all", "tags_all", {"team": "shop"}),
        ("aws_sqs_queue.all", "absent", None),
        ("aws_sqs_queue.nowhere", "name", None),
        ("module.queues.aws_sqs_queue.one", "delay_seconds", 7),
        ("module.queues.aws_sqs_queue.one", "max_size", Unresolved("var.size")),
        ("module.queues.aws_sqs_queue.one", "limit", 3),
        ("aws_sns_topic.old", "name", "moved"),
    ],
)
def test_what_files_write_down_is_known_wherever_they_are_applied(
    write: Write, address: str, name: str, expected: Any
) -> None:
    """Literals, locals and what modules are given; never a variable of the root, which a command line may set."""
    configuration = read_configuration(write({"main.tf": WRITTEN, "queues/main.tf": QUEUES}))
    assert configuration.written(ResourceAddress.parse(address), name) == expected


def test_tags_that_a_provider_adds_to_are_not_written_down(write: Write) -> None:
    """With default tags nobody knows what ``tags_all`` shall be from the block alone; ``tags`` it says itself."""
    provider = 'provider "aws" {\n  default_tags {\n    tags = { owner = "me" }\n  }\n}\n'
    configuration = read_configuration(write({"main.tf": WRITTEN, "p.tf": provider, "queues/main.tf": QUEUES}))
    queue = ResourceAddress.parse("aws_sqs_queue.all")
    assert configuration.written(queue, "tags_all") == Unresolved("tags_all")
    assert configuration.written(queue, "tags") == {"team": "shop"}


def test_ignored_changes_are_ways_into_the_value(write: Write) -> None:
    """A change at or below an ignored path is covered, one above it in part; ``all`` covers everything."""
    configuration = read_configuration(write({"main.tf": MAIN}), {})
    web = "aws_instance.web[0]"
    assert ignored(configuration, web, 'tags["x"]') == ((),)
    assert ignored(configuration, web, 'tags_all["x"]') == ((),)
    assert ignored(configuration, web, "tags") == (("x",),)
    assert ignored(configuration, web, 'tags["y"]') == ()
    assert ignored(configuration, web, "ebs_block_device[0].size") == ((),)
    assert ignored(configuration, web, "ebs_block_device[1].size") == ()
    assert ignored(configuration, web, "user_data") == ((),)
    assert ignored(configuration, web, "user_data_base64") == ()
    assert ignored(configuration, "aws_eip.all", "anything.at[0].all") == ((),)
    assert ignored(configuration, "aws_eip.none", "x") == ()


def test_override_files_win_argument_by_argument(write: Write) -> None:
    """Nested blocks are replaced by type, lifecycle is merged; the place is that of the block itself."""
    configuration = read_configuration(
        write(
            {
                "a_override.tf": 'resource "x_y" "z" {\n  added = 1\n  lifecycle {\n    ignore_changes = [b]\n  }\n}\n',
                "z.tf": 'resource "x_y" "z" {\n  own = 1\n  lifecycle {\n    ignore_changes = [a]\n  }\n}\n',
                "override.tf.json": json.dumps({"resource": {"x_y": {"z": {"json": 1, "own": None}}}}),
            }
        ),
        {},
    )
    found = configuration.resource(ResourceAddress.parse("x_y.z"))
    assert found is not None
    assert (set(found.sets), found.ignores) == ({"added", "json"}, (("b",),))
    assert place(configuration, "x_y.z") == "z.tf:1"


def test_files_are_those_that_terraform_and_opentofu_read(write: Write) -> None:
    """JSON and .tofu files count, the latter instead of their .tf namesakes; hidden and other files do not."""
    root = write(
        {
            "a.tf": 'resource "x_y" "a" {}',
            "a.tofu": '\nresource "x_y" "a" {}\nresource "x_y" "b" {}',
            "c.tf.json": '{"resource": {"x_y": {\n"c": {"v": "${var.x}"}}}}',
            ".hidden.tf": "this is not HCL",
            "d.txt": "nor this",
        }
    )
    configuration = read_configuration(root, {})
    assert [place(configuration, f"x_y.{name}") for name in "abc"] == ["a.tofu:2", "a.tofu:3", "c.tf.json:2"]
    assert configuration.problems == ()


def test_modules_are_local_or_already_downloaded(write: Write) -> None:
    """By relative path from the calling module, or by what init recorded; one that is not there is told."""
    manifest = {
        "Modules": [
            {"Key": "", "Source": "", "Dir": "."},
            {"Key": "far", "Source": "registry.terraform.io/a/b/c", "Dir": ".terraform/modules/far"},
            {"Key": "far.deep", "Source": "./deep", "Dir": ".terraform/modules/far/deep"},
        ]
    }
    files = {
        ".terraform/modules/modules.json": json.dumps(manifest),
        ".terraform/modules/far/main.tf": 'module "deep" {\n  source = "./deep"\n}\n',
        ".terraform/modules/far/deep/main.tf": 'resource "x_y" "z" {}\n',
        "main.tf": 'module "far" {\n  source = "a/b/c"\n}\nmodule "gone" {\n  source = "git::x"\n}\n',
    }
    configuration = read_configuration(write(files), {})
    assert place(configuration, "module.far.module.deep.x_y.z") == ".terraform/modules/far/deep/main.tf:1"
    assert [str(problem) for problem in configuration.problems] == [
        "main.tf:4: module gone (git::x) is not there: run terraform init"
    ]


def test_modules_that_call_themselves_end(write: Write) -> None:
    """A circle of modules is a problem that is told, not a hang."""
    text = 'module "a" {\n  source = "./"\n}\nmodule "b" {\n  source = "./"\n}\n'
    configuration = read_configuration(write({"main.tf": text}), {})
    assert {problem.message for problem in configuration.problems} == {
        "module a: modules are nested too deeply",
        "module b: modules are nested too deeply",
    }


def test_a_broken_file_is_told_and_the_others_are_read(write: Write) -> None:
    """With file and line; a broken list of modules and a broken tfvars file too."""
    configuration = read_configuration(
        write(
            {
                "a.tf": 'resource "x_y" "a" {}',
                "b.tf": "resource {",
                "c.tf.json": "[",
                "terraform.tfvars": "x = = 1",
                ".terraform/modules/modules.json": "{",
            }
        ),
        {},
    )
    assert place(configuration, "x_y.a") == "a.tf:1"
    assert sorted(f"{item.location.file}:{item.location.line}" for item in configuration.problems) == [
        ".terraform/modules/modules.json:1",
        "b.tf:1",
        "c.tf.json:1",
        "terraform.tfvars:1",
    ]


MOVED = """
moved {
  from = x_y.old
  to   = x_y.middle
}
moved {
  from = x_y.middle
  to   = module.m.x_y.new
}
moved {
  from = module.before
  to   = module.m
}
moved {
  from = x_y.one
  to   = x_y.each["a"]
}
moved {
  from = module.m["k"].x_y.inner
  to   = x_y.each
}
moved {
  from = x_y.circle
  to   = x_y.round
}
moved {
  from = x_y.round
  to   = x_y.circle
}
module "m" {
  source = "./m"
}
resource "x_y" "each" {}
removed {
  from = x_y.removed
  lifecycle {
    destroy = false
  }
}
removed {
  from = module.dropped
}
import {
  to = x_y.each["a"]
  id = "id-${1}"
}
"""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("x_y.old[0]", "m/main.tf:1"),
        ('module.before["q"].x_y.new', "m/main.tf:1"),
        ("x_y.one", "main.tf:33"),
        ('module.m["k"].x_y.inner', "main.tf:33"),
        ('module.m["other"].x_y.inner', None),
        ("x_y.circle", None),
        ("x_y.removed[1]", "main.tf:34"),
        ("module.dropped[0].x_y.z", "main.tf:40"),
    ],
)
def test_a_moved_address_leads_to_where_it_goes(write: Write, address: str, expected: str | None) -> None:
    """A state keeps the old address until the next apply: chains, modules and keys are followed, circles end."""
    configuration = read_configuration(write({"main.tf": MOVED, "m/main.tf": 'resource "x_y" "new" {}'}), {})
    assert place(configuration, address) == expected


def test_removals_and_imports_are_values(write: Write) -> None:
    """What is to be forgotten or destroyed, and what is to be imported under which id."""
    module = read_configuration(write({"main.tf": MOVED}), {}).modules[()]
    assert [(item.what, item.destroys) for item in module.removals] == [
        (("x_y", "removed"), False),
        (("module", "dropped"), True),
    ]
    assert [(item.to, item.id) for item in module.imports] == [(("x_y", "each", "a"), "id-1")]


PROVIDERS = """
provider "aws" {
  region = "eu-west-1"
}
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
module "inherits" {
  source = "./m"
}
module "mapped" {
  source    = "./m"
  providers = { aws = aws.west, aws.other = aws }
}
resource "aws_vpc" "plain" {}
resource "aws_vpc" "west" { provider = aws.west }
resource "aws_vpc" "nowhere" { provider = aws.none }
"""
CHILD = """
terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.other]
    }
  }
}
resource "aws_vpc" "plain" {}
resource "aws_vpc" "other" { provider = aws.other }
"""


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("aws_vpc.plain", "eu-west-1"),
        ("aws_vpc.west[0]", "us-west-2"),
        ("aws_vpc.nowhere", None),
        ("module.inherits.aws_vpc.plain", "eu-west-1"),
        ("module.mapped.aws_vpc.plain", "us-west-2"),
        ("module.mapped[1].aws_vpc.other", "eu-west-1"),
        ("module.inherits.aws_vpc.other", None),
        ("aws_vpc.unknown", None),
    ],
)
def test_the_provider_of_an_instance_is_found(write: Write, address: str, region: str | None) -> None:
    """By its own argument, else by its type's name; through the maps that modules are handed."""
    configuration = read_configuration(write({"main.tf": PROVIDERS, "m/main.tf": CHILD}), {})
    found = configuration.provider(ResourceAddress.parse(address))
    assert (found.arguments["region"] if found else None) == region
    assert configuration.modules[("mapped",)].required_providers == {"aws": "hashicorp/aws"}


@pytest.mark.parametrize(
    ("environment", "files", "expected"),
    [
        ({}, {}, ("default", [1])),
        ({"TF_VAR_text": "env", "TF_VAR_list": "[2, 3]"}, {}, ("env", [2, 3])),
        ({"TF_VAR_text": "[2]"}, {"terraform.tfvars": "list = [4]"}, ("[2]", [4])),
        (
            {"TF_VAR_text": "env"},
            {"terraform.tfvars.json": '{"text": "file"}', "a.auto.tfvars": "list = []"},
            ("file", []),
        ),
    ],
)
def test_variables_have_the_values_that_terraform_gives_them(
    write: Write, environment: dict[str, str], files: dict[str, str], expected: Any
) -> None:
    """Defaults, the environment (HCL for lists), terraform.tfvars, automatic files; through a module's arguments."""
    main = (
        'variable "text" {\n  type = string\n  default = "default"\n}\n'
        'variable "list" {\n  type = list(number)\n  default = [1]\n}\n'
        'locals {\n  both = { text = "${var.text}", list = var.list }\n}\n'
        'module "m" {\n  source = "./m"\n  given = local.both\n}\n'
    )
    child = 'variable "given" {}\nprovider "p" {\n  text = var.given.text\n  list = var.given["list"]\n}\n'
    configuration = read_configuration(write({"main.tf": main, "m/main.tf": child, **files}), environment)
    arguments = configuration.modules[("m",)].providers["p", None].arguments
    assert (arguments["text"], arguments["list"]) == expected


def test_locals_that_double_themselves_end(write: Write) -> None:
    """Thirty locals that each name the one before twice are refused, not expanded."""
    lines = "\n".join(
        f'  a{n + 1} = [local.a{n}, local.a{n}]\n  s{n + 1} = "${{local.s{n}}}${{local.s{n}}}"' for n in range(40)
    )
    text = f'locals {{\n  a0 = 1\n  s0 = "xx"\n{lines}\n}}\nprovider "p" {{\n  a = local.a40\n  s = local.s40\n}}\n'
    arguments = read_configuration(write({"main.tf": text}), {}).modules[()].providers["p", None].arguments
    assert "too large" in str(arguments["a"])
    assert "too large" in str(arguments["s"])


def test_a_directory_that_is_not_there_has_an_empty_configuration(tmp_path: Path) -> None:
    """Nothing is known, nothing fails."""
    configuration = read_configuration(tmp_path / "none", {})
    assert (configuration.modules[()].resources, configuration.problems) == ({}, ())
