"""Where the blobs of a storage account are, and what opens them: access key, SAS token or a sign-in to Entra ID.

https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
https://developer.hashicorp.com/terraform/language/backend/azurerm#configuration-variables
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server
from driftmgr.state.read import StateError

_ARM_VERSION = "2023-01-01"
_METADATA_VERSION = "2022-09-01"
_SIGNED = (
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-MD5",
    "Content-Type",
    "Date",
    "If-Modified-Since",
    "If-Match",
    "If-None-Match",
    "If-Unmodified-Since",
    "Range",
)
Token = Callable[[str], str]


class Cloud(msgspec.Struct, frozen=True, kw_only=True):
    """Where an Azure cloud signs in, manages resources and keeps blobs."""

    login: str
    resource_manager: str
    storage_suffix: str


# https://github.com/hashicorp/go-azure-sdk/tree/main/sdk/environments
CLOUDS: Mapping[str, Cloud] = {
    "public": Cloud(
        login="https://login.microsoftonline.com",
        resource_manager="https://management.azure.com",
        storage_suffix="core.windows.net",
    ),
    "usgovernment": Cloud(
        login="https://login.microsoftonline.us",
        resource_manager="https://management.usgovcloudapi.net",
        storage_suffix="core.usgovcloudapi.net",
    ),
    "china": Cloud(
        login="https://login.chinacloudapi.cn",
        resource_manager="https://management.chinacloudapi.cn",
        storage_suffix="core.chinacloudapi.cn",
    ),
}
_STORAGE = "https://storage.azure.com/.default"


class BlobRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request before it is signed; ``path`` is encoded as it goes over the wire."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes | None = None


Signed = tuple[str, dict[str, str]]


class BlobAccess(Protocol):
    """What opens an account."""

    def sign(self, request: BlobRequest) -> Signed:
        """The address and the headers of a request that the account accepts."""


class SharedKey(msgspec.Struct, frozen=True, kw_only=True):
    """An access key of the account signs each request."""

    account: str
    base: str
    key: bytes

    def sign(self, request: BlobRequest) -> Signed:
        """Shared Key, as the storage services document it."""
        date = format_datetime(datetime.now(UTC), usegmt=True)
        # The signature covers the type of the content: said here, it is not added on the way.
        sent = {"Content-Type": "application/octet-stream", **request.headers, "x-ms-date": date}
        standard = {**sent, "Content-Length": str(len(request.body)) if request.body else ""}
        # The signature covers headers in lower case, sorted, and the query decoded, sorted.
        extra = sorted((name.lower(), value) for name, value in sent.items() if name.lower().startswith("x-ms-"))
        resource = f"/{self.account}{urlsplit(self.base).path}{request.path}"
        text = "\n".join(
            (
                request.method,
                *(standard.get(name, "") for name in _SIGNED),
                *(f"{name}:{value}" for name, value in extra),
                resource,
                *(f"{name}:{request.query[name]}" for name in sorted(request.query)),
            )
        )
        signature = b64encode(hmac.new(self.key, text.encode(), hashlib.sha256).digest()).decode()
        sent["Authorization"] = f"SharedKey {self.account}:{signature}"
        return _url(self.base, request), sent


class SharedAccessSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A SAS token goes along in the query."""

    base: str
    token: str

    def sign(self, request: BlobRequest) -> Signed:
        """Nothing is signed: the token is."""
        url = _url(self.base, request)
        return f"{url}{'&' if request.query else '?'}{self.token}", dict(request.headers)


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A token of Entra ID goes along."""

    base: str
    token: Token

    def sign(self, request: BlobRequest) -> Signed:
        """A bearer token for the storage services."""
        return _url(self.base, request), {**request.headers, "Authorization": f"Bearer {self.token(_STORAGE)}"}


def blob_access(arguments: Arguments, account: str, server: Server) -> BlobAccess:
    """What the arguments and ``ARM_*`` say, in Terraform's order: key, SAS, Entra ID, else a key that it looks up.

    Raises ``StateError``.
    """
    cloud = _cloud(arguments, server)
    key = arguments.text("access_key", "ARM_ACCESS_KEY")
    sas = arguments.text("sas_token", "ARM_SAS_TOKEN").strip().removeprefix("?")
    finds_key = not (key or sas or arguments.flag("use_azuread_auth", "ARM_USE_AZUREAD"))
    base = f"https://{account}.blob.{cloud.storage_suffix}"
    if finds_key or arguments.flag("lookup_blob_endpoint", "ARM_USE_DNS_ZONE_ENDPOINT"):
        manager = _ResourceManager(arguments, account, cloud, server)
        base = manager.blob_endpoint()
        key = manager.key() if finds_key else key
    if key:
        return SharedKey(account=account, base=base, key=_decoded(key, server.label))
    return (
        SharedAccessSignature(base=base, token=sas)
        if sas
        else SignedIn(base=base, token=_token(arguments, cloud, server))
    )


class _ResourceManager:
    """The resource of the account, as Azure Resource Manager tells it."""

    def __init__(self, arguments: Arguments, account: str, cloud: Cloud, server: Server) -> None:
        group = arguments.text("resource_group_name")
        subscription = arguments.text("subscription_id", "ARM_SUBSCRIPTION_ID")
        if not (group and subscription):
            raise StateError(
                f"{server.label}: nothing is configured that opens the storage account",
                hint="set ARM_ACCESS_KEY, ARM_SAS_TOKEN or ARM_USE_AZUREAD=true; or resource_group_name and "
                "subscription_id, to look up its key",
            )
        self._server = server
        self._headers = {
            "Authorization": f"Bearer {_token(arguments, cloud, server)(f'{cloud.resource_manager}/.default')}"
        }
        self._url = (
            f"{cloud.resource_manager}/subscriptions/{quote(subscription)}/resourceGroups/{quote(group)}"
            f"/providers/Microsoft.Storage/storageAccounts/{quote(account)}"
        )

    def blob_endpoint(self) -> str:
        """The account's own name for its blobs; in a DNS zone it cannot be guessed."""
        body = self._ask("find the storage account", "GET", "")
        return str(body["properties"]["primaryEndpoints"]["blob"]).rstrip("/")

    def key(self) -> str:
        """A key that may write."""
        keys = self._ask("list the keys of the storage account", "POST", "/listKeys")["keys"]
        found = next((item["value"] for item in keys if str(item.get("permissions")).lower() == "full"), None)
        if not found:
            raise StateError(f"{self._server.label}: the storage account has no key with full permissions")
        return str(found)

    def _ask(self, operation: str, method: str, path: str) -> Any:
        url = f"{self._url}{path}?{urlencode({'api-version': _ARM_VERSION})}"
        return msgspec.json.decode(self._server.ask(operation, method, url, headers=self._headers).body)


