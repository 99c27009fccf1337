"""Whether policy documents grant more than before: principals, actions, resources, conditions.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. Coverage is decided
on the text of the documents: a grant that no recorded statement contains is a wider one, and so is a Deny that is gone.
"""

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.policy.globs import STAR, compiled
from driftmgr.policy.networks import contains

EVERYONE = "*"
_ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root\Z")
# What AWS shows for a principal that was deleted: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_DELETED = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}\Z")
# Atoms of one statement (principals x actions x resources) that are looked at one by one.
_MOST_ATOMS = 2_000
_LONGEST = 100


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns that one part of a statement names; negated: everything but those (``NotAction``)."""

    patterns: frozenset[str]
    negated: bool = False
    ignoring_case: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return EVERYONE in self.patterns and not self.negated

    def contains(self, other: "Clause") -> bool:
        """Whether everything that the other names is named here too; in doubt not."""
        if self.negated and other.negated:
            return all(map(other.names, self.patterns))
        if self.negated:
            plain = not any(sign in pattern for pattern in other.patterns for sign in "*?")
            return plain and not any(map(self.names, other.patterns))
        if other.negated:
            return self.is_everything
        return all(map(self.names, other.patterns))

    def names(self, pattern: str) -> bool:
        """Whether one of the patterns stands for all that another stands for."""
        return any(_pattern(known, ignoring_case=self.ignoring_case).match(pattern) for known in self.patterns)


EVERYTHING = Clause(patterns=frozenset({EVERYONE}))
Condition = tuple[str, str, frozenset[str]]
"""(operator, key, values)."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One statement. ``principals`` is ``None`` in a policy of an identity, which is its own principal."""

    principals: Clause | None
    actions: Clause
    resources: Clause
    conditions: frozenset[Condition] = frozenset()

    def contains(self, other: "Grant") -> bool:
        """Whether it grants all that the other does."""
        mine, theirs = self.principals or EVERYTHING, other.principals or EVERYTHING
        return (
            mine.contains(theirs)
            and self.actions.contains(other.actions)
            and self.resources.contains(other.resources)
            and all(_is_kept(condition, other.conditions) for condition in self.conditions)
        )

    @property
    def is_public(self) -> bool:
        """Whether it is for everyone, without a condition."""
        named = self.principals
        return named is not None and (named.is_everything or named.negated) and not self.conditions

    @property
    def is_almighty(self) -> bool:
        """Whether it allows everything on everything."""
        return self.actions.is_everything and self.resources.is_everything and not self.conditions


class Statements(msgspec.Struct, frozen=True, kw_only=True):
    """What documents allow and deny."""

    allows: tuple[Grant, ...] = ()
    denies: tuple[Grant, ...] = ()


def statements_of(documents: Iterable[Any]) -> Statements:
    """The statements of policy documents, as texts of JSON; what is none has none."""
    found = [statement for document in documents for statement in _statements(document)]
    by_effect = {
        effect: tuple(grant for statement in found if statement.get("Effect") == effect for grant in _grants(statement))
        for effect in ("Allow", "Deny")
    }
    return Statements(allows=by_effect["Allow"], denies=by_effect["Deny"])


def widened(before: Statements, now: Statements) -> str | None:
    """In words what is granted now and was not before; ``None`` when nothing is."""
    fresh = [atom for grant in now.allows if (atom := _first_beyond(grant, before.allows))]
    if fresh:
        return _words(min(fresh, key=_rank), before.allows)
    lifted = next((grant for grant in before.denies if _first_beyond(grant, now.denies)), None)
    return None if lifted is None else f"a Deny of {_named(lifted.actions, 'action')} was taken away or narrowed"


def reckless(now: Statements) -> str | None:
    """In words what is granted to everyone, or what grants everything; ``None`` without such a grant."""
    public = next((grant for grant in now.allows if grant.is_public), None)
    if public is not None:
        return f"everyone is allowed {_named(public.actions, 'action')}"
    almighty = any(grant.principals is None and grant.is_almighty for grant in now.allows)
    return "allows every action on every resource" if almighty else None


def _first_beyond(grant: Grant, known: Sequence[Grant]) -> Grant | None:
    """The first part of a grant that no known one contains."""
    if any(other.contains(grant) for other in known):
        return None
    return next((atom for atom in _atoms(grant) if not any(other.contains(atom) for other in known)), None)


