"""Volumes and attachments read from answers in botocore's shape: ids, owners, and what is nobody's resource."""

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.answers import drift, observed, shaped
from driftmgr.catalog.aws.volumes import EBS_VOLUME, VOLUME_ATTACHMENT, attachment_id, volume_owner
from driftmgr.discovery.observe import Observer

ATTACHED = {"VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/sdh", "State": "attached"}


def test_a_volume() -> None:
    """Every member has its attribute; numbers that a kind of volume lacks are the 0 that the provider records."""
    made = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    answer = {"VolumeId": "vol-1", "Size": 30, "VolumeType": "io2", "Iops": 4000, "MultiAttachEnabled": True}
    answer |= {"Encrypted": True, "KmsKeyId": "key", "SnapshotId": "snap-1", "AvailabilityZone": "eu-west-1a"}
    answer |= {"CreateTime": made, "OutpostArn": "arn:aws:outposts:::outpost/op-1", "Attachments": [ATTACHED]}
    found = observed(EBS_VOLUME, shaped("ec2", "Volume", answer))
    assert found.attributes == {
        "id": "vol-1",
        "arn": "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
        "availability_zone": "eu-west-1a",
        "create_time": "2026-01-02T03:04:05Z",
        "encrypted": True,
        "iops": 4000,
        "kms_key_id": "key",
        "multi_attach_enabled": True,
        "outpost_arn": "arn:aws:outposts:::outpost/op-1",
        "size": 30,
        "snapshot_id": "snap-1",
        "throughput": None,
        "type": "io2",
        "tags_all": {},
        "attached_instance_id": "i-1",
    }
    assert [(parent.type, parent.id) for parent in found.parents] == [("aws_instance", "i-1")]
    bare = observed(EBS_VOLUME, {"VolumeId": "vol-2"}).attributes
    assert (
        drift(EBS_VOLUME, {"iops": 0, "throughput": 0, "encrypted": False, "multi_attach_enabled": False}, bare) == []
    )


@pytest.mark.parametrize(
    ("attachment", "others", "owner"),
    [
        (None, {}, None),
        (ATTACHED, {}, None),
        (ATTACHED | {"Device": "/dev/xvda"}, {}, "instance i-1"),
        (ATTACHED | {"DeleteOnTermination": True}, {}, "instance i-1"),
        ({"InstanceOwningService": "ecs-managed.amazonaws.com"}, {}, "ecs-managed.amazonaws.com"),
        (None, {"operator": "eks.amazonaws.com"}, "eks.amazonaws.com"),
        (
            ATTACHED,
            {"tags": [{"Key": "kubernetes.io/created-for/pvc/name", "Value": "db"}]},
            "Kubernetes volume claim db",
        ),
    ],
)
def test_whose_a_volume_is(attachment: Any, others: Any, owner: str | None) -> None:
    """Root volumes, those that die with their instance and those of services are not unmanaged; others are."""
    found = {"attachment": attachment, "root": "/dev/xvda", "operator": None, "tags": None, **others}
    assert volume_owner(found) == owner


def test_an_attachment_bears_the_providers_id() -> None:
    """The id is the provider's hash of device, instance and volume; the object is named by its import id."""
    # Recorded by provider 5.100.0.
    assert attachment_id("/dev/sdh-i-3f70ff903738b26e5-vol-696424801a1b380ba-") == "vai-1485336542"
    assert attachment_id(None) is None
    item = shaped("ec2", "VolumeAttachment", ATTACHED) | {"Instance": {"RootDeviceName": "/dev/xvda"}}
    found = observed(VOLUME_ATTACHMENT, item)
    assert found.id == "/dev/sdh:vol-1:i-1"
    assert found.attributes == {
        "id": attachment_id("/dev/sdh-i-1-vol-1-"),
        "device_name": "/dev/sdh",
        "instance_id": "i-1",
        "volume_id": "vol-1",
    }


def test_the_root_device_is_nobodys_attachment() -> None:
    """The attachment of a root device does not exist as a resource, any other does, also on an instance unseen."""
    exists = Observer(VOLUME_ATTACHMENT).exists
    assert not exists(ATTACHED | {"Instance": {"RootDeviceName": "/dev/sdh"}})
    assert exists(ATTACHED | {"Instance": {"RootDeviceName": "/dev/xvda"}})
    assert exists(ATTACHED | {"Instance": None})
