"""Arguments of a backend block, and the environment variables that stand in for those that are not set."""

from collections.abc import Mapping
from typing import Any

from driftmgr.state.read import StateError

_WORDS: Mapping[str, bool] = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}


class Arguments:
    """The arguments of one backend block of type ``backend``; ``None``, empty and absent mean the same."""

    def __init__(self, backend: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.backend = backend
        self._settings = settings
        self._environment = environment

    def text(self, name: str, *variables: str, default: str = "") -> str:
        """An argument, else the first variable that is set, else ``default``."""
        found = self._settings.get(name)
        return _written(found) if found is not None and found != "" else self.variable(*variables) or default

    def variable(self, *names: str) -> str:
        """The first variable that is set."""
        return next(filter(None, map(self._environment.get, names)), None) or ""

    def needed(self, name: str, *variables: str) -> str:
        """The same for one that must be there; raises ``StateError``."""
        found = self.text(name, *variables)
        if not found:
            instead = f" or set {variables[0]}" if variables else ""
            raise StateError(
                f"the {self.backend} backend has no {name}",
                hint=f"run terraform init with the -backend-config that sets it{instead}",
            )
        return found

    def flag(self, name: str, *variables: str, default: bool = False) -> bool:
        """A boolean; raises ``StateError``."""
        found = self.text(name, *variables).lower()
        if found and found not in _WORDS:
            raise StateError(f"the {self.backend} backend's {name} is neither true nor false: {found}")
        return _WORDS.get(found, default)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words; one word is a list of one."""
        found = self._settings.get(name)
        return tuple(map(_written, found)) if isinstance(found, list | tuple) else (_written(found),) if found else ()

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A map or a nested block, which is recorded as an object or as a list of one."""
        found = self._settings.get(name)
        first = found[0] if isinstance(found, list) and found else found
        return first if isinstance(first, dict) else {}


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
