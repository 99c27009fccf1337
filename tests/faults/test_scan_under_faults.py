"""A scan under faults keeps its word: it finishes with the same report, or says exactly what it could not see."""

import random
import re
from collections.abc import Callable

import pytest

from driftmgr.model import DriftMgrError, DriftReport
from faults.conftest import Estate
from faults.estate import MANAGED, findings
from faults.proxy import Answer, Bad, Choose, Fault, Request, expired, first_of, no_fault, skewed, throttle


def every_fifth(fault: Fault | None, seed: int) -> Choose:
    """One request of five, by chance that is the same in every run; ``None`` throttles in the service's own words."""
    chance = random.Random(seed)  # noqa: S311  # no secret, only repeatable
    return lambda request: (fault or throttle(request)) if chance.random() < 0.2 else None


def of_service(service: str, fault: Fault) -> Choose:
    """Every request to one service."""
    return lambda request: fault if request.service == service else None


def operation_of(request: Request) -> tuple[str, str]:
    """The service and what is asked of it: a target, an action, or the part of a bucket."""
    action = re.search(rb"Action=(\w+)", request.body)
    told = request.headers.get("x-amz-target") or (action[1].decode() if action else "")
    path, _, query = request.path.partition("?")
    shown = "".join(sorted(name for name in re.split(r"[=&]", query) if name.islower()))
    return request.service, told or f"{'list' if path == '/' else 'one'} {shown}"


def rows(report: DriftReport) -> set[tuple[str, str, str | None, str]]:
    """What is reported, a row for each changed attribute."""
    return {
        (drift.kind, drift.type, drift.id, change.path if change else "")
        for drift in report.drifts
        for change in drift.changes or [None]
    }


def gapped_services(report: DriftReport) -> set[str]:
    """The services that a report has gaps of."""
    return {gap.operation.split(".")[0] for gap in report.gaps}


@pytest.mark.parametrize(
    "fault", [None, Bad(what="reset"), Bad(what="cut"), Bad(what="halved"), Bad(what="page"), Bad(what="empty")]
)
def test_a_fifth_of_requests_failing_changes_nothing(drifted: Estate, fault: Fault | None) -> None:
    """With 20 % of requests throttled, reset, cut off or garbled, the report equals the fault-free one."""
    drifted.environment.setenv("DRIFTMGR_BREAKER_AWS", "5/1")
    proxy = drifted.through(every_fifth(fault, seed=4))
    report = drifted.scan()
    assert findings(report) == findings(drifted.truth)
    assert len(proxy.requests) > drifted.truth.scan.api_calls


def test_retry_after_is_honoured(drifted: Estate) -> None:
    """After a 429 with Retry-After nothing is sent to that service until then, and the report is complete."""
    wait = Answer(status=429, code="ThrottlingException", headers=(("Retry-After", "1"),))
    proxy = drifted.through(first_of("sqs", lambda _: wait))
    assert findings(drifted.scan()) == findings(drifted.truth)
    assert sum(request.service == "sqs" for request in proxy.requests) > 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Bad(what="reset"), "unreachable"),
        (Answer(status=503, code="ServiceUnavailable"), "unreachable"),
        (Bad(what="page"), "unreachable"),
        (Bad(what="halved"), "unreachable"),
        (Bad(what="empty"), "unreachable"),
        (Answer(status=403, code="AccessDenied"), "denied"),
        (expired(), "denied"),
    ],
)
@pytest.mark.parametrize("service", ["sqs", "s3", "iam"])
def test_a_service_down_is_exactly_its_gaps(drifted: Estate, service: str, fault: Fault, reason: str) -> None:
    """A service that fails for good costs its own verdicts and nobody else's; none of its objects is missing."""
    drifted.environment.setenv("DRIFTMGR_RETRY", "3/30")
    drifted.environment.setenv("DRIFTMGR_BREAKER_AWS", "5/0.2")
    drifted.through(of_service(service, fault))
    report = drifted.scan()

    assert gapped_services(report) == {service}
    assert {gap.reason for gap in report.gaps} == {reason}

    def others(of: DriftReport) -> list[object]:
        prefix = {"sqs": "aws_sqs", "s3": "aws_s3", "iam": "aws_iam"}[service]
        return [drift for drift in of.drifts if not drift.type.startswith(prefix)]

    assert report.drifts == tuple(others(report))
    assert others(report) == others(drifted.truth)
    assert report.summary.managed == drifted.truth.summary.managed
    assert report.summary.unverified > 0
    assert report.exit_code == 2


