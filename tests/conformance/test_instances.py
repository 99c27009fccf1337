"""aws_instance, aws_ebs_volume and aws_volume_attachment held to Terraform's provider."""

from base64 import b64encode
from typing import Any

from conformance.harness import Case

# The emulator forgets the groups of an instance that is launched into a named subnet, so "full" lives in the default
# VPC, and of one whose shutdown behaviour is changed, so "separate" has that. It knows neither detailed monitoring,
# protection from termination at launch nor credits (standard for all): tests/catalog/test_instances.py holds those.
# It always puts the root device of an instance without block devices at /dev/sda1: an image with that name.
AMI = "ami-1e749f67"

ESTATE = f"""
resource "aws_vpc" "main" {{ cidr_block = "10.0.0.0/16" }}
resource "aws_subnet" "main" {{
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}}
resource "aws_security_group" "web" {{ name = "web" }}
resource "aws_security_group" "admin" {{ name = "admin" }}
resource "aws_iam_role" "web" {{
  name               = "web"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [] }})
}}
resource "aws_iam_instance_profile" "web" {{
  name = "web"
  role = aws_iam_role.web.name
}}
resource "aws_eip" "web" {{
  domain   = "vpc"
  instance = aws_instance.full.id
}}

resource "aws_instance" "full" {{
  ami                                  = "{AMI}"
  instance_type                        = "t3.micro"
  vpc_security_group_ids               = [aws_security_group.web.id, aws_security_group.admin.id]
  iam_instance_profile                 = aws_iam_instance_profile.web.name
  availability_zone                    = "us-east-1a"
  disable_api_stop                     = true
  source_dest_check                    = false
  user_data                            = "#!/bin/sh\\necho hello\\n"
  credit_specification {{ cpu_credits = "standard" }}
  metadata_options {{
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "enabled"
  }}
  root_block_device {{
    volume_size = 20
    volume_type = "gp2"
    tags        = {{ part = "root" }}
  }}
  ebs_block_device {{
    device_name           = "/dev/sdf"
    volume_size           = 10
    delete_on_termination = false
    tags                  = {{ part = "data" }}
  }}
  ebs_block_device {{
    device_name = "/dev/sdg"
    volume_size = 5
    encrypted   = true
  }}
  tags = {{ Name = "full", stage = "live", cost = "42" }}
}}
resource "aws_instance" "plain" {{
  ami           = "{AMI}"
  instance_type = "m5.large"
}}
resource "aws_instance" "separate" {{
  ami              = "{AMI}"
  instance_type    = "m5.large"
  subnet_id        = aws_subnet.main.id
  user_data_base64 = base64encode("hello")

  instance_initiated_shutdown_behavior = "terminate"
  volume_tags      = {{ team = "shop" }}
}}
resource "aws_instance" "gone" {{
  ami           = "{AMI}"
  instance_type = "t3.micro"
}}
resource "aws_ebs_volume" "data" {{
  availability_zone = "us-east-1a"
  size              = 30
  type              = "gp3"
  iops              = 4000
  throughput        = 200
  tags              = {{ Name = "data" }}
}}
resource "aws_ebs_volume" "plain" {{
  availability_zone = "us-east-1a"
  size              = 1
}}
resource "aws_ebs_volume" "gone" {{
  availability_zone = "us-east-1a"
  size              = 1
}}
resource "aws_volume_attachment" "data" {{
  device_name = "/dev/sdh"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.separate.id
}}
"""

TYPES = ("aws_subnet", "aws_instance", "aws_ebs_volume", "aws_volume_attachment")


def volume_at(case: Case, address: str, device: str) -> str:
    """The id of the volume that the state records at a device of an instance."""
    attributes = case.recorded(address)
    devices = attributes["root_block_device"] + attributes["ebs_block_device"]
    return next(found["volume_id"] for found in devices if found["device_name"] == device)


def new_volume(ec2: Any, size: int) -> str:
    """A volume made by hand."""
    volume: str = ec2.create_volume(AvailabilityZone="us-east-1a", Size=size)["VolumeId"]
    return volume


def changed_groups(case: Case) -> set[tuple[str, str, str]]:
    """What leaving the group "admin" changes: ids and, in the default VPC, names, at their places in the state."""
    recorded, admin = case.recorded("aws_instance.full"), case.recorded("aws_security_group.admin")
    places = {
        "security_groups": recorded["security_groups"].index("admin"),
        "vpc_security_group_ids": recorded["vpc_security_group_ids"].index(admin["id"]),
    }
    return {("changed", "aws_instance.full", f"{name}[{place}]") for name, place in places.items()}


