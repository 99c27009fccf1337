"""aws_ssm_parameter held to Terraform's provider."""

import functools

import msgspec

from conformance.harness import Case

ESTATE = """
resource "aws_ssm_parameter" "full" {
  name            = "/shop/full"
  type            = "String"
  value           = "1"
  allowed_pattern = "^[0-9]+$"
  data_type       = "text"
  description     = "how many"
  overwrite       = true
  tier            = "Advanced"
  tags            = { team = "shop", stage = "live", cost = "42" }
}
resource "aws_ssm_parameter" "plain" {
  name           = "/shop/plain"
  type           = "StringList"
  insecure_value = "a,b"
}
resource "aws_ssm_parameter" "root" {
  name  = "root"
  type  = "String"
  value = "x"
  tier  = "Intelligent-Tiering"
}
resource "aws_ssm_parameter" "secret" {
  name   = "/shop/secret"
  type   = "SecureString"
  key_id = "alias/aws/ssm"
  value  = "hunter2"
}
resource "aws_ssm_parameter" "quiet" {
  name  = "/shop/quiet"
  type  = "SecureString"
  value = "hunter2"
}
resource "aws_ssm_parameter" "written" {
  name             = "/shop/written"
  type             = "SecureString"
  value_wo         = "hunter2"
  value_wo_version = 1
}
resource "aws_ssm_parameter" "opened" {
  name  = "/shop/opened"
  type  = "SecureString"
  value = "hunter1"
}
resource "aws_ssm_parameter" "gone" {
  name  = "/shop/gone"
  type  = "String"
  value = "x"
}
"""


def test_parameters_agree_with_terraform(case: Case) -> None:
    """Silent after apply; then exactly what was changed behind its back, secrets by their version alone."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect()
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    ssm = case.client("ssm")
    tagged = {"ResourceType": "Parameter", "ResourceId": "/shop/full"}
    ssm.add_tags_to_resource(**tagged, Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    ssm.remove_tags_from_resource(**tagged, TagKeys=["cost"])
    put = functools.partial(ssm.put_parameter, Overwrite=True)
    put(Name="/shop/full", Type="String", Value="20", Description="other", AllowedPattern="^[0-9]*$", Tier="Standard")
    put(Name="/shop/plain", Type="String", Value="a,c", Description="set")
    put(Name="/shop/secret", Type="SecureString", Value="hunter3", KeyId="alias/other")
    put(Name="/shop/written", Type="SecureString", Value="hunter3")
    put(Name="/shop/opened", Type="String", Value="hunter2")
    ssm.delete_parameter(Name="/shop/gone")
    put(Name="/shop/stranger", Type="String", Value="x")
    changed = case.detect()
    full = "aws_ssm_parameter.full"
    case.assert_exactly(
        changed,
        {
            *(("changed", full, name) for name in ("allowed_pattern", "description", "tier", "value")),
            *(("changed", full, f'tags_all["{key}"]') for key in ("stage", "by", "cost")),
            *(("changed", "aws_ssm_parameter.plain", name) for name in ("type", "insecure_value", "description")),
            ("changed", "aws_ssm_parameter.secret", "version"),
            ("changed", "aws_ssm_parameter.secret", "key_id"),
            ("changed", "aws_ssm_parameter.written", "version"),
            # No secret any more, so its value is read and compared.
            ("changed", "aws_ssm_parameter.opened", "type"),
            ("changed", "aws_ssm_parameter.opened", "value"),
            ("missing", "aws_ssm_parameter.gone"),
            ("unmanaged", "aws_ssm_parameter", "/shop/stranger", None),
        },
    )
    secret = {("aws_ssm_parameter.secret", "value"): "secrets_are_told_by_their_version"}
    case.compare_with_referee(changed, explained=secret)
    assert not any(word in str(msgspec.json.encode(changed)) for word in ("hunter1", "hunter2", "hunter3"))
