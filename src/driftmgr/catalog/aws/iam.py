"""IAM: roles, policies, instance profiles, and what ties policies to roles.

GetAccountAuthorizationDetails tells users, groups, roles and policies in bulk with their inline policies, attachments,
documents, permissions boundaries and the tags of roles and users; all these types share the one paged call. It leaves
out the description and session duration of roles, which ListRoles tells in bulk, and the tags of policies and instance
profiles, which no listing tells (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html): each costs
one GetPolicy or GetInstanceProfile in deep mode. The description of a policy is promised by GetPolicy alone.
Source: provider ``internal/service/iam/{role,role_policy,role_policy_attachment,policy,instance_profile}.go``.
"""

from typing import Any

from driftmgr.catalog.entry import (
    CRITICAL,
    GLOBAL,
    HIGH,
    Attribute,
    Call,
    Join,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import same_iam_policy
from driftmgr.catalog.transforms import aws_tags, first, last_part, rfc3339, url_decoded

NAME_PREFIX = "only used when the name is made; the name itself is compared"
ON_DESTROY = "tells the provider what to do on destroy; AWS does not know it"
POLICY_DOCUMENT = Attribute("PolicyDocument", read=url_decoded, equal=same_iam_policy)
_PAGE = {"MaxItems": 1000}
# Without AWS's own managed policies: more than a thousand, the same in every account, and nobody's to manage.
_KINDS = ["User", "Group", "Role", "LocalManagedPolicy"]
# Paths that only AWS itself can make roles in: its services' own and those of single sign-on. Other roles that AWS
# makes (OrganizationAccountAccessRole) anybody could make, so their names excuse nothing.
_RESERVED = ("/aws-service-role/", "/aws-reserved/")


def authorization_details(items: str) -> Call:
    """The one call that tells most of IAM."""
    return aws_call("iam.get_account_authorization_details", items, params={"Filter": _KINDS, **_PAGE})


def _in_reserved_path(path: str) -> str:
    return " || ".join(f"starts_with({path}, '{reserved}')" for reserved in _RESERVED)


def _policies(listed: Any) -> list[dict[str, Any]]:
    return [
        {"name": policy.get("PolicyName"), "policy": url_decoded(policy.get("PolicyDocument"))}
        for policy in listed or ()
    ]


def without_empty_blocks(policies: Any) -> Any:
    """Inline policies without the empty block that says in HCL "none at all"."""
    return [policy for policy in policies or () if not isinstance(policy, dict) or any(policy.values())]


def inline_policy(owner: str, call: Call, inline: tuple[str, ...] = (), is_default: str | None = None) -> ResourceType:
    """The inline policies of a kind of principal: ``aws_iam_role_policy`` and its like."""
    kind = owner.capitalize()
    return ResourceType(
        name=f"aws_iam_{owner}_policy",
        criticality=CRITICAL,
        reach=GLOBAL,
        list=call,
        expand=f"{kind}PolicyList",
        id=Template(f"{{Parent.{kind}Name}}:{{PolicyName}}"),
        is_default=is_default,
        attributes={"name": "PolicyName", "policy": POLICY_DOCUMENT, owner: f"Parent.{kind}Name"},
        unreadable={"name_prefix": NAME_PREFIX},
        parents=(ParentRef(type=f"aws_iam_{owner}", attribute=owner, by="name", inline=inline),),
    )


def policy_attachment(
    owner: str, call: Call, inline: tuple[str, ...] = (), is_default: str | None = None
) -> ResourceType:
    """The managed policies attached to a kind of principal: ``aws_iam_role_policy_attachment`` and its like."""
    kind = owner.capitalize()
    return ResourceType(
        name=f"aws_iam_{owner}_policy_attachment",
        criticality=CRITICAL,
        reach=GLOBAL,
        list=call,
        expand="AttachedManagedPolicies",
        # The form that terraform import takes; provider 5 records the principal's name and a random suffix.
        id=Template(f"{{Parent.{kind}Name}}/{{PolicyArn}}"),
        keys=((owner, "policy_arn"),),
        is_default=is_default,
        attributes={"policy_arn": "PolicyArn", owner: f"Parent.{kind}Name"},
        parents=(
            ParentRef(type=f"aws_iam_{owner}", attribute=owner, by="name", inline=inline),
            ParentRef(type="aws_iam_policy", attribute="policy_arn", by="arn", part=False),
        ),
    )


_ROLES = authorization_details("RoleDetailList")

ROLE = ResourceType(
    name="aws_iam_role",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=_ROLES,
    joins={
        "Listed": Join(
            call=aws_call("iam.list_roles", "Roles", params=_PAGE), on="RoleName", to="RoleName", required=True
        )
    },
    id="RoleName",
    keys=(("name",),),
    is_default=_in_reserved_path("Path"),
    attributes=pascal_names("arn", "path")
    | {
        "assume_role_policy": Attribute("AssumeRolePolicyDocument", read=url_decoded, equal=same_iam_policy),
        "create_date": Attribute("CreateDate", read=rfc3339),
        "description": "Listed.Description",
        "inline_policy": Attribute(
            "RolePolicyList",
            read=_policies,
            normal=without_empty_blocks,
            nested={"name": "name", "policy": Attribute("policy", equal=same_iam_policy)},
            key="name",
        ),
        "managed_policy_arns": "AttachedManagedPolicies[].PolicyArn",
        "max_session_duration": Attribute("Listed.MaxSessionDuration", default=3600),
        "name": "RoleName",
        "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "unique_id": "RoleId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"force_detach_policies": ON_DESTROY, "name_prefix": NAME_PREFIX},
)

ROLE_POLICY = inline_policy("role", _ROLES, ("inline_policy",), _in_reserved_path("Parent.Path"))
ROLE_POLICY_ATTACHMENT = policy_attachment("role", _ROLES, ("managed_policy_arns",), _in_reserved_path("Parent.Path"))

POLICY = ResourceType(
    name="aws_iam_policy",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=authorization_details("Policies"),
    details={"Policy": aws_call("iam.get_policy", "Policy", given={"PolicyArn": "Arn"})},
    id="Arn",
    attributes=pascal_names("arn", "attachment_count", "path", "policy_id")
    | {
        "description": "Policy.Description",
        "name": Attribute("Arn", read=last_part),
        "policy": Attribute(
            "PolicyVersionList[?IsDefaultVersion].Document | [0]", read=url_decoded, equal=same_iam_policy
        ),
        "tags_all": Attribute("Policy.Tags", read=aws_tags),
    },
    unreadable={"name_prefix": NAME_PREFIX},
)

INSTANCE_PROFILE = ResourceType(
    name="aws_iam_instance_profile",
    criticality=HIGH,
    reach=GLOBAL,
    list=aws_call("iam.list_instance_profiles", "InstanceProfiles", params=_PAGE),
    # The listing leaves the tags out.
    details={
        "Profile": aws_call(
            "iam.get_instance_profile", "InstanceProfile", given={"InstanceProfileName": "InstanceProfileName"}
        )
    },
    id="InstanceProfileName",
    keys=(("name",),),
    attributes=pascal_names("arn", "path")
    | {
        "create_date": Attribute("CreateDate", read=rfc3339),
        "name": "InstanceProfileName",
        "role": Attribute("Roles[].RoleName", read=first),
        "unique_id": "InstanceProfileId",
        "tags_all": Attribute("Profile.Tags", read=aws_tags),
    },
    unreadable={"name_prefix": NAME_PREFIX},
)
