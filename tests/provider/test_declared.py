"""What the HCL of a root module says of a provider, and what it leaves open."""

from pathlib import Path
from typing import Any

import pytest

from driftmgr.provider.declared import RootModule
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.hcl import Unresolved, parse_hcl
from driftmgr.provider.reference import ProviderReference

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def declared(root: Path, provider: str = AWS, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The arguments of a provider configuration."""
    return RootModule(root, environment or {}).provider(ProviderReference.parse(provider))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a"', "a"),
        ('""', ""),
        (r'"a\n\"b\" \u00e9 $${x} %%{y}"', 'a\n"b" \u00e9 ${x} %{y}'),
        ("12", 12),
        ("-1", -1),
        ("true", True),
        ("null", None),
        ("(false)", False),
        ('["a", 1, null,]', ["a", 1, None]),
        ('{ a = 1, "b c" : [true], (d) = 2 }', Unresolved('{ a = 1, "b c" : [true], (d) = 2 }')),
        ('{ a = 1\n "b c" : [true] }', {"a": 1, "b c": [True]}),
        ("var.x", Unresolved("var.x")),
        ("data.a.b.c", Unresolved("data.a.b.c")),
        ('upper("a")', Unresolved('upper("a")')),
        ('"a${1}b${true}"', "a1btrue"),
        ('"a${f()}"', Unresolved('"a${f()}"')),
        ("1 + 1", Unresolved("1 + 1")),
        ("-f()", Unresolved("-f()")),
        ("local.a.b", Unresolved("local.a.b")),
        ("[for x in y : x]", Unresolved("[for x in y : x]")),
        ("a ? 1 : 2", Unresolved("a ? 1 : 2")),
        ("<<EOT\nx\nEOT\n", Unresolved("<<EOT\nx\nEOT")),
    ],
)
def test_literals_are_read_and_nothing_else(text: str, value: Any) -> None:
    """Every kind of literal has its value; what needs more is unresolved, as it is written."""
    assert parse_hcl(f"x = {text}\n".encode()).value("x") == value


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
            r"assume_role: role_arn .*var\.role",
        ),
        ("main.tf", 'provider "aws" {\n  dynamic "assume_role" {\n    for_each = []\n  }\n}\n', "dynamic block"),
        (
            "main.tf",
            'locals {\n  a = local.b\n  b = local.a\n}\nprovider "aws" {\n  region = local.a\n}\n',
            r"local\.a",
        ),
        ("main.tf", 'provider "aws" {', r"main\.tf cannot be read: line"),
        ("main.tf.json", '{"provider": {"aws": {}}}', r"main\.tf\.json configures providers in JSON"),
        ("terraform.tfvars.json", "{", r"terraform\.tfvars\.json cannot be read"),
    ],
)
def test_what_is_not_written_down_is_told(tmp_path: Path, name: str, text: str, told: str) -> None:
    """A half-known configuration could look into another account: it is an error that says what to do."""
    (tmp_path / name).write_text(text)
    with pytest.raises(ProviderError, match=told) as caught:
        declared(tmp_path)
    assert caught.value.reason == "unsupported"


@pytest.mark.parametrize(
    ("text", "name", "module", "key"),
    [
        (AWS, "registry.terraform.io/hashicorp/aws", None, None),
        (f"{AWS}.west", "registry.terraform.io/hashicorp/aws.west", None, None),
        (f'module.a["x.y"].{AWS}.west', "registry.terraform.io/hashicorp/aws.west", 'module.a["x.y"]', None),
        (f'{AWS}.by["eu"]', "registry.terraform.io/hashicorp/aws.by", None, '["eu"]'),
        ("provider.aws.old", "registry.terraform.io/hashicorp/aws.old", None, None),
        ("module.m.provider.aws", "registry.terraform.io/hashicorp/aws", "module.m", None),
    ],
)
def test_every_form_of_a_states_provider_is_read(text: str, name: str, module: str | None, key: str | None) -> None:
    """With alias, of a module, of OpenTofu's for_each, and from before Terraform 0.13."""
    found = ProviderReference.parse(text)
    assert (found.name, found.module, found.key) == (name, module, key)


def test_another_text_is_no_provider() -> None:
    """It is named."""
    with pytest.raises(ValueError, match="not a provider configuration: 'aws'"):
        ProviderReference.parse("aws")
