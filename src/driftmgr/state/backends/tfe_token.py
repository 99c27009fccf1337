"""The token of a host, from the places where Terraform looks for it.

https://developer.hashicorp.com/terraform/cli/config/config-file#credentials
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from driftmgr.state.read import StateError

_VARIABLE = "TF_TOKEN_"
_BLOCK = re.compile(r'^\s*credentials\s+"([^"\n]+)"\s*\{[^}]*?\btoken\s*=\s*"([^"\n]*)"', re.MULTILINE)


def find_token(host: str, environment: Mapping[str, str]) -> str:
    """The token of ``TF_TOKEN_*``, of the CLI configuration or of ``terraform login``; raises ``StateError``."""
    for name, token in environment.items():
        if name.startswith(_VARIABLE) and _host(name.removeprefix(_VARIABLE)) == host and token:
            return token
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or "~").expanduser()
    named = environment.get("TF_CLI_CONFIG_FILE") or environment.get("TERRAFORM_CONFIG")
    configuration = Path(named) if named else home / ".terraformrc"
    login = home / ".terraform.d" / "credentials.tfrc.json"
    for path, read in ((configuration, _of_configuration), (login, _of_login)):
        if token := read(path).get(host, ""):
            return token
    raise StateError(
        f"there is no token for {host}",
        hint=f"run terraform login {host}, or set {_VARIABLE}{host.replace('-', '__').replace('.', '_')}",
    )


def _host(variable: str) -> str:
    # A name of a variable has no dots and hyphens: an underscore is a dot, two are a hyphen.
    return variable.replace("__", "-").replace("_", ".").lower()


def _of_configuration(path: Path) -> Mapping[str, str]:
    if path.suffix == ".json":
        return _of_login(path)
    return {host.lower(): token for host, token in _BLOCK.findall(_text(path))}


def _of_login(path: Path) -> Mapping[str, str]:
    text = _text(path)
    try:
        hosts = json.loads(text)["credentials"] if text else {}
        return {str(host).lower(): str(found.get("token") or "") for host, found in hosts.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(
            f"{path}: no file of credentials as terraform login writes it", hint="run terraform login again"
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{path} cannot be read", hint="check its permissions") from error
