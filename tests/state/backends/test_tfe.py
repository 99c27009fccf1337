"""States in HCP Terraform and Terraform Enterprise, against their documented API over TLS."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driftmgr.state import StateError
from driftmgr.state.backends.protocol import LockInfo, StateLockedError
from driftmgr.state.backends.tfe import TfeState, open_cloud, open_remote
from driftmgr.state.backends.tfe_token import find_token
from driftmgr.state.locate import locate
from state.backends import contract
from state.backends.hcp import Hcp
from state.backends.web import Answer, Certificates, WebServer, access, free_port, serving
from state.peer import Peer, needs_terraform

TOKEN = "token-ci"
STATE = b'{"version":4,"serial":7,"lineage":"web","outputs":{}}'


@pytest.fixture(scope="module")
def pem() -> Certificates:
    """One authority for all tests: making keys takes time."""
    return Certificates()


@pytest.fixture
def hcp() -> Hcp:
    """The organization, with one workspace."""
    made = Hcp()
    made.add("web")
    return made


@pytest.fixture
def peer(hcp: Hcp, pem: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """The host; this process trusts it."""
    authority = tmp_path / "authority.pem"
    authority.write_text(pem.authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serving(hcp, pem.context(tmp_path)) as running:
        hcp.url = running.url
        yield running


def block(peer: WebServer, token: str = TOKEN, **workspaces: Any) -> dict[str, Any]:
    """A block for the organization."""
    return {"hostname": peer.host, "organization": "acme", "token": token, "workspaces": workspaces or {"name": "web"}}


def opener(peer: WebServer) -> Callable[[], TfeState]:
    """Opens the workspace of a ``cloud`` block."""
    return lambda: open_cloud(block(peer), "default", access())


def test_states_are_kept_byte_by_byte(peer: WebServer) -> None:
    """A state is read as it was uploaded, whatever its form and size; also one that replaces a newer one."""
    ours = opener(peer)()
    assert (ours.read(), ours.workspaces()) == (None, ())
    odd = contract.ODD.replace(b'"outputs"', b'"serial":3,"outputs"').replace(b'"serial" : 7,', b"")
    for content in (STATE, contract.large(), odd, STATE):
        lock = LockInfo.new("push", ours.label)
        ours.lock(lock)
        ours.write(content)
        ours.unlock(lock.id)
        assert opener(peer)().read() == content
    assert ours.workspaces() == ("web",)


def test_older_servers_take_the_state_in_the_request(peer: WebServer, hcp: Hcp) -> None:
    """Terraform Enterprise that knows no uploads is given the state itself."""
    hcp.uploads = False
    ours = opener(peer)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    ours.write(STATE)
    assert ours.read() == STATE


def test_a_lock_keeps_others_out(peer: WebServer) -> None:
    """Two of us exclude each other; the user who locked is named, and why."""
    seen = contract.excludes(opener(peer))
    assert seen is not None
    assert (seen.id, seen.who) == ("acme/web", "ci")
    assert "for push" in seen.info


@needs_terraform
def test_terraform_and_we_exclude_each_other(peer: WebServer, tmp_path: Path) -> None:
    """Terraform's lock keeps us out, ours keeps Terraform out, and both read what the other one wrote."""
    lines = [f'    {name} = "{block(peer)[name]}"' for name in ("hostname", "organization", "token")]
    text = "\n".join(("  cloud {", *lines, '    workspaces {\n      name = "web"\n    }', "  }"))
    terraform = Peer(tmp_path, text, {"SSL_CERT_FILE": os.environ["SSL_CERT_FILE"]})
    terraform.apply("one")
    holder = contract.shares_with_terraform(terraform, opener(peer))
    assert (holder.id, holder.who, holder.info) == ("acme/web", "ci", "Locked by Terraform")


def test_a_lock_is_released_by_its_id_alone(peer: WebServer) -> None:
    """Another id is refused; ours unlocks also from another process, Terraform's id unlocks by force."""
    contract.refuses_other_ids(opener(peer))
    ours, other = opener(peer)(), open_cloud(block(peer, "token-eve"), "default", access())
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    opener(peer)().unlock(lock.id)
    ours.lock(lock)
    with pytest.raises(StateError, match="HTTP 409"):
        other.unlock(lock.id)
    assert ours.holder() is not None
    other.unlock("acme/web")
    assert ours.holder() is None


def test_nobody_writes_without_the_lock(peer: WebServer) -> None:
    """The server refuses a state version of whoever does not hold the lock."""
    ours, other = opener(peer)(), open_cloud(block(peer, "token-eve"), "default", access())
    ours.lock(LockInfo.new("push", ours.label))
    with pytest.raises(StateError, match="must be locked by you"):
        other.write(STATE)
    with pytest.raises(StateLockedError):
        other.lock(LockInfo.new("push", other.label))
    assert ours.read() is None


