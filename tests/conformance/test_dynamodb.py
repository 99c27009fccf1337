"""aws_dynamodb_table held to Terraform's provider.

The emulator knows no table classes, replicas or limits of requests on demand: ``tests/catalog/test_dynamodb.py`` holds
those to recorded answers. It encrypts with the key it was told and never tells an account's own. Asked for that key,
as the provider does, it makes one that it lists like a user's: only tables are asked for here.
"""

from conformance.harness import Case

ESTATE = """
resource "aws_dynamodb_table" "orders" {
  name                        = "orders"
  hash_key                    = "customer"
  range_key                   = "order"
  read_capacity               = 5
  write_capacity              = 4
  deletion_protection_enabled = true
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  attribute {
    name = "customer"
    type = "S"
  }
  attribute {
    name = "order"
    type = "S"
  }
  attribute {
    name = "placed"
    type = "N"
  }
  attribute {
    name = "state"
    type = "S"
  }
  global_secondary_index {
    name               = "by-state"
    hash_key           = "state"
    range_key          = "placed"
    projection_type    = "INCLUDE"
    non_key_attributes = ["total", "currency"]
    read_capacity      = 3
    write_capacity     = 2
  }
  global_secondary_index {
    name            = "by-day"
    hash_key        = "placed"
    projection_type = "KEYS_ONLY"
    read_capacity   = 1
    write_capacity  = 1
  }
  local_secondary_index {
    name               = "by-age"
    range_key          = "placed"
    projection_type    = "INCLUDE"
    non_key_attributes = ["total", "currency"]
  }
  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = 10
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1"
  }
  ttl {
    enabled        = true
    attribute_name = "expires"
  }
  tags = { team = "shop", stage = "live", cost = "42" }
}

resource "aws_dynamodb_table" "bare" {
  name         = "bare"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table" "off" {
  name           = "off"
  hash_key       = "id"
  read_capacity  = 1
  write_capacity = 1
  stream_enabled = false
  attribute {
    name = "id"
    type = "B"
  }
  point_in_time_recovery {
    enabled = false
  }
  server_side_encryption {
    enabled = false
  }
  ttl {
    enabled        = false
    attribute_name = ""
  }
}

resource "aws_dynamodb_table" "gone" {
  name         = "gone"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
"""


TYPES = ("aws_dynamodb_table",)


def test_tables_agree_with_terraform(case: Case) -> None:
    """Silent after apply; then exactly what was changed behind its back, capacities moved by a scaler included."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    dynamodb = case.client("dynamodb")
    by_state = {
        "IndexName": "by-state",
        "KeySchema": [{"AttributeName": "placed", "KeyType": "RANGE"}, {"AttributeName": "state", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["currency", "total"]},
        "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
    }
    types = {"state": "S", "placed": "N", "order": "S", "customer": "S"}
    dynamodb.update_table(TableName="orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-state"}}])
    dynamodb.update_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
        GlobalSecondaryIndexUpdates=[{"Create": by_state}],
    )
    case.assert_silent(case.detect(types=TYPES))

    arn = case.recorded("aws_dynamodb_table.orders")["arn"]
    scaled = {"IndexName": "by-state", "ProvisionedThroughput": {"ReadCapacityUnits": 30, "WriteCapacityUnits": 2}}
    dynamodb.update_table(
        TableName="orders",
        ProvisionedThroughput={"ReadCapacityUnits": 50, "WriteCapacityUnits": 4},
        GlobalSecondaryIndexUpdates=[{"Update": scaled}, {"Delete": {"IndexName": "by-day"}}],
    )
    dynamodb.update_table(TableName="orders", DeletionProtectionEnabled=False)
    dynamodb.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    dynamodb.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"}
    )
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["cost"])
    dynamodb.update_table(
        TableName="bare",
        DeletionProtectionEnabled=True,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    dynamodb.update_table(
        TableName="off",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "B"},
            {"AttributeName": "a", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-a",
                    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                }
            }
        ],
    )
    dynamodb.update_continuous_backups(
        TableName="off", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.update_time_to_live(TableName="off", TimeToLiveSpecification={"Enabled": True, "AttributeName": "old"})
    dynamodb.delete_table(TableName="gone")
    dynamodb.create_table(
        TableName="stranger",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    changed = case.detect(types=TYPES)
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_dynamodb_table.orders", "read_capacity"),
            ("changed", "aws_dynamodb_table.orders", "global_secondary_index[1].read_capacity"),
            ("changed", "aws_dynamodb_table.orders", "global_secondary_index[0]"),
            ("changed", "aws_dynamodb_table.orders", "deletion_protection_enabled"),
            ("changed", "aws_dynamodb_table.orders", "stream_enabled"),
            ("changed", "aws_dynamodb_table.orders", "point_in_time_recovery[0].enabled"),
            ("changed", "aws_dynamodb_table.orders", "point_in_time_recovery[0].recovery_period_in_days"),
            ("changed", "aws_dynamodb_table.orders", "ttl[0].enabled"),
            ("changed", "aws_dynamodb_table.orders", 'tags_all["stage"]'),
            ("changed", "aws_dynamodb_table.orders", 'tags_all["by"]'),
            ("changed", "aws_dynamodb_table.orders", 'tags_all["cost"]'),
            ("changed", "aws_dynamodb_table.bare", "deletion_protection_enabled"),
            ("changed", "aws_dynamodb_table.bare", "stream_enabled"),
            ("changed", "aws_dynamodb_table.bare", "stream_view_type"),
            ("changed", "aws_dynamodb_table.off", "attribute[2]"),
            ("changed", "aws_dynamodb_table.off", "global_secondary_index[0]"),
            ("changed", "aws_dynamodb_table.off", "point_in_time_recovery[0].enabled"),
            ("changed", "aws_dynamodb_table.off", "point_in_time_recovery[0].recovery_period_in_days"),
            ("changed", "aws_dynamodb_table.off", "ttl[0].attribute_name"),
            ("changed", "aws_dynamodb_table.off", "ttl[0].enabled"),
            ("missing", "aws_dynamodb_table.gone"),
            ("unmanaged", "aws_dynamodb_table", "stranger", None),
        },
    )
    case.compare_with_referee(changed)
