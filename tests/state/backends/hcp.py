"""HCP Terraform's API of workspaces and state versions, with the semantics that HashiCorp documents.

https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces and .../state-versions: 404 also for what a
token may not see; 409 for a lock that is taken, for unlocking what is not locked, and for a state that conflicts; a
state version needs the lock, and is pending until its raw state is uploaded and processed.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Mapping
from typing import Any

from state.backends.web import Answer, Request, say

PERMITTED = {"can-lock": True, "can-unlock": True, "can-read-state-versions": True, "can-queue-run": True}
ENTITLED = {"operations": True, "state-storage": True}
TOKENS = {"token-ci": "ci", "token-eve": "eve"}


class Hcp:
    """One organization, ``acme``; ``pending`` is how many looks a state version stays pending."""

    def __init__(self, *, uploads: bool = True) -> None:
        self.url = ""
        self.uploads = uploads
        self.pending = 0
        self.spaces: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def add(self, name: str, *, tags: Mapping[str, str] | None = None, project: str = "prj-default") -> None:
        space = {"id": f"ws-{next(self._numbers)}", "name": name, "tags": tags or {}, "project": project}
        self.spaces[name] = {**space, "locked_by": None, "reason": "", "current": None}

    def __call__(self, request: Request) -> Answer:  # noqa: C901, PLR0911  # a table of routes
        steps = request.parts
        if steps[0] == ".well-known":
            return say(200, {"modules.v1": "https://elsewhere/", "tfe.v2": "/api/v2/"})
        if steps[0] == "archivist":
            return self._archivist(request, steps[1])
        user = TOKENS.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if user is None:
            return _error(401, "unauthorized")
        match request.method, steps[2:]:
            case "GET", ["ping"]:
                return Answer(status=204, headers={"TFP-API-Version": "2.6"})
            case "GET", ["organizations", "acme", "entitlement-set"]:
                return say(200, {"data": {"id": "org-1", "type": "entitlement-sets", "attributes": ENTITLED}})
            case "GET", ["organizations", "acme", "workspaces", name]:
                return say(200, self._shown(self.spaces[name])) if name in self.spaces else _error(404, "not found")
            case "GET", ["organizations", "acme", "workspaces"]:
                return self._page(request, [self._shown(space)["data"] for space in self._found(request)])
            case "GET", ["organizations", "acme", "projects"]:
                return self._page(request, [{"id": "prj-web", "attributes": {"name": "web"}}])
            case "GET", ["state-versions", version]:
                return say(200, self._version(version))
            case method, ["workspaces", space, *rest]:
                found = next((item for item in self.spaces.values() if item["id"] == space), None)
                return self._workspace(request, user, found, method, rest) if found else _error(404, "not found")
        return _error(404, "not found")

    def _workspace(  # noqa: PLR0911  # a table of routes
        self, request: Request, user: str, space: dict[str, Any], method: str, rest: list[str]
    ) -> Answer:
        match method, rest:
            case "POST", ["actions", "lock"]:
                if space["locked_by"]:
                    return _error(409, "Unable to lock workspace. The workspace is already locked.")
                # The documentation has the reason at the top, Terraform's client sends it as an attribute.
                given = request.json.get("data", {}).get("attributes", request.json)
                space["locked_by"], space["reason"] = user, given["reason"]
            case "POST", ["actions", "unlock"]:
                if space["locked_by"] != user:
                    return _error(409, "Unable to unlock workspace. The workspace is not locked by you.")
                if self.pending:
                    self.pending -= 1
                    return _error(409, "Unable to unlock workspace. The latest state version is still pending.")
                space["locked_by"] = None
            case "POST", ["actions", "force-unlock"]:
                space["locked_by"] = None
            case "GET", ["current-state-version"]:
                return say(200, self._version(space["current"])) if space["current"] else _error(404, "not found")
            case "POST", ["state-versions"]:
                return self._create(request, user, space)
            case _:
                return _error(404, "not found")
        return say(200, self._shown(space))

    def _create(self, request: Request, user: str, space: dict[str, Any]) -> Answer:
        wanted = request.json["data"]["attributes"]
        before = self.versions.get(space["current"] or "")
        if space["locked_by"] != user:
            return _error(409, "The workspace must be locked by you.")
        if before and not wanted.get("force"):
            old = json.loads(before["content"])
            if wanted["lineage"] != old["lineage"] or wanted["serial"] <= before["serial"]:
                return _error(409, "The state conflicts with the current one.")
        if not self.uploads and "state" not in wanted:
            return _error(422, "param is missing or the value is empty: state")
        name = f"sv-{next(self._numbers)}"
        self.versions[name] = {**wanted, "space": space, "content": b"", "name": name}
        if "state" in wanted:
            self._finish(self.versions[name], base64.b64decode(wanted["state"]))
        return say(201, self._version(name))

    def _finish(self, version: dict[str, Any], content: bytes) -> None:
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == version["md5"]
        version["content"] = content
        version["space"]["current"] = version["name"]

    def _archivist(self, request: Request, name: str) -> Answer:
        if request.method == "GET":
            return Answer(body=self.versions[name]["content"])
        assert "authorization" not in request.headers
        if name == "json":
            return Answer()
        self._finish(self.versions[name], request.body)
        return Answer()

    def _version(self, name: str) -> dict[str, Any]:
        version = self.versions[name]
        attributes: dict[str, Any] = {"serial": version["serial"], "status": "finalized"}
        if version["content"]:
            attributes["hosted-state-download-url"] = f"{self.url}/archivist/{name}"
            if self.pending:
                self.pending -= 1
                attributes["status"] = "pending"
        else:
            urls = {"state": f"{self.url}/archivist/{name}", "json-state": f"{self.url}/archivist/json"}
            attributes |= {"status": "pending", **{f"hosted-{what}-upload-url": url for what, url in urls.items()}}
        return {"data": {"id": name, "type": "state-versions", "attributes": attributes}}

    def _found(self, request: Request) -> list[dict[str, Any]]:
        wanted = request.query.get("search[tags]", "")
        tags = set(filter(None, wanted.split(",")))
        values = {
            request.query[f"filter[tagged][{n}][key]"]: request.query[f"filter[tagged][{n}][value]"]
            for n in range(len(tags))
            if f"filter[tagged][{n}][key]" in request.query
        }
        return [
            space
            for name, space in self.spaces.items()
            if request.query.get("search[name]", "") in name
            and tags <= set(space["tags"])
            and values.items() <= space["tags"].items()
            and request.query.get("filter[project][id]", space["project"]) == space["project"]
        ]

    def _page(self, request: Request, items: list[Any]) -> Answer:
        number = int(request.query["page[number]"])
        # Pages of two, so that every test that lists meets a second one.
        page, rest = items[2 * number - 2 : 2 * number], items[2 * number :]
        return say(200, {"data": page, "meta": {"pagination": {"next-page": number + 1 if rest else None}}})

    def _shown(self, space: dict[str, Any]) -> dict[str, Any]:
        by = space["locked_by"]
        current = {"id": space["current"], "type": "state-versions"} if space["current"] else None
        related: dict[str, Any] = {"current-state-version": {"data": current}}
        if by:
            related["locked-by"] = {"data": {"id": f"user-{by}", "type": "users"}}
        # Terraform runs where it is: the workspace only keeps its state.
        local = {"execution-mode": "local", "operations": False, "terraform-version": "1.11.4"}
        told = {"locked": bool(by), "locked-reason": space["reason"] if by else "", "permissions": PERMITTED}
        attributes = {"name": space["name"], **local, **told}
        data = {"id": space["id"], "type": "workspaces", "attributes": attributes, "relationships": related}
        included = [{"id": f"user-{by}", "type": "users", "attributes": {"username": by}}] if by else []
        return {"data": data, "included": included}


def _error(status: int, detail: str) -> Answer:
    return say(status, {"errors": [{"status": str(status), "title": "error", "detail": detail}]})
