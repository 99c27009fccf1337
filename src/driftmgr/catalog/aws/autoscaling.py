"""Autoscaling groups. Source of the mapping: provider ``internal/service/autoscaling/group.go``."""

from typing import Any

from driftmgr.catalog.aws.instance_requirements import instance_requirements
from driftmgr.catalog.aws.tagging import MADE_BY_SERVICE
from driftmgr.catalog.entry import (
    MEDIUM,
    Attribute,
    AttributeLike,
    Companion,
    ResourceType,
    aws_call,
    pascal_names,
)

_WAITING = "tells the provider how to wait; Auto Scaling does not know it"
_DELETING = "tells the provider what to do on destroy; Auto Scaling does not know it"


def termination_policies(policies: Any) -> list[str]:
    """No policy is the default one: the provider clears it from the state."""
    return policies or ["Default"]


def subnets(identifiers: str | None) -> list[str]:
    """The subnets that the API lists as one text."""
    return identifiers.split(",") if identifiers else []


def _template(path: str) -> Attribute:
    return Attribute(path, nested=pascal_names("launch_template_id", "launch_template_name", "version"))


_MIXED = Attribute(
    "MixedInstancesPolicy",
    nested={
        "instances_distribution": Attribute(
            "InstancesDistribution",
            nested=pascal_names("on_demand_allocation_strategy", "spot_allocation_strategy", "spot_max_price")
            | {
                "on_demand_base_capacity": Attribute("OnDemandBaseCapacity", default=0),
                "on_demand_percentage_above_base_capacity": Attribute("OnDemandPercentageAboveBaseCapacity", default=0),
                "spot_instance_pools": Attribute("SpotInstancePools", default=0),
            },
        ),
        "launch_template": Attribute(
            "LaunchTemplate",
            nested={
                "launch_template_specification": _template("LaunchTemplateSpecification"),
                "override": Attribute(
                    "Overrides",
                    nested=pascal_names("instance_type", "weighted_capacity")
                    | {
                        "instance_requirements": instance_requirements("InstanceRequirements"),
                        "launch_template_specification": _template("LaunchTemplateSpecification"),
                    },
                ),
            },
        ),
    },
)

_BLOCKS: dict[str, AttributeLike] = {
    "availability_zone_distribution": Attribute(
        "AvailabilityZoneDistribution", nested=pascal_names("capacity_distribution_strategy")
    ),
    "capacity_reservation_specification": Attribute(
        "CapacityReservationSpecification",
        nested=pascal_names("capacity_reservation_preference")
        | {
            "capacity_reservation_target": Attribute(
                "CapacityReservationTarget",
                nested=pascal_names("capacity_reservation_ids", "capacity_reservation_resource_group_arns"),
            )
        },
    ),
    "instance_maintenance_policy": Attribute(
        "InstanceMaintenancePolicy", nested=pascal_names("max_healthy_percentage", "min_healthy_percentage")
    ),
    "launch_template": Attribute(
        "LaunchTemplate", nested={"id": "LaunchTemplateId", "name": "LaunchTemplateName", "version": "Version"}
    ),
    "mixed_instances_policy": _MIXED,
    "tag": Attribute(
        "Tags[?!starts_with(Key, 'aws:')]", nested=pascal_names("key", "propagate_at_launch", "value"), key="key"
    ),
    "traffic_source": Attribute("TrafficSources", nested=pascal_names("identifier", "type")),
    "warm_pool": Attribute(
        "WarmPoolConfiguration",
        nested={
            "instance_reuse_policy": Attribute(
                "InstanceReusePolicy", nested={"reuse_on_scale_in": Attribute("ReuseOnScaleIn", default=False)}
            ),
            "max_group_prepared_capacity": Attribute("MaxGroupPreparedCapacity", default=-1),
            "min_size": Attribute("MinSize", default=0),
            # No default, though the SDK has one: a pool of nothing but defaults is not the same as none.
            "pool_state": "PoolState",
        },
    ),
}

AUTOSCALING_GROUP = ResourceType(
    name="aws_autoscaling_group",
    criticality=MEDIUM,
    # A group that is being deleted is listed until its instances are gone.
    list=aws_call(
        "autoscaling.describe_auto_scaling_groups",
        "AutoScalingGroups[?Status!='Delete in progress']",
        params={"MaxRecords": 100},
    ),
    id="AutoScalingGroupName",
    owner=MADE_BY_SERVICE,
    attributes=pascal_names(
        "availability_zones",
        "context",
        "default_cooldown",
        "desired_capacity",
        "desired_capacity_type",
        "health_check_type",
        "max_size",
        "min_size",
        "placement_group",
        "predicted_capacity",
        "warm_pool_size",
    )
    | _BLOCKS
    | {
        "arn": "AutoScalingGroupARN",
        "capacity_rebalance": Attribute("CapacityRebalance", default=False),
        "default_instance_warmup": Attribute("DefaultInstanceWarmup", default=0),
        "enabled_metrics": "EnabledMetrics[].Metric",
        "health_check_grace_period": Attribute("HealthCheckGracePeriod", default=300),
        "launch_configuration": "LaunchConfigurationName",
        "load_balancers": "LoadBalancerNames",
        "max_instance_lifetime": Attribute("MaxInstanceLifetime", default=0),
        "metrics_granularity": Attribute("EnabledMetrics[0].Granularity", default="1Minute"),
        "name": "AutoScalingGroupName",
        "protect_from_scale_in": Attribute("NewInstancesProtectedFromScaleIn", default=False),
        "service_linked_role_arn": "ServiceLinkedRoleARN",
        "suspended_processes": "SuspendedProcesses[].ProcessName",
        "target_group_arns": "TargetGroupARNs",
        "termination_policies": Attribute("TerminationPolicies", normal=termination_policies),
        "vpc_zone_identifier": Attribute("VPCZoneIdentifier", read=subnets),
    },
    unreadable={
        "force_delete": _DELETING,
        "force_delete_warm_pool": _DELETING,
        "ignore_failed_scaling_activities": _WAITING,
        "initial_lifecycle_hook": "written once when the group is made; hooks are objects of a type of their own",
        "instance_refresh": "tells the provider to replace instances after a change; the group does not keep it",
        "min_elb_capacity": _WAITING,
        "name_prefix": "only used when the name is made; the name itself is compared",
        "wait_for_capacity_timeout": _WAITING,
        "wait_for_elb_capacity": _WAITING,
    },
    companions=(
        Companion(
            type="aws_autoscaling_attachment",
            attribute="autoscaling_group_name",
            by="name",
            # The same things once more, as blocks.
            inline=("traffic_source",),
            adds={"load_balancers": "elb", "target_group_arns": "lb_target_group_arn"},
        ),
        Companion(
            type="aws_autoscaling_traffic_source_attachment",
            attribute="autoscaling_group_name",
            by="name",
            inline=("traffic_source",),
            adds=dict.fromkeys(("load_balancers", "target_group_arns"), "traffic_source.identifier"),
        ),
        Companion(type="aws_autoscaling_group_tag", attribute="autoscaling_group_name", by="name", inline=("tag",)),
    ),
)
