"""Where a Consul agent is and what opens it: https://developer.hashicorp.com/consul/commands#environment-variables."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import basic, tls_context
from driftmgr.state.backends.protocol import Access
from driftmgr.state.read import StateError

_ADDRESS = "127.0.0.1:8500"


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """The address of an agent, and what goes with every request."""

    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    tls: ssl.SSLContext | None


def reach(arguments: Arguments, access: Access) -> Reached:
    """What the block and ``CONSUL_*`` say; raises ``StateError``."""
    scheme, separator, host = arguments.text("address", "CONSUL_HTTP_ADDR", default=_ADDRESS).rpartition("://")
    if scheme == "unix":
        raise StateError("the consul backend's address is a socket file, which cannot be asked", hint="give HOST:PORT")
    if not separator:
        secure = arguments.variable("CONSUL_HTTP_SSL").lower() in {"true", "1"}
        scheme = arguments.text("scheme", default="https" if secure else "http")
    url = f"{scheme}://{host.rstrip('/')}"
    if scheme not in {"http", "https"} or not urlsplit(url).hostname or "@" in host:
        raise StateError("the address of the consul backend is not one", hint="give HOST:PORT")
    headers = {}
    if token := arguments.text("access_token", "CONSUL_HTTP_TOKEN") or _text(
        arguments, access, "CONSUL_HTTP_TOKEN_FILE"
    ):
        headers["X-Consul-Token"] = token
    if auth := arguments.text("http_auth", "CONSUL_HTTP_AUTH"):
        user, _, password = auth.partition(":")
        headers["Authorization"] = basic(user, password)
    named = {
        "dc": arguments.text("datacenter"),
        "ns": arguments.variable("CONSUL_NAMESPACE"),
        "partition": arguments.variable("CONSUL_PARTITION"),
    }
    query = {name: value for name, value in named.items() if value}
    return Reached(url=url, headers=headers, query=query, tls=_tls(arguments, access) if scheme == "https" else None)


def _tls(arguments: Arguments, access: Access) -> ssl.SSLContext | None:
    try:
        return tls_context(
            authorities=_file(arguments.text("ca_file", "CONSUL_CACERT"), access),
            certificate=_file(arguments.text("cert_file", "CONSUL_CLIENT_CERT"), access),
            key=_file(arguments.text("key_file", "CONSUL_CLIENT_KEY"), access),
            verify=arguments.variable("CONSUL_HTTP_SSL_VERIFY").lower() not in {"false", "0"},
            folder=arguments.variable("CONSUL_CAPATH") or None,
        )
    except ValueError as error:
        raise StateError(f"the certificates of the consul backend cannot be used: {error}") from error


def _text(arguments: Arguments, access: Access, variable: str) -> str:
    return _file(arguments.variable(variable), access).strip()


def _file(name: str, access: Access) -> str:
    if not name:
        return ""
    try:
        return (access.directory / Path(name).expanduser()).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(
            f"the consul backend's file {name} cannot be read", hint="check path and permissions"
        ) from error
