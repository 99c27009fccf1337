"""Alert policies and uptime checks.

Source: the provider's ``monitoring/`` and ``uptime/``; ``GET /v2/monitoring/alerts``, ``GET /v2/uptime/checks``.
"""

from collections.abc import Mapping

from driftmgr.catalog.digitalocean.words import TAGS, listed
from driftmgr.catalog.entry import GLOBAL, LOW, MEDIUM, Attribute, AttributeLike, ParentRef, ResourceType

_CHECKS = listed("/v2/uptime/checks", "checks", "uptime:read")
_NOTIFIED: Mapping[str, AttributeLike] = {
    "email": "email",
    "slack": Attribute("slack", nested={"channel": "channel", "url": "url"}),
}

MONITOR_ALERT = ResourceType(
    name="digitalocean_monitor_alert",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=listed("/v2/monitoring/alerts", "policies", "monitoring:read"),
    id="uuid",
    attributes={
        "alerts": Attribute("alerts", nested=_NOTIFIED),
        "compare": "compare",
        "description": "description",
        "enabled": Attribute("enabled", default=True),
        "entities": "entities",
        "tags": TAGS,
        "type": "type",
        "value": Attribute("value", default=0),
        "window": "window",
    },
)

UPTIME_CHECK = ResourceType(
    name="digitalocean_uptime_check",
    criticality=LOW,
    reach=GLOBAL,
    list=_CHECKS,
    id="id",
    attributes={
        "enabled": Attribute("enabled", default=True),
        "name": "name",
        "regions": "regions",
        "target": "target",
        "type": "type",
    },
)

UPTIME_ALERT = ResourceType(
    name="digitalocean_uptime_alert",
    criticality=LOW,
    reach=GLOBAL,
    list=_CHECKS,
    expand=listed("/v2/uptime/checks/{check}/alerts", "alerts", "uptime:read", given={"check": "id"}),
    id="id",
    attributes={
        "check_id": "Parent.id",
        "comparison": "comparison",
        "name": "name",
        "notifications": Attribute("notifications", nested=_NOTIFIED),
        "period": "period",
        "threshold": Attribute("threshold", default=0),
        "type": "type",
    },
    parents=(ParentRef(type="digitalocean_uptime_check", attribute="check_id"),),
    import_id="{check_id},{id}",
)
