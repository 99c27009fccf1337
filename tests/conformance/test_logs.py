"""aws_cloudwatch_log_group held to Terraform's provider.

The emulator knows no classes of log groups: ``tests/catalog/test_cloudwatch_logs.py`` holds those.
"""

from conformance.harness import Case

ESTATE = """
resource "aws_cloudwatch_log_group" "orders" {
  name              = "/shop/orders"
  kms_key_id        = "arn:aws:kms:us-east-1:123456789012:key/1"
  retention_in_days = 30
  skip_destroy      = true
  tags              = { team = "shop", stage = "live", cost = "42" }
}

resource "aws_cloudwatch_log_group" "bare" {
  name_prefix = "bare-"
}

resource "aws_cloudwatch_log_group" "kept" {
  name              = "kept"
  kms_key_id        = "arn:aws:kms:us-east-1:123456789012:key/1"
  retention_in_days = 7
}

resource "aws_cloudwatch_log_group" "moved" {
  name       = "moved"
  kms_key_id = "arn:aws:kms:us-east-1:123456789012:key/1"
}

resource "aws_cloudwatch_log_group" "gone" {
  name = "gone"
}
"""


KEY = "arn:aws:kms:us-east-1:123456789012:key"


def test_log_groups_agree_with_terraform(case: Case) -> None:
    """Silent after apply; then exactly what was changed behind its back, groups that Lambda made included."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect()
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    logs = case.client("logs")
    orders, bare = (case.recorded(f"aws_cloudwatch_log_group.{label}") for label in ("orders", "bare"))
    logs.put_retention_policy(logGroupName=orders["name"], retentionInDays=1)
    logs.tag_resource(resourceArn=orders["arn"], tags={"stage": "test", "by": "hand"})
    logs.untag_resource(resourceArn=orders["arn"], tagKeys=["cost"])
    # The emulator fails to change a key: groups made anew have another one or none.
    for name, key in {bare["name"]: {"kmsKeyId": f"{KEY}/2"}, "moved": {"kmsKeyId": f"{KEY}/2"}, "kept": {}}.items():
        logs.delete_log_group(logGroupName=name)
        logs.create_log_group(logGroupName=name, **key)
    logs.put_retention_policy(logGroupName=bare["name"], retentionInDays=90)
    logs.delete_log_group(logGroupName="gone")
    logs.create_log_group(logGroupName="/aws/lambda/orders")
    changed = case.detect()
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_cloudwatch_log_group.orders", "retention_in_days"),
            ("changed", "aws_cloudwatch_log_group.orders", 'tags_all["stage"]'),
            ("changed", "aws_cloudwatch_log_group.orders", 'tags_all["by"]'),
            ("changed", "aws_cloudwatch_log_group.orders", 'tags_all["cost"]'),
            ("changed", "aws_cloudwatch_log_group.bare", "retention_in_days"),
            ("changed", "aws_cloudwatch_log_group.bare", "kms_key_id"),
            ("changed", "aws_cloudwatch_log_group.moved", "kms_key_id"),
            ("changed", "aws_cloudwatch_log_group.kept", "kms_key_id"),
            ("changed", "aws_cloudwatch_log_group.kept", "retention_in_days"),
            ("missing", "aws_cloudwatch_log_group.gone"),
            ("unmanaged", "aws_cloudwatch_log_group", "/aws/lambda/orders", None),
        },
    )
    case.compare_with_referee(changed)
