"""A simulated DigitalOcean team: it stores what it is given and answers as the official API document says.

What the products are is data (``products/``); here is what they have in common: identity, paging, filters, tags,
project membership, errors.
"""

import importlib
import pkgutil
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from digitalocean.identity import TEAM, uuid_of
from digitalocean.paging import page_of
from digitalocean.shapes import NOW, ApiError, Call, Collection, Endpoint, Object, Product, Reply, Setting

_TRANSIENT = ("/v2/actions",)
_Target = Collection | Setting | Endpoint


def _products() -> list[Product]:
    """What every module of ``products`` describes."""
    folder = Path(__file__).parent / "products"
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    return [importlib.import_module(f"digitalocean.products.{name}").PRODUCT for name in names]


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """A path of the API and what is there; ``item`` says that the path ends with an object's id."""

    pattern: re.Pattern[str]
    method: str | None
    target: _Target
    item: bool = False


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


def _ways(products: list[Product]) -> list[_Way]:
    """All paths, those with fewer parameters first: ``/v2/droplets/autoscale`` is no Droplet."""
    ways: list[_Way] = []
    for product in products:
        ways += [_Way(pattern=_pattern(end.path), method=end.method, target=end) for end in product.endpoints]
        ways += [_Way(pattern=_pattern(one.path), method=None, target=one) for one in product.settings]
        for many in product.collections:
            ways.append(_Way(pattern=_pattern(many.path), method=None, target=many))
            ways.append(_Way(pattern=_pattern(f"{many.path}/{{the_id}}"), method=None, target=many, item=True))
    return sorted(ways, key=lambda way: (way.pattern.groups, way.method is None))


