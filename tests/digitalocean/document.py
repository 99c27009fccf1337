"""The official OpenAPI document, made ready for Prism: only the paths that are simulated, without examples.

It is read from the team's corpora beside the project (``digitalocean-openapi.yaml.xz``) and is no part of it.
"""

import lzma
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import yaml

_BESIDE = Path(__file__).parents[3] / "shared/corpora/digitalocean-openapi.yaml.xz"
SOURCE = Path(os.environ.get("DRIFTMGR_DIGITALOCEAN_DOCUMENT", _BESIDE))
_PROSE = ("description", "example", "examples", "x-codeSamples", "summary", "externalDocs")


def prepared(serves: Callable[[str], bool]) -> bytes:
    """The document as JSON, with the paths of which ``serves`` says so and ``CORRECTIONS`` made."""
    document = yaml.load(lzma.decompress(SOURCE.read_bytes()), Loader=yaml.CSafeLoader)
    document["paths"] = {path: held for path, held in document["paths"].items() if serves(path)}
    for where, value in CORRECTIONS:
        correct(document, where, value)
    return msgspec.json.encode(_without_prose(document))


def correct(document: Any, where: str, value: Any) -> None:
    """Set one place of the document (``None``: take it out); an ``$ref`` on the way is followed."""
    *way, last = where.split("|")
    place = document
    for step in way:
        place = followed(document, place[int(step)] if isinstance(place, list) else place[step])
    if value is None:
        del place[int(last) if isinstance(place, list) else last]
    else:
        place[int(last) if isinstance(place, list) else last] = value


def followed(document: Any, place: Any) -> Any:
    """A place of the document, or the one that it refers to."""
    while isinstance(place, dict) and "$ref" in place:
        steps = place["$ref"].removeprefix("#/").split("/")
        place = document
        for step in steps:
            place = place[step.replace("~1", "/").replace("~0", "~")]
    return place


def _without_prose(held: Any, *, names: bool = False) -> Any:
    """Without texts; a property may be named as one of them, so the members of ``properties`` stay."""
    if isinstance(held, list):
        return [_without_prose(one) for one in held]
    if not isinstance(held, dict):
        return held
    return {
        name: _without_prose(
            value, names=name in {"properties", "schemas", "parameters", "responses", "headers", "paths"}
        )
        for name, value in held.items()
        if names or name not in _PROSE
    }


# Where the document is stricter or other than the service and its own clients are; each with its reason.
CORRECTIONS: tuple[tuple[str, Any], ...] = (
    # A project that was made without an environment has none; the provider's acceptance tests expect "".
    ("components|schemas|project_base|properties|environment|enum", ["", "Development", "Staging", "Production"]),
    # A global load balancer has glb_settings in place of forwarding rules; the provider makes it without any.
    ("components|schemas|load_balancer_base|properties|forwarding_rules|minItems", None),
    # Projects hold apps too, as the provider's documentation of digitalocean_project says.
    (
        "components|schemas|urn|pattern",
        r"^do:[a-z]+:.*",
    ),
    # Elsewhere in the document, and in the service's own client, this is a boolean.
    ("components|schemas|app_ingress_spec_rule_routing_component|properties|preserve_path_prefix|type", "boolean"),
    # The provider asks for schema types in lower case and accepts no other in its state.
    *(
        (f"components|schemas|{name}|properties|schema_type|enum", ["avro", "json", "protobuf"])
        for name in ("kafka_schema_verbose", "kafka_schema_version_verbose", "database_kafka_schema_create")
    ),
)