def test_a_state_that_is_still_pending_is_waited_for(
    peer: WebServer, hcp: Hcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write returns when the state version is current, and unlocking waits as long; both end some time."""
    waits: list[float] = []
    monkeypatch.setattr("driftmgr.state.backends.tfe.time.sleep", waits.append)
    ours = opener(peer)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    hcp.pending = 3
    ours.write(STATE)
    assert hcp.pending == 0
    hcp.pending = 2
    ours.unlock(lock.id)
    assert len(waits) == 5


def test_workspaces_are_those_of_name_prefix_tags_and_project(peer: WebServer, hcp: Hcp) -> None:
    """Each way of a block lists its own workspaces that have a state, over all pages, by Terraform's names."""
    hcp.add("app-dev", tags={"app": "shop", "env": "dev"}, project="prj-web")
    hcp.add("app-prod", tags={"app": "shop", "env": "prod"})
    hcp.add("app-test", tags={"app": "news"})
    hcp.add("app-empty", tags={"app": "shop"})
    hcp.add("webapp-dev")
    for name in ("web", "app-dev", "app-prod", "app-test", "webapp-dev"):
        each = open_cloud(block(peer, name=name), "default", access())
        lock = LockInfo.new("push", "")
        each.lock(lock)
        each.write(STATE)
        each.unlock(lock.id)
    remote, cloud = open_remote, open_cloud
    for opened, workspaces, expected in (
        (remote, {"name": "web"}, ("default",)),
        (remote, {"prefix": "app-"}, ("dev", "prod", "test")),
        (cloud, {"name": "web"}, ("web",)),
        (cloud, {"tags": ["app"]}, ("app-dev", "app-prod", "app-test")),
        (cloud, {"tags": {"app": "shop"}}, ("app-dev", "app-prod")),
        (cloud, {"tags": ["app"], "project": "web"}, ("app-dev",)),
    ):
        assert opened(block(peer, **workspaces), "default", access()).workspaces() == expected
    assert open_remote(block(peer, prefix="app-"), "dev", access()).read() == STATE
    assert open_cloud(block(peer, tags=["app"]), "app-prod", access()).read() == STATE
    with pytest.raises(StateError, match="none is selected"):
        open_cloud(block(peer, tags=["app"]), "default", access()).read()
    with pytest.raises(StateError, match="no project"):
        open_cloud(block(peer, tags=["app"], project="none"), "default", access()).workspaces()


def test_a_block_that_says_too_much_or_too_little_is_refused(peer: WebServer) -> None:
    """Name and prefix together, neither, another workspace than the named one, no organization."""
    for workspaces in ({"name": "a", "prefix": "b"}, {"tags": ["a"]}):
        with pytest.raises(StateError, match="either name or prefix"):
            open_remote(block(peer, **workspaces), "default", access())
    for opened in (open_cloud, open_remote):
        with pytest.raises(StateError, match="dev is selected"):
            opened(block(peer), "dev", access())
        with pytest.raises(StateError, match="has no organization"):
            opened({"workspaces": {"name": "a"}}, "default", access())


def test_settings_come_from_the_environment(peer: WebServer) -> None:
    """TF_CLOUD_HOSTNAME, _ORGANIZATION and TF_WORKSPACE complete a ``cloud`` block; an address does the same."""
    environment = {"TF_CLOUD_HOSTNAME": peer.host, "TF_CLOUD_ORGANIZATION": "acme"}
    ours = open_cloud({"token": "token-ci"}, "web", access(environment))
    assert ours.read() is None
    (source,) = locate(f"tfc://acme/web?hostname={peer.host}", access())
    assert source.backend.identity == ours.identity
    assert source.label == f"tfc://acme/web?hostname={peer.host}"
    with pytest.raises(StateError, match="not the address"):
        locate("tfc://acme", access())


def test_the_token_is_found_where_terraform_looks(tmp_path: Path) -> None:
    """Variable, CLI configuration, then ``terraform login``; hyphens and dots as Terraform writes them."""
    home = {"HOME": str(tmp_path)}
    with pytest.raises(StateError, match=r"no token for tfe\.my-firm\.com") as caught:
        find_token("tfe.my-firm.com", home)
    assert "TF_TOKEN_tfe_my__firm_com" in caught.value.hint
    login = tmp_path / ".terraform.d" / "credentials.tfrc.json"
    login.parent.mkdir()
    login.write_text(json.dumps({"credentials": {"tfe.my-firm.com": {"token": "of-login"}}}))
    assert find_token("tfe.my-firm.com", home) == "of-login"
    (tmp_path / ".terraformrc").write_text(
        'plugin_cache_dir = "x"\ncredentials "TFE.my-firm.com" {\n  token = "of-file"\n}\n'
    )
    assert find_token("tfe.my-firm.com", home) == "of-file"
    (tmp_path / "other.tfrc").write_text('credentials "tfe.my-firm.com" { token = "of-other" }')
    assert find_token("tfe.my-firm.com", {**home, "TF_CLI_CONFIG_FILE": str(tmp_path / "other.tfrc")}) == "of-other"
    assert find_token("tfe.my-firm.com", {**home, "TF_TOKEN_tfe_my__firm_com": "of-env"}) == "of-env"
    login.write_text("[]")
    with pytest.raises(StateError, match="no file of credentials"):
        find_token("elsewhere", home)


def test_wrong_credentials_and_what_is_not_there_are_named(peer: WebServer, pem: Certificates, tmp_path: Path) -> None:
    """A wrong token, a workspace and a host that are not there, a host that is something else."""
    with pytest.raises(StateError, match="not accepted, HTTP 401") as caught:
        open_cloud(block(peer, "secret-token"), "default", access()).read()
    assert "secret-token" not in f"{caught.value.message} {caught.value.hint}"
    with pytest.raises(StateError, match="no such workspace"):
        open_cloud(block(peer, name="gone"), "default", access()).read()
    gone = {**block(peer), "hostname": f"127.0.0.1:{free_port()}"}
    with pytest.raises(StateError, match="cannot be reached"):
        open_cloud(gone, "default", access()).read()
    page = Answer(body=b"<html>")
    with serving(lambda _: page, pem.context(tmp_path)) as other, pytest.raises(StateError, match="is no HCP"):
        open_cloud(block(other), "default", access()).read()
    with pytest.raises(StateError, match="no lineage and serial"):
        opener(peer)().write(b'{"encrypted_data": "x"}')
