"""Logs."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from driftmgr.telemetry import logs
from driftmgr.telemetry.logs import Logger, configure, context


@pytest.fixture(autouse=True)
def default_again() -> Iterator[None]:
    """Leave the configuration as other tests expect it."""
    yield
    configure()


def lines(text: str) -> list[dict[str, Any]]:
    """The JSON lines of an output."""
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object per line with time, level and event, on standard error; standard output stays clean."""
    configure("info", "json")
    Logger("test").info("retry", operation="sqs.list_queues", waited=1.5)
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = lines(err)
    assert line["event"] == "retry"
    assert (line["level"], line["component"], line["operation"], line["waited"]) == (
        "info",
        "test",
        "sqs.list_queues",
        1.5,
    )
    assert line["timestamp"].endswith("Z")


def test_only_warnings_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Without configuration a program is quiet about what goes well."""
    configure(form="json")
    Logger("test").info("retry")
    Logger("test").warning("circuit breaker")
    assert [line["event"] for line in lines(capsys.readouterr().err)] == ["circuit breaker"]


def test_context_is_on_every_line_inside(capsys: pytest.CaptureFixture[str]) -> None:
    """Scan and scope are told by whoever opened them, and end with the block."""
    configure("info", "json")
    with context(scan="s1"):
        with context(scope="aws/1/eu"):
            Logger("a").info("inner")
        Logger("b").info("outer")
    Logger("c").info("after")
    found = lines(capsys.readouterr().err)
    assert [(line.get("scan"), line.get("scope")) for line in found] == [("s1", "aws/1/eu"), ("s1", None), (None, None)]


def test_secrets_are_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither keys nor messages nor tracebacks carry a credential."""
    configure("info", "json")
    try:
        int("bad key AKIAIOSFODNN7EXAMPLE")
    except ValueError:
        Logger("t").error("failed", exc_info=True, password="hunter2", headers={"Authorization": "Bearer abc"})
    err = capsys.readouterr().err
    assert "ValueError" in err
    for secret in ("AKIAIOSFODNN7EXAMPLE", "hunter2", "Bearer abc"):
        assert secret not in err


def test_console_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """The console form is readable text without escape codes, redacted like the other."""
    configure("info", "console")
    Logger("t").info("retry", token="abc")
    err = capsys.readouterr().err
    assert "retry" in err
    assert "abc" not in err
    assert "\x1b" not in err


def test_a_file_is_private_and_rotates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log file is readable by its owner only, starts anew when full, and every line is whole."""
    monkeypatch.setattr(logs, "_BYTES_PER_FILE", 2_000)
    path = tmp_path / "logs" / "driftmgr.log"
    configure("info", file=path)
    for number in range(60):
        Logger("t").info("line", number=number, percent="100%s")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files = sorted(path.parent.iterdir())
    assert len(files) > 1
    found = [line["number"] for file in files for line in lines(file.read_text())]
    assert set(range(50, 60)) <= set(found)
    assert capsys.readouterr().err == ""


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Logs that were asked for and go nowhere are not passed over."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(OSError, match="taken"):
        configure(file=tmp_path / "taken" / "x.log")


def test_a_quiet_program_does_not_pay_for_logs() -> None:
    """Lines below the level cost a comparison: structlog is not even imported, until one is written."""
    program = (
        "import sys\nfrom driftmgr.telemetry.logs import Logger, context\n"
        "with context(scan='s'):\n    Logger('t').info('retry')\n"
        "print('structlog' in sys.modules)\nLogger('t').error('x')\nprint('structlog' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "False\nTrue\n"
    assert json.loads(done.stderr)["event"] == "x"
