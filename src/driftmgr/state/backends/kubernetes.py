"""States in secrets of Kubernetes, locked by a Lease.

https://developer.hashicorp.com/terraform/language/backend/kubernetes
https://kubernetes.io/docs/reference/kubernetes-api/
"""

import gzip
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.http import HttpAnswer
from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server, understood
from driftmgr.state.backends.kubernetes_access import Cluster, address_of, cluster_of
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.source import StateSource

_OPTIONS = frozenset({"config_path", "config_context", "in_cluster_config"})
_KEY, _SUFFIX, _WORKSPACE = "tfstate", "tfstateSecretSuffix", "tfstateWorkspace"
_LOCK_INFO = "app.terraform.io/lock-info"
_NOT_FOUND, _CONFLICT = 404, 409
_CHUNK = 1_048_576
"""Where Terraform cuts the compressed state; older versions wrote one secret of at most that size."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 253
_PART = re.compile(r"-part-(\d+)$")


class KubernetesState:
    """The secrets ``tfstate-WORKSPACE-SUFFIX`` and ``...-part-N``; the lock is the holder of ``lock-...``."""

    def __init__(self, arguments: Arguments, workspace: str, access: Access) -> None:
        self._suffix = arguments.needed("secret_suffix")
        self._namespace = arguments.text("namespace", "KUBE_NAMESPACE", default="default")
        self._workspace = workspace
        self._name = f"{_KEY}-{workspace}-{self._suffix}"
        if re.search(r"-\d+$", self._suffix):
            raise StateError("the secret_suffix of the kubernetes backend must not end with a number: chunks do")
        if not _NAME.fullmatch(self._name) or len(self._name) > _LONGEST_NAME:
            raise StateError(
                f"{self._name}: not a name that Kubernetes takes", hint="check secret_suffix and workspace: a-z, 0-9, -"
            )
        own = {_KEY: "true", _SUFFIX: self._suffix, _WORKSPACE: workspace, "app.kubernetes.io/managed-by": "terraform"}
        self._labels = {**own, **{name: str(value) for name, value in arguments.mapping("labels").items()}}
        self._arguments = arguments
        self._access = access
        self._reached: tuple[Cluster, Server] | None = None
        self.label = f"k8s://{self._namespace}/{self._suffix}" + (f"/{workspace}" * (workspace != DEFAULT_WORKSPACE))

    @property
    def identity(self) -> tuple[object, ...]:
        """Cluster, namespace and secret."""
        return ("kubernetes", address_of(self._arguments, self._access), self._namespace, self._name)

    @understood
    def read(self) -> bytes | None:
        """The secrets' data in their order, decompressed."""
        secrets = self._secrets("read the state")
        parts = [(secret.get("data") or {}).get(_KEY) for secret in secrets]
        if not parts or not all(parts):
            return None
        if [_number(secret) for secret in secrets] != list(range(len(secrets))):
            raise StateError(f"{self.label}: a part of the state is gone", hint="restore it from a backup")
        try:
            return gzip.decompress(b"".join(map(b64decode, filter(None, parts)))) or None
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise StateError(
                f"{self.label}: the compressed state is damaged", hint="restore it from a backup"
            ) from error

    @understood
    def write(self, content: bytes) -> None:
        """Write a secret for each chunk, then delete the chunks that are left over."""
        payload = gzip.compress(content, mtime=0)
        before = {secret["metadata"]["name"]: secret for secret in self._secrets("write the state")}
        names = [
            self._name if number == 0 else f"{self._name}-part-{number}" for number in range(-(-len(payload) // _CHUNK))
        ]
        for number, name in enumerate(names):
            data = {_KEY: b64encode(payload[number * _CHUNK : (number + 1) * _CHUNK]).decode()}
            if name in before:
                secret = before[name]
                self._send(
                    "write the state", "PUT", "secrets", {**secret, "data": {**(secret.get("data") or {}), **data}}
                )
            else:
                metadata = {"name": name, "labels": self._labels, "annotations": {"encoding": "gzip"}}
                secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
                self._send("write the state", "POST", "secrets", secret)
        for name in before.keys() - names:
            self._ask("remove an old part", "DELETE", self._url("secrets", name), accepted=(_NOT_FOUND,))

    @understood
    def lock(self, lock: LockInfo) -> None:
        """Become the holder of the Lease; the server refuses whoever saw an older version of it."""
        lease = self._lease("lock the state")
        if lease is None:
            metadata = {"name": f"lock-{self._name}", "labels": self._labels, "annotations": {}}
            lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": {}}
            answer = self._send("lock the state", "POST", "leases", _held(lease, lock), accepted=(_CONFLICT,))
        elif _holds(lease):
            raise StateLockedError(self.label, _info(lease))
        else:
            answer = self._send("lock the state", "PUT", "leases", _held(lease, lock), accepted=(_CONFLICT,))
        if answer.status == _CONFLICT:
            raise StateLockedError(self.label, self.holder())

    @understood
    def unlock(self, lock_id: str) -> None:
        """Give the Lease up if it is held under this id."""
        lease = self._lease("unlock the state")
        if lease is None or not _holds(lease):
            raise StateError(f"{self.label}: the state is not locked")
        if _holds(lease) != lock_id:
            raise StateError(f"{self.label}: not released: the lock is another one, held by {_info(lease)}")
        answer = self._send("unlock the state", "PUT", "leases", _held(lease, None), accepted=(_CONFLICT,))
        if answer.status == _CONFLICT:
            raise StateError(f"{self.label}: not released: the lock has just changed", hint="try again")

    @understood
    def holder(self) -> LockInfo | None:
        """What the Lease's annotation says, as long as it has a holder."""
        lease = self._lease("ask for the lock")
        return _info(lease) if lease and _holds(lease) else None

    @understood
    def workspaces(self) -> tuple[str, ...]:
        """The workspaces in the labels of the secrets with this suffix."""
        wanted = {_KEY: "true", _SUFFIX: self._suffix}
        found = {
            str(secret["metadata"]["labels"].get(_WORKSPACE))
            for secret in self._listed("list the workspaces", wanted)
            if (secret.get("data") or {}).get(_KEY)
        }
        return tuple(sorted(found, key=lambda name: (name != DEFAULT_WORKSPACE, name)))

    def _secrets(self, operation: str) -> list[dict[str, Any]]:
        return sorted(self._listed(operation, self._labels), key=_number)

    def _listed(self, operation: str, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query = {"labelSelector": ",".join(f"{name}={value}" for name, value in labels.items())}
        while True:
            page = msgspec.json.decode(self._ask(operation, "GET", self._url("secrets"), query=query).body)
            found += page.get("items") or ()
            if not (following := (page.get("metadata") or {}).get("continue")):
                return found
            query = {**query, "continue": following}

    def _lease(self, operation: str) -> dict[str, Any] | None:
        answer = self._ask(operation, "GET", self._url("leases", f"lock-{self._name}"), accepted=(_NOT_FOUND,))
        found: dict[str, Any] | None = msgspec.json.decode(answer.body) if answer.status != _NOT_FOUND else None
        return found

    def _send(
        self, operation: str, method: str, kind: str, document: Mapping[str, Any], accepted: Collection[int] = ()
    ) -> HttpAnswer:
        url = self._url(kind, document["metadata"]["name"] if method == "PUT" else "")
        return self._ask(operation, method, url, body=msgspec.json.encode(document), accepted=accepted)

    def _url(self, kind: str, name: str = "") -> str:
        group = "api/v1" if kind == "secrets" else "apis/coordination.k8s.io/v1"
        tail = f"/{quote(name)}" if name else ""
        return f"{self._reach()[0].url}/{group}/namespaces/{quote(self._namespace)}/{kind}{tail}"

    def _ask(  # noqa: PLR0913  # a request has these parts
        self,
        operation: str,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accepted: Collection[int] = (),
    ) -> HttpAnswer:
        cluster, server = self._reach()
        headers = {"Content-Type": "application/json", "Accept": "application/json", **cluster.headers}
        return server.ask(operation, method, url, params=query, headers=headers, body=body, accepted=accepted)

    def _reach(self) -> tuple[Cluster, Server]:
        """The cluster; a program of the kubeconfig that gives credentials runs once."""
        if self._reached is None:
            cluster = cluster_of(self._arguments, self._access)
            host = urlsplit(cluster.url).netloc
            server = Server(
                guard=self._access.guard,
                label=self.label,
                endpoint=Endpoint(provider="kubernetes", account=host, region=None, service="state"),
                tls=cluster.tls,
                proxy=cluster.proxy or None,
                explain=_explain,
            )
            self._reached = cluster, server
        return self._reached


def open_kubernetes(settings: Mapping[str, Any], workspace: str, access: Access) -> KubernetesState:
    """Open the state of a backend block; raises ``StateError``."""
    return KubernetesState(Arguments("kubernetes", settings, access.environment), workspace, access)


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``k8s://NAMESPACE/SUFFIX``; the cluster comes from ``KUBE_*``."""
    from driftmgr.state.source import StateSource, options_of  # noqa: PLC0415  # it opens what is named here

    parts = urlsplit(url)
    suffix = parts.path.strip("/")
    if not (parts.netloc and suffix) or "/" in suffix or "@" in parts.netloc:
        raise StateError("not the address of a state in Kubernetes", hint="write k8s://NAMESPACE/SUFFIX")
    options = options_of(url, _OPTIONS)
    workspace = str(options.pop("workspace", DEFAULT_WORKSPACE))
    settings = {"namespace": parts.netloc, "secret_suffix": suffix, **options}
    return (StateSource.open("kubernetes", settings, access, workspace=workspace),)


def _number(secret: Mapping[str, Any]) -> int:
    found = _PART.search(secret["metadata"]["name"])
    return int(found[1]) if found else 0


def _holds(lease: Mapping[str, Any]) -> str:
    return str((lease.get("spec") or {}).get("holderIdentity") or "")


def _info(lease: Mapping[str, Any]) -> LockInfo:
    recorded = (lease["metadata"].get("annotations") or {}).get(_LOCK_INFO, "")
    try:
        return LockInfo.decode(recorded)
    except StateError:
        return LockInfo(id=_holds(lease), info="a holder that left no record")


def _held(lease: Mapping[str, Any], lock: LockInfo | None) -> dict[str, Any]:
    """The Lease as held by a lock, or by nobody."""
    annotations = {k: v for k, v in (lease["metadata"].get("annotations") or {}).items() if k != _LOCK_INFO}
    spec = {name: value for name, value in (lease.get("spec") or {}).items() if name != "holderIdentity"}
    if lock:
        annotations[_LOCK_INFO] = lock.encode().decode()
        spec["holderIdentity"] = lock.id
    return {**lease, "metadata": {**lease["metadata"], "annotations": annotations}, "spec": spec}


def _explain(answer: HttpAnswer) -> str:
    return str(msgspec.json.decode(answer.body)["message"])
