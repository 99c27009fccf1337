"""DigitalOcean, over its plain HTTP API: no SDK."""

from driftmgr.clouds.digitalocean.api import DigitalOceanApi, Team, team_of

__all__ = ["DigitalOceanApi", "Team", "team_of"]
