"""Reading states: every instance, exactly, of any provider version, and one bad resource costs only itself."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.state import StateError, StateFile, parse_state, read_state

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def resource(*instances: Any, **others: Any) -> dict[str, Any]:
    """One resource of a state."""
    return {"mode": "managed", "type": "aws_vpc", "name": "x", "provider": AWS, "instances": instances, **others}


def state(*resources: Any, **others: Any) -> StateFile:
    """A state of these resources, read."""
    document = {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "l", "resources": resources}
    return parse_state(json.dumps(document | others).encode(), source="a.tfstate")


def test_an_instance_is_read_in_full() -> None:
    """Address, provider, attributes, sensitive paths, dependencies and the state's own head come out as recorded."""
    item = {
        "index_key": "a",
        "schema_version": 1,
        "attributes": {"id": "vpc-1", "tags": {"k": "v"}},
        "sensitive_attributes": [
            [{"type": "get_attr", "value": "password"}],
            [
                {"type": "get_attr", "value": "setting"},
                {"type": "index", "value": {"value": 0, "type": "number"}},
                {"type": "get_attr", "value": "value"},
            ],
            [{"type": "get_attr", "value": "m"}, {"type": "index", "value": {"value": "k", "type": "string"}}],
        ],
        "private": "bnVsbA==",
        "dependencies": ["aws_vpc.y"],
    }
    read = state(resource(item, module='module.net["x"].module.inner'))
    (instance,) = read.instances()
    assert (read.serial, read.lineage, read.terraform_version, read.problems) == (7, "l", "1.11.4", ())
    assert str(instance.address) == 'module.net["x"].module.inner.aws_vpc.x["a"]'
    assert instance.provider == AWS
    assert instance.attributes == {"id": "vpc-1", "tags": {"k": "v"}}
    assert instance.sensitive == ("password", "setting[0].value", 'm["k"]')
    assert (instance.private, instance.dependencies, instance.schema_version) == ("bnVsbA==", ("aws_vpc.y",), 1)
    assert (instance.source, instance.status) == ("a.tfstate", "ready")


def test_tainted_and_deposed_instances_are_told_apart() -> None:
    """A tainted instance and a deposed object of the same address are both read, with their status."""
    read = state(resource({"attributes": {}, "status": "tainted"}, {"attributes": {}, "deposed": "0a1b2c3d"}))
    assert [instance.status for instance in read.instances()] == ["tainted", "deposed"]


def test_data_sources_are_read_as_such() -> None:
    """A data source keeps its mode in the address."""
    (instance,) = state(resource({"attributes": {}}, mode="data")).instances()
    assert str(instance.address) == "data.aws_vpc.x"


@pytest.mark.parametrize(
    ("broken", "address", "message"),
    [
        (resource({"attributes": [1]}), "aws_vpc.x", "not an object"),
        (resource({"attributes_flat": {"id": "x"}}), "aws_vpc.x", "older than Terraform 0.12"),
        (resource({"index_key": [1], "attributes": {}}), "aws_vpc.x", "Expected `int | str | null`"),
        (resource({"attributes": {}}, module="nonsense"), "resources[1]", "not a module path"),
        (resource({"attributes": {}}, type=5), "resources[1]", "Expected `str`"),
        (17, "resources[1]", "Expected `object`"),
        (resource() | {"instances": 3}, "resources[1]", "Expected `array`"),
    ],
)
def test_one_bad_resource_never_fails_the_state(broken: Any, address: str, message: str) -> None:
    """What cannot be read is a problem with its address; all other instances are read."""
    good = resource({"attributes": {"id": "good"}})
    read = state(good, broken, good)
    assert [instance.attributes["id"] for instance in read.instances()] == ["good", "good"]
    (problem,) = read.problems
    assert problem.address == address
    assert message in problem.message


def test_text_that_is_no_utf8_is_a_problem_or_an_error() -> None:
    """Bytes that are no text cost their own instance; where they break the whole state, the message says so."""
    good = json.dumps(resource({"attributes": {"id": "good"}})).encode()
    bad = good.replace(b"good", b"b\xc7d")
    read = parse_state(b'{"version": 4, "resources": [' + bad + b", " + good + b"]}", source="x")
    assert [instance.attributes["id"] for instance in read.instances()] == ["good"]
    assert "utf-8" in read.problems[0].message
    with pytest.raises(StateError, match="it is not UTF-8"):
        parse_state(b'{"version": 4, "lineage": "\xff"}', source="x")


@pytest.mark.parametrize("number", ["1e999999999999999999999", "1e999999", "-1E-999999", "[1e99999]"])
def test_a_number_beyond_all_bounds_costs_its_instance(number: str) -> None:
    """A number that would fill the memory is a problem of its instance; a text that looks like one is a text."""
    bad = json.dumps(resource({"attributes": {"id": "NUMBER"}})).replace('"NUMBER"', number)
    good = json.dumps(resource({"attributes": {"id": "x1e999999"}}))
    read = parse_state(f'{{"version": 4, "resources": [{bad}, {good}]}}'.encode(), source="x")
    assert [instance.attributes["id"] for instance in read.instances()] == ["x1e999999"]
    assert "beyond all bounds" in read.problems[0].message


def test_an_instance_without_attributes_is_an_empty_one() -> None:
    """An instance whose attributes are null is read with none."""
    (instance,) = state(resource({"attributes": None})).instances()
    assert instance.attributes == {}


def test_a_state_with_a_byte_order_mark_or_without_resources_is_read() -> None:
    """A state of only a head has no instances and no problems."""
    empty = parse_state(b'{"version": 4}', source="x")
    assert (list(empty.instances()), empty.problems) == ([], ())


def test_a_cut_off_state_names_the_place(tmp_path: Path) -> None:
    """Broken JSON is an error with line and column."""
    path = tmp_path / "a.tfstate"
    path.write_text('{\n "version": 4,\n "resources": [}\n')
    with pytest.raises(StateError, match=r"not valid JSON: .*line 3, column \d+") as raised:
        read_state(path)
    assert "backup" in raised.value.hint


def test_the_file_is_mapped_and_attributes_are_views_of_it(tmp_path: Path) -> None:
    """Attributes stay undecoded views of the mapped file, readable after the file is replaced."""
    path = tmp_path / "a.tfstate"
    path.write_text(json.dumps({"version": 4, "resources": [resource({"attributes": {"id": "before"}})]}))
    (instance,) = read_state(path).instances()
    other = tmp_path / "other"
    other.write_text("{}")
    other.replace(path)
    assert isinstance(memoryview(instance.document).obj, object)
    assert instance.attributes == {"id": "before"}


numbers = st.integers(min_value=-(10**40), max_value=10**40) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=9
)
values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), values, max_size=4))
def test_attributes_survive_exactly(attributes: dict[str, Any]) -> None:
    """Whatever a state records, numbers of any size and precision too, is read as the same value."""

    def plain(value: Any) -> str:
        return f"@{value}@"

    text = json.dumps(resource({"attributes": attributes}), default=plain)
    for value in _decimals(attributes):
        text = text.replace(f'"@{value}@"', format(value, "f"))
    (instance,) = parse_state(f'{{"version": 4, "resources": [{text}]}}'.encode(), source="x").instances()
    assert instance.attributes == attributes


def _decimals(value: Any) -> list[Decimal]:
    if isinstance(value, Decimal):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for element in inner for found in _decimals(element)]
