"""What an AWS error means for a scan: one table.

throttle and transient are tried again; denied and expired ask for other credentials; not_found and permanent are
answers.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (EC2, IAM),
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (S3), and botocore's own list
of throttling and transient codes (``botocore/retries/standard.py``).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from botocore import exceptions
from botocore.parsers import ResponseParserError

from driftmgr.clouds.api import REASONS, ApiError
from driftmgr.model import GapReason
from driftmgr.runtime.breaker import CircuitOpenError
from driftmgr.runtime.guard import Verdict
from driftmgr.runtime.http import date_of, retry_after

ErrorKind = Literal["throttle", "transient", "denied", "expired", "not_found", "permanent"]

_CODES: dict[ErrorKind, frozenset[str]] = {
    "throttle": frozenset(
        {
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        }
    ),
    "transient": frozenset(
        {
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "InternalServiceErrorException",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "Unavailable",
        }
    ),
    "denied": frozenset(
        {
            "403",
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "AuthorizationError",
            "AuthorizationErrorException",
            "Forbidden",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "OptInRequired",
            "RequestInTheFuture",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "SubscriptionRequiredException",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
        }
    ),
    "expired": frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}),
}
_KIND_OF = {code: kind for kind, codes in _CODES.items() for code in codes}
# A clock that is off makes AWS refuse good credentials with any of these.
_SIGNATURE_CODES = frozenset(
    {
        "AuthFailure",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
_NOT_FOUND_SIGNS = ("NoSuch", "NotFound", "NonExistent", "DoesNotExist")
_NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 404, 429, 500
_SKEW_SECONDS = 300
"""AWS accepts signatures that are up to five minutes off (15 for S3)."""

# The first match counts: a timeout is a connection error to botocore, too.
_EXCEPTIONS: tuple[tuple[tuple[type[BaseException], ...], ErrorKind], ...] = (
    ((exceptions.NoCredentialsError, exceptions.PartialCredentialsError), "denied"),
    (
        (exceptions.TokenRetrievalError, exceptions.SSOTokenLoadError, exceptions.UnauthorizedSSOTokenError),
        "expired",
    ),
    (
        (
            exceptions.ConnectionError,
            exceptions.HTTPClientError,
            exceptions.IncompleteReadError,
            ResponseParserError,
            TimeoutError,
        ),
        "transient",
    ),
)
_TIMEOUTS = (exceptions.ReadTimeoutError, exceptions.ConnectTimeoutError, TimeoutError)


def kind_of(error: BaseException) -> ErrorKind:
    """Classify an exception of botocore; only ``throttle`` and ``transient`` are worth another try."""
    if isinstance(error, exceptions.ClientError):
        return _kind_of_answer(error.response)
    # A name that does not resolve is an endpoint that this region does not have: trying again cannot help.
    if isinstance(error, exceptions.EndpointConnectionError) and _is_unknown_name(error):
        return "permanent"
    return next((kind for classes, kind in _EXCEPTIONS if isinstance(error, classes)), "permanent")


def _kind_of_answer(response: Any) -> ErrorKind:
    code = response.get("Error", {}).get("Code", "")
    if code in _KIND_OF:
        return _KIND_OF[code]
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == _TOO_MANY:
        return "throttle"
    if status >= _SERVER_ERROR:
        return "transient"
    is_absent = status == _NOT_FOUND or any(sign in code for sign in _NOT_FOUND_SIGNS)
    return "not_found" if is_absent else "permanent"


def _is_unknown_name(error: exceptions.EndpointConnectionError) -> bool:
    cause = str(error.kwargs.get("error", ""))
    return "Failed to resolve" in cause or "Name or service not known" in cause


def verdict_of(error: BaseException) -> Verdict:
    """What a failure means for the endpoint and for the next try."""
    return Verdict(kind=kind_of(error), retry_after=retry_after(_headers(error)))


def _skew(error: BaseException) -> float:
    """Seconds by which this machine's clock is ahead of the server's."""
    theirs = date_of(_headers(error).get("date", ""))
    return (datetime.now(UTC) - theirs).total_seconds() if theirs else 0.0


def _headers(error: BaseException) -> Mapping[str, str]:
    if not isinstance(error, exceptions.ClientError):
        return {}
    headers: Mapping[str, str] = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def api_error(operation: str, error: BaseException) -> ApiError:
    """The error of a call that is not tried again."""
    if isinstance(error, CircuitOpenError):
        last = api_error(operation, error.last) if error.last else None
        return ApiError(operation, "CircuitOpen", last.reason if last else "unreachable", str(error))
    if isinstance(error, exceptions.ClientError):
        detail = error.response.get("Error", {})
        code, message = detail.get("Code", "Unknown"), detail.get("Message") or str(error)
    else:
        code, message = type(error).__name__, str(error) or "no answer in time"
    skew = _skew(error)
    if code in _SIGNATURE_CODES and abs(skew) > _SKEW_SECONDS:
        message += f" (the clock of this machine is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'})"
    kind = kind_of(error)
    reason: GapReason = "timeout" if isinstance(error, _TIMEOUTS) else REASONS[kind]
    return ApiError(operation, code, reason, message, not_found=kind == "not_found")
