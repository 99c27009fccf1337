"""Pages of a list, as the API's documentation says."""

import math

from digitalocean.shapes import ApiError, Call, Object

_LARGEST = 200
_DEFAULT = 20


def page_of(objects: list[Object], many: str, call: Call) -> Object:
    """One page with the links to its neighbours, and the count of all."""
    size = min(int(call.query.get("per_page") or _DEFAULT), _LARGEST)
    number = int(call.query.get("page") or 1)
    if size < 1 or number < 1:
        raise ApiError(422, "page and per_page must be positive.")
    last = max(1, math.ceil(len(objects) / size))
    numbers = {"first": 1, "prev": number - 1} if number > 1 else {}
    numbers |= {"next": number + 1, "last": last} if number < last else {}
    others = "".join(f"&{name}={value}" for name, value in call.query.items() if name not in {"page", "per_page"})
    links = {name: f"{call.base}{call.path}?page={page}&per_page={size}{others}" for name, page in numbers.items()}
    page = objects[(number - 1) * size : number * size]
    return {many: page, "links": {"pages": links} if links else {}, "meta": {"total": len(objects)}}
