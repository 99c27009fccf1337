"""Transforms: each a pure function from what the API says to what the provider records."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from driftmgr.catalog import transforms
from driftmgr.catalog.entry import UNTOLD

NOON = datetime(2026, 1, 2, 12, 0, 5, 900, tzinfo=UTC)


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "team", "Value": "shop"}, {"Key": "aws:made-by", "Value": "x"}, {"Key": "bare"}],
        [{"key": "team", "value": "shop"}, {"key": "bare", "value": None}],
        [{"TagKey": "team", "TagValue": "shop"}, {"TagKey": "bare", "TagValue": ""}],
        {"team": "shop", "bare": "", "aws:made-by": "x"},
    ],
)
def test_tags_of_any_shape_are_one_map(tags: Any) -> None:
    """Whatever the API calls them, tags are a map without the cloud's own."""
    assert transforms.aws_tags(tags) == {"team": "shop", "bare": ""}


def test_no_tags_are_an_empty_map() -> None:
    """An object without tags has none; that is no null."""
    assert transforms.aws_tags(None) == {}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("rfc3339", NOON, "2026-01-02T12:00:05Z"),
        ("rfc3339", NOON.astimezone(timezone(timedelta(hours=2))), "2026-01-02T12:00:05Z"),
        ("rfc3339", None, None),
        ("integer", "42", 42),
        ("integer", "", None),
        ("integer", None, None),
        ("boolean", "true", True),
        ("boolean", "False", False),
        ("boolean", True, True),
        ("boolean", None, None),
        ("one", None, []),
        ("one", {"a": 1}, [{"a": 1}]),
        ("first", ["a", "b"], "a"),
        ("first", [], None),
        ("none_if_empty", "", None),
        ("none_if_empty", ["a"], ["a"]),
        ("last_part", "arn:aws:iam::1:role/path/web", "web"),
        ("last_part", "web", "web"),
        ("last_part", None, None),
        ("json_text", {"b": 1, "a": [2]}, '{"a":[2],"b":1}'),
        ("json_text", '{"b": 1}', '{"b": 1}'),
        ("json_text", False, "false"),
        ("json_text", None, None),
        ("url_decoded", "%7B%22a%22%3A1%7D", '{"a":1}'),
        ("url_decoded", {"a": 1}, '{"a":1}'),
        ("url_decoded", None, None),
        ("user_data_hash", "hello", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("user_data_hash", "aGVsbG8=", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("user_data_hash", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("user_data_hash", "da39a3ee5e6b4b0d3255bfef95601890afd80709", None),
        ("user_data_hash", "", None),
        ("user_data_hash", None, None),
    ],
)
def test_a_transform_gives_terraforms_shape(name: str, value: Any, expected: Any) -> None:
    """A value as the API says it becomes the value as the provider records it; nothing stays nothing."""
    assert getattr(transforms, name)(value) == expected


def test_a_word_is_true_any_other_false() -> None:
    """An enumeration read as a boolean; an unset one stays unset."""
    read = transforms.is_word("Enabled", "enabled")
    assert [read(value) for value in ("Enabled", "enabled", "Suspended", None)] == [True, True, False, None]


def test_what_the_provider_does_not_record_is_untold_whatever_the_api_says() -> None:
    """The value is no attribute of the object."""
    assert transforms.untold("said") is transforms.untold(None) is UNTOLD
