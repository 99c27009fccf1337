"""aws_db_instance held to Terraform's provider.

The emulator gives every instance of a region the same resource id, by which the provider finds it: it can tell one
instance per region apart, so each of the estate, a stranger and a cluster have regions of their own. It keeps neither
performance insights nor network type nor dedicated logs: ``tests/catalog/test_db_instances.py`` holds their mapping.
The provider waits some 90 s for a new instance, whatever it asks for.
"""

from conformance.harness import Case, Finding

TYPES = ("aws_db_instance",)
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")
ESTATE = """
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}
resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "us-east-1b"
}
resource "aws_security_group" "app" { vpc_id = aws_vpc.main.id }
resource "aws_security_group" "admin" { vpc_id = aws_vpc.main.id }
resource "aws_db_subnet_group" "main" {
  name       = "main"
  subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
}
resource "aws_db_parameter_group" "main" {
  name   = "main"
  family = "mysql8.0"
}
resource "aws_db_parameter_group" "other" {
  name   = "other"
  family = "mysql8.0"
}
resource "aws_db_option_group" "main" {
  name                 = "main"
  engine_name          = "mysql"
  major_engine_version = "8.0"
}

resource "aws_db_instance" "full" {
  identifier                          = "full"
  engine                              = "mysql"
  engine_version                      = "8.0.35"
  instance_class                      = "db.m5.large"
  allocated_storage                   = 400
  storage_type                        = "gp3"
  iops                                = 12000
  storage_throughput                  = 500
  storage_encrypted                   = true
  kms_key_id                          = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  db_name                             = "shop"
  username                            = "admin"
  password                            = "never-told-1"
  port                                = 3307
  availability_zone                   = "us-east-1a"
  publicly_accessible                 = true
  auto_minor_version_upgrade          = false
  allow_major_version_upgrade         = true
  apply_immediately                   = true
  backup_retention_period             = 7
  backup_window                       = "02:00-03:00"
  maintenance_window                  = "Sun:04:00-Sun:05:00"
  copy_tags_to_snapshot               = true
  delete_automated_backups            = false
  deletion_protection                 = true
  domain                              = "d-1234567890"
  domain_iam_role_name                = "directory"
  enabled_cloudwatch_logs_exports     = ["audit", "error"]
  iam_database_authentication_enabled = true
  license_model                       = "general-public-license"
  monitoring_interval                 = 60
  monitoring_role_arn                 = "arn:aws:iam::123456789012:role/monitoring"
  db_subnet_group_name                = aws_db_subnet_group.main.name
  parameter_group_name                = aws_db_parameter_group.main.name
  option_group_name                   = aws_db_option_group.main.name
  vpc_security_group_ids              = [aws_security_group.app.id, aws_security_group.admin.id]
  final_snapshot_identifier           = "full-final"
  blue_green_update { enabled = true }
  tags = { Name = "full", stage = "live", cost = "42" }
}
# The emulator names the default group after the engine's version, which changes here.
resource "aws_db_parameter_group" "west" {
  provider = aws.west
  name     = "west"
  family   = "postgres16"
}
resource "aws_db_instance" "bare" {
  provider                    = aws.west
  identifier                  = "bare"
  engine                      = "postgres"
  engine_version              = "16"
  instance_class              = "db.t3.micro"
  allocated_storage           = 20
  max_allocated_storage       = 100
  parameter_group_name        = aws_db_parameter_group.west.name
  username                    = "admin"
  manage_master_user_password = true
  multi_az                    = true
  skip_final_snapshot         = true
}
"""


def change(case: Case) -> None:
    """Change what an instance can be told, and the password, which nobody can see."""
    rds, full = case.client("rds"), case.recorded("aws_db_instance.full")
    rds.modify_db_instance(
        DBInstanceIdentifier="full",
        ApplyImmediately=True,
        DBInstanceClass="db.m5.xlarge",
        EngineVersion="8.0.36",
        AllocatedStorage=500,
        Iops=13000,
        StorageThroughput=600,
        BackupRetentionPeriod=0,
        PreferredBackupWindow="03:00-03:30",
        PreferredMaintenanceWindow="mon:04:00-mon:05:00",
        CopyTagsToSnapshot=False,
        DeletionProtection=False,
        PubliclyAccessible=False,
        AutoMinorVersionUpgrade=True,
        MultiAZ=False,
        EnableIAMDatabaseAuthentication=False,
        DBParameterGroupName="other",
        VpcSecurityGroupIds=[case.recorded("aws_security_group.app")["id"]],
        CloudwatchLogsExportConfiguration={"DisableLogTypes": ["error"], "EnableLogTypes": ["slowquery"]},
        MonitoringInterval=30,
        CACertificateIdentifier="rds-ca-rsa4096-g1",
        MasterUserPassword="changed-by-hand",
    )
    tags = [{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}]
    rds.add_tags_to_resource(ResourceName=full["arn"], Tags=tags)
    rds.remove_tags_from_resource(ResourceName=full["arn"], TagKeys=["cost"])


