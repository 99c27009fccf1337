"""Sign in to Entra ID as Terraform's azurerm backend does, through the library azure-identity.

https://developer.hashicorp.com/terraform/language/backend/azurerm#authentication
"""

from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.backends.azurerm_access import Token

_AUDIENCE = "api://AzureADTokenExchange"
_ADO_CONNECTION = ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")
_REQUEST_TOKEN = ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")
_REQUEST_URL = ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI")


def signed_in(arguments: Arguments, login: str, server: Server) -> "Token":
    """A function from a scope to a token of it; both raise ``StateError``."""
    try:
        import azure.identity  # noqa: PLC0415, F401  # an optional dependency
        from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415  # the same
    except ImportError as error:
        raise StateError(
            "signing in to Azure needs azure-identity",
            hint="pip install 'driftmgr[azurerm]', or set ARM_ACCESS_KEY or ARM_SAS_TOKEN",
        ) from error
    try:
        credential = _credential(arguments, login, server)
    except ValueError as error:
        raise StateError(f"signing in to Azure: {error}", hint="check tenant, client and its secret") from error

    def token(scope: str) -> str:
        try:
            return str(credential.get_token(scope).token)
        except (ClientAuthenticationError, OSError, ValueError) as error:
            first = str(error).strip().partition("\n")[0]
            raise StateError(
                f"signing in to Azure failed: {first}", hint="check the ARM_* variables, or: az login"
            ) from error

    return token


def _credential(arguments: Arguments, login: str, server: Server) -> Any:
    """The first of Terraform's ways that is configured: certificate, secret, OpenID Connect, identity, CLI."""
    from azure import identity  # noqa: PLC0415  # an optional dependency

    tenant = _id(arguments, "tenant_id", "ARM_TENANT_ID", "AZURE_TENANT_ID")
    client = _id(arguments, "client_id", "ARM_CLIENT_ID", "AZURE_CLIENT_ID")
    certificate = arguments.text("client_certificate", "ARM_CLIENT_CERTIFICATE")
    path = arguments.text("client_certificate_path", "ARM_CLIENT_CERTIFICATE_PATH")
    if client and tenant and (certificate or path):
        return identity.CertificateCredential(
            tenant,
            client,
            path or None,
            certificate_data=b64decode(certificate) if certificate and not path else None,
            password=arguments.text("client_certificate_password", "ARM_CLIENT_CERTIFICATE_PASSWORD") or None,
            authority=login,
        )
    secret = _from_file(arguments, "client_secret", "ARM_CLIENT_SECRET")
    if client and tenant and secret:
        return identity.ClientSecretCredential(tenant, client, secret, authority=login)
    if client and tenant and (federated := _federated(arguments, tenant, client, login, server)):
        return federated
    if arguments.flag("use_msi", "ARM_USE_MSI"):
        return identity.ManagedIdentityCredential(client_id=client or None)
    if arguments.flag("use_cli", "ARM_USE_CLI", default=True):
        return identity.AzureCliCredential(tenant_id=tenant)
    raise ValueError("no way of signing in is configured")


def _federated(arguments: Arguments, tenant: str, client: str, login: str, server: Server) -> Any:
    """OpenID Connect: a token at hand, one that the pipeline gives, or the workload identity of AKS."""
    from azure import identity  # noqa: PLC0415  # an optional dependency

    on_aks = arguments.flag("use_aks_workload_identity", "ARM_USE_AKS_WORKLOAD_IDENTITY")
    if not (on_aks or arguments.flag("use_oidc", "ARM_USE_OIDC")):
        return None
    if on_aks and (path := arguments.variable("AZURE_FEDERATED_TOKEN_FILE")):
        return identity.WorkloadIdentityCredential(
            tenant_id=tenant, client_id=client, token_file_path=path, authority=login
        )
    token = _from_file(arguments, "oidc_token", "ARM_OIDC_TOKEN")
    if token:
        return identity.ClientAssertionCredential(tenant, client, lambda: token, authority=login)
    bearer, url = (
        arguments.text("oidc_request_token", *_REQUEST_TOKEN),
        arguments.text("oidc_request_url", *_REQUEST_URL),
    )
    connection = arguments.text("ado_pipeline_service_connection_id", *_ADO_CONNECTION)
    if bearer and connection:
        return identity.AzurePipelinesCredential(
            tenant_id=tenant,
            client_id=client,
            service_connection_id=connection,
            system_access_token=bearer,
            authority=login,
        )
    if bearer and url:
        return identity.ClientAssertionCredential(
            tenant, client, lambda: _token_of_pipeline(url, bearer, server), authority=login
        )
    return None


def _token_of_pipeline(url: str, bearer: str, server: Server) -> str:
    # https://docs.github.com/en/actions/concepts/security/openid-connect
    if not url.startswith("https://"):
        raise ValueError("the address that gives OpenID Connect tokens is not https")
    headers = {"Authorization": f"Bearer {bearer}"}
    audience = urlencode({"audience": _AUDIENCE})
    answer = server.ask("ask the pipeline for a token", "GET", f"{url}&{audience}", headers=headers)
    return str(msgspec.json.decode(answer.body)["value"])


def _id(arguments: Arguments, name: str, variable: str, of_aks: str) -> str:
    found = _from_file(arguments, name, variable) if name == "client_id" else arguments.text(name, variable)
    if arguments.flag("use_aks_workload_identity", "ARM_USE_AKS_WORKLOAD_IDENTITY"):
        found = found or arguments.variable(of_aks)
    return found.strip()


def _from_file(arguments: Arguments, name: str, variable: str) -> str:
    """A value, or the text of the file that ``NAME_file_path`` names; raises ``ValueError``."""
    path = arguments.text(f"{name}_file_path", f"{variable}_FILE_PATH")
    if not path:
        return arguments.text(name, variable).strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}_file_path {path} cannot be read: {error}") from error
