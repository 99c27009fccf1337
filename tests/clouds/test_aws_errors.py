"""What an AWS error means for a scan."""

import pytest
from botocore import exceptions

from driftmgr.clouds.aws.errors import api_error, kind_of, verdict_of
from driftmgr.clouds.aws.session import credentials_problem
from driftmgr.runtime.breaker import CircuitOpenError
from driftmgr.runtime.guard import Verdict


def client_error(code: str, status: int = 400) -> exceptions.ClientError:
    """An error as botocore raises it for an answer of AWS."""
    response = {"Error": {"Code": code, "Message": "said AWS"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return exceptions.ClientError(response, "Operation")


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (client_error("Throttling"), "throttle", "throttled"),
        (client_error("SlowDown", 503), "throttle", "throttled"),
        (client_error("Whatever", 429), "throttle", "throttled"),
        (client_error("InternalError", 500), "transient", "unreachable"),
        (client_error("Whatever", 502), "transient", "unreachable"),
        (client_error("AccessDenied", 403), "denied", "denied"),
        (client_error("UnauthorizedOperation", 403), "denied", "denied"),
        (client_error("ExpiredToken", 403), "expired", "denied"),
        (client_error("NoSuchEntity", 404), "not_found", "unreachable"),
        (client_error("AWS.SimpleQueueService.NonExistentQueue"), "not_found", "unreachable"),
        (client_error("ValidationError"), "permanent", "unreachable"),
        (TimeoutError(), "transient", "timeout"),
        (exceptions.NoCredentialsError(), "denied", "denied"),
        (exceptions.ReadTimeoutError(endpoint_url="http://x"), "transient", "timeout"),
        (exceptions.ConnectTimeoutError(endpoint_url="http://x"), "transient", "timeout"),
        (exceptions.EndpointConnectionError(endpoint_url="http://x", error="refused"), "transient", "unreachable"),
        (
            exceptions.EndpointConnectionError(endpoint_url="http://x", error="Name or service not known"),
            "permanent",
            "unreachable",
        ),
        (ValueError("ours"), "permanent", "unreachable"),
    ],
)
def test_error_classes(error: Exception, kind: str, reason: str) -> None:
    """Each error has one class and one gap reason; a refusal is never retried, an outage never read as absence."""
    assert kind_of(error) == kind
    found = api_error("svc.op", error)
    assert found.reason == reason
    assert found.not_found == (kind == "not_found")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (exceptions.NoCredentialsError(), "no AWS credentials found"),
        (client_error("ExpiredToken", 403), "token has expired"),
        (client_error("InvalidClientTokenId", 403), "AWS refused"),
        (exceptions.EndpointConnectionError(endpoint_url="http://x", error="refused"), "cannot be reached"),
        (client_error("Odd"), "Odd"),
    ],
)
def test_sign_in_problems_say_what_to_do(error: Exception, words: str) -> None:
    """Every failed sign-in becomes a message with a hint."""
    problem = credentials_problem("role r", error)
    assert words in problem.message
    assert problem.hint


def with_headers(**headers: str) -> exceptions.ClientError:
    """A throttled answer with headers."""
    error = client_error("Throttling")
    error.response["ResponseMetadata"]["HTTPHeaders"] = headers
    return error


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, or a date that is measured by the server's own clock; what cannot be read is as if not said."""
    assert verdict_of(with_headers(**headers)) == Verdict(kind="throttle", retry_after=seconds)


def test_an_open_circuit_ends_in_the_reason_of_the_last_failure() -> None:
    """A call that was not made because its endpoint failed before says what that failed with."""
    found = api_error("sqs.list_queues", CircuitOpenError(3.0, 2, exceptions.ReadTimeoutError(endpoint_url="http://x")))
    assert (found.code, found.reason) == ("CircuitOpen", "timeout")
    assert "Read timeout" in found.message
