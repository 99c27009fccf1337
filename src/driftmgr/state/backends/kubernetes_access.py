"""Which cluster a kubernetes backend means and what opens it: its arguments, ``KUBE_*``, a kubeconfig, the pod itself.

https://developer.hashicorp.com/terraform/language/backend/kubernetes#configuration-variables
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

import json
import os
import ssl
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import basic, tls_context
from driftmgr.state.backends.protocol import Access
from driftmgr.state.read import StateError

_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SECONDS = 60.0


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """An API server; ``headers`` and ``tls`` open it."""

    url: str
    headers: Mapping[str, str]
    tls: ssl.SSLContext | None
    proxy: str = ""


class _Config(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster and the user of a context; ``trusted``: programs that it names may be run."""

    cluster: Mapping[str, Any] = {}
    user: Mapping[str, Any] = {}
    trusted: bool = False


def address_of(arguments: Arguments, access: Access) -> str:
    """The address of the API server; reads files, asks nothing. Raises ``StateError``."""
    return _address(arguments, _config(arguments, access))


def cluster_of(arguments: Arguments, access: Access) -> Cluster:
    """The cluster, opened: what the arguments and ``KUBE_*`` say goes before the kubeconfig. Raises ``StateError``."""
    config = _config(arguments, access)
    user = {**config.user, **_of_program(config, access)}
    token = arguments.text("token", "KUBE_TOKEN") or user.get("token") or ""
    name = arguments.text("username", "KUBE_USER") or user.get("username") or ""
    password = arguments.text("password", "KUBE_PASSWORD") or user.get("password") or ""
    headers = {"Authorization": f"Bearer {token}" if token else basic(name, password)} if token or name else {}
    return Cluster(
        url=_address(arguments, config),
        headers=headers,
        tls=_tls(arguments, config.cluster, user),
        proxy=arguments.text("proxy_url", "KUBE_PROXY_URL") or str(config.cluster.get("proxy-url") or ""),
    )


def _address(arguments: Arguments, config: _Config) -> str:
    host = arguments.text("host", "KUBE_HOST") or str(config.cluster.get("server") or "")
    if not host:
        raise StateError(
            "the kubernetes backend does not say which cluster",
            hint="set KUBE_CONFIG_PATH (~/.kube/config is not read by itself, as with Terraform) or KUBE_HOST",
        )
    return (host if "://" in host else f"https://{host}").rstrip("/")