class Cloud:
    """The objects of one team, by the path of their collection; every method may be called from any thread."""

    def __init__(self, team: str = TEAM) -> None:
        self.team = team
        """Its id; each team has ids of its own for what it holds."""
        self._ways = _ways(_products())
        self._collections = [way.target for way in self._ways if isinstance(way.target, Collection) and not way.item]
        self._lock = threading.RLock()
        self._objects: dict[str, dict[str, Object]] = {}
        self._settings: dict[str, Object] = {}
        self.refusals: dict[str, int] = {}
        """Statuses to answer with, by the first part of a path or all of it (``$``): ``{"/v2/volumes": 403}``."""
        self.requests: list[tuple[str, str]] = []
        """Method and path with query of all that was asked over HTTP, in order."""
        self.reset()

    # What tests do with it.

    def reset(self) -> None:
        """Empty it to what a new team holds: a default project."""
        with self._lock:
            self._objects, self._settings = {}, {}
            self.refusals, self.requests = {}, []
            self.create("/v2/projects", name="first-project", purpose="Just trying out DigitalOcean", is_default=True)

    def create(self, path: str, **members: Any) -> Object:
        """Make an object as ``POST`` does; what is stored, by reference."""
        return self._make(self._call("POST", path, members), *self._collection(path))

    def change(self, path: str, **members: Any) -> None:
        """Set members of a stored object or setting as they are answered, whatever the API would allow."""
        with self._lock:
            self.stored(path).update(members)

    def delete(self, path: str) -> None:
        """Delete an object as ``DELETE`` does."""
        reply = self.answer("DELETE", path)
        if reply.status >= 400:
            raise KeyError(f"DELETE {path}: {reply.body}")

    def stored(self, path: str) -> Object:
        """A stored object or setting, by reference."""
        if path in self._settings:
            return self._settings[path]
        collection, identifier = path.rsplit("/", 1)
        return self._objects[collection][identifier]

    def objects(self, path: str) -> list[Object]:
        """The stored objects of a collection, by reference."""
        return list(self._objects.get(path, {}).values())

    def paths(self) -> list[str]:
        """The collections and settings that hold something."""
        return [path for path, held in self._objects.items() if held] + list(self._settings)

    def paths_of(self, path: str) -> list[str]:
        """The paths of the objects of a collection."""
        return [f"{path}/{identifier}" for identifier in self._objects.get(path, {})]

    def saved(self) -> dict[str, Any]:
        """All objects as JSON: lists by collection path, objects by setting path."""
        with self._lock:
            held: dict[str, Any] = {
                path: list(objects.values())
                for path, objects in self._objects.items()
                if objects and path not in _TRANSIENT
            }
            return dict(sorted((held | self._settings).items()))

    def load(self, saved: Mapping[str, Any]) -> None:
        """Hold exactly what ``saved`` gave."""
        with self._lock:
            self.reset()
            self._objects = {}
            for path, held in msgspec.json.decode(msgspec.json.encode(saved)).items():
                if isinstance(held, list):
                    collection, _ = self._collection(path)
                    self._objects[path] = {str(one[collection.id]): one for one in held}
                else:
                    self._settings[path] = held

    def serves(self, path: str) -> bool:
        """Whether a path of the official document (``/v2/droplets/{droplet_id}``) is simulated."""
        sample = re.sub(r"\{\w+\}", "1", path)
        return any(way.pattern.fullmatch(sample) for way in self._ways)

    # What products use.

    def find(self, path: str, **members: Any) -> Object | None:
        """The first stored object with these members."""
        found = (one for one in self.objects(path) if all(one.get(name) == value for name, value in members.items()))
        return next(found, None)

    def require(self, path: str, identifier: object) -> Object:
        """A stored object, or the API's word that there is none."""
        try:
            return self._objects[path][str(identifier)]
        except KeyError:
            raise ApiError(404) from None

    def keep(self, path: str, stored: Object, *, identifier: str = "id") -> Object:
        """Store an object as it is."""
        self._objects.setdefault(path, {})[str(stored[identifier])] = stored
        return stored

    def drop(self, path: str, identifier: object) -> None:
        """Take an object out, with everything below its path."""
        self._objects.get(path, {}).pop(str(identifier), None)
        below = f"{path}/{identifier}/"
        self._objects = {held: objects for held, objects in self._objects.items() if not held.startswith(below)}
        self._settings = {held: one for held, one in self._settings.items() if not held.startswith(below)}

    def setting(self, path: str) -> Object:
        """What a setting holds, made from its default on first use."""
        if path not in self._settings:
            way, parameters = self._way("GET", path)
            assert isinstance(way.target, Setting)
            self._settings[path] = way.target.default(self._call("GET", path, None, parameters))
        return self._settings[path]

    def tagged(self, tag: str) -> Iterator[tuple[Collection, Object]]:
        """Everything that bears a tag."""
        for collection in self._collections:
            if "{" not in collection.path:
                for one in self.objects(collection.path):
                    if tag in (one.get("tags") or ()):
                        yield collection, one

    def with_tags(self, stored: Object) -> None:
        """Make the tags of an object that nobody made before."""
        for name in stored.get("tags") or ():
            if isinstance(name, str) and self.find("/v2/tags", name=name) is None:
                self.create("/v2/tags", name=name)

    def in_project(self, urn: str, project: str | None = None) -> None:
        """Move what a URN names into a project; without one into the default project."""
        home = project or self.default_project["id"]
        for path in [held for held in self._objects if re.fullmatch(r"/v2/projects/[^/]+/resources", held)]:
            self._objects[path].pop(urn, None)
        membership = {"urn": urn, "assigned_at": NOW, "links": {"self": self._self_link(urn)}, "status": "ok"}
        self.keep(f"/v2/projects/{home}/resources", membership, identifier="urn")

    @property
    def default_project(self) -> Object:
        """The project that holds what names no other."""
        found = self.find("/v2/projects", is_default=True)
        assert found is not None
        return found

    # Requests.

    def answer(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None, base: str = ""
    ) -> Reply:
        """The API's answer to one request."""
        with self._lock:
            try:
                self._refuse(path)
                way, parameters = self._way(method, path)
                call = self._call(method, path, body, parameters)
                call = msgspec.structs.replace(call, query=query or {}, base=base)
                return self._answer(way, call)
            except ApiError as error:
                return error.reply

    def _refuse(self, path: str) -> None:
        for start, status in self.refusals.items():
            if f"{path}$".startswith(start):
                raise ApiError(status)

    def _call(self, method: str, path: str, body: Any, parameters: Mapping[str, str] | None = None) -> Call:
        if parameters is None:
            parameters = self._collection(path)[1]
        made_of = [path, body] if self.team == TEAM else [self.team, path, body]
        seed = msgspec.json.encode(made_of, order="deterministic").decode()
        return Call(cloud=self, method=method, path=path, parameters=parameters, body=body, seed=seed)

    def _way(self, method: str, path: str) -> tuple[_Way, dict[str, str]]:
        for way in self._ways:
            if (way.method is None or way.method == method) and (found := way.pattern.fullmatch(path)):
                return way, found.groupdict()
        raise ApiError(404)

    def _collection(self, path: str) -> tuple[Collection, dict[str, str]]:
        for way in self._ways:
            if isinstance(way.target, Collection) and not way.item and (found := way.pattern.fullmatch(path)):
                return way.target, found.groupdict()
        raise KeyError(f"no collection {path}")

    def _answer(self, way: _Way, call: Call) -> Reply:
        if isinstance(way.target, Endpoint):
            return way.target.answer(call)
        if isinstance(way.target, Setting):
            return self._answer_setting(way.target, call)
        self._require_parents(call, way)
        verb = {"GET": "read" if way.item else "list", "POST": "make", "DELETE": "delete"}.get(call.method, "change")
        if verb not in way.target.methods.split() or way.item == (verb in {"list", "make"}):
            raise ApiError(405, "The method is not allowed for the requested URL.")
        answers = {"list": self._list, "read": self._read, "make": self._create, "change": self._change}
        return answers.get(verb, self._delete)(way.target, call)

    def _require_parents(self, call: Call, way: _Way) -> None:
        """Everything below an object exists only while that object does."""
        collection = call.path.rsplit("/", 1)[0] if way.item else call.path
        parent, _, _ = collection.rpartition("/")
        above, _, identifier = parent.rpartition("/")
        if identifier and any(one.pattern.fullmatch(above) for one in self._ways if self._lists(one)):
            self.require(above, identifier)

    @staticmethod
    def _lists(way: _Way) -> bool:
        return isinstance(way.target, Collection) and not way.item

    def _list(self, collection: Collection, call: Call) -> Reply:
        objects = self.objects(call.path)
        for parameter, member in collection.filters.items():
            if wanted := call.query.get(parameter):
                objects = [one for one in objects if _bears(one.get(member), wanted)]
        views = [collection.view(self, one) for one in objects]
        views = [{name: value for name, value in one.items() if name not in collection.list_omits} for one in views]
        return Reply(body=page_of(views, collection.many, call) if collection.paged else {collection.many: views})

    def _read(self, collection: Collection, call: Call) -> Reply:
        return Reply(body=self._wrapped(collection, self._stored(collection, call)))

    def _create(self, collection: Collection, call: Call) -> Reply:
        if not isinstance(call.body, dict):
            raise ApiError(400, "The request body is no JSON object.")
        stored = self._make(call, collection, dict(call.parameters))
        answer = self._wrapped(collection, stored | dict(collection.pending)) | collection.with_new(call, stored)
        return Reply(status=collection.create_status, body=answer)

    def _make(self, call: Call, collection: Collection, parameters: Mapping[str, str]) -> Object:
        with self._lock:
            call = msgspec.structs.replace(call, parameters=parameters, seed=self._fresh_seed(call, collection))
            given = {name: value for name, value in call.body.items() if name not in collection.unstored}
            stored = dict(collection.defaults) | given | collection.make(call)
            if str(stored[collection.id]) in self._objects.get(call.path, {}):
                raise ApiError(422, f"{collection.one or collection.many} exists already.")
            self.keep(call.path, stored, identifier=collection.id)
            self.with_tags(stored)
            if collection.kind:
                project = call.body.get("project_id") or None
                self.in_project(f"do:{collection.kind}:{stored[collection.id]}", project)
            collection.made(call, stored)
            return stored

    def _fresh_seed(self, call: Call, collection: Collection) -> str:
        """The seed, marked as often as objects of the same making are there already."""
        seed = call.seed
        while self._objects.get(call.path, {}).keys() & {uuid_of(seed), *_ids_of(collection, call, seed)}:
            seed += "+"
        return seed

    def _change(self, collection: Collection, call: Call) -> Reply:
        stored = self._stored(collection, call)
        given = {name: value for name, value in (call.body or {}).items() if name not in collection.unstored}
        stored.update(given)
        self.with_tags(stored)
        collection.changed(call, stored)
        answer = None if collection.update_status == 204 else self._wrapped(collection, stored)
        return Reply(status=collection.update_status, body=answer)

    def _delete(self, collection: Collection, call: Call) -> Reply:
        stored = self._stored(collection, call)
        where, _ = call.path.rsplit("/", 1)
        collection.removed(call, stored)
        self.drop(where, stored[collection.id])
        if collection.kind:
            urn = f"do:{collection.kind}:{stored[collection.id]}"
            for path in [held for held in self._objects if held.startswith("/v2/projects/")]:
                self._objects[path].pop(urn, None)
        return Reply(status=collection.delete_status)

    def _stored(self, collection: Collection, call: Call) -> Object:
        where, identifier = call.path.rsplit("/", 1)
        if found := self._objects.get(where, {}).get(identifier):
            return found
        for one in self.objects(where):
            if any(str(one.get(name)) == identifier for name in collection.also_by):
                return one
        raise ApiError(404)

    def _answer_setting(self, setting: Setting, call: Call) -> Reply:
        held = self.setting(call.path)
        if call.method == "GET":
            return Reply(body={setting.one: held} if setting.one else held)
        given = call.body or {}
        held.update(given.get(setting.one, given) if setting.one else given)
        setting.changed(call, held)
        if setting.update_status == 204:
            return Reply(status=204)
        return Reply(status=setting.update_status, body={setting.one: held} if setting.one else held)

    def _wrapped(self, collection: Collection, stored: Object) -> Object:
        seen = collection.view(self, stored)
        return {collection.one: seen} if collection.one else seen

    def _self_link(self, urn: str) -> str:
        _, kind, identifier = urn.split(":", 2)
        paths = {one.kind: one.path for one in self._collections if one.kind}
        return f"https://api.digitalocean.com{paths.get(kind, '/v2/' + kind)}/{identifier}"


def _ids_of(collection: Collection, call: Call, seed: str) -> set[str]:
    """The id that a new object would have."""
    made = collection.make(msgspec.structs.replace(call, seed=seed))
    return {str(made[collection.id])} if collection.id in made else set()


def _bears(value: Any, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else str(value) == wanted
