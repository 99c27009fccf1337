"""A scan that is stopped tells what it knows, and another one goes on from there."""

import functools
import random
import signal

import msgspec
import pytest

from driftmgr.catalog import catalog_of
from driftmgr.discovery.plan import plan
from faults.command import Command
from faults.conftest import Estate
from faults.proxy import Bad, FaultProxy, no_fault

HANGS = Bad(what="late", seconds=300)
IN_TIME = 10.0
"""Seconds until a signalled command must have ended; whatever hangs here hangs for minutes."""


def detect(drifted: Estate, *more: str) -> Command:
    """The command on the estate, with a JSON report."""
    return Command("detect", drifted.state, "--region", "us-east-1", "-o", "json", *more)


def others_are_read(proxy: FaultProxy, drifted: Estate) -> bool:
    """Whether every shard but those of SQS and of parameters is saved."""
    saved = list((drifted.cache / "shards").rglob("*.shard"))
    return len(saved) >= others() and any(request.service == "sqs" for request in proxy.requests)


@functools.cache
def others() -> int:
    """The shards of one account and region that are saved, without that of SQS: values of parameters are secrets."""
    catalog = catalog_of("aws")
    shards = plan(catalog, {"123456789012": ("us-east-1",)}, [entry.name for entry in catalog]).shards
    return sum(shard.service not in {"sqs", "ssm"} for shard in shards)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_scan_tells_what_it_knows_and_resumes(drifted: Estate, number: signal.Signals, code: int) -> None:
    """A signal ends it at once with an incomplete report; --resume asks only for the rest, and the reports agree."""
    hanging = {"sqs"}
    proxy = drifted.through(lambda request: HANGS if request.service in hanging else None)
    stopped = detect(drifted).when(lambda: others_are_read(proxy, drifted)).signal(number).ended(IN_TIME)

    assert stopped.code == code
    gaps = stopped.report["gaps"]
    assert {(gap["type"].startswith("aws_sqs_queue"), gap["reason"]) for gap in gaps} == {(True, "interrupted")}
    truth = msgspec.to_builtins(drifted.truth.drifts)
    known = [drift["address"] for drift in stopped.report["drifts"]]
    assert known == [drift["address"] for drift in truth if drift["type"] != "aws_sqs_queue"]
    assert '"outcome": "' in stopped.out

    hanging.clear()
    proxy.calm()
    resumed = detect(drifted, "--resume").ended()
    assert resumed.code == 2
    assert {request.service for request in proxy.requests} == {"sts", "sqs", "ssm", "tagging"}
    fresh = detect(drifted).ended()
    assert resumed.report == fresh.report
    assert not list(drifted.cache.rglob("*.shard"))


def test_without_resume_everything_is_asked_again(drifted: Estate) -> None:
    """What an interrupted scan left is not used unless asked for."""
    hanging = {"sqs"}
    proxy = drifted.through(lambda request: HANGS if request.service in hanging else None)
    detect(drifted).when(lambda: others_are_read(proxy, drifted)).signal(signal.SIGINT).ended(IN_TIME)
    hanging.clear()
    proxy.calm()
    again = detect(drifted).ended()
    assert again.code == 2
    assert {"ec2", "iam", "s3", "sqs"} <= {request.service for request in proxy.requests}


def test_a_throttled_scan_resumes(drifted: Estate) -> None:
    """A service that failed in one scan is all that the resumed one asks for."""
    drifted.environment.setenv("DRIFTMGR_RETRY", "2/30")
    proxy = drifted.through(lambda request: Bad(what="reset") if request.service == "ssm" else None)
    assert {gap["type"] for gap in detect(drifted).ended().report["gaps"]} == {"aws_ssm_parameter"}
    proxy.calm()
    resumed = detect(drifted, "--resume").ended()
    assert {request.service for request in proxy.requests} == {"sts", "ssm", "tagging"}
    assert resumed.report["gaps"] == []


def test_ctrl_c_before_anything_is_known(drifted: Estate) -> None:
    """Stopped while it signs in there is no report to print, and it still ends at once."""
    proxy = drifted.through(lambda _: HANGS)
    stopped = detect(drifted).when(lambda: bool(proxy.requests)).signal(signal.SIGINT).ended(IN_TIME)
    assert (stopped.code, stopped.out) == (130, "")


def test_killed_at_any_point_nothing_is_corrupt_and_resume_agrees(drifted: Estate) -> None:
    """Killed after any number of requests, every file is whole and --resume ends with the same report."""
    proxy = drifted.through(no_fault)
    whole = detect(drifted).ended()
    chance = random.Random(7)  # noqa: S311  # no secret, only repeatable
    for _ in range(5):
        proxy.calm()
        after = chance.randrange(5, 130)

        def enough(after: int = after) -> bool:
            return len(proxy.requests) >= after

        detect(drifted).when(enough).signal(signal.SIGKILL).ended()
        files = list((drifted.cache / "shards").rglob("*.shard"))
        for file in files:
            assert msgspec.msgpack.decode(file.read_bytes())["objects"] is not None
        resumed = detect(drifted, "--resume").ended()
        assert resumed.report == whole.report
        assert not list(drifted.cache.rglob("*.part"))


def test_answers_may_be_as_old_as_asked(drifted: Estate) -> None:
    """With --cache-ttl the second scan asks for the identity and for what was too secret to keep; it finds the same."""
    proxy = drifted.through(no_fault)
    first = detect(drifted, "--cache-ttl", "600").ended()
    proxy.calm()
    second = detect(drifted, "--cache-ttl", "600").ended()
    assert second.report == first.report
    assert {request.service for request in proxy.requests} == {"sts", "ssm", "tagging"}


def test_another_principal_never_sees_what_one_was_told(drifted: Estate) -> None:
    """Saved answers are keyed by who read them: another identity asks for itself."""
    proxy = drifted.through(no_fault)
    detect(drifted, "--cache-ttl", "600").ended()
    proxy.calm()
    detect(drifted, "--cache-ttl", "600", "--role-arn", "arn:aws:iam::123456789012:role/role-0").ended()
    assert {"ec2", "iam", "s3", "sqs"} <= {request.service for request in proxy.requests}


def test_no_credential_is_in_any_file(drifted: Estate) -> None:
    """Neither key nor secret nor token of the reader is in what a scan keeps."""
    drifted.environment.setenv("AWS_SECRET_ACCESS_KEY", "very-secret-access-key")
    drifted.environment.setenv("AWS_SESSION_TOKEN", "very-secret-session-token")
    drifted.through(no_fault)
    detect(drifted, "--cache-ttl", "600").ended()
    kept = [path for path in drifted.cache.rglob("*") if path.is_file()]
    assert len(kept) >= 7
    for path in kept:
        assert b"very-secret" not in path.read_bytes()


def test_every_shard_of_the_catalog_can_be_saved(drifted: Estate) -> None:
    """What the catalog reads survives the way to the disk and back exactly, for every service without secrets."""
    proxy = drifted.through(no_fault)
    detect(drifted, "--cache-ttl", "600").ended()
    (directory,) = (drifted.cache / "shards").iterdir()
    services = {request.service for request in proxy.requests} - {"sts", "ssm", "tagging"}
    assert len(list(directory.iterdir())) >= len(services)
