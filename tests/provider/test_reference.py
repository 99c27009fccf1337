"""Provider configurations as a state names them."""

import pytest

from driftmgr.provider.reference import ProviderReference

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


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
