"""Objects that no state knows, and the identities by which newer Terraform knows those that it has."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from driftmgr.app.intent import declared_arguments
from driftmgr.model import ResourceInstance
from driftmgr.provider.engine import ProviderEngine
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.refresh import Reading
from driftmgr.provider.session import Listed, Session
from driftmgr.state import parse_state
from provider.conftest import PROVIDER, FakeCloud
from provider.test_refresh import read, session

Thing = Callable[..., ResourceInstance]


def ask(fake: FakeCloud, question: Callable[[Session], Any], **settings: Any) -> Any:
    """Ask a running provider."""

    async def run() -> Any:
        async with session(fake, **settings) as opened:
            return await question(opened)

    return asyncio.run(run())


def known_as(key: str, /, *, version: int = 2, **identity: str) -> ResourceInstance:
    """A recorded thing with an identity."""
    recorded = {"id": key, "name": key, "rule": []}
    raw = msgspec.Raw(msgspec.json.encode(identity))
    return ResourceInstance.of(
        f"fake_thing.{key}", recorded, provider=PROVIDER, schema_version=2, identity=raw, identity_version=version
    )


def test_all_objects_of_a_type_are_listed(fake: FakeCloud) -> None:
    """With identity, name and values."""
    fake.holds({"a": {"note": "n"}, "b": {}})
    found: tuple[Listed, ...] = ask(fake, lambda opened: opened.listed("fake_thing"), identity=True)
    assert [(item.name, item.identity, (item.values or {})["note"]) for item in found] == [
        ("thing a", {"key": "a"}, "n"),
        ("thing b", {"key": "b"}, None),
    ]


def unmanaged(fake: FakeCloud, root: Path, *instances: ResourceInstance, **settings: Any) -> ProviderEngine:
    """An engine that has read instances and listed what it can."""
    environment = fake.environment(**settings) | {"HOME": str(root)}
    engine = ProviderEngine(declared_arguments, environment=environment, lists=lambda _: True)
    asyncio.run(engine.read(instances, lambda _: root))
    return engine


@pytest.mark.parametrize("settings", [{}, {"identity": True}, {"identity": True, "fault": "no ids"}])
def test_listed_objects_that_nobody_records_are_unmanaged(
    fake: FakeCloud, root: Path, thing: Thing, settings: dict[str, Any]
) -> None:
    """Told from the recorded ones by identity or id."""
    fake.holds({"a": {}, "stranger": {}})
    engine = unmanaged(fake, root, thing("a"), **settings)
    assert [item.name for item in engine.unmanaged] == ["thing stranger"]
    assert engine.unlisted == []


def test_what_cannot_be_listed_is_a_gap(fake: FakeCloud, root: Path, thing: Thing) -> None:
    """An error of the list, and objects that nothing tells from the recorded ones: none is called unmanaged."""
    fake.holds({"a": {}})
    engine = unmanaged(fake, root, thing("a"), fault="no ids")
    assert (engine.unmanaged, [item.reason for item in engine.unlisted]) == ([], ["unsupported"])
    fake.holds({"a": {}, "b": {"!fault": "error"}})
    engine = unmanaged(fake, root, thing("a"))
    assert (engine.unmanaged, [(item.type, item.reason) for item in engine.unlisted]) == (
        [],
        [("fake_thing", "denied")],
    )


@pytest.mark.parametrize("settings", [{"protocol": 5}, {"protocol": 6}, {"identity": True}])
def test_one_object_is_read_by_its_id(fake: FakeCloud, settings: dict[str, Any]) -> None:
    """As an import reads it: what the provider made of the id, its private bytes too, goes into a read."""
    fake.holds({"a": {"note": "n"}})
    found = ask(fake, lambda opened: opened.imported("fake_thing", "a"), **settings)
    assert (found["id"], found["note"]) == ("a", "n")
    assert "read imported" in fake.calls


def test_an_object_that_is_not_there_is_none(fake: FakeCloud) -> None:
    """Imports of ids that nobody has succeed; the read says that there is nothing."""
    assert ask(fake, lambda opened: opened.imported("fake_thing", "a")) is None


@pytest.mark.parametrize(
    ("kind", "key", "told"),
    [
        ("fake_thing", "not an id", "import: unexpected format of ID"),
        ("fake_thing", "two", "two is 2 objects of fake_thing"),
        ("fake_other", "a", "has no type fake_other"),
    ],
)
def test_an_id_that_names_no_one_object_is_told(fake: FakeCloud, kind: str, key: str, told: str) -> None:
    """In the provider's own words where it has some."""
    with pytest.raises(ProviderError, match=told):
        ask(fake, lambda opened: opened.imported(kind, key))


def test_identities_are_sent_and_checked(fake: FakeCloud) -> None:
    """An older one is upgraded; an object with another identity is not the recorded one, which is an error."""
    fake.holds({"a": {}, "b": {"!key": "another"}, "c": {}})
    found: dict[str, Reading] = read(
        fake, known_as("a", key="a"), known_as("b", key="b"), known_as("c", version=1, name="c"), identity=True
    )
    assert (found["a"].outcome, found["a"].identity) == ("read", {"key": "a"})
    assert (found["b"].outcome, found["b"].reason) == ("failed", "unsupported")
    assert "its identity differs in key" in found["b"].message
    assert found["c"].outcome == "read"
    assert fake.calls.count("upgrade_identity") == 1


def test_a_provider_without_identities_reads_as_ever(fake: FakeCloud) -> None:
    """It does not know the call; what is recorded is left out."""
    fake.holds({"a": {}})
    assert read(fake, known_as("a", key="a"), fault="no identity_schemas")["a"].outcome == "read"


def test_a_state_keeps_identities() -> None:
    """As Terraform 1.12 writes them; null is none."""
    instance = {"schema_version": 1, "attributes": {"id": "a"}, "identity": {"key": "a"}, "identity_schema_version": 3}
    resource = {
        "mode": "managed",
        "type": "fake_thing",
        "name": "one",
        "provider": PROVIDER,
        "instances": [instance, instance | {"index_key": 1, "identity": None}],
    }
    state = parse_state(msgspec.json.encode({"version": 4, "resources": [resource]}), source="x")
    first, second = state.instances()
    assert (first.identity and bytes(first.identity), first.identity_version) == (b'{"key":"a"}', 3)
    assert second.identity is None
