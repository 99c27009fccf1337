"""aws_instance, aws_ebs_volume and aws_volume_attachment held to Terraform's provider."""

from base64 import b64encode
from typing import Any

from conformance.harness import Case, Finding

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
resource "aws_launch_template" "plain" {{ name = "plain" }}
resource "aws_instance" "plain" {{
  ami           = "{AMI}"
  instance_type = "m5.large"
  launch_template {{
    name    = aws_launch_template.plain.name
    version = "$Latest"
  }}
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

TYPES = ("aws_subnet", "aws_launch_template", "aws_instance", "aws_ebs_volume", "aws_volume_attachment")


FULL, PLAIN, SEPARATE = "aws_instance.full", "aws_instance.plain", "aws_instance.separate"


def volume_at(case: Case, address: str, device: str) -> str:
    """The id of the volume that the state records at a device of an instance."""
    attributes = case.recorded(address)
    devices = attributes["root_block_device"] + attributes["ebs_block_device"]
    return str(next(found["volume_id"] for found in devices if found["device_name"] == device))


def new_volume(ec2: Any, size: int) -> str:
    """A volume made by hand."""
    volume: str = ec2.create_volume(AvailabilityZone="us-east-1a", Size=size)["VolumeId"]
    return volume


def new_instance(case: Case, *tags: dict[str, str]) -> str:
    """An instance made by hand in the managed subnet."""
    instance: str = case.client("ec2").run_instances(
        ImageId=AMI,
        MinCount=1,
        MaxCount=1,
        SubnetId=case.recorded("aws_subnet.main")["id"],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}] if tags else [],
    )["Instances"][0]["InstanceId"]
    return instance


def change_nothing(case: Case) -> None:
    """What is no drift: an instance that was stopped, an elastic address on another, what a service made."""
    ec2 = case.client("ec2")
    ec2.stop_instances(InstanceIds=[case.recorded(PLAIN)["id"]])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=case.recorded(SEPARATE)["id"])
    node = new_instance(case, {"Key": "eks:nodegroup-name", "Value": "a"})
    ec2.attach_volume(Device="/dev/sdx", InstanceId=node, VolumeId=new_volume(ec2, 2))


