"""The table of AWS errors against what botocore really raises: bodies of every protocol, and broken connections."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from conformance.emulator import Emulator
from driftmgr.clouds.aws import integrity
from driftmgr.clouds.aws.errors import api_error, kind_of, verdict_of
from faults.proxy import Answer, Bad, Fault, FaultProxy, throttle

# One read operation per protocol: service, method, parameters.
READS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "json": ("ssm", "describe_parameters", {}),
    "query": ("iam", "list_roles", {}),
    "ec2": ("ec2", "describe_vpcs", {}),
    "rest-xml": ("s3", "list_buckets", {}),
    "rest-json": ("lambda", "list_functions", {}),
}


def client(service: str, url: str) -> Any:
    """A client as our sessions make them, in miniature: no retries, short timeouts, whole answers only."""
    made = botocore.session.Session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=1),
    )
    integrity.register(made)
    return made


@pytest.fixture(scope="module", params=READS)
def protocol(request: pytest.FixtureRequest) -> str:
    """Each protocol of AWS in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def reader(protocol: str, proxy: FaultProxy, emulator: Emulator) -> Iterator[Any]:
    """The client method of the protocol's read, behind the proxy."""
    service, method, params = READS[protocol]
    # The emulator takes seconds to load a service, longer than the short timeout of these tests.
    getattr(emulator.client(service), method)(**params)
    made = client(service, proxy.url)
    yield lambda: getattr(made, method)(**params)
    made.close()


def failure(reader: Any, proxy: FaultProxy, fault: Fault) -> Exception:
    """What botocore raises when a request meets a fault."""
    proxy.calm(lambda _: fault)
    with pytest.raises(Exception) as caught:  # which class it is, is the question
        reader()
    return caught.value


def test_the_read_works_without_faults(reader: Any, proxy: FaultProxy) -> None:
    """What the emulator answers passes every check of an answer's wholeness."""
    proxy.calm()
    assert reader()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_throttling_of_each_protocol(reader: Any, protocol: str, proxy: FaultProxy) -> None:
    """The throttling answer of every protocol is one, with its Retry-After."""
    proxy.calm(lambda request: throttle(request, retry_after=3))
    with pytest.raises(Exception) as caught:
        reader()
    assert proxy.requests[0].protocol == protocol
    verdict = verdict_of(caught.value)
    assert (verdict.kind, verdict.retry_after) == ("throttle", 3.0)


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (Answer(status=500, code="InternalFailure"), "transient", "unreachable"),
        (Answer(status=503, code="ServiceUnavailable"), "transient", "unreachable"),
        (Answer(status=502, code="Whatever"), "transient", "unreachable"),
        (Answer(status=403, code="AccessDenied"), "denied", "denied"),
        (Answer(status=403, code="InvalidClientTokenId"), "denied", "denied"),
        (Answer(status=403, code="SignatureDoesNotMatch"), "denied", "denied"),
        (Answer(status=403, code="RequestTimeTooSkewed"), "denied", "denied"),
        (Answer(status=403, code="ExpiredToken"), "expired", "denied"),
        (Answer(status=404, code="NoSuchEntity"), "not_found", "unreachable"),
        (Answer(status=400, code="ValidationError"), "permanent", "unreachable"),
        (Bad(what="reset"), "transient", "unreachable"),
        (Bad(what="late", seconds=1.5), "transient", "timeout"),
        (Bad(what="cut"), "transient", "unreachable"),
        (Bad(what="halved"), "transient", "unreachable"),
        (Bad(what="empty"), "transient", "unreachable"),
        (Bad(what="page"), "transient", "unreachable"),
    ],
    ids=lambda value: getattr(value, "code", getattr(value, "what", None)),
)
def test_each_failure_has_its_class(reader: Any, proxy: FaultProxy, fault: Fault, kind: str, reason: str) -> None:
    """What goes wrong on the wire has the same class in every protocol; a broken answer never reads as an empty one."""
    error = failure(reader, proxy, fault)
    assert kind_of(error) == kind
    assert api_error("x.y", error).reason == reason


def test_a_refused_connection_is_transient() -> None:
    """A port that nobody listens on is an outage, not an answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    made = client("sqs", f"http://127.0.0.1:{port}")
    with pytest.raises(Exception) as caught:
        made.list_queues()
    made.close()
    assert kind_of(caught.value) == "transient"


@pytest.mark.parametrize("what", ["halved", "page", "empty"])
def test_a_bucket_policy_that_is_garbled_is_no_policy(emulator: Emulator, proxy: FaultProxy, what: str) -> None:
    """A JSON document that an XML API hands out as it is, is checked as well."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="cut-policy")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::cut-policy/*"}
    s3.put_bucket_policy(Bucket="cut-policy", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    made = client("s3", proxy.url)
    error = failure(lambda: made.get_bucket_policy(Bucket="cut-policy"), proxy, Bad(what=what))
    made.close()
    s3.delete_bucket_policy(Bucket="cut-policy")
    s3.delete_bucket(Bucket="cut-policy")
    assert isinstance(error, integrity.MalformedAnswerError)
