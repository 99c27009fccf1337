"""Equivalences: when a recorded and an observed value mean the same. Pure, symmetric, total over JSON values.

The name of the function is the rule's name in a report.
"""

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_PROTOCOLS = {"-1": "all", "tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
_ACCOUNT = re.compile(r"\d{12}\Z")
_ROOT_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):root\Z")
_NOTHING = (None, "", [], {})
# Members of a policy statement whose lists have no order and whose single value is a list of one.
_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def same_iam_policy(recorded: Any, observed: Any) -> bool:
    """Two IAM policy documents that grant the same by form.

    One value is a list of one; lists of actions, resources and principals and the statements have no order; an account id is its
    root ARN. Rules: hashicorp/awspolicyequivalence; grammar:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. What cannot be parsed
    is the same only as text.
    """
    if recorded == observed:
        return True
    before, now = _parsed(recorded), _parsed(observed)
    if before is _UNPARSABLE or now is _UNPARSABLE:
        return False
    return bool(_policy(before) == _policy(now))


def same_json(recorded: Any, observed: Any) -> bool:
    """Two JSON texts of the same value; no text at all is the same as ``{}`` or an empty text."""
    if recorded == observed:
        return True
    before, now = _parsed(recorded), _parsed(observed)
    if before is _UNPARSABLE or now is _UNPARSABLE:
        return False
    return _strict(before if before is not None else {}) == _strict(now if now is not None else {})


def ignoring_case(recorded: Any, observed: Any) -> bool:
    """Texts that differ in case only."""
    return _text(recorded).casefold() == _text(observed).casefold()


def in_any_order(recorded: Any, observed: Any) -> bool:
    """Lists of the same elements, as often."""
    if not all(isinstance(value, list) or value is None for value in (recorded, observed)):
        return bool(recorded == observed)
    return sorted(map(_strict, recorded or [])) == sorted(map(_strict, observed or []))


def same_ip_protocol(recorded: Any, observed: Any) -> bool:
    """An IP protocol by name or number (``tcp`` is ``6``, ``all`` is ``-1``)."""
    return ip_protocol(recorded) == ip_protocol(observed)


def ip_protocol(value: Any) -> str:
    """One spelling of an IP protocol: its number, or ``all``."""
    text = _text(value).lower()
    return _PROTOCOLS.get(text, text)


def same_cidr(recorded: Any, observed: Any) -> bool:
    """Two spellings of one network (``10.0.0.1/8`` is ``10.0.0.0/8``, IPv6 in any form)."""
    before, now = _network(recorded), _network(observed)
    return bool(recorded == observed) if before is None or now is None else before == now


def same_arn_or_name(recorded: Any, observed: Any) -> bool:
    """An ARN and the name or id at its end."""
    before, now = _text(recorded), _text(observed)
    if before == now or not before or not now or before.startswith("arn:") == now.startswith("arn:"):
        return before == now
    arn, name = (before, now) if before.startswith("arn:") else (now, before)
    return arn.endswith((f"/{name}", f":{name}"))


def same_time(recorded: Any, observed: Any) -> bool:
    """Two RFC 3339 texts of one moment."""
    before, now = _moment(recorded), _moment(observed)
    return bool(recorded == observed) if before is None or now is None else before == now


def same_base64(recorded: Any, observed: Any) -> bool:
    """A text and its base64 form, or two base64 forms of the same bytes."""
    before, now = _text(recorded), _text(observed)
    return before == now or now in _decoded(before) or before in _decoded(now)


_UNPARSABLE = object()


def _parsed(value: Any) -> Any:
    if value in _NOTHING:
        return None
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return _UNPARSABLE


def _strict(value: Any) -> str:
    # As text, so that true is not 1 and order of members does not matter.
    return json.dumps(value, sort_keys=True, default=str)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _policy(document: Any) -> Any:
    if document in _NOTHING:
        return None
    if not isinstance(document, Mapping):
        return _strict(document)
    others = {key: value for key, value in document.items() if key != "Statement" and value not in _NOTHING}
    statements = document.get("Statement") or []
    listed = statements if isinstance(statements, list) else [statements]
    return _strict(others), sorted({_strict(_statement(item)) for item in listed})


def _statement(statement: Any) -> Any:
    if not isinstance(statement, Mapping):
        return statement
    normal = {key: value for key, value in statement.items() if value not in _NOTHING or key in _PRINCIPALS}
    for key in _LISTS:
        if key in normal:
            normal[key] = _unordered(normal[key], lower=key.endswith("Action"))
    for key in _PRINCIPALS:
        if key in normal:
            normal[key] = _principal(normal[key])
    if isinstance(normal.get("Condition"), Mapping):
        normal["Condition"] = {test: _condition(keys) for test, keys in normal["Condition"].items()}
    return normal


def _unordered(value: Any, *, lower: bool = False) -> list[str]:
    values = {_strict(item) for item in (value if isinstance(value, list) else [value])}
    return sorted(item.lower() for item in values) if lower else sorted(values)


def _principal(value: Any) -> Any:
    if value == "*":
        return {"AWS": _unordered("*")}
    if not isinstance(value, Mapping):
        return value
    return {kind: _unordered([_account(item) for item in _as_list(names)]) for kind, names in value.items()}


def _account(principal: Any) -> Any:
    if isinstance(principal, str):
        if _ACCOUNT.match(principal):
            return principal
        if root := _ROOT_ARN.match(principal):
            return root[1]
    return principal


def _condition(keys: Any) -> Any:
    if not isinstance(keys, Mapping):
        return keys
    # IAM reads true and "true" alike, and a value as a list of one.
    return {
        key: _unordered([str(item).lower() if isinstance(item, bool) else _text(item) for item in _as_list(values)])
        for key, values in keys.items()
    }


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _network(value: Any) -> Any:
    try:
        return ipaddress.ip_network(value, strict=False) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _decoded(text: str) -> tuple[str, ...]:
    try:
        return (base64.b64decode(text, validate=True).decode(),)
    except (binascii.Error, ValueError):
        return ()
