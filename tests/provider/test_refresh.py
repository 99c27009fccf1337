"""Reading instances through a provider: what comes back, what is said of it, and what one fault costs the others."""

import asyncio
import base64
import functools
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from driftmgr.model import ResourceInstance
from driftmgr.provider.configuration import configuration_value
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.refresh import MOST_DEATHS, Reading, Refresh
from driftmgr.provider.session import SchemaCache, Session
from provider.conftest import PROVIDER, FakeCloud

Thing = Callable[..., ResourceInstance]


def session(
    fake: FakeCloud, config: Mapping[str, Any] | None = None, call_seconds: float = 20.0, **settings: Any
) -> Session:
    """A session that is not started yet."""
    launch = fake.launch(call_seconds=call_seconds, plain=True, **settings)
    return Session(launch, lambda schema: configuration_value(schema, config or {}))


def read(fake: FakeCloud, *instances: ResourceInstance, **options: Any) -> dict[str, Reading]:
    """The readings of instances, by id."""
    refresh = Refresh(functools.partial(session, fake, **options), concurrency=4)
    found = asyncio.run(refresh.run(instances))
    assert len(found) == len(instances)
    return {str(item.instance.attributes["id"]): item for item in found}


def changes(reading: Reading) -> list[tuple[str, Any, Any, str, str | None]]:
    """All differences: path, both sides, class, and the rule or the action."""
    return [
        (
            one.change.path,
            one.change.recorded,
            one.change.observed,
            one.change.classification,
            one.change.rule or one.action,
        )
        for one in reading.judged
    ]


@pytest.mark.parametrize("protocol", [5, 6])
def test_what_is_recorded_and_there_is_in_sync(fake: FakeCloud, thing: Thing, protocol: int) -> None:
    """No difference, in either protocol; and what is not there is gone."""
    fake.holds({"a": {"note": "n", "rule": [{"port": 1, "cidr": None}]}})
    recorded = {"note": "n", "rule": [{"port": 1, "cidr": None}]}
    found = read(fake, thing("a", **recorded), thing("b"), protocol=protocol)
    assert (found["a"].outcome, found["a"].changed, found["a"].judged) == ("read", (), ())
    assert found["b"].outcome == "gone"
    assert "APPLY" not in fake.calls


def test_private_bytes_go_along(fake: FakeCloud, thing: Thing) -> None:
    """What the provider keeps in the state comes back to it with every read."""
    kept = base64.b64encode(b"kept").decode()
    recorded = ResourceInstance.of("fake_thing.a", {"id": "a"}, provider=PROVIDER, schema_version=2, private=kept)
    read(fake, recorded)
    assert "read kept" in fake.calls


def test_an_older_state_is_upgraded_and_a_newer_one_refused(fake: FakeCloud) -> None:
    """The baseline is the upgraded state, so an upgrade is no drift; a newer state is a gap of its own."""
    fake.holds({"a": {"note": "old words"}, "b": {}})
    old = {"id": "a", "name": "a", "comment": "old words", "rule": []}
    older, newer = (
        ResourceInstance.of(f"fake_thing.{name}", old | {"id": name}, provider=PROVIDER, schema_version=version)
        for name, version in (("a", 1), ("b", 3))
    )
    found = read(fake, older, newer)
    assert (found["a"].outcome, found["a"].changed) == ("read", ())
    assert (found["b"].outcome, found["b"].reason) == ("failed", "stale_schema")


def test_an_attribute_that_left_the_schema_is_dropped(fake: FakeCloud, thing: Thing) -> None:
    """A state of this schema version may hold it still; the provider never sees it."""
    fake.holds({"a": {}})
    assert read(fake, thing("a", removed={"deep": [1]}))["a"].outcome == "read"


@pytest.mark.parametrize("protocol", [5, 6])
def test_every_kind_of_change_is_told_with_its_class(fake: FakeCloud, thing: Thing, protocol: int) -> None:
    """Changed, set by hand, computed, same to the provider, null for empty, replaced, secret."""
    recorded = {"name": "Shop", "note": "n", "size": 5, "zone": "a", "stamp": "1", "secret": "s1", "tags": {"k": "v"}}
    now = {
        "name": "shop",
        "note": "",
        "size": 6,
        "zone": "b",
        "stamp": "2",
        "secret": "s2",
        "tags": {"k": "w", "new": ""},
        "names": ["by hand"],
    }
    fake.holds({"a": now, "b": {"name": "SHOP", "note": ""}})
    found = read(fake, thing("a", **recorded | {"note": None}), thing("b", name="shop", note=None), protocol=protocol)
    assert changes(found["a"]) == [
        ("name", "Shop", "shop", "representation", "same_to_the_provider"),
        ("note", None, "", "representation", "null_or_empty"),
        ("size", 5, 6, "drift", "actionable"),
        ("zone", "a", "b", "drift", "only_if_configured"),
        ("stamp", "1", "2", "computed", "computed_only"),
        ("secret", "(sensitive)", "(sensitive)", "drift", "actionable"),
        ('tags["k"]', "v", "w", "drift", "actionable"),
        ('tags["new"]', None, "", "drift", "actionable"),
        ("names", None, ["by hand"], "drift", "actionable"),
    ]
    assert [one.name for one in found["a"].judged if one.change.requires_replace] == ["zone"]
    assert all(one.change.classification != "drift" for one in found["b"].judged)
    assert set(found["a"].changed) == {"name", "note", "size", "zone", "stamp", "secret", "tags", "names"}