def _tls(arguments: Arguments, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext | None:
    insecure = arguments.flag("insecure", "KUBE_INSECURE") or bool(cluster.get("insecure-skip-tls-verify"))
    try:
        return tls_context(
            authorities=arguments.text("cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA")
            or _pem(cluster, "certificate-authority"),
            certificate=arguments.text("client_certificate", "KUBE_CLIENT_CERT_DATA")
            or _pem(user, "client-certificate"),
            key=arguments.text("client_key", "KUBE_CLIENT_KEY_DATA") or _pem(user, "client-key"),
            verify=not insecure,
        )
    except ValueError as error:
        raise StateError(f"the certificates of the kubernetes backend cannot be used: {error}") from error


def _pem(entry: Mapping[str, Any], name: str) -> str:
    try:
        if data := entry.get(f"{name}-data"):
            return b64decode(data).decode()
        return Path(entry[name]).read_text(encoding="utf-8") if entry.get(name) else ""
    except (OSError, ValueError) as error:
        raise StateError(f"the kubeconfig's {name} cannot be read", hint="check its path") from error


def _config(arguments: Arguments, access: Access) -> _Config:
    if arguments.mapping("exec"):
        raise StateError(
            "the kubernetes backend has an exec block, and programs that a configuration names are not run",
            hint="set KUBE_TOKEN, or put the program into your kubeconfig: KUBE_CONFIG_PATH",
        )
    if arguments.flag("in_cluster_config", "KUBE_IN_CLUSTER_CONFIG"):
        return _of_pod(arguments)
    paths, trusted = _paths(arguments, access)
    if not paths:
        return _of_pod(arguments) if arguments.variable("KUBERNETES_SERVICE_HOST") and _POD.is_dir() else _Config()
    documents = [_document(path) for path in paths]
    wanted = arguments.text("config_context", "KUBE_CTX") or next(
        (str(document["current-context"]) for _, document in documents if document.get("current-context")), ""
    )
    context = _named(documents, "contexts", "context", wanted)
    cluster = arguments.text("config_context_cluster", "KUBE_CTX_CLUSTER") or str(context.get("cluster") or "")
    user = arguments.text("config_context_auth_info", "KUBE_CTX_AUTH_INFO") or str(context.get("user") or "")
    return _Config(
        cluster=_named(documents, "clusters", "cluster", cluster),
        user=_with_token_file(_named(documents, "users", "user", user) if user else {}),
        trusted=trusted,
    )


def _paths(arguments: Arguments, access: Access) -> tuple[list[Path], bool]:
    """The kubeconfigs, and whether it is the user who named them: those in a configuration anybody may have written."""
    home = Path(arguments.variable("HOME") or "~").expanduser()
    named = arguments.texts("config_path") or arguments.texts("config_paths")
    several = arguments.variable("KUBE_CONFIG_PATHS").split(os.pathsep)
    found = named or tuple(filter(None, (arguments.variable("KUBE_CONFIG_PATH"),))) or tuple(filter(None, several))
    paths = [access.directory / (home / name[2:] if name.startswith("~/") else Path(name)) for name in found]
    own = all(path.resolve().is_relative_to(home.resolve() / ".kube") for path in paths)
    return paths, not named or own


def _document(path: Path) -> tuple[Path, Mapping[str, Any]]:
    import yaml  # noqa: PLC0415  # only users of a kubeconfig need it

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise StateError(
            f"the kubeconfig {path} cannot be read", hint="check KUBE_CONFIG_PATH or config_path"
        ) from error
    if not isinstance(document, dict):
        raise StateError(f"{path} is no kubeconfig", hint="check KUBE_CONFIG_PATH or config_path")
    return path, document


def _named(documents: list[tuple[Path, Mapping[str, Any]]], kind: str, field: str, name: str) -> Mapping[str, Any]:
    """The entry of a name in the first kubeconfig that has one; paths in it start from that file."""
    for path, document in documents:
        for entry in document.get(kind) or ():
            if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(field), dict):
                files = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
                at = {key: str(path.parent / entry[field][key]) for key in files if entry[field].get(key)}
                return {**entry[field], **at}
    raise StateError(
        f"the kubeconfig has no {field} {name or 'that is current'}", hint="check KUBE_CTX, config_context"
    )


def _with_token_file(user: Mapping[str, Any]) -> Mapping[str, Any]:
    if user.get("token") or not user.get("tokenFile"):
        return user
    return {**user, "token": _read(Path(user["tokenFile"]))}


def _of_pod(arguments: Arguments) -> _Config:
    # https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
    host, port = (arguments.variable(f"KUBERNETES_SERVICE_{name}") for name in ("HOST", "PORT"))
    if not host:
        raise StateError(
            "in_cluster_config is set, but this is no pod of a cluster", hint="set KUBE_CONFIG_PATH instead"
        )
    host = f"[{host}]" if ":" in host else host
    cluster = {"server": f"https://{host}:{port or 443}", "certificate-authority": str(_POD / "ca.crt")}
    return _Config(cluster=cluster, user={"token": _read(_POD / "token")})


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"the token in {path} cannot be read", hint="check its permissions") from error


def _of_program(config: _Config, access: Access) -> dict[str, str]:
    """The credentials that the kubeconfig's program prints (aws, gke-gcloud-auth-plugin, kubelogin)."""
    program = config.user.get("exec")
    if not isinstance(program, dict):
        return {}
    if not config.trusted:
        raise StateError(
            "the kubeconfig that the configuration names has a program that gives credentials, which is not run",
            hint="name the kubeconfig yourself: KUBE_CONFIG_PATH",
        )
    command = [str(program.get("command")), *map(str, program.get("args") or ())]
    spec = {"apiVersion": program.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    added = {str(item["name"]): str(item["value"]) for item in program.get("env") or ()}
    environment = {**access.environment, **added, "KUBERNETES_EXEC_INFO": json.dumps(spec)}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603
        status = json.loads(done.stdout)["status"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise StateError(f"{command[0]} gave no credentials for the cluster", hint=f"try it: {command[0]}") from error
    found = {"token": str(status["token"])} if status.get("token") else {}
    for name, data in (("client-certificate-data", "clientCertificateData"), ("client-key-data", "clientKeyData")):
        if status.get(data):
            found[name] = b64encode(str(status[data]).encode()).decode()
    return found
