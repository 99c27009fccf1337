"""``driftmgr.yaml`` and the environment behind the options of a command.

A flag goes before the environment (``DRIFTMGR_`` and the name of the setting), the environment before the file, the
file before the default. A value ``vault:NAME`` of the file is read from the vault when a command needs it.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from driftmgr.model import DriftMgrError

PREFIX = "DRIFTMGR"
SECRET = "vault:"  # noqa: S105  # the beginning of a reference to a secret
_LOADED, _AS_WRITTEN = "driftmgr.settings", "driftmgr.settings.as_written"
# What options do not take from the file as it stands there: the policy is one whole, roles are written in two ways.
_NO_OPTIONS = ("criticality", "ignore", "provider_configurations", "vault")


def config_option(command: Any) -> Any:
    """Add ``--config``, and let the file stand behind the other options."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_use,
        help="The settings; by default driftmgr.yaml here or above, up to the root of the repository.",
    )(command)


def from_environment(command: click.Command) -> click.Command:
    """Let the environment stand behind every option: ``DRIFTMGR_MODE`` behind ``--mode``."""
    command.context_settings.setdefault("auto_envvar_prefix", PREFIX)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            from_environment(inner)
    return command


def show_as_written(context: click.Context) -> None:
    """Leave references to secrets as they are: for commands that show settings."""
    context.meta[_AS_WRITTEN] = True


def loaded(context: click.Context | None = None) -> Any:
    """The settings of a command (``app.settings.Loaded``)."""
    from driftmgr.app.settings import Loaded  # noqa: PLC0415  # imports what a command needs, not its help

    context = context or click.get_current_context()
    return context.meta.get(_LOADED) or Loaded()


def policy_of(options: dict[str, Any]) -> Any:
    """What the settings say of findings; rules that expired are named on standard error."""
    from driftmgr.policy import IgnoreFile  # noqa: PLC0415

    found = loaded()
    policy = found.policy
    if options.get("no_ignore"):
        return type(policy)(file=IgnoreFile(), criticality=policy.criticality)
    for rule in policy.rules:
        if rule.is_expired(datetime.now(UTC).date()):
            click.echo(f"warning: {rule.where}: expired on {rule.expires}, ignores nothing: ask {rule.owner}", err=True)
    return policy


def provider_configurations(context: click.Context | None = None) -> dict[str, dict[str, Any]]:
    """Provider configurations of the settings, with their secrets; raises ``DriftMgrError``."""
    found = loaded(context)
    known = found.settings.provider_configurations or {}
    return {name: resolved(found, value, ("provider_configurations", name)) for name, value in known.items()}


def resolved(found: Any, value: Any, place: tuple[str | int, ...]) -> Any:
    """A value with its secrets read from the vault; raises ``DriftMgrError`` that says who asks."""
    if isinstance(value, str) and value.startswith(SECRET):
        return _secret(found, value.removeprefix(SECRET), found.where(*place))
    if isinstance(value, dict):
        return {name: resolved(found, item, (*place, name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(found, item, (*place, at)) for at, item in enumerate(value)]
    return value


def token_secret(name: str, at: int) -> str | None:
    """The secret of the vault that a token is named by, ``None`` for a variable; raises ``DriftMgrError``."""
    if not name.startswith(SECRET):
        return None
    context = click.get_current_context()
    found, is_set = loaded(context), context.get_parameter_source("tokens") is ParameterSource.DEFAULT_MAP
    return _secret(found, name.removeprefix(SECRET), found.where("tokens", at) if is_set else "--token")


def role_text(role: Any) -> str:
    """A role as ``--role-arn`` takes it."""
    if isinstance(role, str):
        return role
    return f"{role.arn},{role.external_id}" if role.external_id else str(role.arn)


def _use(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if context.resilient_parsing:
        return
    from driftmgr.app.settings import load  # noqa: PLC0415

    if value is not None and not value.is_file():
        raise DriftMgrError(f"{value}: no such file", hint="write it: driftmgr init")
    found = load(value)
    context.meta[_LOADED] = found
    as_written = context.meta.get(_AS_WRITTEN, False)
    context.default_map = {
        name: _given(found, name, value, as_written=as_written)
        for name, value in found.values().items()
        if name not in _NO_OPTIONS
    }
    if (kept := _baseline_beside(found)) is not None:
        context.default_map["baseline"] = str(kept)


def _baseline_beside(found: Any) -> Path | None:
    """The baseline beside settings that were found above the current directory, which has none of its own.

    Who scans from a directory below must not miss what the team accepted.
    """
    from driftmgr.app.baseline import DEFAULT  # noqa: PLC0415

    if found.path is None or found.settings.baseline is not None or DEFAULT.exists():
        return None
    beside = Path(os.path.relpath(found.path.parent / DEFAULT))
    return beside if beside.exists() else None


def _given(found: Any, name: str, value: Any, *, as_written: bool) -> Any:
    if name == "roles":
        texts = [role_text(role) for role in value]
        return texts if as_written else lambda: [_role(found, role, at) for at, role in enumerate(value)]
    given = list(value) if isinstance(value, tuple) else value
    # A token keeps its name: messages tell it by that.
    if as_written or name == "tokens" or not _has_secret(given):
        return given
    return lambda: resolved(found, given, (name,))


def _role(found: Any, role: Any, at: int) -> str:
    parts = (role,) if isinstance(role, str) else (role.arn, role.external_id)
    return ",".join(resolved(found, part, ("roles", at)) for part in parts if part)


def _has_secret(value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(text, str) and text.startswith(SECRET) for text in texts)


def _secret(found: Any, name: str, place: str) -> str:
    from driftmgr.cli.vault import FILE, open_vault, vault_path  # noqa: PLC0415  # cryptography, for secrets alone

    path = os.environ.get(FILE) or found.settings.vault
    where = f"{place}: {SECRET}{name}"
    try:
        text = open_vault(vault_path(Path(path) if path else None), None, None).get(name).decode()
    except DriftMgrError as error:
        raise DriftMgrError(f"{where}: {error.message}", hint=error.hint) from error
    except UnicodeDecodeError as error:
        raise DriftMgrError(f"{where}: the secret is no text", hint="settings are texts") from error
    return text
