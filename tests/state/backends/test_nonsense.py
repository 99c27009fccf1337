"""Servers that answer what no server of the backend would: a message, never a traceback."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from driftmgr.state import StateError
from driftmgr.state.backends import open_backend
from driftmgr.state.backends.protocol import LockInfo, StateBackend
from state.backends.web import Answer, Certificates, access, serving

STATE = b'{"version":4,"serial":1,"lineage":"a"}'
SETTINGS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "cloud": lambda _, host: {
        "hostname": host,
        "organization": "acme",
        "token": "t",
        "workspaces": {"name": "web"},
    },
    "consul": lambda _, host: {"address": host, "path": "web"},
    "gcs": lambda url, _: {"bucket": "b", "access_token": "t", "storage_custom_endpoint": f"{url}/storage/v1"},
    "kubernetes": lambda url, _: {"host": url, "token": "t", "secret_suffix": "web"},
}
NONSENSE = (
    b"",
    b"<html>",
    b"null",
    b"[]",
    b"{}",
    b'{"data":[],"items":1,"metadata":[],"tfe.v2":"/x/"}',
    b'{"data":{"attributes":null},"items":[1],"ID":null,"generation":[],"tfe.v2":"/x/"}',
    b'{"data":{"id":1,"attributes":{}},"items":[{"metadata":{}}],"ID":"x","tfe.v2":"/x/"}',
    b'[{"Value":"?","Session":1}]',
    b"[" * 5000,
    b"\xff\xfe",
)


@pytest.mark.parametrize("kind", SETTINGS)
def test_nonsense_is_told_as_such(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes back, each call ends with an answer or an error of ours."""
    tls = None
    if kind == "cloud":  # there is no other way than TLS to it
        pem = Certificates()
        (tmp_path / "authority.pem").write_text(pem.authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        tls = pem.context(tmp_path)
    monkeypatch.setattr("driftmgr.state.backends.tfe.time.sleep", lambda _: None)
    told: list[str] = []
    said = [b""]
    with serving(lambda _: Answer(body=said[0]), tls) as server:
        for said[0] in NONSENSE:
            backend = open_backend(kind, SETTINGS[kind](server.url, server.host), "default", access())
            for call in calls(backend):
                try:
                    call()
                except StateError as error:
                    told.append(error.message)
    assert len(told) > len(NONSENSE)
    assert all(told)


def calls(backend: StateBackend) -> tuple[Callable[[], object], ...]:
    """Everything that a backend can be asked."""
    lock = LockInfo.new("push", "")
    return (
        backend.read,
        backend.holder,
        backend.workspaces,
        lambda: backend.write(STATE),
        lambda: backend.lock(lock),
        lambda: backend.unlock(lock.id),
    )
