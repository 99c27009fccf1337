"""aws_autoscaling_group held to Terraform's provider."""

from typing import Any

from conformance.harness import Case

# The emulator forgets context, warm-up, lifetime, maintenance, distribution over zones, traffic sources and capacity
# reservations of a group: tests/catalog/test_autoscaling.py holds those.
ESTATE = """
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "main" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.${count.index}.0/24"
  availability_zone = ["us-east-1a", "us-east-1b"][count.index]
}
resource "aws_lb_target_group" "web" {
  count    = 2
  name     = "web-${count.index}"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.main.id
}
resource "aws_launch_template" "web" {
  name          = "web"
  image_id      = "ami-1e749f67"
  instance_type = "t3.micro"
}

resource "aws_autoscaling_group" "full" {
  name                      = "full"
  min_size                  = 0
  max_size                  = 4
  desired_capacity          = 1
  default_cooldown          = 120
  health_check_type         = "ELB"
  health_check_grace_period = 60
  capacity_rebalance        = true
  protect_from_scale_in     = true
  termination_policies      = ["OldestInstance", "Default"]
  suspended_processes       = ["AZRebalance", "AlarmNotification"]
  enabled_metrics           = ["GroupMinSize", "GroupMaxSize"]
  vpc_zone_identifier       = aws_subnet.main[*].id
  target_group_arns         = aws_lb_target_group.web[*].arn
  wait_for_capacity_timeout = "0"
  launch_template {
    id      = aws_launch_template.web.id
    version = "$Latest"
  }
  warm_pool {
    min_size                    = 0
    max_group_prepared_capacity = 2
    pool_state                  = "Hibernated"
    instance_reuse_policy { reuse_on_scale_in = true }
  }
  tag {
    key                 = "Name"
    value               = "full"
    propagate_at_launch = true
  }
  tag {
    key                 = "stage"
    value               = "live"
    propagate_at_launch = false
  }
  tag {
    key                 = "cost"
    value               = "42"
    propagate_at_launch = false
  }
}

resource "aws_autoscaling_group" "mixed" {
  name               = "mixed"
  min_size           = 0
  max_size           = 1
  availability_zones = ["us-east-1a"]
  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity = 1
      spot_max_price          = "0.05"
    }
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.web.id
        version            = "1"
      }
      override {
        instance_type     = "m5.large"
        weighted_capacity = "2"
      }
      override { instance_type = "c5.large" }
    }
  }
}

resource "aws_autoscaling_group" "attached" {
  name               = "attached"
  min_size           = 0
  max_size           = 0
  availability_zones = ["us-east-1a"]
  launch_template { name = aws_launch_template.web.name }
}
resource "aws_autoscaling_attachment" "attached" {
  autoscaling_group_name = aws_autoscaling_group.attached.name
  lb_target_group_arn    = aws_lb_target_group.web[0].arn
}
resource "aws_autoscaling_group_tag" "attached" {
  autoscaling_group_name = aws_autoscaling_group.attached.name
  tag {
    key                 = "by"
    value               = "another resource"
    propagate_at_launch = false
  }
}

resource "aws_autoscaling_group" "gone" {
  name               = "gone"
  min_size           = 0
  max_size           = 0
  availability_zones = ["us-east-1a"]
  launch_template { id = aws_launch_template.web.id }
}
"""

TYPES = ("aws_autoscaling_group", "aws_instance")

# What aws_autoscaling_attachment and aws_autoscaling_group_tag manage: the group was recorded before they were made.
ATTACHED = {
    ("aws_autoscaling_group.attached", "target_group_arns"): "managed_by_companion",
    ("aws_autoscaling_group.attached", "tag"): "managed_by_companion",
}


def tag(key: str, value: str) -> dict[str, Any]:
    """A tag of the group "full" as the API takes it."""
    return {
        "ResourceId": "full",
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": False,
    }


