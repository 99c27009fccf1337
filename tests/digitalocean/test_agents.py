"""AI agents in situations that no recording has: what HCL attached, routes, keys, deletion."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from digitalocean.changes.words import Row, gone, place
from digitalocean.fixtures import Recorded
from digitalocean.test_agreement import rows
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.clouds.digitalocean.api import shared_guard
from driftmgr.model import DriftReport

_AGENT, _FUNCTION = "digitalocean_gradientai_agent", "digitalocean_gradientai_function"
_ATTACHMENT = "digitalocean_gradientai_agent_knowledge_base_attachment"


@pytest.fixture
def agents(recorded: Callable[[str], Recorded], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Recorded]:
    """The recorded agents, without a memory of earlier scans."""
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path))
    shared_guard.cache_clear()
    yield recorded("agents")
    shared_guard.cache_clear()


def _scan(state: Path, *types: str) -> DriftReport:
    return app.scan(ScanRequest(sources=(str(state),), types=types))


def _edited(pair: Recorded, folder: Path, edit: Callable[[dict[str, dict[str, Any]]], None]) -> Path:
    """The recorded state after an edit of its resources, by their types."""
    state = msgspec.json.decode(pair.state.read_bytes())
    resources = {found["type"]: found for found in state["resources"]}
    edit(resources)
    kept = [found for found in state["resources"] if resources.get(found["type"]) is not None]
    new = [found for found in resources.values() if found is not None and found not in kept]
    path = folder / "terraform.tfstate"
    path.write_bytes(msgspec.json.encode(state | {"resources": kept + new}))
    return path


def _attributes(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = resources[kind]["instances"][0]["attributes"]
    return found


def test_a_deleted_agent_is_missing_with_its_functions(agents: Recorded) -> None:
    """What hangs on an agent is missed with it."""
    gone("/v2/gen-ai/agents", name="helper")(agents.cloud)
    expected: set[Row] = {("missing", "gradientai_agent.helper", ""), ("missing", "gradientai_function.orders", "")}
    assert rows(_scan(agents.state, _AGENT, _FUNCTION)) == expected


def test_knowledge_bases_that_hcl_attaches_are_the_agents_own(agents: Recorded, tmp_path: Path) -> None:
    """A knowledge base in the agent's own list is no attachment of its own; one that goes is told on the agent."""
    base = agents.cloud.stored(place(agents.cloud, "/v2/gen-ai/knowledge_bases", name="manuals"))["uuid"]

    def attach(resources: dict[str, Any]) -> None:
        _attributes(resources, _AGENT)["knowledge_base_uuid"] = [base]
        resources[_ATTACHMENT] = None

    state = _edited(agents, tmp_path, attach)
    assert rows(_scan(state)) == set()
    agents.cloud.stored(place(agents.cloud, "/v2/gen-ai/agents", name="helper"))["attached_knowledge_bases"].clear()
    assert rows(_scan(state)) == {("changed", "gradientai_agent.helper", "knowledge_base_uuid")}


def test_an_attachment_beside_the_agents_own_list_is_told_once(agents: Recorded, tmp_path: Path) -> None:
    """With a list in HCL and an attachment beside it, each knowledge base belongs to the one that names it."""
    own, other = (
        agents.cloud.stored(place(agents.cloud, "/v2/gen-ai/knowledge_bases", name=name))["uuid"]
        for name in ("tickets", "manuals")
    )
    agent = agents.cloud.stored(place(agents.cloud, "/v2/gen-ai/agents", name="helper"))
    agent["attached_knowledge_bases"] = [other, own]
    state = _edited(agents, tmp_path, lambda found: _attributes(found, _AGENT).update(knowledge_base_uuid=[own]))
    assert rows(_scan(state)) == set()
    agent["attached_knowledge_bases"] = [other]
    assert rows(_scan(state)) == {("changed", "gradientai_agent.helper", "knowledge_base_uuid")}
    agent["attached_knowledge_bases"] = [own]
    assert rows(_scan(state)) == {("missing", "gradientai_agent_knowledge_base_attachment.helper", "")}


def test_a_route_that_a_state_manages_is_no_change_of_its_agents(agents: Recorded, tmp_path: Path) -> None:
    """What a route writes into its two agents counts only where no state has a route of theirs."""
    agent = agents.cloud.stored(place(agents.cloud, "/v2/gen-ai/agents", name="helper"))
    agent |= {"route_uuid": "r-1", "route_name": "billing", "if_case": "about money", "route_created_by": "258992"}
    agent |= {"child_agents": [{"uuid": "a-2", "name": "clerk"}]}
    told = {"route_uuid", "route_name", "if_case", "route_created_by", "child_agents"}
    assert rows(_scan(agents.state)) == {("changed", "gradientai_agent.helper", name) for name in told}

    def route(resources: dict[str, Any]) -> None:
        both = {"parent_agent_uuid": agent["uuid"], "child_agent_uuid": agent["uuid"]}
        instances = [{"schema_version": 0, "attributes": {"id": "r-1", **both}}]
        kind = "digitalocean_gradientai_agent_route"
        resources[kind] = resources[_AGENT] | {"type": kind, "name": "billing", "instances": instances}

    assert rows(_scan(_edited(agents, tmp_path, route))) == set()


def test_keys_of_an_agent_are_never_shown(agents: Recorded) -> None:
    """A key that somebody gave an agent is told, its value is not."""
    agent = agents.cloud.stored(place(agents.cloud, "/v2/gen-ai/agents", name="helper"))
    agent |= {
        "api_keys": [{"api_key": "not-to-be-seen"}],
        "api_key_infos": [{"uuid": "k-1", "name": "backdoor", "secret_key": "not-to-be-seen"}],
    }
    agent["functions"][0]["api_key"] = "not-to-be-seen"
    report = _scan(agents.state)
    told = {("changed", "gradientai_agent.helper", name) for name in ("api_keys", "api_key_infos")}
    assert rows(report) == told
    assert b"not-to-be-seen" not in msgspec.json.encode(report)
