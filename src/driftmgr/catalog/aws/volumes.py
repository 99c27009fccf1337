"""EBS volumes and their attachments.

Source of the mapping: provider ``internal/service/ec2/ebs_volume.go``, ``ebs_volume_attachment.go``.
"""

import zlib
from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.aws.instances import DESCRIBE_INSTANCES, DESCRIBE_VOLUMES
from driftmgr.catalog.aws.tagging import maker
from driftmgr.catalog.aws.vpc import ec2_arn
from driftmgr.catalog.entry import (
    MEDIUM,
    Attribute,
    Join,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.transforms import aws_tags, rfc3339

_TELLS_THE_PROVIDER = "tells the provider what to do on destroy; EC2 does not know it"


def volume_owner(found: Mapping[str, Any]) -> str | None:
    """What a volume belongs to: a service, or the instance whose root it is or with which it is deleted."""
    attachment = found["attachment"] or {}
    if made := maker(found) or attachment.get("InstanceOwningService"):
        return str(made)
    instance = attachment.get("InstanceId")
    is_part = attachment.get("DeleteOnTermination") or attachment.get("Device") == found["root"]
    return f"instance {instance}" if instance and is_part else None


EBS_VOLUME = ResourceType(
    name="aws_ebs_volume",
    criticality=MEDIUM,
    list=aws_call(
        DESCRIBE_VOLUMES.operation,
        "Volumes[?State!='deleted' && State!='deleting']",
        params=DESCRIBE_VOLUMES.params,
    ),
    joins={"Instance": Join(call=DESCRIBE_INSTANCES, on="InstanceId", to="Attachments[0].InstanceId")},
    id="VolumeId",
    owner=Attribute(
        "{attachment: Attachments[0], root: Instance.RootDeviceName, operator: Operator.Principal, tags: Tags}",
        read=volume_owner,
    ),
    attributes=pascal_names("availability_zone", "kms_key_id", "outpost_arn", "size", "snapshot_id")
    | {
        "arn": ec2_arn("volume", "VolumeId"),
        "create_time": Attribute("CreateTime", read=rfc3339),
        "encrypted": Attribute("Encrypted", default=False),
        "iops": Attribute("Iops", default=0),
        "multi_attach_enabled": Attribute("MultiAttachEnabled", default=False),
        "throughput": Attribute("Throughput", default=0),
        "type": "VolumeType",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    links={"attached_instance_id": "Attachments[0].InstanceId"},
    unreadable={"final_snapshot": _TELLS_THE_PROVIDER},
    parents=(ParentRef(type="aws_instance", attribute="attached_instance_id", inline=("ebs_block_device",)),),
)


def attachment_id(parts: str | None) -> str | None:
    """The id that the provider makes of ``device-instance-volume-``: its CRC-32."""
    return None if parts is None else f"vai-{zlib.crc32(parts.encode())}"


VOLUME_ATTACHMENT = ResourceType(
    name="aws_volume_attachment",
    criticality=MEDIUM,
    list=DESCRIBE_VOLUMES,
    expand="Attachments[?State!='detached']",
    joins={"Instance": Join(call=DESCRIBE_INSTANCES, on="InstanceId", to="InstanceId")},
    # No instance is without its root device: that attachment is nobody's resource.
    exists="Device!=Instance.RootDeviceName",
    id=Template("{Device}:{VolumeId}:{InstanceId}"),
    keys=(("device_name", "instance_id", "volume_id"),),
    owner="InstanceOwningService",
    attributes=pascal_names("instance_id", "volume_id")
    | {
        "device_name": "Device",
        "id": Attribute(Template("{Device}-{InstanceId}-{VolumeId}-"), read=attachment_id),
    },
    unreadable={
        "force_detach": _TELLS_THE_PROVIDER,
        "skip_destroy": _TELLS_THE_PROVIDER,
        "stop_instance_before_detaching": _TELLS_THE_PROVIDER,
    },
    parents=(
        ParentRef(type="aws_instance", attribute="instance_id", inline=("ebs_block_device", "volume_tags")),
        ParentRef(type="aws_ebs_volume", attribute="volume_id"),
    ),
    import_id="DEVICE:VOLUME_ID:INSTANCE_ID, such as /dev/sdh:vol-1:i-1",
)
