"""Transforms: a cloud value in, a value of Terraform's shape out. Pure, total over what the API can say.

A word here is used by more than one entry; what only one entry needs stays private in its module.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from driftmgr.catalog.entry import UNTOLD


def aws_tags(value: Any) -> dict[str, str]:
    """Tags in any of AWS's shapes (``Key``/``Value``, ``key``/``value``, ``TagKey``/``TagValue``, a map) as a map.

    Keys that start with ``aws:`` are the cloud's own and left out, as the provider does.
    """
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[Any, Any]] = value.items()
    else:
        pairs = (
            (tag.get("Key", tag.get("key", tag.get("TagKey"))), tag.get("Value", tag.get("value", tag.get("TagValue"))))
            for tag in value or ()
        )
    return {key: text or "" for key, text in pairs if not key.startswith("aws:")}


def rfc3339(value: datetime | None) -> str | None:
    """A time as the provider writes it: UTC, seconds, ``Z``."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def integer(value: Any) -> int | None:
    """A number given as text."""
    return None if value in (None, "") else int(value)


def boolean(value: Any) -> bool | None:
    """A boolean given as text (``"true"``)."""
    return value if isinstance(value, bool) or value is None else str(value).lower() == "true"


def present(value: Any) -> bool:
    """Whether the API says anything at all."""
    return value is not None


def if_told(value: Any) -> Any:
    """The value, or ``UNTOLD`` where nothing was found: the API tells it only for objects of some kind."""
    return UNTOLD if value is None else value


def untold(value: Any) -> Any:  # noqa: ARG001
    """``UNTOLD``, whatever was found: what the API says of it is not what the provider records."""
    return UNTOLD


def is_word(*words: str) -> Callable[[Any], bool | None]:
    """``is_word("Enabled", "enabled")``: true for one of the words, false for any other, null for none."""

    def is_one_of(value: Any) -> bool | None:
        return None if value is None else value in words

    return is_one_of


def one(value: Any) -> list[Any]:
    """The list of at most one element that a value is."""
    return [] if value is None else [value]


def first(value: Any) -> Any:
    """The only element of a list, or null."""
    return value[0] if value else None


def none_if_empty(value: Any) -> Any:
    """Null for an empty text or collection."""
    return value or None


def last_part(value: str | None) -> str | None:
    """What stands after the last ``/`` of a path or ARN."""
    return None if value is None else value.rsplit("/", 1)[-1]


def json_text(value: Any) -> str | None:
    """A structure as compact JSON text with sorted keys; text stays as it is."""
    return (
        value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)
    )


def url_decoded(value: Any) -> str | None:
    """A policy document as IAM sends it: percent-encoded JSON (botocore decodes some of them to a structure)."""
    return unquote(value) if isinstance(value, str) else json_text(value)


_SHA1 = re.compile(r"[0-9a-f]{40}\Z")
_SHA1_OF_NOTHING = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


def user_data_hash(value: str | None) -> str | None:
    """User data as providers up to 5 record it: the SHA-1 of the bytes, in hex.

    Takes the text itself (providers from 6 on), its base64 form (the API) or what is a hash already; no data is null.
    Rule: provider ``internal/service/ec2/ec2_instance.go``, ``userDataHashSum``.
    """
    if not value:
        return None
    if _SHA1.match(value):
        digest = value
    else:
        try:
            data = base64.b64decode(value, validate=True)
        except ValueError:
            data = value.encode()
        digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return None if digest == _SHA1_OF_NOTHING else digest
