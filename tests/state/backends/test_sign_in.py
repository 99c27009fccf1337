"""Signing in to Azure and Google Cloud: which of Terraform's ways is taken, and with what."""

import functools
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from driftmgr.runtime.http import HttpAnswer
from driftmgr.state import StateError
from driftmgr.state.backends import azurerm_sign_in, gcs_sign_in
from driftmgr.state.backends.arguments import Arguments

LOGIN = "https://login.example"
PRINCIPAL = {"ARM_TENANT_ID": "tenant", "ARM_CLIENT_ID": "app"}


class Answers:
    """Stands in for whatever is asked: an answer for each address, and what it was asked."""

    label = "state"

    def __init__(self, **answers: Any) -> None:
        self.asked: list[tuple[str, str, bytes | None, str]] = []
        self._answers = answers

    def ask(  # as the server's
        self, operation: str, method: str, url: str, headers: Any = None, body: bytes | None = None, accepted: Any = ()
    ) -> HttpAnswer:
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        self.asked.append((method, url, body, sent.get("authorization", "")))
        document = next(answer for part, answer in self._answers.items() if part in url)
        return HttpAnswer(status=200, headers={}, body=json.dumps(document).encode())


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """The credentials of azure-identity that were made, in place of making them."""
    made: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
    for way in (
        "AzureCliCredential",
        "AzurePipelinesCredential",
        "CertificateCredential",
        "ClientAssertionCredential",
        "ClientSecretCredential",
        "ManagedIdentityCredential",
        "WorkloadIdentityCredential",
    ):
        monkeypatch.setattr(f"azure.identity.{way}", functools.partial(_note, made, way))
    return made


def _note(made: list[Any], way: str, *given: Any, **named: Any) -> str:
    made.append((way, given, named))
    return way


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({}, "AzureCliCredential"),
        ({"ARM_USE_MSI": "true", "ARM_CLIENT_ID": "app"}, "ManagedIdentityCredential"),
        ({**PRINCIPAL, "ARM_CLIENT_SECRET": "s"}, "ClientSecretCredential"),
        ({**PRINCIPAL, "ARM_CLIENT_CERTIFICATE_PATH": "x.pfx", "ARM_CLIENT_SECRET": "s"}, "CertificateCredential"),
        ({**PRINCIPAL, "ARM_CLIENT_CERTIFICATE": b64encode(b"x").decode()}, "CertificateCredential"),
        ({**PRINCIPAL, "ARM_OIDC_TOKEN": "t"}, "AzureCliCredential"),
        ({**PRINCIPAL, "ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN": "t"}, "ClientAssertionCredential"),
        (
            {
                **PRINCIPAL,
                "ARM_USE_OIDC": "true",
                "SYSTEM_ACCESSTOKEN": "t",
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "c",
            },
            "AzurePipelinesCredential",
        ),
        (
            {
                "ARM_USE_AKS_WORKLOAD_IDENTITY": "true",
                "AZURE_TENANT_ID": "tenant",
                "AZURE_CLIENT_ID": "app",
                "AZURE_FEDERATED_TOKEN_FILE": "f",
            },
            "WorkloadIdentityCredential",
        ),
    ],
)
def test_azure_is_signed_in_to_as_terraform_does(
    chosen: list[tuple[str, tuple[Any, ...], dict[str, Any]]], environment: dict[str, str], way: str
) -> None:
    """The first of Terraform's ways that is configured is taken, for the tenant and client that are named."""
    server: Any = Answers()
    azurerm_sign_in.signed_in(Arguments("azurerm", {}, environment), LOGIN, server)
    ((name, given, named),) = chosen
    assert name == way
    if way not in {"AzureCliCredential", "ManagedIdentityCredential"}:
        assert (named.get("tenant_id") or given[0], named.get("client_id") or given[1]) == ("tenant", "app")
        assert named["authority"] == LOGIN


