"""The seam between discovery and the clouds: the only place where a scan touches the outside."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from driftmgr.model import DriftMgrError, GapReason, Scope

REASONS: Mapping[str, GapReason] = {
    "throttle": "throttled",
    "transient": "unreachable",
    "denied": "denied",
    "expired": "denied",
    "not_found": "unreachable",
    "permanent": "unreachable",
}
"""The gap that each kind of error makes, whatever the cloud."""


class ApiError(Exception):
    """A call that ended without an answer, after all retries.

    ``code`` is the cloud's own error code (or our word for a network failure), ``reason`` the gap it makes;
    ``not_found`` tells that the cloud did answer: there is no such thing.
    """

    def __init__(self, operation: str, code: str, reason: GapReason, message: str, *, not_found: bool = False) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.not_found = not_found
        self.operation = operation
        self.code = code
        self.reason: GapReason = reason
        self.message = message


class SignInError(DriftMgrError):
    """Credentials that lead to no account; ``reason`` is the gap that it makes beside accounts that can be read."""

    def __init__(self, message: str, reason: GapReason, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason: GapReason = reason


class CloudApi(Protocol):
    """Reads one cloud. Tests fake this with a function from (scope, operation, params) to pages."""

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""

    def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of one operation (``service.method``); raises ``ApiError``.

        ``region`` overrides the scope's: the region that must be asked about one object.
        """
