"""The two sides of every comparison: what the state recorded, what the cloud holds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from driftmgr.model.address import ResourceAddress
from driftmgr.model.scope import Scope

InstanceStatus = Literal["ready", "tainted", "deposed"]

# State numbers may exceed 64 bits or carry 30 digits; a float would invent drift.
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_EXACT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def decode_attributes(document: bytes | msgspec.Raw) -> dict[str, Any]:
    """Decode a JSON object exactly: integers stay integers of any size, fractions become ``Decimal``."""
    return _EXACT.decode(document)


def attributes_document(attributes: Mapping[str, Any]) -> msgspec.Raw:
    """Attributes as the JSON object that ``decode_attributes`` reads."""
    return msgspec.Raw(_ENCODER.encode(attributes))


class ResourceInstance(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded side: one instance of a resource in a state.

    ``document`` is the undecoded JSON object of the attributes (a view into the state file), so
    that a state of 100,000 instances stays small; ``attributes`` decodes it anew at each use.
    ``provider`` is the state's own text: ``provider["registry.terraform.io/hashicorp/aws"].west``,
    with ``module.x.`` before it if the configuration belongs to a module.
    ``identity`` is the undecoded JSON object by which Terraform 1.12 and later know the object.
    ``sensitive`` holds the recorded sensitive paths in our notation (``password``,
    ``setting[0].value``). ``source`` names the state it came from.
    """

    address: ResourceAddress
    provider: str
    document: msgspec.Raw
    schema_version: int = 0
    sensitive: tuple[str, ...] = ()
    private: str | None = None
    identity: msgspec.Raw | None = None
    identity_version: int = 0
    dependencies: tuple[str, ...] = ()
    status: InstanceStatus = "ready"
    source: str = ""

    @classmethod
    def of(cls, address: str, attributes: Mapping[str, Any], **others: Any) -> "ResourceInstance":
        """Build an instance from plain attributes."""
        others.setdefault("provider", 'provider["registry.terraform.io/hashicorp/aws"]')
        return cls(address=ResourceAddress.parse(address), document=attributes_document(attributes), **others)

    @property
    def type(self) -> str:
        """The resource type, from the address."""
        return self.address.type

    @property
    def attributes(self) -> dict[str, Any]:
        """The recorded attributes, decoded exactly."""
        return decode_attributes(self.document)


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """The object that a remote object is a part of: a rule's security group, a policy's role."""

    type: str
    id: str


class RemoteObject(msgspec.Struct, frozen=True, kw_only=True):
    """The observed side: one object of the cloud, its attributes in Terraform's shape.

    An attribute that could not be read is not a key of ``attributes``; one that the cloud says is
    unset is there with the value ``None`` (or its provider default). ``unread`` names the
    attributes lost to a gap of this scan. ``owner`` says which other service made the object
    (``autoscaling group web``); ``is_default`` that the cloud makes it for every account;
    ``origin_unread`` that what tells these two was lost to a gap.
    """

    type: str
    id: str
    scope: Scope
    attributes: dict[str, Any]
    parents: tuple[Parent, ...] = ()
    owner: str | None = None
    is_default: bool = False
    origin_unread: bool = False
    unread: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """All tags of the object; empty where its type has none."""
        return tags_of(self.attributes)


def tags_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """All tags among the attributes of an instance or object, those of ``default_tags`` too; empty without any."""
    tags = attributes.get("tags_all") or attributes.get("tags")
    return dict(tags) if isinstance(tags, dict) else {}