def _cloud(arguments: Arguments, server: Server) -> Cloud:
    host = arguments.text("metadata_host", "ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST")
    if host:
        url = f"https://{host}/metadata/endpoints?{urlencode({'api-version': _METADATA_VERSION})}"
        told = msgspec.json.decode(server.ask("ask for the cloud's endpoints", "GET", url).body)
        return Cloud(
            login=told["authentication"]["loginEndpoint"].rstrip("/"),
            resource_manager=told["resourceManager"].rstrip("/"),
            storage_suffix=told["suffixes"]["storage"],
        )
    name = arguments.text("environment", "ARM_ENVIRONMENT", default="public").lower()
    if name not in CLOUDS:
        raise StateError(
            f"{server.label}: no Azure cloud is called {name}", hint=f"environment is one of {', '.join(CLOUDS)}"
        )
    return CLOUDS[name]


def _token(arguments: Arguments, cloud: Cloud, server: Server) -> Token:
    from driftmgr.state.backends.azurerm_sign_in import signed_in  # noqa: PLC0415  # needs an optional dependency

    return signed_in(arguments, cloud.login, server)


def _decoded(key: str, label: str) -> bytes:
    try:
        return b64decode(key, validate=True)
    except ValueError as error:
        raise StateError(f"{label}: the access key is not base64", hint="copy it again: access_key") from error


def _url(base: str, request: BlobRequest) -> str:
    return f"{base}{request.path}" + (f"?{urlencode(request.query, quote_via=quote)}" if request.query else "")
