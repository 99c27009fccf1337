"""Database instances of Amazon RDS. Source of the mapping: provider ``internal/service/rds/{instance,verify}.go``.

DescribeDBInstances lists the members of Aurora, Neptune and DocumentDB clusters too; they belong to their cluster.
The id is the instance's resource id since provider 5 and its identifier before.
"""

from typing import Any

from driftmgr.catalog.aws.tagging import maker_of_tags
from driftmgr.catalog.entry import CRITICAL, Attribute, ResourceType, aws_call, pascal_names
from driftmgr.catalog.equivalences import same_arn_or_name
from driftmgr.catalog.transforms import aws_tags, if_told, present, rfc3339

_WHEN_MADE = "only used when the instance is made; RDS does not tell what it was made from"
_ON_CHANGE = "tells the provider how to change the instance; RDS does not know it"
_ON_DESTROY = "tells the provider what to do on destroy; RDS does not know it"


def _owner(found: dict[str, Any]) -> str | None:
    cluster = found["cluster"]
    return f"cluster {cluster}" if cluster else maker_of_tags(found["tags"])


def same_engine_version(recorded: Any, observed: Any) -> bool:
    """A version and one of its patches: who writes ``8.0`` gets ``8.0.35`` and leaves the choice to RDS."""
    first, second = str(recorded or ""), str(observed or "")
    return first == second or (
        bool(first and second) and (second.startswith(f"{first}.") or first.startswith(f"{second}."))
    )


def same_kms_key(recorded: Any, observed: Any) -> bool:
    """A key by id and by ARN; which key an alias names cannot be seen here, so an alias is every key."""
    names = (str(recorded or ""), str(observed or ""))
    return same_arn_or_name(recorded, observed) or any("alias/" in name for name in names)


DB_INSTANCE = ResourceType(
    name="aws_db_instance",
    criticality=CRITICAL,
    list=aws_call("rds.describe_db_instances", "DBInstances", params={"MaxRecords": 100}),
    id="DbiResourceId",
    keys=(("resource_id",), ("identifier",)),
    owner=Attribute("{cluster: DBClusterIdentifier, tags: TagList}", read=_owner),
    attributes=pascal_names(
        "backup_target",
        "character_set_name",
        "custom_iam_instance_profile",
        "database_insights_mode",
        "enabled_cloudwatch_logs_exports",
        "engine_lifecycle_support",
        "kms_key_id",
        "license_model",
        "monitoring_role_arn",
        "nchar_character_set_name",
        "network_type",
        "replica_mode",
        "storage_type",
        "timezone",
    )
    | {
        "address": "Endpoint.Address",
        "arn": "DBInstanceArn",
        "engine_version_actual": "EngineVersion",
        "hosted_zone_id": "Endpoint.HostedZoneId",
        "identifier": "DBInstanceIdentifier",
        "latest_restorable_time": Attribute("LatestRestorableTime", read=rfc3339),
        "replicas": "ReadReplicaDBInstanceIdentifiers",
        "resource_id": "DbiResourceId",
        "status": "DBInstanceStatus",
        "master_user_secret": Attribute(
            "MasterUserSecret", nested=pascal_names("kms_key_id", "secret_arn", "secret_status")
        ),
        # With storage autoscaling RDS enlarges the storage by itself, up to max_allocated_storage.
        "allocated_storage": Attribute("AllocatedStorage", when="!(max_allocated_storage > `0`)"),
        "auto_minor_version_upgrade": Attribute("AutoMinorVersionUpgrade", default=True),
        # An instance in several zones changes its zone with every failover; nobody can choose it.
        "availability_zone": Attribute("AvailabilityZone", when="!multi_az"),
        "backup_retention_period": Attribute("BackupRetentionPeriod", default=0),
        "backup_window": "PreferredBackupWindow",
        "ca_cert_identifier": "CACertificateIdentifier",
        "copy_tags_to_snapshot": Attribute("CopyTagsToSnapshot", default=False),
        "customer_owned_ip_enabled": Attribute("CustomerOwnedIpEnabled", default=False),
        "db_name": "DBName",
        "db_subnet_group_name": "DBSubnetGroup.DBSubnetGroupName",
        "dedicated_log_volume": Attribute("DedicatedLogVolume", default=False),
        "deletion_protection": Attribute("DeletionProtection", default=False),
        "domain": "DomainMemberships[0].Domain",
        "domain_auth_secret_arn": "DomainMemberships[0].AuthSecretArn",
        "domain_dns_ips": "DomainMemberships[0].DnsIps",
        "domain_fqdn": "DomainMemberships[0].FQDN",
        "domain_iam_role_name": "DomainMemberships[0].IAMRoleName",
        "domain_ou": "DomainMemberships[0].OU",
        "engine": "Engine",
        # While an upgrade waits for the maintenance window, the state may hold the version that is to come.
        "engine_version": Attribute(
            "!(PendingModifiedValues.EngineVersion) && [EngineVersion] | [0]", read=if_told, equal=same_engine_version
        ),
        "iam_database_authentication_enabled": Attribute("IAMDatabaseAuthenticationEnabled", default=False),
        "instance_class": "DBInstanceClass",
        "iops": Attribute("Iops", default=0),
        "maintenance_window": "PreferredMaintenanceWindow",
        "manage_master_user_password": Attribute("MasterUserSecret", read=present, default=False),
        "master_user_secret_kms_key_id": Attribute(
            "MasterUserSecret.KmsKeyId", equal=same_kms_key, when="master_user_secret_kms_key_id"
        ),
        "max_allocated_storage": Attribute("MaxAllocatedStorage", default=0),
        "monitoring_interval": Attribute("MonitoringInterval", default=0),
        "multi_az": Attribute("MultiAZ", default=False),
        "option_group_name": "OptionGroupMemberships[0].OptionGroupName",
        "parameter_group_name": "DBParameterGroups[0].DBParameterGroupName",
        "performance_insights_enabled": Attribute("PerformanceInsightsEnabled", default=False),
        "performance_insights_kms_key_id": "PerformanceInsightsKMSKeyId",
        "performance_insights_retention_period": Attribute("PerformanceInsightsRetentionPeriod", default=0),
        "port": "Endpoint.Port || DbInstancePort",
        "publicly_accessible": Attribute("PubliclyAccessible", default=False),
        "replicate_source_db": Attribute(
            "ReadReplicaSourceDBClusterIdentifier || ReadReplicaSourceDBInstanceIdentifier", equal=same_arn_or_name
        ),
        "storage_encrypted": Attribute("StorageEncrypted", default=False),
        "storage_throughput": Attribute("StorageThroughput", default=0),
        "username": "MasterUsername",
        "vpc_security_group_ids": "VpcSecurityGroups[].VpcSecurityGroupId",
        "tags_all": Attribute("TagList", read=aws_tags),
    },
    unreadable={
        "allow_major_version_upgrade": _ON_CHANGE,
        "apply_immediately": _ON_CHANGE,
        "blue_green_update": _ON_CHANGE,
        "delete_automated_backups": _ON_DESTROY,
        "final_snapshot_identifier": _ON_DESTROY,
        "identifier_prefix": "only used when the identifier is made; the identifier itself is compared",
        "password": "a secret that RDS never tells",
        "password_wo_version": "a counter of the configuration's; RDS does not keep it",
        "restore_to_point_in_time": _WHEN_MADE,
        "s3_import": _WHEN_MADE,
        "skip_final_snapshot": _ON_DESTROY,
        "snapshot_identifier": _WHEN_MADE,
        "upgrade_storage_config": _ON_CHANGE,
    },
)
