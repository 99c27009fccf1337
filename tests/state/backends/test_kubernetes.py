"""States in secrets of Kubernetes, against its API of secrets and leases with resource versions."""

import base64
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from driftmgr.state import StateError
from driftmgr.state.backends.kubernetes import KubernetesState, open_kubernetes
from driftmgr.state.backends.protocol import LockInfo, StateLockedError
from driftmgr.state.locate import locate
from state.backends import contract
from state.backends.web import Answer, Certificates, Request, WebServer, access, free_port, say, serving
from state.peer import Peer, needs_terraform

_LARGEST = 1_048_576


class Kubernetes:
    """One namespace, ``infra``.

    A name is created once (409), an update with an old resourceVersion is a conflict (409), lists are by label, paged
    and in the order of names; data of a secret is at most 1 MiB.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {"secrets": {}, "leases": {}}
        self.allowed = {"Bearer good"}
        self._version = 100

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("authorization") not in self.allowed:
            return _status(401 if "authorization" not in request.headers else 403, "Forbidden")
        steps = request.parts
        root = 2 if steps[0] == "api" else 3
        assert steps[root : root + 2] == ["namespaces", "infra"]
        kind, name = steps[root + 2], (steps[root + 3] if len(steps) > root + 3 else "")
        assert (kind == "leases") == (steps[:root] == ["apis", "coordination.k8s.io", "v1"])
        return self._answer(request, self.objects[kind], name)

    def _answer(  # noqa: PLR0911  # a table of routes
        self, request: Request, known: dict[str, dict[str, Any]], name: str
    ) -> Answer:
        if request.method == "POST":
            name = request.json["metadata"]["name"]
            return _status(409, f'"{name}" already exists') if name in known else self._keep(request, known, name)
        if not name:
            return self._list(request, known)
        if name not in known:
            return _status(404, f'"{name}" not found')
        if request.method == "GET":
            return say(200, known[name])
        if request.method == "DELETE":
            del known[name]
            return say(200, {"status": "Success"})
        if request.json["metadata"].get("resourceVersion") != known[name]["metadata"]["resourceVersion"]:
            return _status(409, "the object has been modified")
        return self._keep(request, known, name)

    def _keep(self, request: Request, known: dict[str, dict[str, Any]], name: str) -> Answer:
        document = request.json
        size = sum(len(base64.b64decode(value)) for value in document.get("data", {}).values())
        if size > _LARGEST:
            return _status(422, "data: Too long: must have at most 1048576 bytes")
        self._version += 1
        document["kind"] = "Lease" if known is self.objects["leases"] else "Secret"
        document["apiVersion"] = "coordination.k8s.io/v1" if known is self.objects["leases"] else "v1"
        document["metadata"]["resourceVersion"] = str(self._version)
        known[name] = document
        return say(200, document)

    def _list(self, request: Request, known: dict[str, dict[str, Any]]) -> Answer:
        wanted = dict(item.split("=") for item in request.query["labelSelector"].split(","))
        found = [known[name] for name in sorted(known) if wanted.items() <= known[name]["metadata"]["labels"].items()]
        start = int(request.query.get("continue", "0"))
        following = str(start + 2) if found[start + 2 :] else ""
        kind = {"apiVersion": "v1", "kind": "SecretList"}
        return say(200, {**kind, "items": found[start : start + 2], "metadata": {"continue": following}})


def _status(code: int, message: str) -> Answer:
    reasons = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 422: "Invalid"}
    reason = "AlreadyExists" if message.endswith("already exists") else reasons[code]
    status = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "metadata": {}, "reason": reason}
    return say(code, {**status, "code": code, "message": message})


@pytest.fixture
def cluster() -> Kubernetes:
    """The cluster's memory."""
    return Kubernetes()


@pytest.fixture
def peer(cluster: Kubernetes) -> Iterator[WebServer]:
    """The API server."""
    with serving(cluster) as running:
        yield running


def block(peer: WebServer, **more: Any) -> dict[str, Any]:
    """A backend block of the cluster."""
    return {"host": peer.url, "token": "good", "namespace": "infra", "secret_suffix": "web", **more}


def opener(peer: WebServer, workspace: str = "default", **more: Any) -> Callable[[], KubernetesState]:
    """Opens the state of a workspace."""
    return lambda: open_kubernetes(block(peer, **more), workspace, access())


def test_states_are_kept_byte_by_byte(peer: WebServer, cluster: Kubernetes) -> None:
    """A state is read as it was written, whatever its form and size; no part outlives its state."""
    contract.keeps_bytes(opener(peer))
    secret = cluster.objects["secrets"]["tfstate-default-web"]
    assert list(cluster.objects["secrets"]) == ["tfstate-default-web"]
    assert gzip.decompress(base64.b64decode(secret["data"]["tfstate"])) == contract.ODD
    assert secret["metadata"]["labels"] == {
        "tfstate": "true",
        "tfstateSecretSuffix": "web",
        "tfstateWorkspace": "default",
        "app.kubernetes.io/managed-by": "terraform",
    }
    assert secret["metadata"]["annotations"] == {"encoding": "gzip"}


