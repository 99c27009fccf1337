"""DigitalOcean in a scan: which teams are asked, and as whom."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Mapping

from driftmgr.app.request import ScanRequest
from driftmgr.catalog import catalog_of
from driftmgr.clouds import CloudApi
from driftmgr.clouds.aws import AwsSession
from driftmgr.clouds.digitalocean import DigitalOceanApi, Team, team_of
from driftmgr.model import DriftMgrError
from driftmgr.telemetry.redaction import hide

VARIABLES = ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN")
"""Where the Terraform provider looks for a token, in its order."""


class DigitalOceanCloud:
    """DigitalOcean, signed in to for one request; raises ``DriftMgrError`` where that cannot be."""

    def __init__(self, request: ScanRequest, session: AwsSession) -> None:
        self.catalog = catalog_of("digitalocean")
        self._session = session
        self._tokens, self._teams = asyncio.run(sign_in(request.tokens))

    @property
    def identities(self) -> Mapping[str, str]:
        """Who reads each team; never a token."""
        address = os.environ.get("DIGITALOCEAN_API_URL", "")
        return {team.id: repr((team.id, team.email, address)) for team in self._teams}

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[CloudApi]:
        """The api, until the scan ends."""
        async with DigitalOceanApi(self._tokens) as api:
            yield api

    async def regions(self, api: CloudApi, named: Iterable[str]) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002
        """None: every answer spans all regions, which are attributes of the objects."""
        return {team.id: () for team in self._teams}


async def sign_in(names: Iterable[str]) -> tuple[dict[str, str], tuple[Team, ...]]:
    """The tokens by team, and the teams; ``names`` are variables of the environment, empty for the usual ones.

    Raises ``DriftMgrError`` for a variable that is not set and a token that is refused.
    """
    wanted = tuple(names) or tuple(name for name in VARIABLES if os.environ.get(name))[:1]
    if not wanted:
        raise DriftMgrError("no DigitalOcean token found", hint=f"set {VARIABLES[0]}, or name a variable: --token NAME")
    tokens: dict[str, str] = {}
    teams: list[Team] = []
    for name in wanted:
        token = os.environ.get(name)
        if not token:
            raise DriftMgrError(f"the variable {name} is not set", hint="set it to a DigitalOcean token")
        hide(token)
        team = await team_of(token, name)
        if team.id not in tokens:
            teams.append(team)
        tokens.setdefault(team.id, token)
    return tokens, tuple(teams)
