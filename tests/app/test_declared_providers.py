"""What the HCL of a root module says of a provider configuration, and what it leaves open."""

from pathlib import Path
from typing import Any

import pytest

from driftmgr.app.intent import declared_arguments
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.reference import ProviderReference

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def declared(root: Path, provider: str = AWS, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The arguments of a provider configuration."""
    return dict(declared_arguments(ProviderReference.parse(provider), root, environment or {}))


def test_the_right_configuration_is_found(tmp_path: Path) -> None:
    """By local name and alias, whatever file it is in; its meta-arguments are not the provider's."""
    (tmp_path / "versions.tf").write_text(
        'terraform {\n  required_providers {\n    amazon = { source = "hashicorp/aws", version = "~> 5" }\n  }\n}\n'
    )
    (tmp_path / "main.tf").write_text(
        'provider "amazon" {\n  region = "eu-west-1"\n  default_tags {\n    tags = { owner = "me" }\n  }\n}\n'
        'provider "amazon" {\n  alias = "west"\n  version = "5"\n  region = "us-west-2"\n}\n'
        'provider "aws" {\n  region = "x"\n}\n'
    )
    assert declared(tmp_path) == {"region": "eu-west-1", "default_tags": [{"tags": {"owner": "me"}}]}
    assert declared(tmp_path, f"{AWS}.west") == {"region": "us-west-2"}
    assert declared(tmp_path, f"{AWS}.east") == {}
    assert declared(tmp_path, 'provider["registry.terraform.io/hashicorp/google"]') == {}


def test_variables_have_their_values_from_where_terraform_takes_them(tmp_path: Path) -> None:
    """Default, environment, terraform.tfvars, *.auto.tfvars: later ones win; locals are followed."""
    (tmp_path / "main.tf").write_text(
        'variable "region" {\n  default = "default"\n}\nvariable "profile" {}\n'
        'locals {\n  where = "${var.region}-1"\n}\n'
        'provider "aws" {\n  region = local.where\n  profile = var.profile\n}\n'
    )
    with pytest.raises(ProviderError, match=r'provider "aws": profile is not written down: var\.profile'):
        declared(tmp_path)
    environment = {"TF_VAR_profile": "env"}
    assert declared(tmp_path, environment=environment) == {"region": "default-1", "profile": "env"}
    (tmp_path / "terraform.tfvars").write_text('region = "file"\nprofile = "file"\n')
    (tmp_path / "b.auto.tfvars.json").write_text('{"region": "auto"}')
    (tmp_path / "a.auto.tfvars").write_text('region = "early"\n')
    assert declared(tmp_path, environment=environment) == {"region": "auto-1", "profile": "file"}


def test_override_files_win(tmp_path: Path) -> None:
    """Argument by argument, as Terraform merges them."""
    (tmp_path / "zz.tf").write_text('provider "aws" {\n  region = "a"\n  profile = "p"\n}\n')
    (tmp_path / "aa_override.tf").write_text('provider "aws" {\n  region = "b"\n}\n')
    assert declared(tmp_path) == {"region": "b", "profile": "p"}


def test_a_tofu_file_stands_for_the_tf_file_of_its_name(tmp_path: Path) -> None:
    """As OpenTofu reads them."""
    (tmp_path / "main.tf").write_text('provider "aws" {\n  region = "a"\n}\n')
    (tmp_path / "main.tofu").write_text('provider "aws" {\n  region = "b"\n}\n')
    assert declared(tmp_path) == {"region": "b"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("main.tf", 'provider "aws" {\n  region = data.x.y.z\n}\n', r"data\.x\.y\.z"),
        (
            "main.tf",
            'provider "aws" {\n  assume_role {\n    role_arn = var.role\n  }\n}\n',
            r"assume_role is not written down: var\.role",
        ),
        (
            "main.tf",
            'provider "aws" {\n  dynamic "assume_role" {\n    for_each = []\n  }\n}\n',
            r'dynamic "assume_role"',
        ),
        (
            "main.tf",
            'locals {\n  a = local.b\n  b = local.a\n}\nprovider "aws" {\n  region = local.a\n}\n',
            r"local\.a",
        ),
        ("main.tf", 'provider "aws" {', r"main\.tf:1: not HCL"),
        ("main.tf.json", '{"provider": {"aws": {"region": "${local.x}"}}}', r"local\.x"),
        ("terraform.tfvars.json", "{", r"terraform\.tfvars\.json:1: not JSON"),
    ],
)
def test_what_is_not_written_down_is_told(tmp_path: Path, name: str, text: str, told: str) -> None:
    """A half-known configuration could look into another account: it is an error that says what to do."""
    (tmp_path / name).write_text(text)
    with pytest.raises(ProviderError, match=told) as caught:
        declared(tmp_path)
    assert caught.value.reason == "unsupported"


def test_json_syntax_and_modules_are_read(tmp_path: Path) -> None:
    """A provider block in JSON, and one inside a module with a variable that its caller gives."""
    (tmp_path / "main.tf.json").write_text(
        '{"provider": {"aws": {"region": "eu-west-1", "assume_role": {"role_arn": "r"}}}}'
    )
    assert declared(tmp_path) == {"region": "eu-west-1", "assume_role": {"role_arn": "r"}}
    (tmp_path / "net.tf").write_text('module "net" {\n  source = "./net"\n  where  = "us-east-1"\n}\n')
    (tmp_path / "net").mkdir()
    (tmp_path / "net/main.tf").write_text('variable "where" {}\nprovider "aws" {\n  region = var.where\n}\n')
    assert declared(tmp_path, f"module.net.{AWS}") == {"region": "us-east-1"}
    for other in (f"module.net.{AWS}.west", f"module.other.{AWS}"):
        with pytest.raises(ProviderError, match="belongs to module"):
            declared(tmp_path, other)