def test_a_large_state_is_in_parts_as_terraform_writes_them(
    peer: WebServer, cluster: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are put together by their numbers, also the tenth after the second; one that is gone is named."""
    monkeypatch.setattr("driftmgr.state.backends.kubernetes._CHUNK", 150_000)
    ours, content = opener(peer)(), contract.large()
    ours.write(content)
    secrets = cluster.objects["secrets"]
    assert len(secrets) > 10
    assert "tfstate-default-web-part-10" in secrets
    assert opener(peer)().read() == content
    assert ours.workspaces() == ("default",)
    del secrets["tfstate-default-web-part-3"]
    with pytest.raises(StateError, match="part of the state is gone"):
        ours.read()
    ours.write(contract.ODD)
    assert list(secrets) == ["tfstate-default-web"]


def test_a_damaged_secret_is_named(peer: WebServer, cluster: Kubernetes) -> None:
    """What does not decompress is an error, an empty secret no state; data of others in it stays."""
    ours = opener(peer)()
    ours.write(contract.ODD)
    data = cluster.objects["secrets"]["tfstate-default-web"]["data"]
    data |= {"other": "eA==", "tfstate": base64.b64encode(b"\x1f\x8bx").decode()}
    with pytest.raises(StateError, match="is damaged"):
        ours.read()
    ours.write(contract.ODD)
    assert cluster.objects["secrets"]["tfstate-default-web"]["data"]["other"] == "eA=="
    del cluster.objects["secrets"]["tfstate-default-web"]["data"]["tfstate"]
    assert ours.read() is None


def test_a_lock_keeps_others_out(peer: WebServer, cluster: Kubernetes) -> None:
    """Two of us exclude each other, and the second one learns who the first one is."""
    seen = contract.excludes(opener(peer))
    assert seen is not None
    assert seen.operation == "push"
    lease = cluster.objects["leases"]["lock-tfstate-default-web"]
    assert lease["spec"] == {}
    assert lease["metadata"]["annotations"] == {}


def test_a_lock_is_released_by_its_id_alone(peer: WebServer, cluster: Kubernetes) -> None:
    """No other id releases a lock; the right one does, also from elsewhere; a holder without a record excludes."""
    contract.refuses_other_ids(opener(peer))
    ours = opener(peer)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    assert opener(peer)().holder() == lock
    opener(peer)().unlock(lock.id)
    lease = cluster.objects["leases"]["lock-tfstate-default-web"]
    lease["spec"]["holderIdentity"] = "somebody"
    with pytest.raises(StateLockedError) as caught:
        ours.lock(lock)
    assert caught.value.holder is not None
    assert caught.value.holder.id == "somebody"


@pytest.mark.parametrize("exists", [False, True])
def test_of_two_at_the_same_moment_one_gets_the_lock(peer: WebServer, cluster: Kubernetes, exists: bool) -> None:  # noqa: FBT001
    """Whoever saw a Lease that has changed since is refused by the server, and told that it is locked."""
    first, second = opener(peer)(), opener(peer)()
    lock, other = LockInfo.new("push", ""), LockInfo.new("apply", "")
    if exists:
        first.lock(lock)
        first.unlock(lock.id)
    looked = second._lease("look")
    first.lock(lock)
    looks = [looked]
    genuine, second_any = second._lease, second
    second_any._lease = lambda operation: looks.pop() if looks else genuine(operation)  # type: ignore[method-assign]
    with pytest.raises(StateLockedError) as caught:
        second.lock(other)
    assert caught.value.holder == lock


def test_each_workspace_is_a_secret_of_its_own(peer: WebServer) -> None:
    """Workspaces hold their own states and are listed; those of another suffix are none of them."""
    opener(peer, "dev")().write(b'{"dev":1}')
    opener(peer, secret_suffix="api")().write(b"{}")
    assert opener(peer)().workspaces() == ("dev",)
    opener(peer)().write(contract.ODD)
    opener(peer, "a")().write(b"{}")
    assert opener(peer)().workspaces() == ("default", "a", "dev")
    assert opener(peer, "dev")().read() == b'{"dev":1}'


def kubeconfig(peer: WebServer, pem: Certificates, user: dict[str, Any]) -> str:
    """A kubeconfig with two contexts, the good one not current."""
    authority = base64.b64encode(pem.authority.encode()).decode()
    document = {
        "current-context": "other",
        "contexts": [
            {"name": "other", "context": {"cluster": "gone", "user": "me"}},
            {"name": "good", "context": {"cluster": "here", "user": "me"}},
        ],
        "clusters": [
            {"name": "gone", "cluster": {"server": f"https://127.0.0.1:{free_port()}"}},
            {"name": "here", "cluster": {"server": peer.url, "certificate-authority-data": authority}},
        ],
        "users": [{"name": "me", "user": user}],
    }
    return yaml.safe_dump(document)


def test_a_kubeconfig_opens_the_cluster(cluster: Kubernetes, tmp_path: Path) -> None:
    """Context, certificates, token, token file, password or program: what a kubeconfig says that the user named."""
    pem = Certificates()
    cluster.allowed = {"Bearer good", "Basic bWU6c2VjcmV0"}
    program = tmp_path / "give-token"
    program.write_text('#!/bin/sh\necho "{\\"status\\": {\\"token\\": \\"$TOKEN\\"}}"\n')
    program.chmod(0o755)
    (tmp_path / "token").write_text("good\n")
    (tmp_path / "client.pem").write_text(pem.client)
    (tmp_path / "client.key").write_text(pem.client_key)
    certificate = {"client-certificate": "client.pem", "client-key": "client.key"}
    run = {"command": str(program), "env": [{"name": "TOKEN", "value": "good"}], "apiVersion": "v1"}
    settings = {"namespace": "infra", "secret_suffix": "web"}
    path = tmp_path / "config"
    environment = {"KUBE_CONFIG_PATH": str(path), "KUBE_CTX": "good", "PATH": "/usr/bin:/bin"}
    with serving(cluster, pem.context(tmp_path, client_needed=True)) as peer:
        for user in (
            {"token": "good"},
            {"tokenFile": "token"},
            {"username": "me", "password": "secret"},
            {"exec": run},
        ):
            path.write_text(kubeconfig(peer, pem, {**certificate, **user}))
            assert open_kubernetes(settings, "default", access(environment)).read() is None
        with pytest.raises(StateError, match="is not run") as caught:
            open_kubernetes({**settings, "config_path": str(path)}, "default", access({"KUBE_CTX": "good"})).read()
        assert "KUBE_CONFIG_PATH" in caught.value.hint
        (source,) = locate("k8s://infra/web", access(environment))
        assert source.backend.read() is None
        assert source.label == "k8s://infra/web"
        with pytest.raises(StateError, match="cannot be reached"):
            open_kubernetes(settings, "default", access({**environment, "KUBE_CTX": "other"})).read()
        program.write_text("#!/bin/sh\nexit 1\n")
        with pytest.raises(StateError, match="gave no credentials"):
            open_kubernetes(settings, "default", access(environment)).read()


@needs_terraform
def test_terraform_and_we_exclude_each_other(cluster: Kubernetes, tmp_path: Path) -> None:
    """Terraform's lock keeps us out, ours keeps Terraform out, and both read what the other one wrote."""
    pem = Certificates()
    path = tmp_path / "config"
    settings = {"config_path": str(path), "config_context": "good", "namespace": "infra", "secret_suffix": "web"}
    with serving(cluster, pem.context(tmp_path)) as peer:
        path.write_text(kubeconfig(peer, pem, {"token": "good"}))
        terraform = Peer(tmp_path, contract.backend_block("kubernetes", settings))
        terraform.apply("one")
        holder = contract.shares_with_terraform(terraform, lambda: open_kubernetes(settings, "default", access()))
    assert holder.operation == "OperationTypeApply"


def test_a_pod_opens_its_own_cluster(cluster: Kubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a cluster the service account of the pod is used, asked for or not."""
    pem = Certificates()
    (tmp_path / "token").write_text("good")
    (tmp_path / "ca.crt").write_text(pem.authority)
    monkeypatch.setattr("driftmgr.state.backends.kubernetes_access._POD", tmp_path)
    settings = {"namespace": "infra", "secret_suffix": "web"}
    with serving(cluster, pem.context(tmp_path)) as peer:
        host, _, port = peer.host.partition(":")
        pod = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        for more in ({}, {"in_cluster_config": True}):
            assert open_kubernetes({**settings, **more}, "default", access(pod)).read() is None
    with pytest.raises(StateError, match="is no pod"):
        open_kubernetes({**settings, "in_cluster_config": True}, "default", access()).read()


def test_wrong_credentials_and_what_cannot_be_are_named(peer: WebServer, tmp_path: Path) -> None:
    """Refusals, a cluster that is not there or not said, names and files that cannot be: one clear message each."""
    for token, message in (("", "not accepted, HTTP 401"), ("wr0ng", "access denied, HTTP 403")):
        with pytest.raises(StateError, match=message) as caught:
            opener(peer, token=token)().read()
        assert "wr0ng" not in f"{caught.value.message} {caught.value.hint}"
    (tmp_path / "config").write_text("- a list")
    for more, message in (
        ({"host": ""}, "which cluster"),
        ({"host": f"http://127.0.0.1:{free_port()}"}, "cannot be reached"),
        ({"config_path": "/nowhere"}, "cannot be read"),
        ({"config_path": str(tmp_path / "config")}, "is no kubeconfig"),
        ({"secret_suffix": "web-2"}, "must not end with a number"),
        ({"secret_suffix": "Web"}, "not a name"),
        ({"secret_suffix": ""}, "has no secret_suffix"),
        ({"exec": {"command": "x"}}, "exec block"),
        ({"client_key": "x"}, "go together"),
    ):
        with pytest.raises(StateError, match=message):
            opener(peer, **more)().read()
