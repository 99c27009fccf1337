"""Types that speak for all policies of a principal, or for all principals of a policy, put together from single ones.

Terraform lists what was added out of band on these instances, so the added object is not also unmanaged.
Source: provider ``policy_attachment.go``, ``role_policies_exclusive.go``, ``role_policy_attachments_exclusive.go`` in
``internal/service/iam``, and the same of users and groups.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.catalog.entry import CRITICAL, GLOBAL, Assembled, Attribute, ParentRef, ResourceType
from driftmgr.model import RemoteObject

_PRINCIPALS = ("group", "role", "user")


class _Whole(msgspec.Struct, frozen=True, kw_only=True):
    """All policies of one kind that a principal has: ``names`` lists the ``member`` of each ``part``."""

    owner: str
    name: str
    part: str
    names: str
    member: str
    inline: str

    def entry(self) -> ResourceType:
        """The type that speaks for them."""
        principal = f"aws_iam_{self.owner}"
        shown = (self.inline,) if self.owner == "role" else ()
        return ResourceType(
            name=f"{principal}_{self.name}",
            criticality=CRITICAL,
            reach=GLOBAL,
            assemble=self._assemble,
            parts=(principal, f"{principal}_{self.part}"),
            attributes={f"{self.owner}_name": Attribute(), self.names: Attribute()},
            parents=(ParentRef(type=principal, attribute=f"{self.owner}_name", by="name", inline=shown),),
        )

    def _assemble(self, recorded: Mapping[str, Any], near: Sequence[RemoteObject]) -> Assembled | None:
        """Every policy of the principal, as long as it exists."""
        if not any(found.type == f"aws_iam_{self.owner}" for found in near):
            return None
        parts = [found for found in near if found.type == f"aws_iam_{self.owner}_{self.part}"]
        owner = f"{self.owner}_name"
        return Assembled(
            attributes={owner: recorded.get(owner), self.names: [found.attributes[self.member] for found in parts]},
            parts=tuple(found.id for found in parts),
        )


def _policies(owner: str) -> ResourceType:
    return _Whole(
        owner=owner,
        name="policies_exclusive",
        part="policy",
        names="policy_names",
        member="name",
        inline="inline_policy",
    ).entry()


def _attachments(owner: str) -> ResourceType:
    return _Whole(
        owner=owner,
        name="policy_attachments_exclusive",
        part="policy_attachment",
        names="policy_arns",
        member="policy_arn",
        inline="managed_policy_arns",
    ).entry()


GROUP_POLICIES, ROLE_POLICIES, USER_POLICIES = map(_policies, _PRINCIPALS)
GROUP_ATTACHMENTS, ROLE_ATTACHMENTS, USER_ATTACHMENTS = map(_attachments, _PRINCIPALS)


def assemble_attachment(recorded: Mapping[str, Any], near: Sequence[RemoteObject]) -> Assembled | None:
    """All principals that a policy is attached to, as long as it exists; AWS's own policies always do."""
    arn = str(recorded.get("policy_arn"))
    if ":iam::aws:policy/" not in arn and not any(found.id == arn for found in near):
        return None
    parts = [found for found in near if found.attributes.get("policy_arn") == arn]
    principals = {
        f"{owner}s": [found.attributes[owner] for found in parts if owner in found.attributes] for owner in _PRINCIPALS
    }
    return Assembled(attributes={"policy_arn": arn, **principals}, parts=tuple(found.id for found in parts))


POLICY_ATTACHMENT = ResourceType(
    name="aws_iam_policy_attachment",
    criticality=CRITICAL,
    reach=GLOBAL,
    assemble=assemble_attachment,
    parts=("aws_iam_policy", *(f"aws_iam_{owner}_policy_attachment" for owner in _PRINCIPALS)),
    attributes={name: Attribute() for name in ("groups", "policy_arn", "roles", "users")},
    unreadable={"name": "a label of the state's own; AWS does not know it"},
    parents=(
        ParentRef(type="aws_iam_policy", attribute="policy_arn", by="arn"),
        ParentRef(type="aws_iam_role", attribute="roles", by="name", inline=("managed_policy_arns",)),
        ParentRef(type="aws_iam_user", attribute="users", by="name"),
        ParentRef(type="aws_iam_group", attribute="groups", by="name"),
    ),
)
