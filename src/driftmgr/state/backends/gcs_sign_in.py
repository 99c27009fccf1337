"""Sign in to Google Cloud as Terraform's gcs backend does, through the library google-auth.

https://developer.hashicorp.com/terraform/language/backend/gcs#configuration-variables
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server
from driftmgr.state.read import StateError

Token = Callable[[], str]

_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
_ANY_FAILURE = range(400, 600)


def signed_in(arguments: Arguments, server: Server) -> Token:
    """A function that gives a token; both raise ``StateError``. A given access token needs no library."""
    target = arguments.text(
        "impersonate_service_account",
        "GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT",
        "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    )
    given = arguments.text("access_token", "GOOGLE_OAUTH_ACCESS_TOKEN")
    if given and not target:
        return lambda: given
    try:
        import google.auth  # noqa: PLC0415  # an optional dependency
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415  # the same
    except ImportError as error:
        raise StateError(
            "signing in to Google Cloud needs google-auth",
            hint="pip install 'driftmgr[gcs]', or set GOOGLE_OAUTH_ACCESS_TOKEN",
        ) from error
    transport = _Transport(server)
    try:
        credentials = _credentials(arguments, given, transport, _PLATFORM if target else _SCOPE)
        if target:
            credentials = _impersonated(credentials, target, arguments.texts("impersonate_service_account_delegates"))
    except (GoogleAuthError, ValueError) as error:
        raise _problem(error) from error

    def token() -> str:
        try:
            if not credentials.valid:
                credentials.refresh(transport)
        except (google.auth.exceptions.GoogleAuthError, ValueError) as error:
            raise _problem(error) from error
        return str(credentials.token)

    return token


def path_or_contents(text: str) -> str:
    """The text of the file that is named, or the text itself where there is no such file; raises ``StateError``."""
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    try:
        return path.read_text(encoding="utf-8") if text and path.is_file() else text
    except UnicodeDecodeError as error:
        raise StateError(f"{path} is not a text file") from error
    except OSError:
        return text  # JSON is too long for the name of a file


def _credentials(arguments: Arguments, given: str, transport: Any, scope: str) -> Any:
    import google.auth  # noqa: PLC0415  # an optional dependency

    if given:
        return _classes()["authorized_user"](given)
    text = arguments.text("credentials", "GOOGLE_BACKEND_CREDENTIALS", "GOOGLE_CREDENTIALS")
    if not text:
        return google.auth.default(scopes=[scope], request=transport)[0]
    try:
        document = json.loads(path_or_contents(text))
        kind = str(document["type"])
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            "the credentials of the gcs backend are neither JSON nor a file of it", hint="check GOOGLE_CREDENTIALS"
        ) from error
    known = _classes()
    if kind not in known:
        raise StateError(
            f"the credentials of the gcs backend are of type {kind}, which is none of {', '.join(known)}",
            hint="name their file in GOOGLE_APPLICATION_CREDENTIALS instead",
        )
    loads = ("from_service_account_info", "from_authorized_user_info", "from_info")
    load = next(getattr(known[kind], name) for name in loads if hasattr(known[kind], name))
    return load(document, scopes=[scope])


def _classes() -> dict[str, Any]:
    """One class per kind: google-auth warns of loading whatever comes."""
    import google.auth.identity_pool  # noqa: PLC0415  # an optional dependency
    import google.oauth2.credentials  # noqa: PLC0415  # the same
    import google.oauth2.service_account  # noqa: PLC0415  # the same

    return {
        "service_account": google.oauth2.service_account.Credentials,
        "authorized_user": google.oauth2.credentials.Credentials,
        "external_account": google.auth.identity_pool.Credentials,
    }


def _impersonated(source: Any, target: str, delegates: tuple[str, ...]) -> Any:
    from google.auth import impersonated_credentials  # noqa: PLC0415  # an optional dependency

    made: Any = impersonated_credentials.Credentials
    # The API takes them by their names as resources; the library hands on what it gets.
    chain = [name if "/" in name else f"projects/-/serviceAccounts/{name}" for name in delegates]
    return made(source, target, [_SCOPE], delegates=chain)


def _problem(error: Exception) -> StateError:
    first = str(error.args[0] if error.args else error).strip().partition("\n")[0]
    return StateError(
        f"signing in to Google Cloud failed: {first}",
        hint="check GOOGLE_CREDENTIALS, or: gcloud auth application-default login",
    )


class _Response:
    """What google-auth wants of an answer."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self.status, self.headers, self.data = status, headers, data


class _Transport:
    """google-auth's requests, made under the guard."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the guard has its own
        **_: Any,
    ) -> _Response:
        sent = body.encode() if isinstance(body, str) else body
        answer = self._server.ask("sign in", method, url, headers=headers, body=sent, accepted=_ANY_FAILURE)
        return _Response(answer.status, answer.headers, answer.body)
