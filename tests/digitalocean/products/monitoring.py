"""Alert policies, uptime checks and their alerts."""

from digitalocean.identity import uuid_of
from digitalocean.shapes import Call, Collection, Object, Product


def _recipients(told: Object | None) -> Object:
    """Both kinds of recipients are always answered as lists."""
    told = told or {}
    return {"email": list(told.get("email") or ()), "slack": list(told.get("slack") or ())}


def _policy_lists(body: Object) -> Object:
    return {
        "alerts": _recipients(body.get("alerts")),
        "entities": list(body.get("entities") or ()),
        "tags": list(body.get("tags") or ()),
    }


def _new_policy(call: Call) -> Object:
    return {"uuid": uuid_of(call.seed), "enabled": call.body.get("enabled", True), **_policy_lists(call.body)}


def _policy_changed(call: Call, policy: Object) -> None:
    policy |= _policy_lists(call.body)


def _new_check(call: Call) -> Object:
    return {"id": uuid_of(call.seed), "regions": list(call.body.get("regions") or ())}


def _new_alert(call: Call) -> Object:
    return {"id": uuid_of(call.seed), "notifications": _recipients(call.body.get("notifications"))}


def _alert_made(_: Call, alert: Object) -> None:
    """A kind of alert that compares nothing has no comparison."""
    if not alert.get("comparison"):
        alert.pop("comparison", None)


def _alert_changed(call: Call, alert: Object) -> None:
    alert["notifications"] = _recipients(call.body.get("notifications"))
    _alert_made(call, alert)


PRODUCT = Product(
    collections=(
        Collection(
            path="/v2/monitoring/alerts",
            many="policies",
            one="policy",
            id="uuid",
            make=_new_policy,
            changed=_policy_changed,
            create_status=200,
        ),
        Collection(path="/v2/uptime/checks", many="checks", one="check", make=_new_check),
        Collection(
            path="/v2/uptime/checks/{check}/alerts",
            many="alerts",
            one="alert",
            make=_new_alert,
            made=_alert_made,
            changed=_alert_changed,
        ),
    ),
)
