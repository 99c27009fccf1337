"""aws_launch_template held to Terraform's provider."""

from typing import Any

from conformance.harness import Case

# The emulator writes the template's own tags into the tag specifications of its first version, and never tells changes
# of its tags: no tag is changed here, tests/catalog/test_launch_templates.py holds the mapping.
ESTATE = """
resource "aws_launch_template" "full" {
  name                                 = "full"
  description                          = "the web servers"
  update_default_version               = true
  image_id                             = "ami-1e749f67"
  instance_type                        = "t3.micro"
  key_name                             = "me"
  kernel_id                            = "aki-1"
  ram_disk_id                          = "ari-1"
  ebs_optimized                        = true
  disable_api_stop                     = true
  disable_api_termination              = true
  instance_initiated_shutdown_behavior = "terminate"
  user_data                            = base64encode("hello")
  vpc_security_group_ids               = ["sg-1", "sg-2"]

  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      volume_size           = 20
      volume_type           = "gp3"
      iops                  = 4000
      throughput            = 200
      encrypted             = true
      delete_on_termination = false
    }
  }
  block_device_mappings {
    device_name  = "/dev/sdb"
    virtual_name = "ephemeral0"
  }
  capacity_reservation_specification { capacity_reservation_preference = "none" }
  cpu_options {
    core_count       = 2
    threads_per_core = 1
  }
  credit_specification { cpu_credits = "standard" }
  enclave_options { enabled = true }
  hibernation_options { configured = true }
  iam_instance_profile { name = "web" }
  instance_market_options {
    market_type = "spot"
    spot_options {
      max_price          = "0.05"
      spot_instance_type = "one-time"
    }
  }
  license_specification {
    license_configuration_arn = "arn:aws:license-manager:us-east-1:123456789012:license-configuration:a"
  }
  maintenance_options { auto_recovery = "disabled" }
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }
  monitoring { enabled = true }
  placement {
    availability_zone = "us-east-1a"
    tenancy           = "dedicated"
    partition_number  = 2
  }
  private_dns_name_options {
    enable_resource_name_dns_a_record = true
    hostname_type                     = "ip-name"
  }
  tag_specifications {
    resource_type = "instance"
    tags          = { team = "shop", stage = "live" }
  }
  tag_specifications {
    resource_type = "volume"
    tags          = { team = "shop" }
  }
  tags = { Name = "full", stage = "live", cost = "42" }
}

resource "aws_launch_template" "network" {
  name_prefix = "network-"
  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    description                 = "first"
    device_index                = 0
    ipv4_addresses              = ["10.0.0.5", "10.0.0.6"]
    security_groups             = ["sg-1", "sg-2"]
    subnet_id                   = "subnet-1"
    connection_tracking_specification { tcp_established_timeout = 600 }
    ena_srd_specification {
      ena_srd_enabled = true
      ena_srd_udp_specification { ena_srd_udp_enabled = true }
    }
  }
  network_interfaces {
    device_index = 1
    subnet_id    = "subnet-2"
  }
  instance_requirements {
    memory_mib { min = 2048 }
    vcpu_count {
      min = 2
      max = 4
    }
    memory_gib_per_vcpu { min = 0.5 }
    allowed_instance_types = ["m5.*", "c5.*"]
    burstable_performance  = "excluded"
  }
}

resource "aws_launch_template" "plain" { name = "plain" }
resource "aws_launch_template" "gone" { name = "gone" }
"""

TYPES = ("aws_launch_template",)


def data_of(ec2: Any, template: str) -> dict[str, Any]:
    """The data of a template's latest version."""
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Latest"])
    data: dict[str, Any] = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return data


