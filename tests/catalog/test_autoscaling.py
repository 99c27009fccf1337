"""Autoscaling groups read from answers in botocore's shape: what the emulator does not know, and every transform."""

from typing import Any

from catalog.answers import drift, observed, shaped
from driftmgr.catalog.aws.autoscaling import AUTOSCALING_GROUP, subnets, termination_policies


def group(**answer: Any) -> dict[str, Any]:
    """The attributes of a group with members of its answer."""
    needed: dict[str, Any] = {
        "AutoScalingGroupName": "web",
        "MinSize": 0,
        "MaxSize": 1,
        "DesiredCapacity": 1,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["eu-west-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": "2026-01-02T03:04:05Z",
    }
    return observed(AUTOSCALING_GROUP, shaped("autoscaling", "AutoScalingGroup", {**needed, **answer})).attributes


def test_what_the_emulator_forgets() -> None:
    """Context, times, maintenance, zones, capacity reservations and traffic sources are read into their places."""
    found = group(
        Context="c",
        DefaultInstanceWarmup=60,
        DesiredCapacityType="vcpu",
        MaxInstanceLifetime=86400,
        PlacementGroup="g",
        ServiceLinkedRoleARN="arn:aws:iam::111122223333:role/aws-service-role/a",
        PredictedCapacity=3,
        WarmPoolSize=2,
        LoadBalancerNames=["elb"],
        InstanceMaintenancePolicy={"MinHealthyPercentage": 90, "MaxHealthyPercentage": 120},
        AvailabilityZoneDistribution={"CapacityDistributionStrategy": "balanced-only"},
        CapacityReservationSpecification={
            "CapacityReservationPreference": "capacity-reservations-only",
            "CapacityReservationTarget": {"CapacityReservationIds": ["cr-1"]},
        },
        TrafficSources=[{"Identifier": "arn:aws:vpc-lattice:::targetgroup/tg-1", "Type": "vpc-lattice"}],
    )
    assert (found["context"], found["default_instance_warmup"], found["desired_capacity_type"]) == ("c", 60, "vcpu")
    assert (found["max_instance_lifetime"], found["placement_group"]) == (86400, "g")
    assert found["service_linked_role_arn"].endswith("/a")
    assert (found["predicted_capacity"], found["warm_pool_size"], found["load_balancers"]) == (3, 2, ["elb"])
    assert found["instance_maintenance_policy"] == [{"max_healthy_percentage": 120, "min_healthy_percentage": 90}]
    assert found["availability_zone_distribution"] == [{"capacity_distribution_strategy": "balanced-only"}]
    assert found["capacity_reservation_specification"] == [
        {
            "capacity_reservation_preference": "capacity-reservations-only",
            "capacity_reservation_target": [
                {"capacity_reservation_ids": ["cr-1"], "capacity_reservation_resource_group_arns": None}
            ],
        }
    ]
    assert found["traffic_source"] == [{"identifier": "arn:aws:vpc-lattice:::targetgroup/tg-1", "type": "vpc-lattice"}]


def test_a_bare_group_is_as_the_provider_records_it() -> None:
    """What the answer leaves out means the defaults that the provider writes."""
    recorded = {
        "capacity_rebalance": False,
        "default_instance_warmup": 0,
        "health_check_grace_period": 300,
        "max_instance_lifetime": 0,
        "metrics_granularity": "1Minute",
        "protect_from_scale_in": False,
        "enabled_metrics": [],
        "suspended_processes": [],
        "termination_policies": [],
        "warm_pool": [],
    }
    assert drift(AUTOSCALING_GROUP, recorded, group(TerminationPolicies=["Default"])) == []


def test_termination_policies() -> None:
    """No policy is the default one; any other is drift."""
    assert termination_policies(None) == termination_policies([]) == ["Default"]
    assert termination_policies(["OldestInstance"]) == ["OldestInstance"]
    found = group(TerminationPolicies=["OldestInstance"])
    assert drift(AUTOSCALING_GROUP, {"termination_policies": None}, found) == ["termination_policies[0]"]


def test_subnets_are_listed_as_one_text() -> None:
    """The API's text of subnets is a set; none is empty."""
    assert subnets("subnet-1,subnet-2") == ["subnet-1", "subnet-2"]
    assert subnets("") == subnets(None) == []


def test_a_pool_of_defaults_is_not_the_same_as_none() -> None:
    """A warm pool that came or went is told, though all of its arguments are defaults."""
    pool = group(WarmPoolConfiguration={"MinSize": 0, "PoolState": "Stopped"})
    recorded = [
        {"instance_reuse_policy": [], "max_group_prepared_capacity": -1, "min_size": 0, "pool_state": "Stopped"}
    ]
    assert drift(AUTOSCALING_GROUP, {"warm_pool": recorded}, pool) == []
    assert drift(AUTOSCALING_GROUP, {"warm_pool": recorded}, group()) == ["warm_pool[0]"]
    assert drift(AUTOSCALING_GROUP, {"warm_pool": []}, pool) == ["warm_pool[0]"]


def test_the_clouds_own_tags_are_no_tags_of_the_group() -> None:
    """Tags of CloudFormation and the like are left out, as the provider does; one key is one change."""
    tag = {"Key": "team", "Value": "shop", "PropagateAtLaunch": True}
    found = group(Tags=[tag, {"Key": "aws:cloudformation:stack-name", "Value": "x", "PropagateAtLaunch": True}])
    assert found["tag"] == [{"key": "team", "propagate_at_launch": True, "value": "shop"}]
    recorded = [{"key": "team", "propagate_at_launch": False, "value": "other"}]
    assert drift(AUTOSCALING_GROUP, {"tag": recorded}, found) == ["tag[0].propagate_at_launch", "tag[0].value"]


def test_requirements_of_an_override() -> None:
    """Overrides of a mixed policy hold instance requirements and templates of their own."""
    specification = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "Version": "1"}
    requirements = {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 2048}}
    overrides = [{"InstanceRequirements": requirements, "LaunchTemplateSpecification": specification}]
    template = {"LaunchTemplateSpecification": specification, "Overrides": overrides}
    found = group(MixedInstancesPolicy={"LaunchTemplate": template})["mixed_instances_policy"][0]
    named = {"launch_template_id": "lt-1", "launch_template_name": "web", "version": "1"}
    (launch,) = found["launch_template"]
    assert launch["launch_template_specification"] == [named]
    (override,) = launch["override"]
    assert override["launch_template_specification"] == [named]
    assert override["instance_requirements"][0]["memory_mib"] == [{"min": 2048, "max": None}]
    assert found["instances_distribution"] == []