def test_a_pipeline_of_github_gives_the_token(chosen: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> None:
    """The pipeline is asked for a token for Entra ID, over https only."""
    server: Any = Answers(**{"token.actions": {"value": "of-github"}})
    asked_at = "https://token.actions.example/x?api-version=2"
    environment = {**PRINCIPAL, "ARM_USE_OIDC": "true", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer"}
    arguments = Arguments("azurerm", {}, {**environment, "ACTIONS_ID_TOKEN_REQUEST_URL": asked_at})
    azurerm_sign_in.signed_in(arguments, LOGIN, server)
    assert chosen[0][1][2]() == "of-github"
    assert server.asked == [("GET", f"{asked_at}&audience=api%3A%2F%2FAzureADTokenExchange", None, "Bearer bearer")]
    plain = Arguments("azurerm", {}, {**environment, "ACTIONS_ID_TOKEN_REQUEST_URL": "http://token.actions.example"})
    azurerm_sign_in.signed_in(plain, LOGIN, server)
    with pytest.raises(ValueError, match="not https"):
        chosen[1][1][2]()


def test_secrets_come_from_files_too(chosen: list[tuple[str, tuple[Any, ...], dict[str, Any]]], tmp_path: Path) -> None:
    """``ARM_CLIENT_SECRET_FILE_PATH`` and its like are read; one that is not there is named."""
    (tmp_path / "secret").write_text("of-file\n")
    environment = {**PRINCIPAL, "ARM_CLIENT_SECRET_FILE_PATH": str(tmp_path / "secret")}
    server: Any = Answers()
    azurerm_sign_in.signed_in(Arguments("azurerm", {}, environment), LOGIN, server)
    assert chosen[0][1] == ("tenant", "app", "of-file")
    missing = {**PRINCIPAL, "ARM_CLIENT_SECRET_FILE_PATH": str(tmp_path / "gone")}
    with pytest.raises(StateError, match=r"gone cannot be read"):
        azurerm_sign_in.signed_in(Arguments("azurerm", {}, missing), LOGIN, server)
    with pytest.raises(StateError, match="no way of signing in"):
        azurerm_sign_in.signed_in(Arguments("azurerm", {"use_cli": False}, {}), LOGIN, server)


def test_a_sign_in_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure's refusal is one line, with what to check."""
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415  # an optional dependency

    class Refused:
        def __init__(self, *given: Any, **named: Any) -> None:
            """Whatever it is given."""

        def get_token(self, scope: str) -> Any:
            raise ClientAuthenticationError("AADSTS7000215: Invalid client secret\nTrace ID: x")

    monkeypatch.setattr("azure.identity.ClientSecretCredential", Refused)
    server: Any = Answers()
    arguments = Arguments("azurerm", {}, {**PRINCIPAL, "ARM_CLIENT_SECRET": "s3cret"})
    token = azurerm_sign_in.signed_in(arguments, LOGIN, server)
    with pytest.raises(StateError, match=r"Invalid client secret$") as caught:
        token("scope")
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


USER = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


def test_google_is_signed_in_to_as_a_user() -> None:
    """What ``gcloud auth application-default login`` leaves is exchanged for a token."""
    server: Any = Answers(**{"oauth2.googleapis.com": {"access_token": "of-google", "expires_in": 3600}})
    token = gcs_sign_in.signed_in(Arguments("gcs", {"credentials": json.dumps(USER)}, {}), server)
    assert token() == token() == "of-google"
    assert len(server.asked) == 1


def test_google_service_accounts_are_impersonated() -> None:
    """``impersonate_service_account`` exchanges the token at hand for one of that account, through its delegates."""
    named = {"accessToken": "of-target", "expireTime": "2100-01-01T00:00:00Z"}
    server: Any = Answers(iamcredentials=named)
    settings = {
        "access_token": "at-hand",
        "impersonate_service_account": "state@p.iam.gserviceaccount.com",
        "impersonate_service_account_delegates": ["between@p.iam.gserviceaccount.com"],
    }
    assert gcs_sign_in.signed_in(Arguments("gcs", settings, {}), server)() == "of-target"
    ((method, url, body, bearer),) = server.asked
    assert (method, bearer) == ("POST", "Bearer at-hand")
    assert url.endswith("serviceAccounts/state@p.iam.gserviceaccount.com:generateAccessToken")
    asked = json.loads(body or b"")
    assert asked["delegates"] == ["projects/-/serviceAccounts/between@p.iam.gserviceaccount.com"]
    assert asked["scope"] == ["https://www.googleapis.com/auth/devstorage.read_write"]


def test_google_credentials_that_are_none_are_named() -> None:
    """Another kind, one that lacks a part, no JSON: each is told, and no secret with it."""
    server: Any = Answers()
    for document, message in (
        ({"type": "gdch_service_account"}, "of type gdch_service_account"),
        ({"type": "service_account", "private_key": "s3cret"}, "signing in to Google Cloud failed"),
        ({}, "neither JSON nor a file"),
    ):
        with pytest.raises(StateError, match=message) as caught:
            gcs_sign_in.signed_in(Arguments("gcs", {"credentials": json.dumps(document)}, {}), server)
        assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"
