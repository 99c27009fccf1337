"""Accounts and regions of a scan."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from driftmgr.app.aws import resolve_accounts, resolve_regions
from driftmgr.app.request import Role, ScanRequest
from driftmgr.clouds import ApiError
from driftmgr.clouds.aws import AwsAccount
from driftmgr.model import DriftMgrError, Scope

OURS, THEIRS = "111111111111", "222222222222"
ROLE = Role(arn=f"arn:aws:iam::{THEIRS}:role/r", external_id="e")


class FakeSession:
    """Signs in to ``OURS``, and by any role to ``THEIRS``."""

    def __init__(self, region: str | None = None) -> None:
        self.region = region
        self.assumed: list[tuple[str, str | None]] = []

    def own_account(self) -> AwsAccount:
        return AwsAccount(id=OURS, partition="aws")

    def assume(self, role_arn: str, external_id: str | None = None) -> AwsAccount:
        self.assumed.append((role_arn, external_id))
        return AwsAccount(id=THEIRS, partition="aws", role_arn=role_arn, external_id=external_id)


class FakeApi:
    """Answers ``ec2.describe_regions`` in two pages, or refuses."""

    calls = 0

    def __init__(self, *, refuse: bool = False) -> None:
        self._refuse = refuse

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        if self._refuse:
            raise ApiError(operation, "UnauthorizedOperation", "denied", "no")
        for name in ("us-east-1", "eu-central-1"):
            yield {"Regions": [{"RegionName": name}]}


def accounts(session: FakeSession, **request: Any) -> list[str]:
    """The ids of the accounts of a request."""
    return list(resolve_accounts(session, ScanRequest(**request)))  # type: ignore[arg-type]


def regions(api: FakeApi, session: FakeSession, asked: tuple[str, ...], named: tuple[str | None, ...]) -> Any:
    """The regions per account."""
    known = {OURS: AwsAccount(id=OURS, partition="aws")}
    return asyncio.run(resolve_regions(api, session, known, asked, named))  # type: ignore[arg-type]


def test_accounts_are_those_of_the_credentials_or_of_the_roles() -> None:
    """Without roles our own account, with roles theirs, with both named both, in the order named."""
    session = FakeSession()
    assert accounts(session) == [OURS]
    assert accounts(session, roles=(ROLE,)) == [THEIRS]
    assert accounts(session, roles=(ROLE,), accounts=(THEIRS, OURS)) == [THEIRS, OURS]
    assert session.assumed == [(ROLE.arn, "e")] * 2


class Refusing(FakeSession):
    """Signs in to its own account alone."""

    def assume(self, role_arn: str, external_id: str | None = None) -> AwsAccount:
        raise DriftMgrError(f"{role_arn}: denied")


def test_roles_of_the_configuration_count_where_none_is_named() -> None:
    """Beside our own account if a provider assumes none; one that is refused leaves what else there is."""
    assert accounts(FakeSession(), declared_roles=(ROLE,)) == [THEIRS]
    assert accounts(FakeSession(), declared_roles=(None, ROLE)) == [OURS, THEIRS]
    assert accounts(FakeSession(), declared_roles=(ROLE,), accounts=(OURS,)) == [OURS]
    assert accounts(Refusing(), declared_roles=(ROLE,)) == [OURS]


def test_an_account_without_credentials_is_an_error() -> None:
    """An account that nothing signs in to is never silently left out."""
    with pytest.raises(DriftMgrError, match=f"no credentials for AWS account {THEIRS}: signed in to {OURS}"):
        accounts(FakeSession(), accounts=(THEIRS,))


def test_regions_are_asked_named_or_configured_in_that_order() -> None:
    """What the user asks goes before what the states name, and that before the configuration."""
    session = FakeSession("sa-east-1")
    assert regions(FakeApi(), session, ("eu-west-1", "eu-west-1"), ("us-west-2",)) == {OURS: ("eu-west-1",)}
    assert regions(FakeApi(), session, (), ("us-west-2", "eu-west-1")) == {OURS: ("eu-west-1", "us-west-2")}
    assert regions(FakeApi(), session, (), ()) == {OURS: ("sa-east-1",)}
    assert regions(FakeApi(), session, (), ("us-west-2", None)) == {OURS: ("sa-east-1", "us-west-2")}
    assert regions(FakeApi(), FakeSession(), (), ("us-west-2", None)) == {OURS: ("us-west-2",)}


def test_all_regions_are_those_enabled_over_every_page() -> None:
    """``all`` asks the account which regions it has."""
    assert regions(FakeApi(), FakeSession(), ("all",), ()) == {OURS: ("eu-central-1", "us-east-1")}


def test_regions_that_cannot_be_known_are_an_error() -> None:
    """No region at all, and a refused list of them, are errors that say what to give."""
    with pytest.raises(DriftMgrError, match="no AWS region to look at") as none:
        regions(FakeApi(), FakeSession(), (), ())
    assert "--region" in none.value.hint
    with pytest.raises(DriftMgrError, match="cannot list the enabled regions") as refused:
        regions(FakeApi(refuse=True), FakeSession(), ("all",), ())
    assert "ec2:DescribeRegions" in refused.value.hint
