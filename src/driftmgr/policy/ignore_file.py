r"""The ``.driftignore`` of driftctl: the patterns of gitignore over ``type.id`` and ``type.id.attribute``.

Semantics: https://docs.driftctl.com/next/usage/filtering/driftignore, ``pkg/filter/driftignore.go`` in snyk/driftctl. A
line matches the whole text; ``*`` crosses dots and slashes; the last line that matches decides, ``!`` in front takes
things out again; a line without a star at its end stands for all below it too; a comment fills its line; ``\`` before
a sign takes its meaning away. One thing is our own: a line about an attribute never silences a delete.
"""

import functools
import re
from collections.abc import Iterable

import msgspec

from driftmgr.model import AttributeChange, Drift
from driftmgr.policy.globs import gitignore_glob
from driftmgr.policy.paths import dotted

# A dot that no backslash takes the meaning from, whatever else does.
_UNIT = re.compile(r"\\.|\[[^\]]*\]|.", re.DOTALL)


class IgnoreLine(msgspec.Struct, frozen=True, kw_only=True):
    """One pattern; ``where`` is file and line, the name that reports give it."""

    pattern: str
    where: str
    negated: bool = False

    @property
    def dots(self) -> int:
        """How many dots separate something: none in a type, one before an id, more before an attribute."""
        return sum(unit == "." for unit in _UNIT.findall(self.pattern))

    @property
    def can_match(self) -> bool:
        """Whether there is any text that it matches."""
        return gitignore_glob(self.pattern) is not None

    def matches(self, text: str, *, below: bool = True) -> bool:
        """Whether it is about this ``type.id`` or ``type.id.attribute``; with ``below`` about what lies in it too."""
        patterns = [self.pattern]
        if below and not self.pattern.endswith("*"):
            patterns.append(f"{self.pattern}.*")
        return any((compiled := gitignore_glob(pattern)) and compiled.match(text) for pattern in patterns)


class IgnoreFile(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of one file, in order."""

    lines: tuple[IgnoreLine, ...] = ()

    @classmethod
    def parse(cls, text: str, file: str = ".driftignore") -> "IgnoreFile":
        """The lines that say something; total, as driftctl reads any text: what matches nothing ignores nothing."""
        return cls(lines=tuple(_lines(text, file)))

    def ignores(self, drift: Drift) -> IgnoreLine | None:
        """The line that takes the whole finding out."""
        text = f"{drift.type}.{drift.id or ''}"
        if drift.kind == "missing":
            return self._decide(
                line
                for line in self.lines
                if line.matches(text, below=line.dots == 0) and (line.negated or line.dots < 2)  # noqa: PLR2004
            )
        return self._decide(line for line in self.lines if line.matches(text))

    def ignores_change(self, drift: Drift, change: AttributeChange) -> IgnoreLine | None:
        """The line that takes one difference of a changed instance out."""
        text = f"{drift.type}.{drift.id or ''}.{dotted(change.path)}"
        return self._decide(line for line in self.lines if line.matches(text))

    @staticmethod
    def _decide(matching: Iterable[IgnoreLine]) -> IgnoreLine | None:
        last = functools.reduce(lambda _, line: line, matching, None)
        return None if last is None or last.negated else last


def _lines(text: str, file: str) -> Iterable[IgnoreLine]:
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r")
        if not line.strip(" ") or line.startswith("#"):
            continue
        negated = line.startswith("!")
        pattern = line[negated:]
        if not pattern.endswith("\\ "):
            pattern = pattern.rstrip(" ")
        yield IgnoreLine(pattern=pattern, where=f"{file}:{number}", negated=negated)
