"""The backup policy of a droplet, in forms that no recording has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digitalocean.changes.words import place
from digitalocean.fixtures import Recorded
from digitalocean.states import Resources, attributes, edited
from digitalocean.test_agreement import rows
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.model import DriftReport

_DAILY = {"plan": "daily", "hour": 0, "window_length_hours": 4, "retention_period_days": 7}
_WEEKLY = {"plan": "weekly", "weekday": "SUN", "hour": 20, "window_length_hours": 4, "retention_period_days": 28}


@pytest.fixture
def scan(
    recorded: Callable[[str], Recorded], tmp_path: Path
) -> Callable[[list[dict[str, Any]], dict[str, Any]], DriftReport]:
    """Scan with what the state holds of a droplet's policy, and what the API answers in its place."""
    pair = recorded("droplets")

    def report(held: list[dict[str, Any]], told: dict[str, Any]) -> DriftReport:
        def edit(resources: Resources) -> None:
            attributes(resources, "droplet.web")["backup_policy"] = held

        setting = pair.cloud.setting(f"{place(pair.cloud, '/v2/droplets', name='web-1')}/backups/policy")
        setting.pop("backup_policy", None)
        setting |= told
        return app.scan(ScanRequest(sources=(str(edited(pair.state, tmp_path, edit)),)))

    return report


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ([{"plan": "daily", "weekday": "", "hour": 0}], _DAILY),
        ([{"plan": "daily", "weekday": None, "hour": None}], _DAILY),
        ([{"plan": "daily", "weekday": "MON", "hour": 0}], _DAILY),
        ([{"plan": "weekly", "weekday": "SUN", "hour": 20}], _WEEKLY),
        ([{"plan": "weekly", "weekday": "", "hour": 20}], _WEEKLY),
        ([{"plan": "", "weekday": "", "hour": 0}], _DAILY),
        ([], _WEEKLY),
    ],
)
def test_what_hcl_leaves_out_is_chosen_by_the_cloud(
    scan: Callable[..., DriftReport], held: list[dict[str, Any]], told: dict[str, Any]
) -> None:
    """A day, a plan or a whole policy that HCL does not set is no drift, nor is a day that a daily plan has not."""
    assert rows(scan(held, {"backup_policy": told})) == set()


def test_a_policy_that_the_api_does_not_tell_is_a_change(scan: Callable[..., DriftReport]) -> None:
    """A droplet with backups whose record has no policy has not the one that was recorded."""
    held = [{"plan": "daily", "weekday": "", "hour": 0}]
    assert rows(scan(held, {})) == {("changed", "droplet.web[0]", "backup_policy")}
    assert rows(scan(held, {"backup_policy": _WEEKLY})) == {("changed", "droplet.web[0]", "backup_policy")}
