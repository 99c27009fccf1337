"""Key pairs. Source: provider ``internal/service/ec2/ec2_key_pair.go``."""

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS
from driftmgr.catalog.aws.vpc import ec2_arn
from driftmgr.catalog.entry import HIGH, Attribute, ResourceType, aws_call, pascal_names
from driftmgr.catalog.transforms import aws_tags

KEY_PAIR = ResourceType(
    name="aws_key_pair",
    criticality=HIGH,
    list=aws_call("ec2.describe_key_pairs", "KeyPairs"),
    id="KeyName",
    owner=MADE_BY_TAGS,
    attributes=pascal_names("key_name", "key_pair_id", "key_type")
    | {
        "arn": ec2_arn("key-pair", "KeyName"),
        "fingerprint": Attribute("KeyFingerprint", counts=True),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "key_name_prefix": "only used when the name is made; the name itself is compared",
        "public_key": "AWS stores the key in a form of its own; the fingerprint is compared instead",
    },
)
