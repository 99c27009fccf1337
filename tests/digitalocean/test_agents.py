"""AI agents in situations that no recording has: what HCL attached, routes, keys, deletion."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from digitalocean.changes.words import Row, gone, place
from digitalocean.fixtures import Recorded
from digitalocean.states import Resources, attributes, edited
from digitalocean.test_agreement import rows
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.model import DriftReport

_AGENT, _FUNCTION = "gradientai_agent", "gradientai_function"


@pytest.fixture
def agents(recorded: Callable[[str], Recorded]) -> Recorded:
    """The recorded agents."""
    return recorded("agents")


def _scan(state: Path, *types: str) -> DriftReport:
    return app.scan(ScanRequest(sources=(str(state),), types=tuple(f"digitalocean_{name}" for name in types)))


def test_a_deleted_agent_is_missing_with_its_functions(agents: Recorded) -> None:
    """What hangs on an agent is missed with it."""
    gone("/v2/gen-ai/agents", name="helper")(agents.cloud)
    expected: set[Row] = {("missing", "gradientai_agent.helper", ""), ("missing", "gradientai_function.orders", "")}
    assert rows(_scan(agents.state, _AGENT, _FUNCTION)) == expected


def test_knowledge_bases_that_hcl_attaches_are_the_agents_own(agents: Recorded, tmp_path: Path) -> None:
    """A knowledge base in the agent's own list is no attachment of its own; one that goes is told on the agent."""
    base = agents.cloud.stored(place(agents.cloud, "/v2/gen-ai/knowledge_bases", name="manuals"))["uuid"]

    def attach(resources: Resources) -> None:
        attributes(resources, "gradientai_agent.helper")["knowledge_base_uuid"] = [base]
        del resources["gradientai_agent_knowledge_base_attachment.helper"]

    state = edited(agents.state, tmp_path, attach)
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

    def attach(resources: Resources) -> None:
        attributes(resources, "gradientai_agent.helper")["knowledge_base_uuid"] = [own]

    state = edited(agents.state, tmp_path, attach)
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

    def route(resources: Resources) -> None:
        both = {"parent_agent_uuid": agent["uuid"], "child_agent_uuid": agent["uuid"]}
        instances = [{"schema_version": 0, "attributes": {"id": "r-1", **both}}]
        made = {"type": "digitalocean_gradientai_agent_route", "name": "billing", "instances": instances}
        resources["gradientai_agent_route.billing"] = resources["gradientai_agent.helper"] | made

    assert rows(_scan(edited(agents.state, tmp_path, route))) == set()


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
