"""The backend that ``terraform init`` recorded in ``.terraform/terraform.tfstate``.

It holds what ``-backend-config`` added. Before init only the configuration tells, which ``intent`` reads.
https://developer.hashicorp.com/terraform/language/backend
"""

from pathlib import Path

import msgspec

from driftmgr.model import Backend
from driftmgr.state.read import StateError


def recorded_backend(record: Path) -> Backend | None:
    """The backend that ``terraform init`` recorded; raises ``StateError`` if the record cannot be read."""
    try:
        document = msgspec.json.decode(record.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StateError(f"{record}: the backend record cannot be read: {error}", hint="run terraform init") from error
    backend = document.get("backend") if isinstance(document, dict) else None
    if not isinstance(backend, dict) or not backend.get("type"):
        return None
    settings = backend.get("config")
    given = settings.items() if isinstance(settings, dict) else ()
    return Backend(type=str(backend["type"]), settings={name: value for name, value in given if value is not None})