def _atoms(grant: Grant) -> Iterable[Grant]:
    principals = _parts(grant.principals) if grant.principals else [None]
    actions, resources = _parts(grant.actions), _parts(grant.resources)
    if len(principals) * len(actions) * len(resources) > _MOST_ATOMS:
        return (grant,)
    return (
        Grant(principals=principal, actions=action, resources=resource, conditions=grant.conditions)
        for principal, action, resource in itertools.product(principals, actions, resources)
    )


def _parts(clause: Clause) -> list[Clause]:
    if clause.negated:
        return [clause]
    return [msgspec.structs.replace(clause, patterns=frozenset({pattern})) for pattern in sorted(clause.patterns)]


def _rank(grant: Grant) -> tuple[bool, bool, bool]:
    wild = any(EVERYONE in pattern for pattern in grant.actions.patterns)
    return not grant.is_public, not grant.is_almighty, not wild


def _words(atom: Grant, known: Sequence[Grant]) -> str:
    action = _named(atom.actions, "action")
    if atom.principals is not None and not any(
        (other.principals or EVERYTHING).contains(atom.principals) for other in known
    ):
        return f"{_named(atom.principals, 'principal')} is allowed {action} and had no access before"
    if not any(other.actions.contains(atom.actions) for other in known):
        return f"allows {action} on {_named(atom.resources, 'resource')}"
    if not any(other.resources.contains(atom.resources) for other in known):
        return f"allows {action} on {_named(atom.resources, 'resource')} too"
    return f"allows {action} to more principals, on more resources, or under fewer conditions"


def _named(clause: Clause, what: str) -> str:
    names = sorted(clause.patterns)
    if clause.negated:
        return f"every {what} but {_cut(', '.join(names))}"
    if EVERYONE in clause.patterns:
        return "everyone" if what == "principal" else f"every {what}"
    return _cut(", ".join(names))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


@functools.lru_cache(maxsize=4096)
def _pattern(text: str, *, ignoring_case: bool) -> re.Pattern[str]:
    # A question mark of one pattern contains no star of another.
    parts = ({"*": STAR, "?": "[^*]"}.get(sign, re.escape(sign)) for sign in text)
    return compiled(parts, re.IGNORECASE if ignoring_case else re.NOFLAG)


def _is_kept(condition: Condition, others: Iterable[Condition]) -> bool:
    """Whether a condition still restricts as much."""
    operator, key, values = condition
    return any(_restricts(operator, now, values) for name, other, now in others if (name, other) == (operator, key))


def _restricts(operator: str, now: frozenset[str], before: frozenset[str]) -> bool:
    if "ipaddress" in operator:
        inner, outer = (before, now) if "not" in operator else (now, before)
        return all(contains(outer, address) for address in inner)
    return now >= before if "not" in operator else now <= before


def _statements(document: Any) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError):
        return []
    listed = _as_list(found.get("Statement")) if isinstance(found, Mapping) else []
    return [statement for statement in listed if isinstance(statement, Mapping)]


def _grants(statement: Mapping[str, Any]) -> Iterator[Grant]:
    actions = _clause(statement, "Action", ignoring_case=True)
    if actions is None:
        return
    named = "Principal" in statement or "NotPrincipal" in statement
    principals = _clause(statement, "Principal") if named else None
    if named and principals is None:
        return
    resources = _clause(statement, "Resource") or EVERYTHING
    conditions = frozenset(_conditions(statement.get("Condition")))
    yield Grant(principals=principals, actions=actions, resources=resources, conditions=conditions)


def _clause(statement: Mapping[str, Any], name: str, *, ignoring_case: bool = False) -> Clause | None:
    negated = name not in statement
    texts = frozenset(map(_account, _texts(statement.get(f"Not{name}" if negated else name))))
    living = frozenset(text for text in texts if not _DELETED.match(text))
    return Clause(patterns=living, negated=negated, ignoring_case=ignoring_case) if living else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _account(text: str) -> str:
    root = _ROOT.match(text)
    return root[1] if root else text


def _conditions(value: Any) -> Iterator[Condition]:
    for operator, keys in value.items() if isinstance(value, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            texts = (str(item).lower() if isinstance(item, bool) else str(item) for item in _as_list(values))
            yield operator.lower(), key.lower(), frozenset(texts)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