def changed(case: Case) -> set[Finding]:
    """What the report then says of the instance; a set's recorded order is the provider's."""
    groups = case.recorded("aws_db_instance.full")["vpc_security_group_ids"]
    removed = groups.index(case.recorded("aws_security_group.admin")["id"])
    paths = (
        "allocated_storage",
        "auto_minor_version_upgrade",
        "backup_retention_period",
        "backup_window",
        "ca_cert_identifier",
        "copy_tags_to_snapshot",
        "deletion_protection",
        "enabled_cloudwatch_logs_exports[1]",
        "enabled_cloudwatch_logs_exports[3]",
        "engine_version",
        "iam_database_authentication_enabled",
        "instance_class",
        "iops",
        "maintenance_window",
        "monitoring_interval",
        "parameter_group_name",
        "publicly_accessible",
        "storage_throughput",
        f"vpc_security_group_ids[{removed}]",
        'tags_all["stage"]',
        'tags_all["by"]',
        'tags_all["cost"]',
    )
    return {("changed", "aws_db_instance.full", path) for path in paths}


def test_instances_agree_with_terraform(case: Case) -> None:
    """Silent after apply, beside a cluster and after what RDS does by itself; then exactly what was changed by hand."""
    case.apply(ESTATE, default_tags={"owner": "platform"}, aliases={"west": "us-west-2"})
    elsewhere, west = case.client("rds", "eu-central-1"), case.client("rds", "us-west-2")
    elsewhere.create_db_cluster(
        DBClusterIdentifier="orders", Engine="aurora-mysql", MasterUsername="admin", MasterUserPassword="never-told-2"
    )
    elsewhere.create_db_instance(
        DBInstanceIdentifier="orders-1",
        DBInstanceClass="db.r5.large",
        Engine="aurora-mysql",
        DBClusterIdentifier="orders",
    )
    clean = case.detect(types=TYPES, regions=REGIONS)
    case.assert_silent(clean)
    assert clean.summary.owned == 1
    case.compare_with_referee(clean)

    # A patch of the asked version, and storage that grew within its limit.
    west.modify_db_instance(DBInstanceIdentifier="bare", EngineVersion="16.4", AllocatedStorage=30)
    case.assert_silent(case.detect(types=TYPES, regions=REGIONS))

    change(case)
    west.modify_db_instance(DBInstanceIdentifier="bare", MaxAllocatedStorage=200, ManageMasterUserPassword=False)
    stranger = case.client("rds", "eu-west-1").create_db_instance(
        DBInstanceIdentifier="stranger", DBInstanceClass="db.t3.micro", Engine="mysql", AllocatedStorage=20
    )["DBInstance"]["DbiResourceId"]
    expected = changed(case) | {
        ("changed", "aws_db_instance.bare", "max_allocated_storage"),
        ("changed", "aws_db_instance.bare", "manage_master_user_password"),
        ("unmanaged", "aws_db_instance", stranger, None),
    }
    report = case.detect(types=TYPES, regions=REGIONS)
    case.assert_exactly(report, expected)
    case.compare_with_referee(
        report,
        explained={
            # The provider never reads it; RDS tells by the secret that it manages.
            ("aws_db_instance.bare", "manage_master_user_password"): "told_by_master_user_secret",
        },
    )

    west.delete_db_instance(DBInstanceIdentifier="bare", SkipFinalSnapshot=True)
    kept = {finding for finding in expected if finding[1] != "aws_db_instance.bare"}
    case.assert_exactly(case.detect(types=TYPES, regions=REGIONS), kept | {("missing", "aws_db_instance.bare")})
