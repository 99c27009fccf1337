"""The values of a root module's input variables, from where Terraform takes them.

https://developer.hashicorp.com/terraform/language/values/variables
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from driftmgr.hcl import HclError, Unresolved, parse_hcl
from driftmgr.intent.errors import Problem
from driftmgr.intent.files import parse_file, relative
from driftmgr.intent.merged import MergedBlock
from driftmgr.model import SourceLocation

_PRIMITIVE = frozenset({"string", "number", "bool", "any"})


class Variables:
    """What the root module's variables are given; ``of`` says it for one.

    What ``-var`` and ``-var-file`` gave on a command line nobody wrote down. With a file that cannot be read no value
    is known, for it might have won. Terragrunt's ``inputs`` count where neither files nor the environment give a value;
    without ``inputs_known`` there are more of them.
    """

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str],
        inputs: Mapping[str, Any] | None = None,
        *,
        inputs_known: bool = True,
    ) -> None:
        self.problems: list[Problem] = []
        self._environment = environment
        self._values: dict[str, Any] = {}
        for path in _files(directory):
            self._read(path, relative(path, directory))
        self._inputs = inputs or {}
        self._inputs_known = inputs_known

    def of(self, name: str, declared: MergedBlock) -> Any:
        """The value of a variable, its default if nothing is given."""
        if self.problems:
            return Unresolved(f"var.{name}")
        if name in self._values:
            return self._values[name]
        text = self._environment.get(f"TF_VAR_{name}")
        if text is not None:
            return _from_text(text, declared)
        if name in self._inputs:
            return self._inputs[name]
        if not self._inputs_known:
            return Unresolved(f"var.{name}")
        default = declared.expression("default")
        return Unresolved(f"var.{name}") if default is None else default.value()

    def _read(self, path: Path, name: str) -> None:
        try:
            body = parse_file(path, name)
        except HclError as error:
            where = SourceLocation(file=name, line=error.line)
            self.problems.append(Problem(location=where, message=error.what, in_root=True))
            return
        self._values |= {variable: found.value() for variable, found in body.expressions.items()}


def _from_text(text: str, declared: MergedBlock) -> Any:
    """A value from the environment: text, or HCL where the variable is declared as a list or the like."""
    kind = declared.expression("type")
    if kind is None or (kind.reference() or ("",))[0] in _PRIMITIVE:
        return text
    try:
        return parse_hcl(f"x = {text}\n".encode(errors="replace"), "").value("x")
    except HclError:
        return Unresolved(f"var.{declared.labels[0]}")


def _files(directory: Path) -> Iterator[Path]:
    """The files in the order in which later ones win."""
    named = [directory / "terraform.tfvars", directory / "terraform.tfvars.json"]
    automatic = sorted([*directory.glob("*.auto.tfvars"), *directory.glob("*.auto.tfvars.json")])
    return (path for path in (*named, *automatic) if path.is_file())