def test_instances_agree_with_terraform(case: Case) -> None:
    """Silent after apply, volumes inline and separate; then exactly what was changed, each once."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    ec2 = case.client("ec2")
    full, plain, separate, gone = (
        case.recorded(f"aws_instance.{name}")["id"] for name in ("full", "plain", "separate", "gone")
    )
    subnet = case.recorded("aws_subnet.main")["id"]

    # No drift: an instance that was stopped, an elastic address on another, what an autoscaler or EKS made.
    ec2.stop_instances(InstanceIds=[plain])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=separate)
    node = ec2.run_instances(
        ImageId=AMI,
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "eks:nodegroup-name", "Value": "a"}]}],
    )["Instances"][0]["InstanceId"]
    ec2.attach_volume(Device="/dev/sdx", InstanceId=node, VolumeId=new_volume(ec2, 2))
    case.assert_silent(case.detect(types=TYPES))

    # Values of every kind, set to unset, unset to set; tags of the instance and of its devices.
    for change in (
        {"InstanceType": {"Value": "t3.large"}},
        {"DisableApiTermination": {"Value": True}},
        {"DisableApiStop": {"Value": False}},
        {"SourceDestCheck": {"Value": True}},
        {"UserData": {"Value": b64encode(b"#!/bin/sh\nrm -rf /\n")}},
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": False}}]},
    ):
        ec2.modify_instance_attribute(InstanceId=full, **change)
    ec2.modify_instance_attribute(InstanceId=plain, UserData={"Value": b64encode(b"from nowhere")})
    ec2.modify_instance_attribute(InstanceId=separate, UserData={"Value": b64encode(b"other")})
    ec2.modify_instance_attribute(InstanceId=separate, Attribute="instanceInitiatedShutdownBehavior", Value="stop")
    ec2.modify_instance_metadata_options(
        InstanceId=full,
        HttpTokens="optional",
        HttpPutResponseHopLimit=2,
        HttpEndpoint="enabled",
        InstanceMetadataTags="enabled",
    )
    ec2.modify_instance_attribute(InstanceId=full, Groups=[case.recorded("aws_security_group.web")["id"]])
    ec2.create_tags(Resources=[full], Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    ec2.delete_tags(Resources=[full], Tags=[{"Key": "cost"}])
    root, data = (volume_at(case, "aws_instance.full", device) for device in ("/dev/sda1", "/dev/sdf"))
    ec2.modify_volume(VolumeId=root, Size=40)
    ec2.create_tags(Resources=[root], Tags=[{"Key": "part", "Value": "x"}])
    ec2.modify_volume(VolumeId=data, VolumeType="sc1")

    # Devices: one detached, one attached where the state lists devices, one where it lists none.
    detached = volume_at(case, "aws_instance.full", "/dev/sdg")
    ec2.detach_volume(VolumeId=detached, InstanceId=full)
    ec2.attach_volume(Device="/dev/sdz", InstanceId=full, VolumeId=new_volume(ec2, 3))
    stray = new_volume(ec2, 4)
    ec2.attach_volume(Device="/dev/sdy", InstanceId=plain, VolumeId=stray)

    # Volumes and attachments of their own, and what was deleted or made by hand.
    managed = case.recorded("aws_ebs_volume.data")["id"]
    ec2.modify_volume(VolumeId=managed, Size=31, Iops=5000, Throughput=250)
    ec2.create_tags(Resources=[managed], Tags=[{"Key": "Name", "Value": "x"}])
    ec2.detach_volume(VolumeId=managed, InstanceId=separate)
    ec2.delete_volume(VolumeId=case.recorded("aws_ebs_volume.gone")["id"])
    ec2.terminate_instances(InstanceIds=[gone])
    alone = new_volume(ec2, 5)
    stranger = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]["InstanceId"]

    changed = case.detect(types=TYPES)
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_instance.full", "instance_type"),
            ("changed", "aws_instance.full", "disable_api_termination"),
            ("changed", "aws_instance.full", "disable_api_stop"),
            ("changed", "aws_instance.full", "source_dest_check"),
            ("changed", "aws_instance.full", "user_data"),
            ("changed", "aws_instance.separate", "instance_initiated_shutdown_behavior"),
            ("changed", "aws_instance.full", "metadata_options[0].http_tokens"),
            *changed_groups(case),
            ("changed", "aws_instance.full", 'tags_all["stage"]'),
            ("changed", "aws_instance.full", 'tags_all["by"]'),
            ("changed", "aws_instance.full", 'tags_all["cost"]'),
            ("changed", "aws_instance.full", "root_block_device[0].delete_on_termination"),
            ("changed", "aws_instance.full", "root_block_device[0].volume_size"),
            ("changed", "aws_instance.full", 'root_block_device[0].tags_all["part"]'),
            ("changed", "aws_instance.full", "ebs_block_device[0].volume_type"),
            ("changed", "aws_instance.full", "ebs_block_device[1]"),
            ("changed", "aws_instance.full", "ebs_block_device[3]"),
            ("unmanaged", "aws_ebs_volume", detached, None),
            ("changed", "aws_instance.plain", "user_data"),
            ("unmanaged", "aws_ebs_volume", stray, "aws_instance.plain"),
            ("unmanaged", "aws_volume_attachment", f"/dev/sdy:{stray}:{plain}", "aws_instance.plain"),
            ("changed", "aws_instance.separate", "user_data_base64"),
            ("changed", "aws_ebs_volume.data", "size"),
            ("changed", "aws_ebs_volume.data", "iops"),
            ("changed", "aws_ebs_volume.data", "throughput"),
            ("changed", "aws_ebs_volume.data", 'tags_all["Name"]'),
            ("missing", "aws_volume_attachment.data"),
            ("missing", "aws_ebs_volume.gone"),
            ("missing", "aws_instance.gone"),
            ("unmanaged", "aws_ebs_volume", alone, None),
            ("unmanaged", "aws_instance", stranger, "aws_subnet.main"),
        },
    )
    case.compare_with_referee(changed)
