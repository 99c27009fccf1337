"""What can go wrong with a provider, and which gap it makes."""

import re
from collections.abc import Iterable
from typing import Any

from driftmgr.model import DriftMgrError, GapReason

_ERROR_SEVERITY = 1
_REASONS: tuple[tuple[GapReason, re.Pattern[str]], ...] = (
    (
        "throttled",
        re.compile(
            r"throttl|rate exceeded|too ?many ?requests|requestlimitexceeded|slowdown|statuscode: 429|error 429",
            re.IGNORECASE,
        ),
    ),
    (
        "denied",
        re.compile(
            r"access ?denied|unauthori[sz]ed|forbidden|not authori[sz]ed|authorizationfailed|permission[ _]?denied"
            r"|expiredtoken|invalidclienttokenid|statuscode: 40[13]|error 40[13]|no valid credential",
            re.IGNORECASE,
        ),
    ),
    ("timeout", re.compile(r"deadline exceeded|timed? ?out|i/o timeout", re.IGNORECASE)),
)


class ProviderError(DriftMgrError):
    """A provider that cannot be found, started, configured or asked; ``reason`` is that of the gap it leaves."""

    def __init__(self, message: str, *, hint: str = "", reason: GapReason = "unreachable") -> None:
        super().__init__(message, hint=hint)
        self.reason: GapReason = reason


class ProviderDiedError(ProviderError):
    """The process ended, or its connection broke, while it was asked something."""


class NotImplementedByProviderError(ProviderError):
    """The provider does not know the call: it is older than it."""


def reason_of(text: str) -> GapReason:
    """The gap that an error of a provider makes, as far as its text tells."""
    return next((reason for reason, pattern in _REASONS if pattern.search(text)), "unreachable")


def errors_of(diagnostics: Iterable[Any]) -> str:
    """The error diagnostics as one text; empty if there are only warnings."""
    return "; ".join(
        ": ".join(" ".join(part.split()) for part in (item.summary, item.detail) if part)
        for item in diagnostics
        if item.severity == _ERROR_SEVERITY
    )


def raise_errors(diagnostics: Iterable[Any], doing: str) -> None:
    """Raise ``ProviderError`` if there is an error among diagnostics."""
    if text := errors_of(diagnostics):
        raise ProviderError(f"{doing}: {text}", reason=reason_of(text))
