"""IAM: roles, users, policies and what ties them together.

GetAccountAuthorizationDetails tells policies and attachments of everything in bulk; ListRoles, ListUsers and ListPolicies tell
what it leaves out (description, session duration). Tags of policies come one call each: no API lists them in bulk.
Source: provider ``internal/service/iam/{role,role_policy,policy,user,instance_profile}.go``.
"""

from typing import Any

from driftmgr.catalog.entry import (
    CRITICAL,
    GLOBAL,
    HIGH,
    Attribute,
    AwsCall,
    Companion,
    Join,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import same_iam_policy
from driftmgr.catalog.transforms import aws_tags, first, rfc3339, url_decoded

NAME_PREFIX = "only used when the name is made; the name itself is compared"
_ON_DESTROY = "tells the provider what to do on destroy; AWS does not know it"
_PAGE = {"MaxItems": 1000}


def _details(kind: str, items: str) -> AwsCall:
    return aws_call("iam.get_account_authorization_details", items, params={"Filter": [kind], **_PAGE})


def _policies(listed: Any) -> list[dict[str, Any]]:
    return [
        {"name": policy.get("PolicyName"), "policy": url_decoded(policy.get("PolicyDocument"))}
        for policy in listed or ()
    ]


ROLES = _details("Role", "RoleDetailList")
# Roles that AWS makes for its own services and for single sign-on: no Terraform state can hold them.
_SERVICE_ROLE = "starts_with(Path, '/aws-service-role/') || starts_with(Path, '/aws-reserved/')"
_PARENT_SERVICE_ROLE = "starts_with(Parent.Path, '/aws-service-role/') || starts_with(Parent.Path, '/aws-reserved/')"

ROLE = ResourceType(
    name="aws_iam_role",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=ROLES,
    joins={
        "Listed": Join(
            call=aws_call("iam.list_roles", "Roles", params=_PAGE), on="RoleName", to="RoleName", required=True
        )
    },
    id="RoleName",
    keys=(("name",),),
    is_default=_SERVICE_ROLE,
    attributes=pascal_names("path")
    | {
        "arn": "Arn",
        "assume_role_policy": Attribute("AssumeRolePolicyDocument", read=url_decoded, equal=same_iam_policy),
        "create_date": Attribute("CreateDate", read=rfc3339),
        "description": "Listed.Description",
        "inline_policy": Attribute(
            "RolePolicyList",
            read=_policies,
            nested={"name": "name", "policy": Attribute("policy", equal=same_iam_policy)},
        ),
        "managed_policy_arns": "AttachedManagedPolicies[].PolicyArn",
        "max_session_duration": Attribute("Listed.MaxSessionDuration", default=3600),
        "name": "RoleName",
        "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "unique_id": "RoleId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"force_detach_policies": _ON_DESTROY, "name_prefix": NAME_PREFIX},
    companions=(
        Companion(type="aws_iam_policy_attachment", attribute="roles", by="name", inline=("managed_policy_arns",)),
        Companion(
            type="aws_iam_role_policy_attachments_exclusive",
            attribute="role_name",
            by="name",
            inline=("managed_policy_arns",),
        ),
        Companion(type="aws_iam_role_policies_exclusive", attribute="role_name", by="name", inline=("inline_policy",)),
    ),
)

ROLE_POLICY = ResourceType(
    name="aws_iam_role_policy",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=ROLES,
    expand="RolePolicyList",
    id=Template("{Parent.RoleName}:{PolicyName}"),
    is_default=_PARENT_SERVICE_ROLE,
    attributes={
        "name": "PolicyName",
        "policy": Attribute("PolicyDocument", read=url_decoded, equal=same_iam_policy),
        "role": "Parent.RoleName",
    },
    unreadable={"name_prefix": NAME_PREFIX},
    parents=(ParentRef(type="aws_iam_role", attribute="role", by="name", inline=("inline_policy",)),),
)

ROLE_POLICY_ATTACHMENT = ResourceType(
    name="aws_iam_role_policy_attachment",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=ROLES,
    expand="AttachedManagedPolicies",
    # The form that terraform import takes; the provider records the role's name and a random suffix.
    id=Template("{Parent.RoleName}/{PolicyArn}"),
    keys=(("role", "policy_arn"),),
    is_default=_PARENT_SERVICE_ROLE,
    attributes={"policy_arn": "PolicyArn", "role": "Parent.RoleName"},
    parents=(ParentRef(type="aws_iam_role", attribute="role", by="name", inline=("managed_policy_arns",)),),
)

POLICY = ResourceType(
    name="aws_iam_policy",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=_details("LocalManagedPolicy", "Policies"),
    details={"Tags": aws_call("iam.list_policy_tags", "Tags", given={"PolicyArn": "Arn"})},
    joins={
        "Listed": Join(
            call=aws_call("iam.list_policies", "Policies", params={"Scope": "Local", **_PAGE}),
            on="Arn",
            to="Arn",
            required=True,
        )
    },
    id="Arn",
    attributes=pascal_names("attachment_count", "path", "policy_id")
    | {
        "arn": "Arn",
        "description": "not_null(Description, Listed.Description)",
        "name": "PolicyName",
        "policy": Attribute(
            "PolicyVersionList[?IsDefaultVersion].Document | [0]", read=url_decoded, equal=same_iam_policy
        ),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"name_prefix": NAME_PREFIX},
)

USER = ResourceType(
    name="aws_iam_user",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=_details("User", "UserDetailList"),
    id="UserName",
    keys=(("name",),),
    attributes=pascal_names("path")
    | {
        "arn": "Arn",
        "name": "UserName",
        "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "unique_id": "UserId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"force_destroy": _ON_DESTROY},
)

INSTANCE_PROFILE = ResourceType(
    name="aws_iam_instance_profile",
    criticality=HIGH,
    reach=GLOBAL,
    list=aws_call("iam.list_instance_profiles", "InstanceProfiles", params=_PAGE),
    details={
        "Tags": aws_call("iam.list_instance_profile_tags", "Tags", given={"InstanceProfileName": "InstanceProfileName"})
    },
    id="InstanceProfileName",
    keys=(("name",),),
    attributes=pascal_names("path")
    | {
        "arn": "Arn",
        "create_date": Attribute("CreateDate", read=rfc3339),
        "name": "InstanceProfileName",
        "role": Attribute("Roles[].RoleName", read=first),
        "unique_id": "InstanceProfileId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"name_prefix": NAME_PREFIX},
)