def change_values(case: Case) -> set[Finding]:
    """Values of every kind, set to unset, unset to set, elements and tags; gives what is to be reported."""
    ec2 = case.client("ec2")
    full, plain, separate = (case.recorded(address) for address in (FULL, PLAIN, SEPARATE))
    for change in (
        {"InstanceType": {"Value": "t3.large"}},
        {"DisableApiTermination": {"Value": True}},
        {"DisableApiStop": {"Value": False}},
        {"SourceDestCheck": {"Value": True}},
        {"UserData": {"Value": b64encode(b"#!/bin/sh\nrm -rf /\n")}},
    ):
        ec2.modify_instance_attribute(InstanceId=full["id"], **change)
    for instance, data in ((plain, b"from nowhere"), (separate, b"other")):
        ec2.modify_instance_attribute(InstanceId=instance["id"], UserData={"Value": b64encode(data)})
    behaviour = {"Attribute": "instanceInitiatedShutdownBehavior", "Value": "stop"}
    ec2.modify_instance_attribute(InstanceId=separate["id"], **behaviour)
    options = {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2, "InstanceMetadataTags": "enabled"}
    ec2.modify_instance_metadata_options(InstanceId=full["id"], HttpTokens="optional", **options)
    admin, web = (case.recorded(f"aws_security_group.{name}")["id"] for name in ("admin", "web"))
    ec2.modify_instance_attribute(InstanceId=full["id"], Groups=[web])
    ec2.create_tags(Resources=[full["id"]], Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    ec2.delete_tags(Resources=[full["id"]], Tags=[{"Key": "cost"}])
    (profile,) = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    ec2.disassociate_iam_instance_profile(AssociationId=profile["AssociationId"])
    ec2.create_launch_template_version(LaunchTemplateName="plain", LaunchTemplateData={"ImageId": "ami-1"})
    names = ("instance_type", "disable_api_termination", "disable_api_stop", "source_dest_check", "user_data")
    tags = ('tags_all["stage"]', 'tags_all["by"]', 'tags_all["cost"]')
    # In the default VPC groups are recorded by id and by name.
    groups = (
        f"vpc_security_group_ids[{full['vpc_security_group_ids'].index(admin)}]",
        f"security_groups[{full['security_groups'].index('admin')}]",
    )
    others = ("metadata_options[0].http_tokens", "iam_instance_profile")
    return {("changed", FULL, path) for path in (*names, *tags, *groups, *others)} | {
        ("changed", PLAIN, "user_data"),
        ("changed", PLAIN, "launch_template"),
        ("changed", "aws_launch_template.plain", "image_id"),
        # The emulator keeps the template's own tags in its first version.
        ("changed", "aws_launch_template.plain", "tag_specifications[0]"),
        ("changed", SEPARATE, "user_data_base64"),
        ("changed", SEPARATE, "instance_initiated_shutdown_behavior"),
    }


def change_devices(case: Case) -> set[Finding]:
    """Devices changed, one detached, one attached where the state lists devices, one where it lists none."""
    ec2 = case.client("ec2")
    full, plain = (case.recorded(address)["id"] for address in (FULL, PLAIN))
    root, data, detached = (volume_at(case, FULL, device) for device in ("/dev/sda1", "/dev/sdf", "/dev/sdg"))
    kept = {"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": False}}
    ec2.modify_instance_attribute(InstanceId=full, BlockDeviceMappings=[kept])
    ec2.modify_volume(VolumeId=root, Size=40)
    ec2.create_tags(Resources=[root], Tags=[{"Key": "part", "Value": "x"}])
    ec2.modify_volume(VolumeId=data, VolumeType="sc1")
    ec2.detach_volume(VolumeId=detached, InstanceId=full)
    ec2.attach_volume(Device="/dev/sdz", InstanceId=full, VolumeId=new_volume(ec2, 3))
    stray = new_volume(ec2, 4)
    ec2.attach_volume(Device="/dev/sdy", InstanceId=plain, VolumeId=stray)
    return {
        ("changed", FULL, "root_block_device[0].delete_on_termination"),
        ("changed", FULL, "root_block_device[0].volume_size"),
        ("changed", FULL, 'root_block_device[0].tags_all["part"]'),
        ("changed", FULL, "ebs_block_device[0].volume_type"),
        ("changed", FULL, "ebs_block_device[1]"),
        ("changed", FULL, "ebs_block_device[3]"),
        ("unmanaged", "aws_ebs_volume", detached, None),
        ("unmanaged", "aws_ebs_volume", stray, PLAIN),
        ("unmanaged", "aws_volume_attachment", f"/dev/sdy:{stray}:{plain}", PLAIN),
    }


def change_objects(case: Case) -> set[Finding]:
    """A volume of its own changed and detached, objects deleted and made by hand."""
    ec2 = case.client("ec2")
    managed = case.recorded("aws_ebs_volume.data")["id"]
    ec2.modify_volume(VolumeId=managed, Size=31, Iops=5000, Throughput=250)
    ec2.create_tags(Resources=[managed], Tags=[{"Key": "Name", "Value": "x"}])
    ec2.detach_volume(VolumeId=managed, InstanceId=case.recorded(SEPARATE)["id"])
    ec2.delete_volume(VolumeId=case.recorded("aws_ebs_volume.gone")["id"])
    ec2.terminate_instances(InstanceIds=[case.recorded("aws_instance.gone")["id"]])
    paths = ("size", "iops", "throughput", 'tags_all["Name"]')
    return {("changed", "aws_ebs_volume.data", path) for path in paths} | {
        ("missing", "aws_volume_attachment.data"),
        ("missing", "aws_ebs_volume.gone"),
        ("missing", "aws_instance.gone"),
        ("unmanaged", "aws_ebs_volume", new_volume(ec2, 5), None),
        ("unmanaged", "aws_instance", new_instance(case), "aws_subnet.main"),
    }


def test_instances_agree_with_terraform(case: Case) -> None:
    """Silent after apply, volumes inline and separate; then exactly what was changed, each once."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    change_nothing(case)
    case.assert_silent(case.detect(types=TYPES))

    findings = change_values(case) | change_devices(case) | change_objects(case)
    changed = case.detect(types=TYPES)
    case.assert_exactly(changed, findings)
    case.compare_with_referee(changed)
