"""Key pairs. Source: provider ``internal/service/ec2/ec2_key_pair.go``."""

from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS
from driftmgr.catalog.aws.vpc import ec2_arn
from driftmgr.catalog.entry import HIGH, Attribute, ResourceType, aws_call, pascal_names
from driftmgr.catalog.transforms import aws_tags

_OPENSSH = ("ssh-", "ecdsa-", "sk-")


def same_public_key(recorded: Any, observed: Any) -> bool:
    """The same key in OpenSSH's form, whatever the comment; one in another form (DER, RFC 4716) is taken for the same.

    AWS tells every key in OpenSSH's form, with the pair's name as comment.
    """
    keys = [str(value or "").split()[:2] for value in (recorded, observed)]
    comparable = all(len(key) > 1 and key[0].startswith(_OPENSSH) for key in keys)
    return keys[0] == keys[1] if comparable else True


KEY_PAIR = ResourceType(
    name="aws_key_pair",
    criticality=HIGH,
    list=aws_call("ec2.describe_key_pairs", "KeyPairs", params={"IncludePublicKey": True}),
    id="KeyName",
    owner=MADE_BY_TAGS,
    attributes=pascal_names("key_name", "key_pair_id", "key_type")
    | {
        "arn": ec2_arn("key-pair", "KeyName"),
        "fingerprint": "KeyFingerprint",
        "public_key": Attribute("PublicKey", equal=same_public_key),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"key_name_prefix": "only used when the name is made; the name itself is compared"},
)
