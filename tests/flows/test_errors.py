"""What goes wrong for a user: one line that says what, one that says what to do, exit code 1, never a traceback."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.emulator import Emulator, inherited_environment
from flows.command import Ran
from flows.conftest import Run
from flows.proxy import Proxy

DRIFTMGR = str(Path(sys.executable).with_name("driftmgr"))
EMPTY = json.dumps({"version": 4, "serial": 1, "lineage": "x", "resources": []})


def assert_told(ran: Ran, error: str, hint: str) -> None:
    """Exit code 1, nothing on standard output, an error and a hint on standard error."""
    assert (ran.code, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert len(lines) == 2, ran.err
    assert lines[0].startswith("error: ")
    assert error in lines[0]
    assert lines[1].startswith("hint: ")
    assert hint in lines[1]


STATES = {
    "an empty file": ("", "the file is empty", "backup"),
    "a file that was cut off": (EMPTY[:-4], "not valid JSON", "cut off"),
    "a file that is no JSON": ('resource "aws_vpc" "x" {}', "does not begin with {", "not a configuration"),
    "JSON that is no state": ('{"a": 1}', "no format version", "terraform state pull"),
    "a state of Terraform 0.11": ('{"version": 3, "modules": []}', "before Terraform 0.12", "upgrade it"),
    "a state of the future": ('{"version": 5}', "newer than we know", "upgrade driftmgr"),
    "an encrypted state": (
        '{"serial":1,"lineage":"x","meta":{},"encrypted_data":"abc","encryption_version":"v0"}',
        "encrypted by OpenTofu",
        "tofu state pull",
    ),
    "a Git LFS pointer": ("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer", "git lfs pull"),
    "a page of a proxy": ("<html>", "a web page", "credentials"),
    "the record of a backend": ('{"version":3,"backend":{"type":"s3"}}', "the record of a backend", "directory"),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_that_cannot_be_read_says_why(run: Run, folder: Path, case: str) -> None:
    """Every kind of unreadable state is an error that names the file, the cause and the way out."""
    text, error, hint = STATES[case]
    (folder / "a.tfstate").write_text(text)
    ran = run("detect", "a.tfstate")
    assert_told(ran, error, hint)
    assert "a.tfstate" in ran.err


def test_a_compressed_state_is_recognised(run: Run, folder: Path) -> None:
    """A gzip file is told apart from broken JSON."""
    (folder / "a.tfstate").write_bytes(b"\x1f\x8b\x08\x00rest")
    assert_told(run("detect", "a.tfstate"), "compressed with gzip", "gunzip")


@pytest.mark.parametrize(
    ("argument", "error", "hint"),
    [
        ("nothing.tfstate", "nothing.tfstate: no such file", "check the path"),
        ("*.tfstate", "*.tfstate: no file matches", "quote the pattern"),
        (".", "neither a state nor a Terraform working directory", "driftmgr detect PATH"),
        ("s3://bucket", "not the address of a state", "s3://BUCKET/KEY"),
        ("ftp://me:secret@host/key", "ftp://host/key: addresses of this kind cannot be read", "terraform state pull"),
    ],
)
def test_a_source_without_a_state_says_what_was_looked_for(
    run: Run, folder: Path, argument: str, error: str, hint: str
) -> None:
    """A path, pattern, directory or address that leads to no state is an error that says how to name one."""
    assert_told(run("detect", argument), error, hint)


def test_a_file_without_permission_says_so(run: Run, folder: Path) -> None:
    """A state that this user may not read is an error that names it."""
    path = folder / "secret.tfstate"
    path.write_text(EMPTY)
    path.chmod(0)
    if os.access(path, os.R_OK):
        # Root reads everything; a file that is a socket nobody can open stands in for it.
        path.unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("secret.tfstate")
            assert_told(run("detect", "secret.tfstate"), "secret.tfstate cannot be read", "permissions")
    else:
        assert_told(run("detect", "secret.tfstate"), "secret.tfstate cannot be read", "permissions")


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("--type", "aws_sqs_queu"), "resource type aws_sqs_queu: no such type", "did you mean aws_sqs_queue"),
        (("--type", "aws_zzz_*"), "no resource type matches aws_zzz_*", "catalog types"),
        (("--type", "aws_lightsail_bucket"), "the catalog has no entry for it yet", ""),
        (("--type", "digitalocean_gradientai_indexing_job_cancel"), "no entry for it: a deed, no object", ""),
        (("--accept-gaps", "anything"), "no such gap reason: anything", "unsupported"),
        (("--role-arn", "admin"), "not the ARN of a role: admin", "arn:aws:iam::"),
        (("-o", "yaml"), "no such output: yaml", "table, json, markdown"),
        (("-o", "json="), "no such output: json=", "with =FILE"),
        (("-o", "json", "-o", "table"), "two outputs for the same terminal", "-o json=FILE"),
        (("-o", "json=no/such/folder.json"), "the folder does not exist", "mkdir -p no/such"),
        (("--profile", "nobody"), "AWS profile 'nobody' not found", "list-profiles"),
        (("--dry-run", "-o", "markdown"), "no markdown form", "-o json"),
    ],
)
def test_an_option_that_makes_no_sense_says_what_would(
    cloud: Emulator, run: Run, folder: Path, arguments: tuple[str, ...], error: str, hint: str
) -> None:
    """A wrong value of an option is an error that shows right ones, before anything is scanned."""
    (folder / "a.tfstate").write_text(EMPTY)
    assert_told(run("detect", "a.tfstate", *arguments), error, hint)


def test_an_unknown_option_is_no_drift(run: Run) -> None:
    """What click itself refuses ends with 1 too: 2 is for drift alone."""
    ran = run("detect", "--no-such-option")
    assert ran.code == 1
    assert "No such option" in ran.err


def test_without_credentials_the_ways_to_sign_in_are_named(
    cloud: Emulator, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No credentials is an error that says how to give some."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    (folder / "a.tfstate").write_text(EMPTY)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert_told(run("detect", "a.tfstate"), "no AWS credentials found", "AWS_PROFILE")


@pytest.mark.parametrize(
    ("code", "error", "hint"),
    [
        ("ExpiredToken", "the token has expired", "sign in again"),
        ("InvalidClientTokenId", "AWS refused", "check the access key"),
        ("SignatureDoesNotMatch", "AWS refused", "the clock of this machine"),
    ],
)
def test_a_refused_sign_in_says_why(proxy: Proxy, run: Run, folder: Path, code: str, error: str, hint: str) -> None:
    """An expired token or a wrong key is told apart and says what to do."""
    (folder / "a.tfstate").write_text(EMPTY)
    proxy.refusals["GetCallerIdentity"] = (403, code)
    assert_told(run("detect", "a.tfstate"), error, hint)


def test_a_role_that_cannot_be_assumed_is_named(proxy: Proxy, run: Run, folder: Path) -> None:
    """A refused AssumeRole names the role and its trust policy."""
    (folder / "a.tfstate").write_text(EMPTY)
    proxy.refusals["AssumeRole"] = (403, "AccessDenied")
    role = "arn:aws:iam::111122223333:role/reader"
    assert_told(run("detect", "a.tfstate", "--role-arn", role), f"role {role}: AWS refused", "trust policy")


def test_an_account_nobody_signs_in_to_is_no_empty_account(cloud: Emulator, run: Run, folder: Path) -> None:
    """--account without credentials for it is an error that asks for a role."""
    (folder / "a.tfstate").write_text(EMPTY)
    ran = run("detect", "a.tfstate", "--account", "999999999999")
    assert_told(ran, "no credentials for AWS account 999999999999", "--role-arn arn:aws:iam::999999999999:role/NAME")


def test_an_unreachable_cloud_is_an_error(
    cloud: Emulator, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing answers at the endpoint, network and proxy are named."""
    (folder / "a.tfstate").write_text(EMPTY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert_told(run("detect", "a.tfstate"), "cannot be reached", "check the network")


def test_a_defect_shows_its_traceback_only_with_debug(
    cloud: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error is one line, with --debug (before or after the command) the traceback too; both end with 1."""
    environment = {**inherited_environment(), **cloud.environment}
    for arguments in (["detect", "x"], ["--debug", "detect", "x"], ["detect", "--debug", "x"]):
        done = subprocess.run(
            [DRIFTMGR, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) == ("--debug" in arguments)


def test_a_reader_that_goes_away_is_no_error_to_talk_about(cloud: Emulator, folder: Path) -> None:
    """A closed pipe (``driftmgr ... | head``) ends the command without a word on standard error."""
    command = [DRIFTMGR, "catalog", "permissions"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        told = running.stderr.read()
    assert running.returncode == 1
    assert told == ""


def test_an_interrupt_ends_at_once_without_a_traceback(proxy: Proxy, folder: Path) -> None:
    """Ctrl-C while AWS keeps silent ends with 130 and what is known, long before the request would."""
    (folder / "a.tfstate").write_text(EMPTY)
    proxy.silent.add("ListQueues")
    environment = {**os.environ, **inherited_environment()}
    command = [DRIFTMGR, "detect", "a.tfstate"]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert proxy.asked_in_vain.wait(60)
        running.send_signal(signal.SIGINT)
        out, told = running.communicate(timeout=20)
    assert (running.returncode, told) == (130, "")
    assert out.startswith("The scan was interrupted: no drift in what was looked at until then\nIncomplete: ")
