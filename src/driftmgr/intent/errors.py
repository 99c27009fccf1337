"""What cannot be read in a configuration, and where."""

import msgspec

from driftmgr.model import DriftMgrError, SourceLocation


class IntentError(DriftMgrError):
    """A configuration that cannot be read, or does not say what is asked of it; the message names file and line."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a configuration that could not be read: nothing is known of what it sets.

    ``in_root`` says that it is a file of the root module itself.
    """

    location: SourceLocation
    message: str
    in_root: bool = False

    def __str__(self) -> str:
        return f"{self.location.file}:{self.location.line}: {self.message}"
