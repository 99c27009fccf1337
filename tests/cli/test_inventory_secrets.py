"""What the inventory never shows."""

from driftmgr.app.request import Inventory
from driftmgr.cli.render.inventory import as_json
from driftmgr.model import RemoteObject, ScanRecord, Scope


def test_values_of_parameters_are_masked_under_every_name() -> None:
    """A parameter's value is a secret as ``value``, so it is one as ``insecure_value`` too."""
    scope = Scope(cloud="aws", account="111122223333", region="eu-west-1")
    attributes = {"name": "/shop", "value": "hunter2", "insecure_value": "hunter2"}
    parameter = RemoteObject(type="aws_ssm_parameter", id="/shop", scope=scope, attributes=attributes)
    scan = ScanRecord(
        id="1",
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:00:01Z",
        mode="deep",
        engine="catalog",
        sources=(),
        scopes=(scope,),
        api_calls=1,
        seconds=1.0,
    )
    shown = as_json(Inventory(objects=(parameter,), gaps=(), scan=scan))
    assert "hunter2" not in shown
    assert shown.count("(sensitive)") == 2
