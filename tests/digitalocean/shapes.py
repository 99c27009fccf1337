"""The words in which the simulated DigitalOcean is described: collections, settings and special endpoints."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from digitalocean.cloud import Cloud

Object = dict[str, Any]
NOW = "2026-11-01T09:30:00Z"
"""When everything here was made: a recording must not depend on the day it was taken."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Status and JSON body (``None``: no body) of an answer."""

    status: int = 200
    body: Any = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, with the parameters of its path by name; ``seed`` is what a new object's identity derives from."""

    cloud: "Cloud"
    method: str
    path: str
    parameters: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: Any = None
    base: str = ""
    seed: str = ""


def nothing_more(_: Call) -> Object:
    """No member of such an object is made by the server."""
    return {}


def as_stored(_: "Cloud", stored: Object) -> Object:
    """An object is answered as it was stored."""
    return stored


def no_effect(_: Call, __: Object) -> None:
    """A new, changed or deleted object has no effect on others."""


def nothing_beside(_: Call, __: Object) -> Object:
    """The new object stands alone in the answer."""
    return {}


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """Objects that are listed, made, read, changed and deleted under one path.

    A new object is ``defaults``, over it the request's members but for ``unstored``, over them what ``make`` computes.
    ``pending`` overlays the answer to its creation alone: the next read finds it ready; ``with_new`` gives what stands
    beside the object in that answer. ``kind`` is the word of its URN (``do:KIND:ID``) if projects hold it.
    """

    path: str
    many: str
    one: str = ""
    id: str = "id"
    also_by: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = {}
    make: Callable[[Call], Object] = nothing_more
    unstored: tuple[str, ...] = ()
    pending: Mapping[str, Any] = {}
    view: Callable[["Cloud", Object], Object] = as_stored
    with_new: Callable[[Call, Object], Object] = nothing_beside
    made: Callable[[Call, Object], None] = no_effect
    changed: Callable[[Call, Object], None] = no_effect
    removed: Callable[[Call, Object], None] = no_effect
    kind: str = ""
    paged: bool = True
    filters: Mapping[str, str] = {}
    list_omits: tuple[str, ...] = ()
    create_status: int = 201
    update_status: int = 200
    delete_status: int = 204
    methods: str = "list read make change delete"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A single object under a path of its own that always exists, with what it holds until it is set."""

    path: str
    one: str = ""
    default: Callable[[Call], Object] = nothing_more
    update_status: int = 204
    changed: Callable[[Call, Object], None] = no_effect
    set_by: str = ""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Anything else: a function answers."""

    method: str
    path: str
    answer: Callable[[Call], Reply]


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What one module under ``products`` adds to the cloud."""

    collections: tuple[Collection, ...] = ()
    settings: tuple[Setting, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


class ApiError(Exception):
    """An answer that refuses, in the form of the API's documentation."""

    _IDS: Mapping[int, str] = {
        400: "bad_request",
        401: "unauthorized",
        403: "forbidden",
        404: "not_found",
        405: "method_not_allowed",
        409: "conflict",
        412: "precondition_failed",
        422: "unprocessable_entity",
        429: "too_many_requests",
        500: "server_error",
        503: "service_unavailable",
    }
    _MESSAGES: Mapping[int, str] = {
        401: "Unable to authenticate you",
        403: "You do not have access for the attempted action.",
        404: "The resource you requested could not be found.",
        429: "API rate limit exceeded.",
        500: "Unexpected server-side error",
        503: "The service is not available",
    }

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message or self._MESSAGES.get(status, "The request was refused")

    @property
    def reply(self) -> Reply:
        """Id, message and request id."""
        body = {"id": self._IDS[self.status], "message": self.message, "request_id": _REQUEST_ID}
        return Reply(status=self.status, body=body)


_REQUEST_ID = "4d9d8375-3c56-4925-a3e7-eb137fed17e9"
