"""IAM read from answers in botocore's shape: what the emulator lacks or tells otherwise than AWS."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from catalog.answers import ACCOUNT, Answers, Collected
from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.iam import without_empty_blocks
from driftmgr.catalog.aws.iam_exclusive import ROLE_POLICIES, assemble_attachment
from driftmgr.catalog.permissions import actions
from driftmgr.model import RemoteObject, Scope

AWS = catalog_of("aws")
FAMILY = [entry.name for entry in AWS if entry.name.startswith("aws_iam_")]
LISTED = [name for name in FAMILY if AWS[name].list]
EVERYWHERE = Scope(cloud="aws", account=ACCOUNT, region=None)
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ARN = f"arn:aws:iam::{ACCOUNT}:"
TAGS = [{"Key": "team", "Value": "shop"}]
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
# As IAM sends it; botocore hands on what it makes of it.
DOCUMENT = quote(json.dumps({"Version": "2012-10-17", "Statement": []}))


def identified(name: str, path: str, kind: str, word: str) -> dict[str, Any]:
    """What every listing tells of an object of IAM."""
    return {
        "Path": path,
        f"{kind}Name": name,
        f"{kind}Id": f"{word}{name:A<16}".upper(),
        "Arn": f"{ARN}{kind.lower()}{path}{name}",
        "CreateDate": MADE,
    }


def listed(name: str, path: str = "/", **others: Any) -> dict[str, Any]:
    """A role as ListRoles tells it."""
    return identified(name, path, "Role", "AROA") | others


def role(name: str, path: str = "/", **others: Any) -> dict[str, Any]:
    """A role as GetAccountAuthorizationDetails tells it."""
    policies = {
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": DOCUMENT}],
        "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}],
    }
    return identified(name, path, "Role", "AROA") | policies | {"AssumeRolePolicyDocument": DOCUMENT} | others


BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": f"{ARN}policy/limits/most"}
POLICY: dict[str, Any] = {
    "PolicyName": "most",
    "PolicyId": "ANPAMOSTMOSTMOSTMOST",
    "Arn": f"{ARN}policy/limits/most",
    "Path": "/limits/",
    "AttachmentCount": 2,
    "PolicyVersionList": [
        {"VersionId": "v2", "IsDefaultVersion": False, "Document": "%7B%7D"},
        {"VersionId": "v1", "IsDefaultVersion": True, "Document": DOCUMENT},
    ],
}
USER = identified("ann", "/", "User", "AIDA") | {"PermissionsBoundary": BOUNDARY}
PROFILE = identified("web", "/", "InstanceProfile", "AIPA") | {"Roles": []}
SERVICE, SIGN_ON = "/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"
ANSWERS: Answers = {
    "iam.get_account_authorization_details": [
        {"RoleDetailList": [role("app", PermissionsBoundary=BOUNDARY, Tags=TAGS)]},
        {
            "RoleDetailList": [role("AWSServiceRoleForX", SERVICE), role("AWSReservedSSO_x", SIGN_ON)],
            "UserDetailList": [USER],
        },
        {"Policies": [POLICY], "GroupDetailList": [identified("all", "/", "Group", "AGPA")]},
    ],
    "iam.list_roles": [
        {"Roles": [listed("app", Description="runs", MaxSessionDuration=7200)]},
        {"Roles": [listed("AWSServiceRoleForX", SERVICE), listed("AWSReservedSSO_x", SIGN_ON)]},
    ],
    "iam.get_policy": {"Policy": {"Description": "the most", "Tags": TAGS}},
    "iam.list_instance_profiles": {"InstanceProfiles": [PROFILE]},
    "iam.get_instance_profile": {"InstanceProfile": PROFILE | {"Tags": TAGS}},
}


def test_one_paged_call_tells_all_principals_and_policies() -> None:
    """Twelve types cost three listings; tags of policies and instance profiles cost a call each, and only if asked."""
    deep, quick = (Collected(LISTED, ANSWERS, scope=EVERYWHERE, mode=mode) for mode in ("deep", "quick"))
    listings = ["iam.get_account_authorization_details", "iam.list_instance_profiles", "iam.list_roles"]
    assert sorted(operation for operation, _ in quick.asked) == listings
    each = ["iam.get_instance_profile", "iam.get_policy"]
    assert sorted(operation for operation, _ in deep.asked) == sorted([*listings, *each])
    assert not deep.gaps
    assert not quick.gaps


def test_policies_of_aws_are_not_asked_for() -> None:
    """No policy that AWS manages can be unmanaged: the one call leaves them out."""
    found = Collected(["aws_iam_policy"], ANSWERS, scope=EVERYWHERE)
    params = dict(found.asked)["iam.get_account_authorization_details"]
    assert set(params["Filter"]) == {"User", "Group", "Role", "LocalManagedPolicy"}


def test_a_role_is_put_together_from_both_listings() -> None:
    """What the bulk answer leaves out comes from ListRoles, page by page."""
    found = Collected(["aws_iam_role"], ANSWERS, scope=EVERYWHERE).objects["aws_iam_role", "app"].attributes
    assert (found["description"], found["max_session_duration"]) == ("runs", 7200)
    assert found["permissions_boundary"] == BOUNDARY["PermissionsBoundaryArn"]
    assert found["managed_policy_arns"] == [ADMINISTRATOR]
    assert [policy["name"] for policy in found["inline_policy"]] == ["own"]
    assert found["create_date"] == "2026-01-02T03:04:05Z"
    assert found["tags_all"] == {"team": "shop"}


def test_a_role_that_one_listing_lacks_is_a_gap() -> None:
    """A role made between the two listings has no description "unset": it is unread, and the scan says so."""
    found = Collected(["aws_iam_role"], {**ANSWERS, "iam.list_roles": {"Roles": []}}, scope=EVERYWHERE)
    assert found.objects["aws_iam_role", "app"].unread == ("description", "max_session_duration")
    assert [(gap.operation, gap.attributes) for gap in found.gaps] == [
        ("iam.list_roles", ("description", "max_session_duration"))
    ]


def test_roles_of_services_and_single_sign_on_are_defaults_with_all_their_policies() -> None:
    """What AWS keeps in paths that nobody else can use is no stranger."""
    found = Collected(LISTED, ANSWERS, scope=EVERYWHERE).objects
    roles = ("aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment")
    strangers = {key for key, item in found.items() if key[0] in roles and not item.is_default}
    assert strangers == {
        ("aws_iam_role", "app"),
        ("aws_iam_role_policy", "app:own"),
        ("aws_iam_role_policy_attachment", f"app/{ADMINISTRATOR}"),
    }
    assert len([key for key in found if key[0] in roles]) == 9


def test_a_policy_is_its_default_version() -> None:
    """Of several versions the one in force counts; description and tags come from the policy's own answer."""
    found = Collected(["aws_iam_policy"], ANSWERS, scope=EVERYWHERE).objects["aws_iam_policy", POLICY["Arn"]].attributes
    assert found["policy"] == '{"Version": "2012-10-17", "Statement": []}'
    assert (found["name"], found["path"], found["attachment_count"]) == ("most", "/limits/", 2)
    assert (found["description"], found["tags_all"]) == ("the most", {"team": "shop"})


