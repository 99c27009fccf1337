"""Where Terraform keeps a state, as a configuration or a record says it."""

from typing import Any

import msgspec

from driftmgr.model.drift import SourceLocation


class Backend(msgspec.Struct, frozen=True, kw_only=True):
    """A backend's type (``s3``, ``local``, ``cloud`` for HCP Terraform) and its settings.

    ``unresolved`` names settings that are not written down, with what stands there instead.
    """

    type: str
    settings: dict[str, Any] = {}
    unresolved: dict[str, str] = {}
    location: SourceLocation | None = None
