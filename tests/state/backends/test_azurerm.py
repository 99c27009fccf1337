"""States in Azure Blob Storage, in Azurite under Azure's own names; held to real Terraform over the same account."""

import itertools
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import msgspec
import pytest
from azure.core.credentials import AccessToken

from driftmgr.runtime.http import HttpAnswer
from driftmgr.state import StateError
from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.azurerm import AzurermState, open_azurerm
from driftmgr.state.backends.azurerm_access import BlobRequest, SharedKey, blob_access
from driftmgr.state.backends.protocol import LockInfo
from driftmgr.state.locate import locate
from state.backends import contract
from state.backends.azurite import ACCOUNT, KEY, Azurite, sas_token
from state.backends.web import access
from state.peer import Peer, needs_terraform

_numbers = itertools.count()
BLOCK = {"storage_account_name": ACCOUNT, "key": "team/web app+1.tfstate", "access_key": KEY}


@pytest.fixture
def container(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty container of the account; this process is led there."""
    for name, value in azurite.environment.items():
        monkeypatch.setenv(name, value)
        monkeypatch.delenv(name.lower(), raising=False)
    name = f"states{next(_numbers)}"
    backend = open_azurerm({**BLOCK, "container_name": name}, "default", access())
    backend._ask("make a container", "PUT", {"restype": "container"}, path=f"/{name}")
    return name


def opener(container: str, workspace: str = "default", **more: Any) -> Callable[[], AzurermState]:
    """Opens the state of a workspace."""
    return lambda: open_azurerm({**BLOCK, "container_name": container, **more}, workspace, access())


def test_states_are_kept_byte_by_byte(container: str) -> None:
    """A state is read as it was written, whatever its form and size, under a key with signs that URLs encode."""
    contract.keeps_bytes(opener(container))


def test_a_lock_keeps_others_out(container: str) -> None:
    """Two of us exclude each other, and the second one learns who the first one is."""
    seen = contract.excludes(opener(container))
    assert seen is not None
    assert (seen.operation, seen.path) == ("push", f"{container}/{BLOCK['key']}")


def test_a_lock_is_released_by_its_id_alone(container: str) -> None:
    """No other id releases a lease; the right one does, also from another process."""
    contract.refuses_other_ids(opener(container))
    ours = opener(container)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    assert opener(container)().holder() == msgspec.structs.replace(lock, path=f"{container}/{BLOCK['key']}")
    opener(container)().unlock(lock.id)
    assert ours.holder() is None


def test_nobody_writes_past_a_lease(container: str) -> None:
    """Without the lease a write is refused, and the state stays as it was."""
    ours, other = opener(container)(), opener(container)()
    ours.write(contract.ODD)
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    with pytest.raises(StateError, match="LeaseIdMissing"):
        other.write(b"{}")
    ours.unlock(lock.id)
    assert other.read() == contract.ODD


def test_a_snapshot_is_taken_before_a_write(container: str) -> None:
    """With ``snapshot`` the state as it was is kept beside the new one; the metadata of others stays."""
    ours = opener(container, snapshot=True)()
    ours.write(b"{}")
    ours._ask("note", "PUT", {"comp": "metadata"}, headers={"x-ms-meta-team": "web"})
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    ours.write(contract.ODD)
    ours.unlock(lock.id)
    listed = ours._ask(
        "list", "GET", {"restype": "container", "comp": "list", "include": "snapshots"}, path=f"/{container}"
    )
    assert listed.body.count(b"<Snapshot>") == 1
    assert ours._ask("look", "HEAD").headers["x-ms-meta-team"] == "web"


def test_each_workspace_is_a_blob_of_its_own(container: str) -> None:
    """Workspaces hold their own states and are listed; another key's blobs and empty ones are none of them."""
    default, dev = opener(container)(), opener(container, "dev:1")()
    other = open_azurerm({**BLOCK, "container_name": container, "key": f"{BLOCK['key']}2"}, "default", access())
    other.write(b"{}")
    lock = LockInfo.new("push", "")
    default.lock(lock)
    default.unlock(lock.id)
    assert default.workspaces() == ()
    dev.write(b'{"dev":1}')
    assert default.workspaces() == ("dev:1",)
    default.write(contract.ODD)
    assert dev.workspaces() == ("default", "dev:1")
    assert (default.read(), dev.read()) == (contract.ODD, b'{"dev":1}')


@needs_terraform
def test_terraform_and_we_exclude_each_other(container: str, azurite: Azurite, tmp_path: Path) -> None:
    """Terraform's lease keeps us out, ours keeps Terraform out, in a workspace; lineage and serial go on."""
    block = contract.backend_block("azurerm", {**BLOCK, "container_name": container})
    terraform = Peer(tmp_path, block, azurite.environment)
    terraform.write()
    terraform.do("init", "-input=false")
    terraform.do("workspace", "new", "dev")
    terraform.apply("one")
    holder = contract.shares_with_terraform(terraform, opener(container, "dev"))
    assert holder.operation == "OperationTypeApply"
    assert opener(container)().workspaces() == ("default", "dev")


def test_a_sas_token_opens_the_state(container: str) -> None:
    """A token opens what it allows, with and without its question mark; it is in no label or message."""
    opener(container)().write(contract.ODD)
    without_key = {"container_name": container, "access_key": None}
    for token in (sas_token(), f"?{sas_token()}"):
        ours = open_azurerm({**BLOCK, **without_key, "sas_token": token}, "default", access())
        assert ours.read() == contract.ODD
        ours.write(contract.ODD)
    reader = open_azurerm({**BLOCK, **without_key}, "default", access({"ARM_SAS_TOKEN": sas_token("rl")}))
    assert reader.read() == contract.ODD
    with pytest.raises(StateError, match="access denied") as caught:
        reader.write(b"{}")
    assert "sig" not in f"{caught.value.message} {caught.value.hint} {reader.label}"


def test_entra_id_opens_the_state(container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``use_azuread_auth`` a token of the service principal goes along, for the storage services."""
    opener(container)().write(contract.ODD)
    asked: list[tuple[tuple[str, ...], str]] = []

    class Principal:
        def __init__(self, *given: str, authority: str) -> None:
            self._given = (*given, authority)

        def get_token(self, scope: str) -> AccessToken:
            asked.append((self._given, scope))
            return AccessToken(unsigned_token(), int(time()) + 600)

    monkeypatch.setattr("azure.identity.ClientSecretCredential", Principal)
    environment = {"ARM_CLIENT_ID": "app", "ARM_TENANT_ID": "tenant", "ARM_CLIENT_SECRET": "s3cret"}
    block = {**BLOCK, "container_name": container, "access_key": None, "use_azuread_auth": True}
    assert open_azurerm(block, "default", access(environment)).read() == contract.ODD
    login = "https://login.microsoftonline.com"
    assert asked == [(("tenant", "app", "s3cret", login), "https://storage.azure.com/.default")]


def unsigned_token() -> str:
    """What Azurite's ``--oauth basic`` lets in: it looks at audience, issuer and times."""
    now = int(time())
    tenant = "11111111-1111-1111-1111-111111111111"
    claims = {"aud": "https://storage.azure.com", "iss": f"https://sts.windows.net/{tenant}/"}
    parts = ({"alg": "none"}, {**claims, "iat": now - 60, "nbf": now - 60, "exp": now + 600})
    return ".".join([*(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), "x"])


def test_wrong_credentials_and_what_is_not_there_are_named(container: str) -> None:
    """A wrong key, a container that is not there, a blob that is not there: three different things."""
    wrong = b64encode(b"x" * 64).decode()
    # Azure says 403, Azurite with Entra ID switched on 400.
    with pytest.raises(StateError, match=r"HTTP 40[03], (AuthenticationFailed|InvalidAuthenticationInfo)") as caught:
        opener(container, access_key=wrong)().read()
    assert wrong not in f"{caught.value.message} {caught.value.hint}"
    with pytest.raises(StateError, match="has no container elsewhere"):
        opener("elsewhere")().read()
    assert opener(container)().read() is None
    with pytest.raises(StateError, match="is not base64"):
        opener(container, access_key="not base64!")().read()


def test_an_address_names_the_state(container: str) -> None:
    """``azurerm://ACCOUNT/CONTAINER/KEY`` with ``ARM_ACCESS_KEY`` is the same state as the block's."""
    opener(container)().write(contract.ODD)
    address = f"azurerm://{ACCOUNT}/{container}/team/web%20app+1.tfstate"
    (source,) = locate(address, access({"ARM_ACCESS_KEY": KEY}))
    assert source.backend.read() == contract.ODD
    assert source.backend.identity == opener(container)().identity
    for wrong in (f"azurerm://{ACCOUNT}/{container}", f"{address}?access_key={KEY}", f"azurerm://u:{KEY}@a/b/c"):
        with pytest.raises(StateError) as caught:
            locate(wrong, access())
        assert KEY not in f"{caught.value.message} {caught.value.hint}"


class Answers:
    """Stands in for the server of an account: answers by the path's end."""

    label = "azurerm://a/c/k"

    def __init__(self, **answers: Any) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self._answers = answers

    def ask(self, operation: str, method: str, url: str, headers: Any = None) -> HttpAnswer:
        self.asked.append((method, url, (headers or {}).get("Authorization", "")))
        document = self._answers[url.partition("?")[0].rpartition("/")[2]]
        return HttpAnswer(status=200, headers={}, body=json.dumps(document).encode())


def test_the_key_is_looked_up_as_terraform_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without key, token or Entra ID, resource group and subscription lead to the endpoint and a key that may write."""
    monkeypatch.setattr("driftmgr.state.backends.azurerm_sign_in.signed_in", lambda *_: lambda scope: f"for {scope}")
    keys = {"keys": [{"permissions": "Read", "value": "no"}, {"permissions": "FULL", "value": KEY}]}
    blob = {"properties": {"primaryEndpoints": {"blob": "https://a.z1.blob.storage.azure.net/"}}}
    server: Any = Answers(listKeys=keys, a=blob)
    block = {"resource_group_name": "g", "subscription_id": "s"}
    found = blob_access(Arguments("azurerm", block, {}), "a", server)
    assert isinstance(found, SharedKey)
    assert found.sign(BlobRequest(method="GET", path="/c/k"))[0] == "https://a.z1.blob.storage.azure.net/c/k"
    where = (
        "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
    )
    bearer = "Bearer for https://management.azure.com/.default"
    assert server.asked == [
        ("GET", f"{where}?api-version=2023-01-01", bearer),
        ("POST", f"{where}/listKeys?api-version=2023-01-01", bearer),
    ]


def test_other_clouds_are_known_by_name_or_by_their_metadata() -> None:
    """``environment`` and ``metadata_host`` say where blobs are; an unknown name lists those that are known."""
    server: Any = Answers(
        endpoints={
            "authentication": {"loginEndpoint": "https://login.local/"},
            "resourceManager": "https://manage.local/",
            "suffixes": {"storage": "stack.local"},
        }
    )
    request = BlobRequest(method="GET", path="/c/k")
    for block, base in (
        ({"environment": "usgovernment"}, "https://a.blob.core.usgovcloudapi.net"),
        ({"environment": "china"}, "https://a.blob.core.chinacloudapi.cn"),
        ({"metadata_host": "manage.local"}, "https://a.blob.stack.local"),
    ):
        found = blob_access(Arguments("azurerm", {**block, "access_key": KEY}, {}), "a", server)
        assert found.sign(request)[0] == f"{base}/c/k"
    with pytest.raises(StateError, match="no Azure cloud") as caught:
        blob_access(Arguments("azurerm", {"environment": "mars"}, {}), "a", server)
    assert "usgovernment" in caught.value.hint


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block without account, container, key or anything that opens it; an extra that is not installed."""
    for name in ("storage_account_name", "container_name", "key"):
        with pytest.raises(StateError, match=f"has no {name}"):
            open_azurerm({**BLOCK, "container_name": "c", name: None}, "default", access())
    block = {**BLOCK, "container_name": "c", "access_key": None}
    with pytest.raises(StateError, match="nothing is configured") as caught:
        open_azurerm(block, "default", access()).read()
    assert "ARM_ACCESS_KEY" in caught.value.hint
    monkeypatch.setitem(__import__("sys").modules, "azure.identity", None)
    with pytest.raises(StateError, match="needs azure-identity") as caught:
        open_azurerm({**block, "use_azuread_auth": True}, "default", access()).read()
    assert "driftmgr[azurerm]" in caught.value.hint
