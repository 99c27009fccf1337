"""What a scan tells about itself: spans to a receiver, metrics to a scrape, lines to a log, events to the trail."""

import json
import re
import signal
import urllib.request

from driftmgr.telemetry.audit import AuditTrail
from driftmgr.telemetry.metrics import INSTRUMENTS
from driftmgr.telemetry.traces import SPANS
from faults.command import Command
from faults.conftest import Estate
from faults.proxy import Bad, first_of, no_fault, throttle
from telemetry.otlp import Receiver


def detect(drifted: Estate, *more: object) -> Command:
    """The command on the estate, with a JSON report."""
    return Command("detect", drifted.state, "--region", "us-east-1", "-o", "json", *(str(one) for one in more))


def some_are_read(drifted: Estate) -> bool:
    """Whether a shard has been read to its end."""
    return any((drifted.cache / "shards").rglob("*.shard"))


def test_every_span_arrives_in_one_trace(drifted: Estate) -> None:
    """A scan's spans reach an OTLP receiver: all kinds, one trace, each inside the one it belongs to."""
    drifted.through(no_fault)
    with Receiver() as receiver:
        drifted.environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        drifted.environment.setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        ended = detect(drifted, "--trace", "otlp").ended()
    assert ended.code == 2
    names = {one.span_id: one.name for one in receiver.spans}
    assert set(names.values()) == set(SPANS)
    assert {one.trace_id.hex() for one in receiver.spans} == {"0af7651916cd43dd8448eb211c80319c"}
    inside = {(one.name, names.get(one.parent_span_id)) for one in receiver.spans}
    assert inside == {
        ("driftmgr.command", None),
        ("driftmgr.scan", "driftmgr.command"),
        ("driftmgr.report", "driftmgr.command"),
        ("driftmgr.state_read", "driftmgr.scan"),
        ("driftmgr.compare", "driftmgr.scan"),
        ("driftmgr.scope", "driftmgr.scan"),
        ("driftmgr.call", "driftmgr.scope"),
    }
    calls = [one for one in receiver.spans if one.name == "driftmgr.call"]
    operations = {two.value.string_value for one in calls for two in one.attributes if two.key == "driftmgr.operation"}
    assert {"sqs.list_queues", "s3.list_buckets"} <= operations


def test_metrics_tell_what_happened(drifted: Estate) -> None:
    """The textfile of a scan with faults counts its requests by outcome, its retries, findings and resources."""
    drifted.through(first_of("sqs", throttle, lambda _: Bad(what="reset")))
    file = drifted.cache.parent / "driftmgr.prom"
    assert detect(drifted, "--metrics-file", file).ended().code == 2
    text = file.read_text()

    def value(pattern: str) -> float:
        return sum(float(found) for found in re.findall(rf"^{pattern} (\S+)$", text, re.MULTILINE))

    assert value(r'driftmgr_api_requests_total\{.*outcome="throttle".*service="sqs"\}') == 1
    assert value(r'driftmgr_api_requests_total\{.*outcome="transient".*service="sqs"\}') == 1
    assert value(r"driftmgr_api_retries_total\{.*\}") == 2
    assert value(r'driftmgr_drifts_found_total\{kind="missing",severity="\w+"\}') == 2
    assert value(r'driftmgr_resources_discovered_total\{type="aws_sqs_queue"\}') == 7
    assert value(r'driftmgr_scans_total\{outcome="complete"\}') == 1
    assert value(r"driftmgr_scan_seconds_count") == 1
    assert value(r"driftmgr_disk_free_bytes\{.*\}") > 0
    for instrument in INSTRUMENTS:
        assert f"# HELP {instrument.name}" in text


def test_metrics_are_scraped_during_a_scan(drifted: Estate) -> None:
    """While a scan runs its metrics are answered on the port that it names."""
    drifted.through(lambda request: Bad(what="late", seconds=300) if request.service == "sqs" else None)
    running = detect(drifted, "--metrics-port", "0").when(lambda: some_are_read(drifted))
    port = running.first_error_line().rsplit(":", 1)[1].split("/")[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert 'driftmgr_api_requests_total{account="123456789012",outcome="ok"' in text
    assert running.signal(signal.SIGINT).ended(10).code == 130


def test_log_lines_belong_to_their_scan_and_scope(drifted: Estate) -> None:
    """Every line about a retry names scan, scope and operation; standard output stays a report."""
    drifted.through(first_of("ssm", throttle))
    ended = detect(drifted, "--log-level", "info").ended()
    assert ended.report["gaps"] == []
    retries = [line for line in map(json.loads, ended.err.splitlines()) if line["event"] == "retry"]
    assert [(line["kind"], line["scope"], line["service"]) for line in retries] == [
        ("throttle", "aws/123456789012/us-east-1", "ssm")
    ]
    assert retries[0]["scan"] == json.loads(ended.out)["scan"]["id"]
    assert retries[0]["operation"].startswith("ssm.")


def test_the_audit_trail_tells_of_every_scan(drifted: Estate) -> None:
    """Begin and end of each scan, whole or interrupted, and never a secret."""
    trail = drifted.cache.parent / "audit.jsonl"
    drifted.environment.setenv("DRIFTMGR_AUDIT", str(trail))
    drifted.through(no_fault)
    detect(drifted).ended()
    drifted.through(lambda request: Bad(what="late", seconds=300) if request.service == "sqs" else None)
    detect(drifted).when(lambda: some_are_read(drifted)).signal(signal.SIGINT).ended(10)
    lines = list(AuditTrail(trail).lines())
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("scan", "started"),
        ("scan", "complete"),
        ("scan", "started"),
        ("scan", "interrupted"),
    ]
    assert lines[1]["detail"]["summary"]["missing"] == 2
    assert AuditTrail(trail).verify().problems == ()


def test_telemetry_that_cannot_be_had_is_said_before_the_scan(drifted: Estate) -> None:
    """A port in use, a log or a trail that cannot be written: an error at once, not a scan without it."""
    proxy = drifted.through(no_fault)
    taken = drifted.cache.parent / "taken"
    taken.write_text("")
    port = proxy.url.rsplit(":", 1)[1]
    for options in (("--metrics-port", port), ("--log-file", taken / "x.log")):
        ended = detect(drifted, *options).ended()
        assert (ended.code, ended.out) == (1, "")
        assert "error: telemetry" in ended.err
    drifted.environment.setenv("DRIFTMGR_AUDIT", str(taken / "audit.jsonl"))
    assert "audit trail cannot be written" in detect(drifted).ended().err
    assert proxy.requests == []
