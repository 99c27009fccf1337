"""What a baseline tells of secrets: nothing."""

import json

from driftmgr.cli.render.baseline import baseline_json
from driftmgr.model import Acceptance, AcceptedObject, Baseline, Scope

TOKEN = "ghp_" + "a1B2" * 9


def test_accepted_secrets_are_masked() -> None:
    """By the schema, by the state, and by their looks; the rest of an accepted object may be read."""
    here = Scope(cloud="aws", account="111122223333", region="eu-west-1")
    parameter = AcceptedObject.of(
        {"name": "/shop", "value": "hunter2", "description": f"uses {TOKEN}", "tags_all": {"api_key": "hunter2"}},
        type="aws_ssm_parameter",
        id="/shop",
        scope=here,
    )
    queue = AcceptedObject.of(
        {"name": "orders", "policy": "hunter2"}, type="aws_sqs_queue", id="q", scope=here, sensitive=("policy",)
    )
    kept = Baseline(objects=(parameter, queue), acceptances=(Acceptance(serial=1, at="2026-01-01T00:00:00Z", by="me"),))
    text = baseline_json("b.sqlite", kept)
    assert "hunter2" not in text
    assert TOKEN not in text
    first, second = (found["attributes"] for found in json.loads(text)["objects"])
    assert first["description"] == "uses (sensitive)"
    assert second == {"name": "orders", "policy": "(sensitive)"}
