"""Starting, speaking to and stopping a provider process, whatever it does."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from grpclib.client import UnaryUnaryMethod

from driftmgr.provider.errors import NotImplementedByProviderError, ProviderDiedError, ProviderError
from driftmgr.provider.handshake import parse_handshake, provider_environment
from driftmgr.provider.messages import CALLS, PROTOCOLS, method_path
from driftmgr.provider.process import Launch, ProviderProcess
from provider.conftest import FakeCloud

START = """
import asyncio, sys
from pathlib import Path
from driftmgr.provider.process import Launch, ProviderProcess

async def main():
    launch = Launch(binary=Path(sys.argv[1]), cwd=Path(sys.argv[2]), environment={"TMPDIR": sys.argv[2]}, plain=True)
    async with ProviderProcess(launch) as provider:
        print(provider.pid, flush=True)
        if sys.argv[3] == "leave":
            raise SystemExit(3)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that ended and that nobody waited for does not)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pid: int) -> None:
    """Wait up to ten seconds."""
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


async def types_of(launch: Launch) -> tuple[int, list[str], int]:
    """Protocol, resource types and process id of a provider that was started and stopped."""
    async with ProviderProcess(launch) as provider:
        answer = await provider.call("schema")
        return provider.protocol, sorted(answer.resource_schemas), provider.pid


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("tls", ["none", "p521", "rsa1024"])
def test_both_protocols_are_spoken_over_every_transport(fake: FakeCloud, protocol: int, tls: str) -> None:
    """Plain, AutoMTLS with the P-521 certificate of go-plugin, and the weak one of the Python SDK; no process stays."""
    launch = fake.launch(protocol=protocol, tls=tls, plain=tls == "none")
    spoken, types, pid = asyncio.run(types_of(launch))
    assert (spoken, types) == (protocol, ["fake_thing"])
    wait_until_gone(pid)
    assert fake.calls[-2:] == ["stop", "shutdown"]


def test_a_provider_that_serves_tls_unasked_is_spoken_to(fake: FakeCloud) -> None:
    """The certificate of the handshake decides, not what we sent."""
    assert asyncio.run(types_of(fake.launch(tls="rsa1024", plain=True)))[1] == ["fake_thing"]


def test_a_schema_of_megabytes_arrives(fake: FakeCloud) -> None:
    """The usual limit of gRPC, 4 MB, does not hold here."""

    async def size() -> int:
        async with ProviderProcess(fake.launch(fault="huge")) as provider:
            return int((await provider.call("schema")).ByteSize())

    assert asyncio.run(size()) > 6_000_000


@pytest.mark.parametrize(
    ("fault", "told", "reason"),
    [
        ("no provider", "not a Terraform provider: its first line is 'Usage", "unsupported"),
        ("ends at once", "ended before its handshake: fatal error: no such flag", "unreachable"),
        ("says nothing", "did not start within", "timeout"),
        ("protocol 4", "speaks plugin protocol 4, this engine 5 and 6", "unsupported"),
    ],
)
def test_a_bad_start_is_told_in_words(fake: FakeCloud, fault: str, told: str, reason: str) -> None:
    """What the program wrote, or that it wrote nothing in time; and the process does not stay."""
    seconds = 1.0 if fault == "says nothing" else 30.0
    with pytest.raises(ProviderError, match=told) as caught:
        asyncio.run(types_of(fake.launch(fault=fault, start_seconds=seconds)))
    assert caught.value.reason == reason
    assert not list(fake.directory.glob("dm-*"))


def test_a_missing_binary_is_told(fake: FakeCloud) -> None:
    """It ends before its handshake, with the shell's words."""
    fake.binary.unlink()
    with pytest.raises(ProviderError, match="ended before its handshake"):
        asyncio.run(types_of(fake.launch()))


def test_a_call_ends_at_its_deadline(fake: FakeCloud) -> None:
    """A call that is never answered is a timeout, and the provider can still be stopped."""
    with pytest.raises(ProviderError, match=r"did not answer schema within 0\.5 s") as caught:
        asyncio.run(types_of(fake.launch(fault="hang in schema", call_seconds=0.5)))
    assert caught.value.reason == "timeout"


def test_a_provider_that_does_not_leave_is_made_to(fake: FakeCloud) -> None:
    """After Stop and Shutdown comes the end of its process group."""

    async def stopped() -> int:
        launch = msgspec.structs.replace(fake.launch(fault="does not leave"), stop_seconds=0.5)
        async with ProviderProcess(launch) as provider:
            return provider.pid

    wait_until_gone(asyncio.run(stopped()))


def test_a_death_is_told_with_the_last_words(fake: FakeCloud) -> None:
    """The process was killed from outside: the call says so instead of hanging."""

    async def killed() -> None:
        async with ProviderProcess(fake.launch()) as provider:
            os.kill(provider.pid, signal.SIGKILL)
            await provider.call("schema")

    with pytest.raises(ProviderDiedError, match="ended during schema"):
        asyncio.run(killed())


