"""No secret leaves with a report or an inventory."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.catalog import catalog_of
from driftmgr.drift.secrets import ObjectMask, masked, masked_change, masked_value
from driftmgr.model import AttributeChange, Drift, DriftReport, Gap, RemoteObject, ScanRecord, Scope, Summary
from driftmgr.model.secrets import SENSITIVE

HERE = Scope(cloud="aws", account="111122223333", region="eu-west-1")
TOKEN = "ghp_" + "a1B2" * 9
HEX = "3f9a0c7be41d58f2a6903bdc74e1852f"


def changed(path: str, recorded: Any, observed: Any) -> AttributeChange:
    """The change, masked."""
    return masked_change(AttributeChange(path=path, recorded=recorded, observed=observed))


@pytest.mark.parametrize(
    "path",
    [
        'environment[0].variables["DB_PASSWORD"]',
        "auth_token",
        'tags_all["api-key"]',
        "container_definitions[0].secret",
        "environment[0].environment_variable[2].value",
    ],
)
def test_the_name_of_a_value_hides_it(path: str) -> None:
    """Under a secret's name, and as the value of a variable whose name is not told, both sides are masked."""
    change = changed(path, "hunter2", "hunter3")
    assert (change.recorded, change.observed, change.sensitive) == (SENSITIVE, SENSITIVE, True)
    assert changed(path, None, "hunter3").recorded is None


def test_one_secret_side_hides_the_other() -> None:
    """Where one side is a secret the other was one too, however it looks."""
    change = changed("description", "changeme", TOKEN)
    assert (change.recorded, change.observed, change.sensitive) == (SENSITIVE, SENSITIVE, True)


def test_what_is_sensitive_already_stays_as_it_is() -> None:
    """A change that the schema calls sensitive is masked by whoever prints it, and is not looked at again."""
    change = AttributeChange(path="password", recorded=SENSITIVE, observed=SENSITIVE, sensitive=True)
    assert masked_change(change) is change


