"""Equivalences: when a recorded and an observed value mean the same. Pure, symmetric, total over JSON values.

The name of the function is the rule's name in a report.
"""

import base64
import ipaddress
import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

_PROTOCOLS = {"all": "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_ROOT_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):root\Z")
_NOTHING: tuple[Any, ...] = (None, "", [], {})
# Members of a policy statement whose lists have no order and whose single value is a list of one.
_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def same_iam_policy(recorded: Any, observed: Any) -> bool:
    """Two IAM policy documents that grant the same by form.

    One value is a list of one; lists of actions, resources and principals and the statements have no order; an
    account id is its root ARN. Rules: hashicorp/awspolicyequivalence; grammar:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. What cannot be parsed
    is the same only as text.
    """
    return _same_parsed(recorded, observed, _policy)


def same_json(recorded: Any, observed: Any) -> bool:
    """Two JSON texts of the same value; no text at all is the same as ``{}`` or an empty text."""
    return _same_parsed(recorded, observed, lambda value: _form({} if value is None else value))


def ignoring_case(recorded: Any, observed: Any) -> bool:
    """Texts that differ in case only."""
    return _text(recorded).casefold() == _text(observed).casefold()


def in_any_order(recorded: Any, observed: Any) -> bool:
    """Lists of the same elements, as often."""
    if not all(isinstance(value, list) or value is None for value in (recorded, observed)):
        return bool(recorded == observed)
    return Counter(map(_form, recorded or [])) == Counter(map(_form, observed or []))


def same_ip_protocol(recorded: Any, observed: Any) -> bool:
    """An IP protocol by name or number (``tcp`` is ``6``, ``all`` is ``-1``)."""
    return ip_protocol(recorded) == ip_protocol(observed)


def ip_protocol(value: Any) -> str:
    """One spelling of an IP protocol: the one that people write, ``tcp``; of all of them ``-1``."""
    text = _text(value).lower()
    return _PROTOCOLS.get(text, text)


def same_cidr(recorded: Any, observed: Any) -> bool:
    """Two spellings of one network (``10.0.0.1/8`` is ``10.0.0.0/8``, IPv6 in any form)."""
    return bool(cidr(recorded) == cidr(observed))


def cidr(value: Any) -> Any:
    """One spelling of a network, the shortest; what is no network stays as it is, an empty text is none."""
    network = _network(value)
    return value or None if network is None else str(network)


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
    """A text and its base64 form, or two base64 forms of the same bytes (broken into lines or not)."""
    before, now = _text(recorded), _text(observed)
    if before == now:
        return True
    first, second = _decoded(before), _decoded(now)
    if first is not None and first in {second, _bytes(now)}:
        return True
    return second is not None and second == _bytes(before)


_UNPARSABLE = object()


def _same_parsed(recorded: Any, observed: Any, form: Callable[[Any], Hashable]) -> bool:
    if recorded == observed:
        return True
    try:
        before, now = _parsed(recorded), _parsed(observed)
        return before is not _UNPARSABLE and now is not _UNPARSABLE and form(before) == form(now)
    except RecursionError:
        # Nested deeper than anything a cloud accepts.
        return False


def _parsed(value: Any) -> Any:
    if value in _NOTHING:
        return None
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError):
        return _UNPARSABLE


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _form(value: Any) -> Hashable:
    # Marks booleans, for Python takes true for 1; members have no order.
    if isinstance(value, Mapping):
        return "object", frozenset((key, _form(item)) for key, item in value.items())
    if isinstance(value, list):
        return "list", tuple(map(_form, value))
    if isinstance(value, float):
        return Decimal(repr(value))
    return ("boolean", value) if isinstance(value, bool) else value


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _policy(document: Any) -> Hashable:
    if document in _NOTHING:
        return None
    if not isinstance(document, Mapping):
        return _form(document)
    others = {key: value for key, value in document.items() if key != "Statement" and value not in _NOTHING}
    return _form(others), frozenset(_statement(item) for item in _as_list(document.get("Statement") or []))


def _statement(statement: Any) -> Hashable:
    if not isinstance(statement, Mapping):
        return _form(statement)
    return frozenset(
        (key, _clause(key, value)) for key, value in statement.items() if value not in _NOTHING or key in _PRINCIPALS
    )


def _clause(key: str, value: Any) -> Hashable:
    if key in _LISTS:
        # Names of actions have no case.
        lower = key.endswith("Action")
        return frozenset(item.lower() if lower and isinstance(item, str) else _form(item) for item in _as_list(value))
    if key in _PRINCIPALS:
        return _principal(value)
    if key == "Condition" and isinstance(value, Mapping):
        return frozenset((test, _condition(keys)) for test, keys in value.items())
    return _form(value)


def _principal(value: Any) -> Hashable:
    principals = {"AWS": "*"} if value == "*" else value
    if not isinstance(principals, Mapping):
        return _form(value)
    return frozenset(
        (kind, frozenset(_form(_account(item)) for item in _as_list(names))) for kind, names in principals.items()
    )


def _account(principal: Any) -> Any:
    root = _ROOT_ARN.match(principal) if isinstance(principal, str) else None
    return root[1] if root else principal


def _condition(keys: Any) -> Hashable:
    if not isinstance(keys, Mapping):
        return _form(keys)
    # IAM reads true and "true" alike, and a value as a list of one.
    return frozenset(
        (key, frozenset(str(item).lower() if isinstance(item, bool) else _text(item) for item in _as_list(values)))
        for key, values in keys.items()
    )


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


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return None


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