def test_templates_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after a version of the same data; then exactly what a new version changed."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    ec2 = case.client("ec2")
    full, network, plain, gone = (
        case.recorded(f"aws_launch_template.{name}")["id"] for name in ("full", "network", "plain", "gone")
    )

    # No drift: a new version of the same data, its sets in another order.
    data = data_of(ec2, network)
    first = data["NetworkInterfaces"][0]
    first |= {"Groups": first["Groups"][::-1], "PrivateIpAddresses": first["PrivateIpAddresses"][::-1]}
    data["InstanceRequirements"]["AllowedInstanceTypes"].reverse()
    ec2.create_launch_template_version(LaunchTemplateId=network, LaunchTemplateData=data)
    same = case.detect(types=TYPES)
    case.assert_silent(same)
    case.compare_with_referee(same)

    # A version with values changed, set to unset, unset to set, and elements taken out.
    data["NetworkInterfaces"] = [first | {"PrivateIpAddresses": first["PrivateIpAddresses"][:1], "DeviceIndex": 2}]
    data["InstanceRequirements"] |= {"VCpuCount": {"Min": 2}, "BareMetal": "excluded"}
    ec2.create_launch_template_version(LaunchTemplateId=network, LaunchTemplateData=data)
    data = data_of(ec2, full)
    for name in ("KernelId", "EnclaveOptions", "InstanceInitiatedShutdownBehavior"):
        del data[name]
    disk = data["BlockDeviceMappings"][0]
    data |= {
        "ImageId": "ami-785db401",
        "DisableApiStop": False,
        "EbsOptimized": False,
        "UserData": "b3RoZXI=",
        "SecurityGroupIds": ["sg-2"],
        "BlockDeviceMappings": [disk | {"Ebs": disk["Ebs"] | {"VolumeSize": 40, "DeleteOnTermination": True}}],
        "MetadataOptions": data["MetadataOptions"] | {"HttpTokens": "optional"},
        "Placement": {"AvailabilityZone": "us-east-1b", "Tenancy": "dedicated"},
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "x"}]},
            *data["TagSpecifications"][1:],
        ],
    }
    ec2.create_launch_template_version(LaunchTemplateId=full, LaunchTemplateData=data, VersionDescription="by hand")
    ec2.create_launch_template_version(
        LaunchTemplateId=plain, LaunchTemplateData={"InstanceType": "m5.large", "Monitoring": {"Enabled": True}}
    )
    ec2.modify_launch_template(LaunchTemplateId=plain, DefaultVersion="2")
    ec2.delete_launch_template(LaunchTemplateId=gone)
    stranger = ec2.create_launch_template(LaunchTemplateName="stranger", LaunchTemplateData={"ImageId": "ami-1"})
    ec2.create_launch_template(
        LaunchTemplateName="eks",
        LaunchTemplateData={"ImageId": "ami-1"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "eks:nodegroup-name", "Value": "a"}]}],
    )

    changed = case.detect(types=TYPES)
    case.assert_exactly(
        changed,
        {
            *(
                ("changed", "aws_launch_template.full", path)
                for path in (
                    "image_id",
                    "description",
                    "disable_api_stop",
                    "ebs_optimized",
                    "enclave_options[0]",
                    "instance_initiated_shutdown_behavior",
                    "kernel_id",
                    "user_data",
                    "vpc_security_group_ids[0]",
                    "block_device_mappings[0].ebs[0].delete_on_termination",
                    "block_device_mappings[0].ebs[0].volume_size",
                    "block_device_mappings[1]",
                    "metadata_options[0].http_tokens",
                    "placement[0].availability_zone",
                    "placement[0].partition_number",
                    'tag_specifications[0].tags["stage"]',
                    'tag_specifications[0].tags["team"]',
                )
            ),
            ("changed", "aws_launch_template.network", "network_interfaces[0].device_index"),
            ("changed", "aws_launch_template.network", "network_interfaces[0].ipv4_addresses[1]"),
            ("changed", "aws_launch_template.network", "network_interfaces[1]"),
            ("changed", "aws_launch_template.network", "instance_requirements[0].bare_metal"),
            ("changed", "aws_launch_template.network", "instance_requirements[0].vcpu_count[0].max"),
            ("changed", "aws_launch_template.plain", "default_version"),
            ("changed", "aws_launch_template.plain", "instance_type"),
            ("changed", "aws_launch_template.plain", "monitoring[0]"),
            ("changed", "aws_launch_template.plain", "tag_specifications[0]"),
            ("missing", "aws_launch_template.gone"),
            ("unmanaged", "aws_launch_template", stranger["LaunchTemplate"]["LaunchTemplateId"], None),
        },
    )
    case.compare_with_referee(changed)
