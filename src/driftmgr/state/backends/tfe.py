"""States in HCP Terraform and Terraform Enterprise: the ``cloud`` block and the ``remote`` backend.

https://developer.hashicorp.com/terraform/cloud-docs/api-docs/state-versions
https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces
"""

import hashlib
import time
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.http import HttpAnswer
from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import NOT_UNDERSTOOD, Server, understood
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.backends.tfe_token import find_token
from driftmgr.state.backends.tfe_workspaces import Mapped, mapped
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.source import StateSource

_HOST = "app.terraform.io"
_SERVICES = ("tfe.v2", "tfe.v2.1", "tfe.v2.2", "state.v2")
_TYPE = "application/vnd.api+json"
_NOT_FOUND, _CONFLICT = 404, 409
_INCOMPLETE = frozenset({400, 422})
_PENDING = "still pending"
_PATIENCE, _FIRST_WAIT, _LONGEST_WAIT = 60.0, 0.2, 5.0


class TfeState:
    """The current state version of one workspace; ``arguments`` are those of a ``cloud`` or a ``remote`` block."""

    def __init__(self, arguments: Arguments, workspace: str, access: Access) -> None:
        of_cloud = arguments.backend == "cloud"
        variables = ("TF_CLOUD_HOSTNAME", "TF_CLOUD_ORGANIZATION") if of_cloud else ()
        self._host = arguments.text("hostname", *variables[:1], default=_HOST).lower()
        self._organization = arguments.needed("organization", *variables[1:])
        self._mapped: Mapped = mapped(arguments, workspace)
        self._environment = access.environment
        self._given_token = arguments.text("token")
        self._base = ""
        self._held: LockInfo | None = None
        host = "" if self._host == _HOST else f"?hostname={self._host}"
        self._path = f"{self._organization}/{self._mapped.name or '*'}"
        self.label = f"tfc://{self._path}{host}"
        self._server = Server(
            guard=access.guard,
            label=self.label,
            endpoint=Endpoint(provider="tfe", account=self._organization, region=None, service=self._host),
            explain=_explain,
        )

    @property
    def identity(self) -> tuple[object, ...]:
        """Host, organization and workspace."""
        return ("tfe", self._host, self._organization, self._mapped.name)

    @understood
    def read(self) -> bytes | None:
        """The raw state of the current state version."""
        workspace = self._workspace("read the state")["id"]
        path = f"workspaces/{workspace}/current-state-version"
        answer = self._ask("read the state", "GET", path, accepted=(_NOT_FOUND,))
        if answer.status == _NOT_FOUND:
            return None
        url = _data(answer)["attributes"].get("hosted-state-download-url")
        if not url:
            raise StateError(
                f"{self.label}: cannot read the state: there is no address to download it from",
                hint="the token may need the permission to read state versions",
            )
        headers = self._authorization if _related(urlsplit(url).netloc, self._host) else {}
        return self._server.ask("read the state", "GET", url, headers=headers).body or None

    @understood
    def write(self, content: bytes) -> None:
        """Create a state version and upload the raw state; the workspace must be locked by the owner of the token."""
        operation = "write the state"
        lineage, serial = self._head(content)
        before = self.read()
        attributes = {"lineage": lineage, "serial": serial, "md5": _md5(content)}
        if before is not None and (self._head(before)[0] != lineage or self._head(before)[1] >= serial):
            # Whoever calls has checked that this is wanted; the server would refuse it.
            attributes["force"] = True
        path = f"workspaces/{self._workspace(operation)['id']}/state-versions"
        answer = self._ask(operation, "POST", path, _document(attributes), accepted=_INCOMPLETE)
        if answer.status in _INCOMPLETE and "state" in _explain(answer) and "missing" in _explain(answer):
            # Terraform Enterprise before v202306: the state goes along in the request.
            attributes["state"] = b64encode(content).decode()
            answer = self._ask(operation, "POST", path, _document(attributes))
        elif answer.status in _INCOMPLETE:
            raise self._server.refusal(operation, answer)
        version = _data(answer)
        if url := version["attributes"].get("hosted-state-upload-url"):
            self._server.ask(operation, "PUT", url, headers={"Content-Type": "application/octet-stream"}, body=content)
        self._wait_until_current(version["id"])

    @understood
    def lock(self, lock: LockInfo) -> None:
        """Lock the workspace; the reason names who and the lock's id."""
        workspace = self._workspace("lock the state")["id"]
        reason = msgspec.json.encode({"reason": f"Locked by {lock.who} for {lock.operation}, {lock.id}"})
        path = f"workspaces/{workspace}/actions/lock"
        answer = self._ask("lock the state", "POST", path, reason, accepted=(_CONFLICT,))
        if answer.status == _CONFLICT:
            raise StateLockedError(self.label, self.holder())
        self._held = lock

    @understood
    def unlock(self, lock_id: str) -> None:
        """Unlock the workspace under our lock's id, or by force under ``ORGANIZATION/WORKSPACE`` as Terraform does."""
        workspace = self._workspace("unlock the state")
        if not workspace["attributes"].get("locked"):
            raise StateError(f"{self.label}: the state is not locked")
        ours = self._held is not None and self._held.id == lock_id
        named = lock_id in str(workspace["attributes"].get("locked-reason") or "")
        if not (ours or named or lock_id == self._path):
            raise StateError(
                f"{self.label}: not released: the lock is another one", hint=f"its id is {self._path}, as for Terraform"
            )
        action = "unlock" if ours or named else "force-unlock"
        path = f"workspaces/{workspace['id']}/actions/{action}"
        for _ in self._patiently("unlock the state"):
            answer = self._ask("unlock the state", "POST", path, accepted=(_CONFLICT,))
            if answer.status != _CONFLICT:
                self._held = None
                return
            if _PENDING not in _explain(answer):
                raise self._server.refusal("unlock the state", answer)

    @understood
    def holder(self) -> LockInfo | None:
        """The user, team or run that locked the workspace."""
        answer = self._workspace_answer("ask for the lock", include="locked_by")
        data, included = _data(answer), msgspec.json.decode(answer.body).get("included") or ()
        if not data["attributes"].get("locked"):
            return None
        by = ((data.get("relationships") or {}).get("locked-by") or {}).get("data") or {}
        of: Mapping[str, Any] = next((item["attributes"] for item in included if item.get("id") == by.get("id")), {})
        who = of.get("username") or of.get("name") or " ".join(filter(None, (by.get("type"), by.get("id"))))
        return LockInfo(id=self._path, who=str(who), info=str(data["attributes"].get("locked-reason") or ""))

    @understood
    def workspaces(self) -> tuple[str, ...]:
        """The workspaces that the block maps and that have a state, as Terraform names them here."""
        query = dict(self._mapped.query)
        if self._mapped.project:
            query["filter[project][id]"] = self._project()
        found = (name for item in self._pages("workspaces", query) if (name := self._named(item)) is not None)
        return tuple(sorted(found, key=lambda name: (name != DEFAULT_WORKSPACE, name)))

    def _named(self, item: Mapping[str, Any]) -> str | None:
        version = (item.get("relationships") or {}).get("current-state-version", {"data": True})
        return self._mapped.local_name(item["attributes"]["name"]) if version.get("data") else None

    def _project(self) -> str:
        pages = self._pages("projects", {"filter[names]": self._mapped.project})
        found = next((item["id"] for item in pages if item["attributes"]["name"] == self._mapped.project), None)
        if found is None:
            raise StateError(f"{self.label}: the organization has no project {self._mapped.project}")
        return str(found)

    def _pages(self, kind: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        number: int | None = 1
        while number:
            paging = {"page[number]": str(number), "page[size]": "100"}
            path = f"organizations/{quote(self._organization)}/{kind}"
            document = msgspec.json.decode(self._ask(f"list the {kind}", "GET", path, query={**query, **paging}).body)
            yield from document["data"]
            number = ((document.get("meta") or {}).get("pagination") or {}).get("next-page")

    def _workspace(self, operation: str) -> Mapping[str, Any]:
        return _data(self._workspace_answer(operation))

    def _workspace_answer(self, operation: str, **query: str) -> HttpAnswer:
        if not self._mapped.name:
            raise StateError(
                f"{self.label}: the configuration stands for several workspaces, and none is selected",
                hint="select one: TF_WORKSPACE=NAME, or terraform workspace select NAME",
            )
        path = f"organizations/{quote(self._organization)}/workspaces/{quote(self._mapped.name)}"
        answer = self._ask(operation, "GET", path, query=query, accepted=(_NOT_FOUND,))
        if answer.status == _NOT_FOUND:
            raise StateError(
                f"{self.label}: there is no such workspace, or the token may not see it",
                hint="check organization and workspace, and what the token may read",
            )
        return answer

    def _wait_until_current(self, version: str) -> None:
        """An uploaded state version is current once it is finalized."""
        for _ in self._patiently("write the state"):
            status = _data(self._ask("write the state", "GET", f"state-versions/{version}"))["attributes"].get("status")
            if status not in {"pending", "backing_data_pending"}:
                return

    def _patiently(self, operation: str) -> Iterator[None]:
        began, wait = time.monotonic(), _FIRST_WAIT
        while time.monotonic() - began < _PATIENCE:
            yield
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        raise StateError(f"{self.label}: cannot {operation}: the state version is {_PENDING}", hint="try again later")

    @property
    def _authorization(self) -> dict[str, str]:
        token = self._given_token or find_token(self._host, self._environment)
        return {"Authorization": f"Bearer {token}"}

    def _ask(  # noqa: PLR0913  # a request has these parts
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        accepted: Collection[int] = (),
    ) -> HttpAnswer:
        headers = {**self._authorization, "Content-Type": _TYPE}
        if not self._base:
            self._base = self._discovered()
        url = f"{self._base}{path}"
        return self._server.ask(operation, method, url, params=query, headers=headers, body=body, accepted=accepted)

    def _discovered(self) -> str:
        # https://developer.hashicorp.com/terraform/internals/v1.3.x/remote-service-discovery
        url = f"https://{self._host}/.well-known/terraform.json"
        answer = self._server.ask("find the service", "GET", url)
        try:
            services: dict[str, Any] = msgspec.json.decode(answer.body, type=dict[str, Any])
        except NOT_UNDERSTOOD:
            services = {}
        found = next((str(services[name]) for name in _SERVICES if isinstance(services.get(name), str)), None)
        if found is None:
            raise StateError(f"{self.label}: {self._host} is no HCP Terraform or Terraform Enterprise")
        return urljoin(url, found if found.endswith("/") else f"{found}/")

    def _head(self, content: bytes) -> tuple[str, int]:
        try:
            head = msgspec.json.decode(content, type=_Head)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise StateError(
                f"{self.label}: no state that HCP Terraform keeps: it has no lineage and serial",
                hint="encrypted states cannot be kept there",
            ) from error
        return head.lineage, head.serial


class _Head(msgspec.Struct, frozen=True):
    lineage: str
    serial: int


def open_cloud(settings: Mapping[str, Any], workspace: str, access: Access) -> TfeState:
    """Open the state of a ``cloud`` block; raises ``StateError``."""
    return TfeState(Arguments("cloud", settings, access.environment), workspace, access)


def open_remote(settings: Mapping[str, Any], workspace: str, access: Access) -> TfeState:
    """Open the state of a ``remote`` backend block; raises ``StateError``."""
    return TfeState(Arguments("remote", settings, access.environment), workspace, access)


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``tfc://ORGANIZATION/WORKSPACE``, with ``?hostname=HOST`` for Terraform Enterprise."""
    from driftmgr.state.source import StateSource, options_of  # noqa: PLC0415  # it opens what is named here

    parts = urlsplit(url)
    organization, name = parts.netloc, parts.path.strip("/")
    if not organization or not name or "/" in name or "@" in organization:
        raise StateError("not the address of a workspace", hint="write tfc://ORGANIZATION/WORKSPACE")
    options = options_of(url, frozenset({"hostname"}))
    options.pop("workspace", None)
    settings = {"organization": organization, "workspaces": {"name": name}, **options}
    return (StateSource.open("cloud", settings, access),)


def _data(answer: HttpAnswer) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(answer.body)["data"]
    return found


def _document(attributes: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({"data": {"type": "state-versions", "attributes": attributes}})


def _explain(answer: HttpAnswer) -> str:
    try:
        errors = msgspec.json.decode(answer.body)["errors"]
        return "; ".join(str(error.get("detail") or error.get("title")) for error in errors)
    except NOT_UNDERSTOOD:
        return ""


def _md5(content: bytes) -> str:
    # As the API wants it, against damage on the way.
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _related(one: str, other: str) -> bool:
    """Whether two hosts are of one domain, as ``archivist.terraform.io`` and ``app.terraform.io`` are."""
    domains = {tuple(host.split(".")[-2:]) for host in (one, other) if host.count(".") > 1}
    return one == other or (len(domains) == 1 and one.count(".") > 1 and other.count(".") > 1)
