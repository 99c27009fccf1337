"""A provider written with the Python SDK ``tf``, whose cloud is a JSON file.

Run as a program, in the SDK's environment. ``SDK_CLOUD`` names the file: the objects that exist, by id.
"""

import json
import os
import threading
from pathlib import Path
from typing import Any

from tf import runner
from tf.blocks import SetNestedBlock
from tf.schema import Attribute, Block, Schema
from tf.types import Bool, List, Map, NormalizedJson, Number, Set, String

CLOUD = Path(os.environ.get("SDK_CLOUD", "cloud.json"))
LOCK = threading.Lock()


def objects() -> dict[str, Any]:
    """What exists."""
    with LOCK:
        found: dict[str, Any] = json.loads(CLOUD.read_text())
    return found


def keep(identity: str, value: Any) -> Any:
    """Let an object exist, or with ``None`` no longer."""
    with LOCK:
        kept = {**json.loads(CLOUD.read_text()), identity: value}
        CLOUD.write_text(json.dumps({name: item for name, item in kept.items() if item}))
    return value


class Note:
    """``sdk_note``: an attribute of every kind that the SDK has, and a set block."""

    def __init__(self, provider: Any) -> None:
        del provider

    @classmethod
    def get_name(cls) -> str:
        return "note"

    @classmethod
    def get_schema(cls) -> Schema:
        rule = Block(
            attributes=[Attribute("port", Number(), required=True), Attribute("cidr", String(), optional=True)]
        )
        return Schema(
            version=1,
            attributes=[
                Attribute("id", String(), computed=True),
                Attribute("name", String(), required=True, requires_replace=True),
                Attribute("text", String(), optional=True),
                Attribute("size", Number(), optional=True),
                Attribute("on", Bool(), optional=True),
                Attribute("names", List(String()), optional=True),
                Attribute("labels", Set(String()), optional=True),
                Attribute("tags", Map(String()), optional=True),
                Attribute("policy", NormalizedJson(), optional=True),
                Attribute("zone", String(), optional=True, computed=True, default="a"),
                Attribute("hint", String(), optional=True, computed=True, default=None),
                Attribute("serial", Number(), computed=True),
                Attribute("secret", String(), optional=True, sensitive=True),
            ],
            block_types=[SetNestedBlock("rule", rule)],
        )

    def validate(self, diags: Any, type_name: str, config: Any) -> None:
        """Everything is fine."""

    def create(self, _ctx: Any, planned: Any) -> Any:
        return keep(planned["name"], {**planned, "id": planned["name"], "serial": 1})

    def read(self, _ctx: Any, current: Any) -> Any:
        found = objects().get(current["id"])
        return {**current, **found} if found else None

    def update(self, _ctx: Any, current: Any, planned: Any) -> Any:
        return keep(current["id"], {**planned, "id": current["id"], "serial": current["serial"] + 1})

    def delete(self, _ctx: Any, current: Any) -> None:
        keep(current["id"], None)

    def plan(self, _ctx: Any, _current: Any, planned: Any) -> Any:
        return planned

    def upgrade(self, _ctx: Any, _version: int, old: Any) -> Any:
        return old

    def import_(self, _ctx: Any, identity: str) -> Any:
        return objects().get(identity)


class Provider:
    """The provider ``sdk``."""

    def get_model_prefix(self) -> str:
        return "sdk_"

    def full_name(self) -> str:
        return "registry.terraform.io/example/sdk"

    def get_provider_schema(self, _diags: Any) -> Schema:
        return Schema(attributes=[Attribute("region", String(), optional=True)])

    def validate_config(self, diags: Any, config: Any) -> None:
        """Everything is fine."""

    def configure_provider(self, diags: Any, config: Any) -> None:
        """Nothing to sign in to."""

    def get_data_sources(self) -> list[Any]:
        return []

    def get_resources(self) -> list[Any]:
        return [Note]

    def get_functions(self) -> list[Any]:
        return []

    def new_resource(self, klass: Any) -> Any:
        return klass(self)


if __name__ == "__main__":
    runner.run_provider(Provider())
