"""What an AWS error means for a scan: one table.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (EC2, IAM),
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (S3), and botocore's own list
of throttling and transient codes (``botocore/retries/standard.py``).
"""

from typing import Literal

from botocore import exceptions
from botocore.parsers import ResponseParserError

from driftmgr.clouds.api import ApiError
from driftmgr.model import GapReason

ErrorKind = Literal["throttle", "transient", "denied", "expired", "permanent"]

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
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "NotAuthorized",
            "OptInRequired",
            "SignatureDoesNotMatch",
            "SubscriptionRequiredException",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
        }
    ),
    "expired": frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}),
}
_KIND_OF = {code: kind for kind, codes in _CODES.items() for code in codes}
_REASONS: dict[ErrorKind, GapReason] = {
    "throttle": "throttled",
    "transient": "unreachable",
    "denied": "denied",
    "expired": "denied",
    "permanent": "unreachable",
}
_TRANSIENT = (
    exceptions.ConnectionError,
    exceptions.HTTPClientError,
    exceptions.IncompleteReadError,
    ResponseParserError,
)
_SERVER_ERROR, _TOO_MANY = 500, 429


def kind_of(error: Exception) -> ErrorKind:
    """Classify an exception of botocore; only ``throttle`` and ``transient`` are worth another try."""
    if isinstance(error, exceptions.ClientError):
        return _kind_of_answer(error)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return "denied"
    if isinstance(
        error, exceptions.TokenRetrievalError | exceptions.SSOTokenLoadError | exceptions.UnauthorizedSSOTokenError
    ):
        return "expired"
    # A name that does not resolve is an endpoint that this region does not have: trying again cannot help.
    if isinstance(error, exceptions.EndpointConnectionError) and _is_unknown_name(error):
        return "permanent"
    return "transient" if isinstance(error, _TRANSIENT) else "permanent"


def _kind_of_answer(error: exceptions.ClientError) -> ErrorKind:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _KIND_OF:
        return _KIND_OF[code]
    if status == _TOO_MANY:
        return "throttle"
    return "transient" if status >= _SERVER_ERROR else "permanent"


def _is_unknown_name(error: exceptions.EndpointConnectionError) -> bool:
    cause = str(error.kwargs.get("error", ""))
    return "Failed to resolve" in cause or "Name or service not known" in cause


def api_error(operation: str, error: Exception) -> ApiError:
    """The error of a call that is not tried again."""
    kind = kind_of(error)
    if isinstance(error, exceptions.ClientError):
        detail = error.response.get("Error", {})
        code, message = detail.get("Code", "Unknown"), detail.get("Message") or str(error)
    else:
        code, message = type(error).__name__, str(error)
    timeouts = exceptions.ReadTimeoutError | exceptions.ConnectTimeoutError
    reason: GapReason = "timeout" if isinstance(error, timeouts) else _REASONS[kind]
    return ApiError(operation, code, reason, message)