def test_only_the_secret_of_a_text_is_hidden() -> None:
    """Of a script or a document the rest may be read."""
    change = changed("user_data", "#!/bin/sh\necho 1", f"#!/bin/sh\ncurl -H 'X: {TOKEN}' https://example.org")
    assert change.observed == f"#!/bin/sh\ncurl -H 'X: {SENSITIVE}' https://example.org"
    assert not change.sensitive
    document = json.dumps([{"name": "web", "cpu": 0.10, "environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}])
    shown = changed("container_definitions", None, document).observed
    assert json.loads(shown) == [
        {"name": "web", "cpu": 0.1, "environment": [{"name": "DB_PASSWORD", "value": SENSITIVE}]}
    ]


def test_a_document_without_secrets_stays_as_it_is() -> None:
    """Layout and digits of a policy are not touched."""
    policy = '{ "Version":"2012-10-17", "n": 1.50, "Statement":[{"Action":"secretsmanager:GetSecretValue"}] }'
    assert changed("policy", None, policy).observed == policy


@pytest.mark.parametrize("start", ["{no JSON ", "[" * 400 + "]" * 400, "[" * 100_000])
def test_what_is_no_document_is_a_text(start: str) -> None:
    """Broken or hostile JSON is looked at as a text."""
    assert changed("policy", None, f"{start} {TOKEN}").observed == f"{start} {SENSITIVE}"
    nested = start.replace("]", f'"{TOKEN}"]', 1)
    assert TOKEN not in changed("policy", None, nested).observed


def test_values_at_any_depth_are_masked() -> None:
    """Lists, maps and labelled values are walked; hexadecimal tokens count in an environment."""
    value = {"outer": [{"list": ["plain", TOKEN]}], "environment": {"DATABASE": HEX, "GIT_COMMIT": HEX}, "etag": HEX}
    assert masked_value(value, "settings") == {
        "outer": [{"list": ["plain", SENSITIVE]}],
        "environment": {"DATABASE": SENSITIVE, "GIT_COMMIT": HEX},
        "etag": HEX,
    }


def report(*changes: AttributeChange, **others: Any) -> DriftReport:
    """A report with these changes in every place for changes."""
    scan = ScanRecord(
        id="f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:00:01Z",
        mode="deep",
        engine="catalog",
        sources=("https://me:hunter2@states.example.org/a",),
        scopes=(HERE,),
        api_calls=1,
        seconds=1.0,
        notes=("token=hunter2 is old",),
    )
    drift = Drift(
        kind="changed",
        type="aws_lambda_function",
        id="web",
        scope=HERE,
        severity="high",
        address='aws_lambda_function.web["a"]',
        source="https://me:hunter2@states.example.org/a",
        changes=changes,
        suppressed=changes,
        reason=f"gives access to {TOKEN}",
        tags={"password": "hunter2", "env": "production"},
    )
    gap = Gap(
        type="aws_vpc", operation="ec2.describe_vpcs", reason="denied", message=f"refused: password=hunter2 {TOKEN}"
    )
    return DriftReport(
        scan=scan,
        summary=Summary(managed=1, in_sync=0, changed=1, missing=0, unmanaged=0, gaps=1),
        drifts=(drift,),
        suppressed=(drift,),
        ignored=(drift,),
        gaps=(gap,),
        **others,
    )


def test_no_part_of_a_report_tells_a_secret() -> None:
    """Findings, explained and ignored ones, tags, sources and gaps: the planted texts are in none of them."""
    change = AttributeChange(path='environment[0].variables["DB_PASSWORD"]', recorded="hunter2", observed=TOKEN)
    plain = report(change)
    text = msgspec.json.encode(masked(plain)).decode()
    assert "hunter2" not in text
    assert TOKEN not in text
    assert 'aws_lambda_function.web[\\"a\\"]' in text
    found = masked(plain).drifts[0]
    assert found.tags == {"password": SENSITIVE, "env": "production"}
    assert masked(plain).summary == plain.summary


def test_the_id_of_an_access_key_is_an_id() -> None:
    """It names the object; as a value it is part of a credential."""
    key = "AKIAIOSFODNN7EXAMPLE"
    plain = report(AttributeChange(path="description", recorded=None, observed=f"uses {key}"))
    drift = msgspec.structs.replace(plain.drifts[0], id=key)
    found = masked(msgspec.structs.replace(plain, drifts=(drift,))).drifts[0]
    assert (found.id, found.changes[0].observed) == (key, f"uses {SENSITIVE}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.sampled_from([TOKEN, HEX, "hunter2"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(['tags["a"]', "password", "user_data", "environment[0].x"]), JSON, JSON)
def test_masking_twice_masks_nothing_more(path: str, recorded: Any, observed: Any) -> None:
    """A masked report is a fixed point, so that a stored one is rendered again as it is."""
    once = masked(report(AttributeChange(path=path, recorded=recorded, observed=observed)))
    assert masked(once) == once
    assert TOKEN not in msgspec.json.encode(once).decode()


def test_objects_are_masked_by_schema_and_by_looks() -> None:
    """A parameter's value is a secret as ``value``, so it is one as ``insecure_value`` too; a variable by its name."""
    mask = ObjectMask(catalog_of("aws"))
    attributes = {"name": "/shop", "value": "hunter2", "insecure_value": "hunter2"}
    parameter = RemoteObject(type="aws_ssm_parameter", id="/shop", scope=HERE, attributes=attributes)
    assert mask.masked(parameter).attributes == {"name": "/shop", "value": SENSITIVE, "insecure_value": SENSITIVE}
    variables = {
        "environment": [{"variables": {"PASSWORD": "hunter2", "LEVEL": "debug"}}],
        "source_code_hash": "x" * 44,
    }
    function = RemoteObject(type="aws_lambda_function", id="web", scope=HERE, attributes=variables)
    assert mask.masked(function).attributes["source_code_hash"] == "x" * 44
    assert "hunter2" not in str(mask.masked(function))
    assert not mask.is_open(function)
    plain = RemoteObject(type="aws_sqs_queue", id="q", scope=HERE, attributes={"name": "orders", "policy": None})
    assert mask.is_open(plain)
