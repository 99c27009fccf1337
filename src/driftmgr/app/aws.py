"""AWS in a scan: which accounts and regions are asked, and as whom."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Mapping

from driftmgr.app.request import Role, ScanRequest
from driftmgr.catalog import catalog_of
from driftmgr.clouds import ApiError, CloudApi
from driftmgr.clouds.aws import AwsAccount, AwsApi, AwsSession
from driftmgr.clouds.aws.session import home_region
from driftmgr.model import DriftMgrError, Gap, Scope
from driftmgr.telemetry import logs

ALL_REGIONS = "all"
_LOG = logs.Logger("aws")


class AwsCloud:
    """AWS, signed in to for one request; raises ``DriftMgrError`` where that cannot be."""

    def __init__(self, request: ScanRequest, session: AwsSession) -> None:
        self.catalog = catalog_of("aws")
        self._request = request
        self._session = session
        self._accounts = resolve_accounts(session, request)

    @property
    def identities(self) -> Mapping[str, str]:
        """Who reads each account, from where; never a credential."""
        endpoints = sorted(pair for pair in os.environ.items() if pair[0].startswith("AWS_ENDPOINT_URL"))
        return {
            name: repr((account.partition, account.id, account.principal, self._request.profile, endpoints))
            for name, account in self._accounts.items()
        }

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """None: what nobody signs in to is told by the instances of its account."""
        return ()

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[CloudApi]:
        """The api, until the scan ends."""
        api = AwsApi(self._session, self._accounts)
        try:
            yield api
        finally:
            api.close()

    async def regions(self, api: CloudApi, named: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """The regions to ask of each account; raises ``DriftMgrError``."""
        known = {*named, *self._request.declared_regions}
        return await resolve_regions(api, self._session, self._accounts, self._request.regions, known)


def resolve_accounts(session: AwsSession, request: ScanRequest) -> dict[str, AwsAccount]:
    """The accounts of a request, by id.

    With roles these are the roles' accounts (and the one of the credentials only if ``--account`` names it), else
    the one of the credentials. Roles of the configuration count where the user names none; one that these credentials
    may not assume leaves the instances of its account as a gap. Raises ``DriftMgrError`` when an account is asked for
    that nothing signs in to.
    """
    declared = [] if request.roles else _declared(session, request.declared_roles)
    own_wanted = bool(request.accounts) or not (request.roles or declared) or None in request.declared_roles
    found = [session.own_account()] if own_wanted else []
    found += [*(session.assume(role.arn, role.external_id) for role in request.roles), *declared]
    reachable = {account.id: account for account in found}
    if not request.accounts:
        return reachable
    for wanted in request.accounts:
        if wanted not in reachable:
            raise DriftMgrError(
                f"no credentials for AWS account {wanted}: signed in to {', '.join(sorted(reachable))}",
                hint=f"name a role in it: --role-arn arn:aws:iam::{wanted}:role/NAME",
            )
    return {wanted: reachable[wanted] for wanted in request.accounts}


def _declared(session: AwsSession, roles: Iterable[Role | None]) -> list[AwsAccount]:
    found: list[AwsAccount] = []
    for role in roles:
        try:
            found += [] if role is None else [session.assume(role.arn, role.external_id)]
        except DriftMgrError as error:
            _LOG.warning("a configured role cannot be assumed", role=role.arn if role else "", error=error.message)
    return found


async def resolve_regions(
    api: CloudApi,
    session: AwsSession,
    accounts: Mapping[str, AwsAccount],
    asked: tuple[str, ...],
    named: Iterable[str | None],
) -> dict[str, tuple[str, ...]]:
    """The regions of each account: those asked, else those ``named`` by states and HCL, else the configured one.

    Among the named ones ``None`` stands for the configured one.

    Raises ``DriftMgrError`` when there is none, or when the enabled regions cannot be listed for ``all``.
    """
    if ALL_REGIONS in asked:
        return {name: await _enabled_regions(api, account) for name, account in accounts.items()}
    chosen = (
        asked
        or tuple(sorted({name for item in named if (name := item or session.region)}))
        or ((session.region,) if session.region else ())
    )
    if not chosen:
        raise DriftMgrError(
            "no AWS region to look at: neither the state nor the AWS configuration names one",
            hint="give --region eu-central-1 (repeatable), --region all, or set AWS_REGION",
        )
    return dict.fromkeys(accounts, tuple(dict.fromkeys(chosen)))


async def _enabled_regions(api: CloudApi, account: AwsAccount) -> tuple[str, ...]:
    scope = Scope(cloud="aws", account=account.id, region=home_region(account.partition))
    try:
        pages = [page async for page in api.pages(scope, "ec2.describe_regions", {})]
    except ApiError as error:
        raise DriftMgrError(
            f"cannot list the enabled regions of account {account.id}: {error.code}: {error.message}",
            hint="allow ec2:DescribeRegions, or name the regions with --region",
        ) from error
    return tuple(sorted(region["RegionName"] for page in pages for region in page["Regions"]))