def test_any_one_operation_refused_makes_no_finding(drifted: Estate) -> None:
    """Whatever a reader may not do costs verdicts, each told by a gap; no finding comes of it."""
    proxy = drifted.through(no_fault)
    whole = drifted.scan(types=MANAGED)
    operations = sorted({operation_of(request) for request in proxy.requests if request.service != "sts"})
    assert len(operations) > 20
    for operation in operations:
        drifted.through(refusing(operation))
        report = drifted.scan(types=MANAGED)
        assert rows(report) <= rows(whole), operation
        assert set(report.gaps) - set(whole.gaps), operation
        assert report.summary.managed == whole.summary.managed, operation


def refusing(operation: tuple[str, str]) -> Choose:
    """Refuses one operation, as a policy that lacks it does."""
    fault = Answer(status=403, code="AccessDenied")
    return lambda request: fault if operation_of(request) == operation else None


def test_throttled_for_good_is_said(drifted: Estate) -> None:
    """A service that only ever throttles is a gap with that reason."""
    drifted.environment.setenv("DRIFTMGR_RETRY", "2/30")
    drifted.through(lambda request: throttle(request) if request.service == "ssm" else None)
    report = drifted.scan()
    assert {(gap.operation.split(".")[0], gap.reason) for gap in report.gaps} == {("ssm", "throttled")}
    assert not [drift for drift in report.drifts if drift.type == "aws_ssm_parameter"]


def test_a_wrong_clock_is_named(drifted: Estate) -> None:
    """Refused signatures with a clock that is off say so: that is what the user has to mend."""
    drifted.through(of_service("sqs", skewed(3_600)))
    report = drifted.scan()
    (message,) = {gap.message for gap in report.gaps}
    assert "the clock of this machine is 3" in message
    assert message.endswith("s behind)")


def test_a_dripping_server_is_given_up(drifted: Estate) -> None:
    """A server that sends a byte at a time ends as a gap by the deadline of the attempt, and holds up nobody else."""
    drifted.environment.setenv("DRIFTMGR_RETRY", "2/6")
    drifted.through(of_service("sqs", Bad(what="drip", seconds=0.5)))
    report = drifted.scan()
    assert {(gap.operation.split(".")[0], gap.reason) for gap in report.gaps} == {("sqs", "timeout")}


@pytest.mark.parametrize("fault", [throttle, lambda _: Bad(what="reset"), lambda _: Bad(what="halved")])
def test_signing_in_rides_out_what_passes(drifted: Estate, fault: Callable[[Request], Fault]) -> None:
    """The first calls of all, who we are, are made under the same guard as the others."""
    proxy = drifted.through(first_of("sts", fault, fault))
    assert findings(drifted.scan()) == findings(drifted.truth)
    assert sum(request.service == "sts" for request in proxy.requests) == 3


def test_signing_in_does_not_wait_for_an_outage(drifted: Estate) -> None:
    """A sign-in that always fails ends in an error that names it, after a few requests, waiting for no breaker."""
    proxy = drifted.through(of_service("sts", Bad(what="reset")))
    with pytest.raises(DriftMgrError, match="cannot be reached"):
        drifted.scan()
    assert len(proxy.requests) <= 8


def test_a_state_in_a_bucket_is_read_through_faults(drifted: Estate) -> None:
    """A state that arrives cut off, or late, is read again; half of it is never taken for all."""
    s3 = drifted.client("s3")
    s3.create_bucket(Bucket="states")
    s3.put_object(Bucket="states", Key="a.tfstate", Body=drifted.state.read_bytes())
    try:
        pending: list[Fault] = [Bad(what="cut"), Bad(what="reset"), Answer(status=503, code="SlowDown")]
        drifted.through(lambda request: pending.pop() if "a.tfstate" in request.path and pending else None)
        report = drifted.scan(source="s3://states/a.tfstate", types=("aws_sqs_queue",))
        assert not pending
        assert report.summary.managed == 8
        assert not report.gaps
    finally:
        s3.delete_object(Bucket="states", Key="a.tfstate")
        s3.delete_bucket(Bucket="states")


def test_slowness_is_no_fault(drifted: Estate) -> None:
    """Answers that are late but whole change nothing."""
    drifted.through(every_fifth(Bad(what="late", seconds=0.3), seed=5))
    assert findings(drifted.scan()) == findings(drifted.truth)
