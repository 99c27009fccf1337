"""A small world for tests of matching and verdicts: a few entries, instances and objects in a line each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import (
    CRITICAL,
    GLOBAL,
    Assembled,
    Companion,
    ParentRef,
    ResourceType,
    aws_call,
)
from driftmgr.catalog.schema import schema_pack
from driftmgr.drift.absorbed import Accepted
from driftmgr.drift.detect import Asked, Findings, detect
from driftmgr.drift.match import ObjectIndex
from driftmgr.model import Gap, GapReason, RemoteObject, ResourceInstance, Scope

ACCOUNT, OTHER_ACCOUNT = "123456789012", "999999999999"
REGION, OTHER_REGION = "eu-central-1", "us-east-1"
HERE = Scope(cloud="aws", account=ACCOUNT, region=REGION)
ELSEWHERE = Scope(cloud="aws", account=ACCOUNT, region=OTHER_REGION)
EVERYWHERE = Scope(cloud="aws", account=ACCOUNT)


def assemble_rule(recorded: Mapping[str, Any], rules: Sequence[RemoteObject]) -> Assembled | None:
    """A rule is made of the rule objects of its port."""
    mine = [rule for rule in rules if rule.attributes.get("from_port") == recorded.get("from_port")]
    if not mine:
        return None
    return Assembled(
        attributes={"description": mine[0].attributes.get("description")}, parts=tuple(rule.id for rule in mine)
    )


_LISTED = aws_call("svc.list_things", "Things")
_GROUP = ParentRef(type="aws_security_group", attribute="security_group_id", inline=("ingress",))
ENTRIES = (
    ResourceType(
        name="aws_vpc",
        list=_LISTED,
        attributes={"cidr_block": "C"},
        companions=(Companion(type="aws_default_vpc", attribute="id", whole=True),),
    ),
    ResourceType(
        name="aws_security_group",
        list=_LISTED,
        criticality=CRITICAL,
        attributes={"name": "N", "vpc_id": "V", "ingress": "I", "tags_all": "T"},
        parents=(ParentRef(type="aws_vpc", attribute="vpc_id"),),
        companions=(
            Companion(
                type="aws_network_interface_sg_attachment", attribute="security_group_id", inline=("description",)
            ),
            Companion(type="aws_default_security_group", attribute="id", inline=("ingress",), whole=True),
            Companion(
                type="aws_lb_target_group_attachment", attribute="target_id", adds={"ingress": "target_group_arn"}
            ),
        ),
    ),
    ResourceType(name="aws_vpc_security_group_ingress_rule", list=_LISTED, parents=(_GROUP,)),
    ResourceType(
        name="aws_security_group_rule",
        assemble=assemble_rule,
        parts=("aws_vpc_security_group_ingress_rule",),
        parents=(_GROUP,),
    ),
    ResourceType(name="aws_iam_role", list=_LISTED, reach=GLOBAL, keys=(("name",),)),
    ResourceType(
        name="aws_iam_role_policy_attachment",
        list=_LISTED,
        reach=GLOBAL,
        keys=(("role", "policy_arn"),),
        parents=(ParentRef(type="aws_iam_role", attribute="role", by="name", inline=("managed_policy_arns",)),),
    ),
    ResourceType(name="aws_route_table", list=_LISTED, attributes={"route": "R"}),
    ResourceType(
        name="aws_route",
        list=_LISTED,
        parents=(ParentRef(type="aws_route_table", attribute="route_table_id", inline=("route",), among="id"),),
    ),
    ResourceType(
        name="aws_subnet", list=_LISTED, parents=(ParentRef(type="aws_vpc", attribute="vpc_id", within=True),)
    ),
    ResourceType(name="aws_sqs_queue", list=_LISTED, aliases=("aws_sqs",)),
    ResourceType(name="aws_ebs_volume", list=_LISTED),
    ResourceType(
        name="aws_eip",
        list=_LISTED,
        parents=(ParentRef(type="aws_vpc", attribute="instance", inline=("owner_id",), part=False),),
    ),
)
CATALOG = Catalog("aws", ENTRIES, schema_pack("aws"))
TYPES = frozenset(entry.name for entry in ENTRIES)


def arn(service: str, name: str, *, account: str = ACCOUNT, region: str = REGION) -> str:
    """An ARN in the world's account and region."""
    return f"arn:aws:{service}:{region}:{account}:{name}"


def instance(address: str, /, status: str = "ready", source: str = "a.tfstate", **attributes: Any) -> ResourceInstance:
    """A recorded instance."""
    return ResourceInstance.of(address, attributes, status=status, source=source)


def remote(
    kind: str, identity: str, /, scope: Scope = HERE, members: Mapping[str, Any] | None = None, **attributes: Any
) -> RemoteObject:
    """An observed object; ``members`` are other members of the object than its attributes."""
    return RemoteObject(
        type=kind, id=identity, scope=scope, attributes={"id": identity, **attributes}, **(members or {})
    )


def gap(kind: str, reason: GapReason = "denied", scope: Scope | None = HERE, attributes: tuple[str, ...] = ()) -> Gap:
    """What a list or detail call could not tell."""
    return Gap(type=kind, operation="svc.list_things", reason=reason, message="no", scope=scope, attributes=attributes)


def judged(
    instances: Iterable[ResourceInstance] = (),
    objects: Sequence[RemoteObject] = (),
    gaps: Sequence[Gap] = (),
    *,
    others: Iterable[ResourceInstance] = (),
    accepted: Accepted | None = None,
    **asked: Any,
) -> Findings:
    """The verdicts on instances and objects; ``asked`` are members of the question."""
    index = ObjectIndex(CATALOG, objects)
    return detect(CATALOG, instances, index, gaps, question(**asked), others=others, accepted=accepted)


def question(**asked: Any) -> Asked:
    """What a scan of the world was asked."""
    asked.setdefault("regions", {ACCOUNT: (REGION,)})
    asked.setdefault("types", TYPES)
    return Asked(**asked)


def rows(findings: Findings) -> list[tuple[str, str]]:
    """The drifts as (kind, address or id)."""
    return [(drift.kind, drift.address or drift.id or "") for drift in findings.drifts]