def test_a_user_has_a_boundary() -> None:
    """The permissions boundary of a user is read, which the emulator does not keep."""
    found = Collected(["aws_iam_user"], ANSWERS, scope=EVERYWHERE).objects["aws_iam_user", "ann"].attributes
    assert found["permissions_boundary"] == BOUNDARY["PermissionsBoundaryArn"]


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (None, []),
        ([], []),
        ([{"name": "", "policy": ""}], []),
        ([{"name": None, "policy": None}, {"name": "a", "policy": "{}"}], [{"name": "a", "policy": "{}"}]),
        (["odd"], ["odd"]),
    ],
)
def test_an_empty_block_is_no_policy(policies: Any, expected: Any) -> None:
    """``inline_policy {}`` says that there are none."""
    assert without_empty_blocks(policies) == expected


def attachment(owner: str, name: str, arn: str) -> RemoteObject:
    """A policy attached to a principal."""
    return RemoteObject(
        type=f"aws_iam_{owner}_policy_attachment",
        id=f"{name}/{arn}",
        scope=EVERYWHERE,
        attributes={owner: name, "policy_arn": arn},
    )


def test_an_attachment_speaks_for_every_principal_of_its_policy() -> None:
    """Roles, users and groups of the very policy are its own; other policies of the same principals are not."""
    near = [attachment("role", "app", ADMINISTRATOR), attachment("user", "ann", ADMINISTRATOR)]
    found = assemble_attachment({"policy_arn": ADMINISTRATOR}, [*near, attachment("role", "app", f"{ARN}policy/x")])
    assert found is not None
    assert found.attributes == {"policy_arn": ADMINISTRATOR, "groups": [], "roles": ["app"], "users": ["ann"]}
    assert found.parts == tuple(part.id for part in near)


def test_an_attachment_exists_as_long_as_its_policy() -> None:
    """Without principals it is empty, without its policy it is gone; AWS's own policies are never gone."""
    arn = f"{ARN}policy/x"
    policy = RemoteObject(type="aws_iam_policy", id=arn, scope=EVERYWHERE, attributes={"arn": arn})
    assert assemble_attachment({"policy_arn": arn}, []) is None
    for recorded, near in ((arn, [policy]), (ADMINISTRATOR, [])):
        empty = assemble_attachment({"policy_arn": recorded}, near)
        assert empty is not None
        assert empty.attributes["roles"] == []
        assert not empty.parts


def test_exclusive_policies_exist_as_long_as_their_role() -> None:
    """A role without policies has an empty list of them, no role none."""
    assert ROLE_POLICIES.assemble is not None
    own = RemoteObject(type="aws_iam_role_policy", id="app:own", scope=EVERYWHERE, attributes={"name": "own"})
    app = RemoteObject(type="aws_iam_role", id="app", scope=EVERYWHERE, attributes={"name": "app"})
    recorded = {"role_name": "app"}
    assert ROLE_POLICIES.assemble(recorded, [own]) is None
    full, empty = (ROLE_POLICIES.assemble(recorded, near) for near in ([app, own], [app]))
    assert full is not None
    assert empty is not None
    assert full.attributes == {"role_name": "app", "policy_names": ["own"]}
    assert full.parts == ("app:own",)
    assert empty.attributes["policy_names"] == []


def test_permissions() -> None:
    """The whole family needs exactly these actions of IAM."""
    assert [action for action in actions(AWS[name] for name in FAMILY) if action.startswith("iam:")] == [
        "iam:GetAccountAuthorizationDetails",
        "iam:GetInstanceProfile",
        "iam:GetPolicy",
        "iam:ListInstanceProfiles",
        "iam:ListRoles",
    ]
