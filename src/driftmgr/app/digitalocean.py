"""DigitalOcean in a scan: which teams are asked, and as whom."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Mapping

import msgspec

from driftmgr.app.request import ScanRequest, Token
from driftmgr.catalog import catalog_of
from driftmgr.clouds import CloudApi, SignInError
from driftmgr.clouds.aws import AwsSession
from driftmgr.clouds.digitalocean import DigitalOceanApi, Team, team_of
from driftmgr.clouds.digitalocean.spaces import keys_from
from driftmgr.model import DriftMgrError, Gap, Scope
from driftmgr.telemetry.redaction import hide

VARIABLES = ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN")
"""Where the Terraform provider looks for a token, in its order."""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The teams that tokens lead to, with a token of each, and a gap for each token that leads nowhere."""

    teams: tuple[Team, ...]
    tokens: Mapping[str, str]
    gaps: tuple[Gap, ...] = ()


class DigitalOceanCloud:
    """DigitalOcean, signed in to for one request; raises ``DriftMgrError`` where that cannot be."""

    def __init__(self, request: ScanRequest, session: AwsSession) -> None:
        self.catalog = catalog_of("digitalocean")
        self._session = session
        self._signed_in = asyncio.run(sign_in(request.tokens))
        self._spaces_keys = keys_from(os.environ)

    @property
    def identities(self) -> Mapping[str, str]:
        """Who reads each team; never a token."""
        addresses = [os.environ.get(name, "") for name in ("DIGITALOCEAN_API_URL", "SPACES_ENDPOINT_URL")]
        key = self._spaces_keys.access_key if self._spaces_keys else ""
        return {team.id: repr((team.id, team.email, *addresses, key)) for team in self._signed_in.teams}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """One for each token that was refused beside others."""
        return self._signed_in.gaps

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[CloudApi]:
        """The api, until the scan ends."""
        async with DigitalOceanApi(self._signed_in.tokens, spaces_keys=self._spaces_keys) as api:
            yield api

    async def regions(self, api: CloudApi, named: Iterable[str]) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002
        """None: every answer spans all regions, which are attributes of the objects."""
        return {team.id: () for team in self._signed_in.teams}


async def sign_in(tokens: Iterable[Token]) -> SignedIn:
    """The teams of tokens, without any those of the usual variables; raises ``DriftMgrError`` where all are refused."""
    wanted = tuple(tokens) or tuple(Token(name=name) for name in VARIABLES if os.environ.get(name))[:1]
    if not wanted:
        raise DriftMgrError("no DigitalOcean token found", hint=f"set {VARIABLES[0]}, or name a variable: --token NAME")
    found: dict[str, str] = {}
    teams: list[Team] = []
    errors: list[tuple[Token, SignInError]] = []
    for token in wanted:
        try:
            value = _value_of(token)
            team = await team_of(value, token.name)
        except SignInError as error:
            errors.append((token, error))
            continue
        if team.id not in found:
            teams.append(team)
        found.setdefault(team.id, value)
    if not teams:
        raise errors[0][1]
    return SignedIn(teams=tuple(teams), tokens=found, gaps=tuple(_gap(*one) for one in errors))


def _value_of(token: Token) -> str:
    value = token.value or os.environ.get(token.name)
    if not value:
        raise SignInError(f"the variable {token.name} is not set", "denied", hint="set it to a DigitalOcean token")
    hide(value)
    return value


def _gap(token: Token, error: SignInError) -> Gap:
    """All of a team whose id is not known: its scope has the token's name."""
    return Gap(
        type="*",
        scope=Scope(cloud="digitalocean", account=token.name),
        operation="sign-in",
        reason=error.reason,
        message=error.message,
    )