def test_a_lost_connection_is_a_death(fake: FakeCloud) -> None:
    """Nobody connects again to a provider that hung up: it may be about to end, or have lost its configuration."""

    async def hung_up() -> int:
        async with ProviderProcess(fake.launch(fault="hang up in schema")) as provider:
            for _ in range(2):
                with pytest.raises(ProviderDiedError, match="ended during schema"):
                    await provider.call("schema")
            return provider.pid

    wait_until_gone(asyncio.run(hung_up()))
    assert [call for call in fake.calls if call != "stdio"] == ["schema"]


@pytest.mark.parametrize("dies", [True, False])
def test_errors_of_the_library_are_deaths_of_a_dead_provider_alone(
    fake: FakeCloud, monkeypatch: pytest.MonkeyPatch, *, dies: bool
) -> None:
    """The library takes a closed connection apart, and raises anything: that is a death, and a bug is still a bug."""
    pids: list[int] = []

    async def broken(*_: object, **__: object) -> None:
        if dies:
            os.kill(pids[0], signal.SIGKILL)
            await asyncio.sleep(0.2)
        raise AttributeError("_transport")

    async def called() -> None:
        async with ProviderProcess(fake.launch()) as provider:
            pids.append(provider.pid)
            with monkeypatch.context() as patched:
                patched.setattr(UnaryUnaryMethod, "__call__", broken)
                await provider.call("schema")

    with pytest.raises(ProviderDiedError if dies else AttributeError):
        asyncio.run(called())
    wait_until_gone(pids[0])


def test_an_unknown_call_is_no_failure_of_the_provider(fake: FakeCloud) -> None:
    """A provider older than a call answers UNIMPLEMENTED, which has an error of its own."""
    with pytest.raises(NotImplementedByProviderError, match="does not know schema"):
        asyncio.run(types_of(fake.launch(fault="no schema")))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_no_provider_outlives_us(fake: FakeCloud, end: int | None) -> None:
    """Killed, told to stop, interrupted or left by an exception: the provider ends too, and its folder is gone."""
    way = "leave" if end is None else "stay"
    program = [sys.executable, "-c", START, str(fake.binary), str(fake.directory), way]
    environment = {**fake.environment(), "TMPDIR": str(fake.directory)}
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    ) as ours:
        assert ours.stdout is not None
        pid = int(ours.stdout.readline())
        if end is not None:
            assert is_alive(pid)
            ours.send_signal(end)
        ours.wait(20)
    wait_until_gone(pid)
    deadline = time.monotonic() + 5
    while list(fake.directory.glob("dm-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not list(fake.directory.glob("dm-*"))


def test_nothing_in_the_table_of_calls_changes_anything() -> None:
    """ApplyResourceChange, and every other call that writes, is in neither protocol's table."""
    named = {method_path(protocol, call).rpartition("/")[2] for protocol in PROTOCOLS for call in CALLS}
    assert named == {
        "GetSchema",
        "GetProviderSchema",
        "GetResourceIdentitySchemas",
        "PrepareProviderConfig",
        "ValidateProviderConfig",
        "Configure",
        "ConfigureProvider",
        "UpgradeResourceState",
        "UpgradeResourceIdentity",
        "ImportResourceState",
        "ReadResource",
        "ReadDataSource",
        "PlanResourceChange",
        "ListResource",
        "Stop",
        "StopProvider",
    }


@pytest.mark.parametrize(
    "line", ["", "1|6|unix", "2|6|unix|/s|grpc|", "1|6|tcp|127.0.0.1:1|grpc|", "1|6|unix|/s|netrpc|"]
)
def test_other_handshakes_are_refused(line: str) -> None:
    """Another core version, transport or format is an error, never a guess."""
    with pytest.raises(ProviderError):
        parse_handshake(line)


def test_a_provider_sees_the_cloud_credentials_and_no_leftovers(tmp_path: Path) -> None:
    """What would attach it elsewhere or change Terraform's arguments is taken out of its environment."""
    base: dict[str, Any] = {
        "AWS_PROFILE": "shop",
        "TF_REATTACH_PROVIDERS": "{}",
        "PLUGIN_CLIENT_CERT": "old",
        "TF_CLI_ARGS_plan": "-x",
    }
    seen = provider_environment(base, tmp_path, None)
    assert seen["AWS_PROFILE"] == "shop"
    assert not {"TF_REATTACH_PROVIDERS", "PLUGIN_CLIENT_CERT", "TF_CLI_ARGS_plan"} & seen.keys()
    assert provider_environment(base, tmp_path, "new")["PLUGIN_CLIENT_CERT"] == "new"