def test_a_value_that_the_cloud_chose_counts(fake: FakeCloud, thing: Thing) -> None:
    """Optional and computed, nothing recorded, something there now: nobody can say that it is meant, so it is told."""
    fake.holds({"a": {"zone": "b"}})
    assert changes(read(fake, thing("a"))["a"]) == [("zone", None, "b", "drift", "not_configured")]


def test_sets_are_compared_as_sets(fake: FakeCloud, thing: Thing) -> None:
    """Another order is nothing; a changed element is told where it stands, an added one after the recorded ones."""
    rules = [{"port": 1, "cidr": "x"}, {"port": 2, "cidr": "y"}]
    fake.holds({"a": {"rule": rules[::-1]}, "b": {"rule": [*rules[:1], {"port": 3, "cidr": "z"}]}})
    found = read(fake, thing("a", rule=rules), thing("b", rule=rules))
    assert found["a"].judged == ()
    assert [(row[0], row[3]) for row in changes(found["b"])] == [("rule[1]", "drift"), ("rule[3]", "drift")]


def test_numbers_are_compared_exactly(fake: FakeCloud) -> None:
    """Thirty digits in the state stay thirty digits: no drift from a float."""
    size = Decimal("0.300000000000000000000000000001")
    one = ResourceInstance.of(
        "fake_thing.a", {"id": "a", "name": "a", "size": size, "rule": []}, provider=PROVIDER, schema_version=2
    )
    fake.holds({"a": {}})
    found = read(fake, one)["a"]
    assert (found.recorded or {})["size"] == size
    assert found.changed == ()


def test_null_blocks_are_no_blocks(fake: FakeCloud, thing: Thing) -> None:
    """Terraform reads null for a list or set block as none, on both sides; so does this."""
    fake.holds({"a": {}})
    found = read(fake, thing("a"), fault="null blocks")
    assert found["a"].changed == ()


def test_dynamic_values_and_answers_in_json_are_read(fake: FakeCloud, thing: Thing) -> None:
    """A value that brings its type compares by both; the JSON form of an answer is as good."""
    typed = {"value": ["x"], "type": ["list", "string"]}
    fake.holds({"a": {"anything": typed}, "b": {"!fault": "json"}})
    found = read(fake, thing("a", anything=typed), thing("b"))
    assert found["a"].changed == ()
    assert [row[:3] for row in changes(found["b"])] == [("note", None, "in JSON")]


@pytest.mark.parametrize(
    ("fault", "reason", "told"),
    [
        ("error", "denied", "reading the thing: AccessDenied: not for you"),
        ("deferred", "unsupported", "put off the answer"),
        ("unknown", "unsupported", "values that are not known"),
        ("write-only", "unsupported", "write-only attribute token"),
    ],
)
def test_a_bad_answer_costs_one_instance_its_verdict(
    fake: FakeCloud, thing: Thing, fault: str, reason: str, told: str
) -> None:
    """It is failed, never gone; the reason is that of its gap; the others are read."""
    fake.holds({"a": {"!fault": fault}, "b": {}})
    found = read(fake, thing("a"), thing("b"))
    assert (found["a"].outcome, found["a"].reason) == ("failed", reason)
    assert told in found["a"].message
    assert found["b"].outcome == "read"


def test_a_panic_costs_only_the_culprit(fake: FakeCloud, thing: Thing) -> None:
    """The provider is started anew, everything else is read, and the culprit is named with the panic's first line."""
    slow = {f"slow{number}": {"!fault": "slow"} for number in range(6)}
    fake.holds({"bad": {"!fault": "panic"}, "good": {}, **slow})
    found = read(fake, *map(thing, ["slow0", "slow1", "slow2", "bad", "slow3", "slow4", "slow5", "good"]))
    assert {name for name, item in found.items() if item.outcome != "read"} == {"bad"}
    assert found["bad"].message.splitlines()[0].endswith("panic: runtime error: invalid memory address")


def test_a_provider_that_dies_all_the_time_is_given_up(fake: FakeCloud, thing: Thing) -> None:
    """After a few deaths the rest gets no answer, which is said of each."""
    names = [f"bad{number}" for number in range(3 * MOST_DEATHS)]
    fake.holds({name: {"!fault": "panic"} for name in names})
    found = read(fake, *map(thing, names))
    assert {item.outcome for item in found.values()} == {"failed"}
    assert any("given up" in item.message for item in found.values())