def test_groups_agree_with_terraform(case: Case) -> None:
    """Silent after apply, with instances and attachments of the groups; then exactly what was changed."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    assert clean.summary.owned == 1
    case.compare_with_referee(clean, explained=ATTACHED)

    groups = case.client("autoscaling")
    full = case.recorded("aws_autoscaling_group.full")
    kept, left = (case.recorded(f"aws_subnet.main[{place}]")["id"] for place in (0, 1))

    # No drift: another list order of what has none.
    groups.update_auto_scaling_group(
        AutoScalingGroupName="full", VPCZoneIdentifier=",".join(reversed(full["vpc_zone_identifier"]))
    )
    case.assert_silent(case.detect(types=TYPES))

    groups.set_desired_capacity(AutoScalingGroupName="full", DesiredCapacity=2)
    groups.update_auto_scaling_group(
        AutoScalingGroupName="full",
        MinSize=1,
        HealthCheckType="EC2",
        HealthCheckGracePeriod=90,
        VPCZoneIdentifier=kept,
        NewInstancesProtectedFromScaleIn=False,
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
    )
    groups.resume_processes(AutoScalingGroupName="full", ScalingProcesses=["AZRebalance"])
    groups.suspend_processes(AutoScalingGroupName="mixed", ScalingProcesses=["Launch"])
    groups.enable_metrics_collection(AutoScalingGroupName="mixed", Granularity="1Minute", Metrics=["GroupMinSize"])
    groups.delete_warm_pool(AutoScalingGroupName="full")
    groups.detach_load_balancer_target_groups(
        AutoScalingGroupName="full", TargetGroupARNs=[full["target_group_arns"][1]]
    )
    groups.create_or_update_tags(Tags=[tag("stage", "test"), tag("by", "hand")])
    groups.delete_tags(Tags=[tag("cost", "42")])
    policy = case.recorded("aws_autoscaling_group.mixed")["mixed_instances_policy"][0]
    template = policy["launch_template"][0]["launch_template_specification"][0]["launch_template_id"]
    groups.update_auto_scaling_group(
        AutoScalingGroupName="mixed",
        MixedInstancesPolicy={
            "InstancesDistribution": {"OnDemandBaseCapacity": 2},
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "1"},
                "Overrides": [{"InstanceType": "m5.large", "WeightedCapacity": "3"}],
            },
        },
    )
    groups.delete_auto_scaling_group(AutoScalingGroupName="gone")
    made = {"MinSize": 0, "MaxSize": 0, "AvailabilityZones": ["us-east-1a"]}
    made |= {"LaunchTemplate": {"LaunchTemplateName": "web"}}
    groups.create_auto_scaling_group(AutoScalingGroupName="stranger", **made)
    groups.create_auto_scaling_group(
        AutoScalingGroupName="eks", Tags=[{"Key": "eks:nodegroup-name", "Value": "a"}], **made
    )

    changed = case.detect(types=TYPES)
    mixed = "mixed_instances_policy[0]"
    case.assert_exactly(
        changed,
        {
            *(
                ("changed", "aws_autoscaling_group.full", path)
                for path in (
                    "desired_capacity",
                    "min_size",
                    "health_check_type",
                    "health_check_grace_period",
                    "protect_from_scale_in",
                    "launch_template[0].version",
                    "suspended_processes[0]",
                    f"vpc_zone_identifier[{full['vpc_zone_identifier'].index(left)}]",
                    "availability_zones[1]",
                    "target_group_arns[1]",
                    "warm_pool[0]",
                    "tag[2].value",
                    "tag[1]",
                    "tag[5]",
                )
            ),
            ("changed", "aws_autoscaling_group.mixed", "suspended_processes[0]"),
            ("changed", "aws_autoscaling_group.mixed", "enabled_metrics[0]"),
            ("changed", "aws_autoscaling_group.mixed", f"{mixed}.instances_distribution[0].on_demand_base_capacity"),
            ("changed", "aws_autoscaling_group.mixed", f"{mixed}.instances_distribution[0].spot_max_price"),
            ("changed", "aws_autoscaling_group.mixed", f"{mixed}.launch_template[0].override[0].weighted_capacity"),
            ("changed", "aws_autoscaling_group.mixed", f"{mixed}.launch_template[0].override[1]"),
            ("missing", "aws_autoscaling_group.gone"),
            ("unmanaged", "aws_autoscaling_group", "stranger", None),
        },
    )
    case.compare_with_referee(changed, explained=ATTACHED)
