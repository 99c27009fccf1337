"""IAM users and groups with their policies, from the call that tells roles too.

Source: provider ``internal/service/iam/{user,group}{,_policy,_policy_attachment}.go``.
"""

from driftmgr.catalog.aws.iam import ON_DESTROY, authorization_details, inline_policy, policy_attachment
from driftmgr.catalog.entry import CRITICAL, GLOBAL, Attribute, ResourceType, pascal_names
from driftmgr.catalog.transforms import aws_tags

_USERS = authorization_details("UserDetailList")
_GROUPS = authorization_details("GroupDetailList")

USER = ResourceType(
    name="aws_iam_user",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=_USERS,
    id="UserName",
    keys=(("name",),),
    attributes=pascal_names("arn", "path")
    | {
        "name": "UserName",
        "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "unique_id": "UserId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"force_destroy": ON_DESTROY},
)

GROUP = ResourceType(
    name="aws_iam_group",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=_GROUPS,
    id="GroupName",
    keys=(("name",),),
    attributes=pascal_names("arn", "path") | {"name": "GroupName", "unique_id": "GroupId"},
)

USER_POLICY = inline_policy("user", _USERS)
USER_POLICY_ATTACHMENT = policy_attachment("user", _USERS)
GROUP_POLICY = inline_policy("group", _GROUPS)
GROUP_POLICY_ATTACHMENT = policy_attachment("group", _GROUPS)