def test_a_hang_costs_only_what_hangs(fake: FakeCloud, thing: Thing) -> None:
    """After its deadline, and a second one alone, it is failed; the others are read."""
    fake.holds({"stuck": {"!fault": "hang"}, "good": {}})
    found = read(fake, thing("stuck"), thing("good"), call_seconds=1.0)
    assert (found["stuck"].outcome, found["stuck"].reason) == ("failed", "timeout")
    assert found["good"].outcome == "read"
    assert fake.calls.count("read") == 3


def test_a_plan_that_fails_leaves_the_difference_standing(fake: FakeCloud, thing: Thing) -> None:
    """Nobody could say that it means nothing, so it counts, and why is kept."""
    fake.holds({"a": {"name": "A"}})
    found = read(fake, thing("a"), fault="plan fails")["a"]
    assert changes(found) == [("name", "a", "A", "drift", "unclassified")]
    assert found.unclassified == "plan: cannot plan"


def test_a_refused_configuration_fails_every_instance(fake: FakeCloud, thing: Thing) -> None:
    """With the provider's words and the reason they tell; nothing is read."""
    fake.holds({"a": {}})
    found = read(fake, thing("a"), config={"region": "nowhere"})["a"]
    assert (found.outcome, found.reason) == ("failed", "denied")
    assert "no such region" in found.message
    assert "read" not in fake.calls


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"regoin": "x"}, "has no regoin"),
        ({"retries": "many"}, "retries must be a number"),
        ({"region": []}, "region must be"),
    ],
)
def test_a_configuration_that_does_not_fit_is_told(
    fake: FakeCloud, thing: Thing, given: dict[str, Any], told: str
) -> None:
    """What is unknown or of another type is named, before the provider sees it."""
    found = read(fake, thing("a"), config=given)["a"]
    assert (found.outcome, found.reason) == ("failed", "unsupported")
    assert told in found.message
    assert "configure" not in fake.calls


def test_a_type_that_the_provider_lacks_is_unsupported(fake: FakeCloud) -> None:
    """Never missing: nobody looked."""
    other = ResourceInstance.of("fake_other.a", {"id": "a"}, provider=PROVIDER)
    found = read(fake, other)["a"]
    assert (found.outcome, found.reason) == ("failed", "unsupported")


def test_schemas_are_asked_for_once(fake: FakeCloud, thing: Thing, tmp_path: Any) -> None:
    """A second run takes them from the cache; a damaged cache is none."""
    fake.holds({"a": {}})
    folder = tmp_path / "cache"

    def run(protocol: int = 6) -> None:
        def opened() -> Session:
            launch = fake.launch(plain=True, protocol=protocol)
            return Session(
                launch, lambda schema: configuration_value(schema, {}), cache=SchemaCache(folder), schema_key="k"
            )

        found = asyncio.run(Refresh(opened).run([thing("a")]))
        assert found[0].outcome == "read"

    run()
    run()
    assert fake.calls.count("schema") == 1
    next(folder.iterdir()).write_bytes(b"\xff\xff")
    run()
    assert fake.calls.count("schema") == 2
    run(protocol=5)
    assert fake.calls.count("schema") == 3


def test_recorded_sensitive_paths_are_hidden(fake: FakeCloud) -> None:
    """A value that only the configuration called sensitive is not shown either."""
    fake.holds({"a": {"note": "now"}})
    one = ResourceInstance.of(
        "fake_thing.a",
        {"id": "a", "name": "a", "note": "then", "rule": []},
        provider=PROVIDER,
        schema_version=2,
        sensitive=("note",),
    )
    assert [row[:3] for row in changes(read(fake, one)["a"])] == [("note", "(sensitive)", "(sensitive)")]


def test_what_the_state_keeps_must_be_base64(fake: FakeCloud) -> None:
    """Private bytes that are none make a gap for that instance."""
    one = ResourceInstance.of("fake_thing.a", {"id": "a"}, provider=PROVIDER, schema_version=2, private="*")
    assert read(fake, one)["a"].reason == "stale_schema"


def test_a_provider_that_cannot_start_fails_every_instance(fake: FakeCloud, thing: Thing) -> None:
    """With what it wrote."""
    found = read(fake, thing("a"), thing("b"), fault="ends at once")
    assert all("no such flag" in item.message for item in found.values())


def test_a_check_that_fails_stops_before_anything_is_read(fake: FakeCloud, thing: Thing) -> None:
    """A provider that must not be believed is asked for nothing."""

    async def check(_session: Session) -> None:
        raise ProviderError("another account")

    found = asyncio.run(Refresh(functools.partial(session, fake), check=check).run([thing("a")]))
    assert (found[0].outcome, found[0].message) == ("failed", "another account")
    assert "read" not in fake.calls
