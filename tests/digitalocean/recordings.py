"""Recorded pairs: the state that the real provider wrote, and the objects that the simulated cloud then held."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

_HERE = Path(__file__).parent
CONFIGURATIONS = _HERE / "configurations"
RECORDED = _HERE / "recorded"
_S3 = "http://s3.amazonaws.com/doc/2006-03-01/"


def families() -> list[str]:
    """The families of resource types that have a configuration."""
    return sorted(path.stem for path in CONFIGURATIONS.glob("*.tf"))


def state_path(family: str) -> Path:
    """The state of a family."""
    return RECORDED / family / "state.json"


def saved_cloud(family: str) -> dict[str, Any]:
    """The objects of a family: lists by collection path, objects by setting path (``Cloud.load`` takes it)."""
    saved: dict[str, Any] = msgspec.json.decode((RECORDED / family / "cloud.json").read_bytes())
    return saved


def spaces_writes(family: str) -> list[dict[str, Any]]:
    """The requests that made a family's buckets (``Spaces.load`` takes them); few families have any."""
    path = RECORDED / family / "spaces.json"
    writes: list[dict[str, Any]] = msgspec.json.decode(path.read_bytes()) if path.is_file() else []
    return writes


def write(family: str, *, state: bytes, cloud: dict[str, Any], spaces: list[dict[str, Any]]) -> None:
    """Keep a pair; of the cloud one object a line, to be read and compared by people."""
    folder = RECORDED / family
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_bytes(state)
    (folder / "cloud.json").write_bytes(cloud_text(cloud))
    if spaces:
        (folder / "spaces.json").write_bytes(writes_text(spaces))


def writes_text(writes: list[dict[str, Any]]) -> bytes:
    """The form in which writes are kept: a bucket is made before what is in it, otherwise in a fixed order."""
    told = [one | {"body": _in_order(one["body"])} for one in writes]
    ordered = sorted(told, key=lambda one: (one["path"].count("/"), "?" in one["path"], one["path"], one["method"]))
    return ("[\n" + ",\n".join(msgspec.json.encode(one, order="sorted").decode() for one in ordered) + "\n]\n").encode()


def _in_order(body: str) -> str:
    """A document in XML with its elements in the order of their names: the provider's SDK writes them in any."""
    if not body.startswith("<") or _S3 not in body:
        return body

    def sort(element: ET.Element) -> None:
        # Stable: of elements that have the same name the order means something.
        element[:] = sorted(element, key=lambda one: one.tag)
        for one in element:
            sort(one)

    document = ET.fromstring(body)  # noqa: S314  # of our own recording, or of the provider in a test
    sort(document)
    return ET.tostring(document, encoding="unicode", default_namespace=_S3)


def cloud_text(cloud: dict[str, Any]) -> bytes:
    """The form in which objects are kept."""

    def line(held: Any) -> str:
        return msgspec.json.encode(held, order="sorted").decode()

    parts = []
    for path, held in sorted(cloud.items()):
        if isinstance(held, list):
            objects = sorted(line(one) for one in held)
            parts.append(f"{line(path)}: [\n" + ",\n".join(objects) + "\n]")
        else:
            parts.append(f"{line(path)}: {line(held)}")
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
