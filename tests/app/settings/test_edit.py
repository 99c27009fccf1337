"""Adding a rule to a file that people wrote."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.app.settings import parse
from driftmgr.app.settings.edit import with_rule
from driftmgr.model import DriftMgrError

PARTS = {"type": "aws_vpc", "owner": "me", "reason": "known: yes", "kinds": ("changed",)}
ENTRY = "  - type: aws_vpc\n    owner: me\n    reason: 'known: yes'\n    kinds:\n    - changed\n"
RULE = "- {type: a, owner: b, reason: c}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"ignore:\n{ENTRY}"),
        ("mode: deep", f"mode: deep\nignore:\n{ENTRY}"),
        ("ignore:\nmode: deep\n", f"ignore:\n{ENTRY}mode: deep\n"),
        ("ignore: []  # none\nmode: deep\n", f"ignore:\n{ENTRY}mode: deep\n"),
        (f"ignore:\n  {RULE}  # one\n# end\nmode: deep\n", f"ignore:\n  {RULE}  # one\n{ENTRY}# end\nmode: deep\n"),
        (
            "ignore:\n  - type: a\n    owner: b\n    kinds:\n      - changed\n    reason: c\n\nmode: deep\n",
            f"ignore:\n  - type: a\n    owner: b\n    kinds:\n      - changed\n    reason: c\n{ENTRY}\nmode: deep\n",
        ),
        (
            "ignore:\n  - type: a\n    owner: b\n    reason: |\n      c\n      d\nmode: deep\n",
            f"ignore:\n  - type: a\n    owner: b\n    reason: |\n      c\n      d\n{ENTRY}mode: deep\n",
        ),
    ],
)
def test_a_rule_is_added_and_nothing_else_changes(text: str, expected: str) -> None:
    """The rule comes after the others, in their indentation; comments and layout stay as they are."""
    assert with_rule(text, "driftmgr.yaml", PARTS) == expected


def test_the_indentation_of_the_list_is_kept() -> None:
    """A list that is not indented goes on without indentation."""
    assert "\n- type: aws_vpc\n  owner: me\n" in with_rule(f"ignore:\n{RULE}\n", "driftmgr.yaml", PARTS)


def test_a_list_on_one_line_is_left_alone() -> None:
    """Rules that are written in brackets cannot be added to, and that is said with the line."""
    with pytest.raises(DriftMgrError, match=r"driftmgr.yaml:2: ignore is no list of lines"):
        with_rule("mode: deep\nignore: [{type: a, owner: b, reason: c}]\n", "driftmgr.yaml", PARTS)


VALUES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() and text.isprintable()
)


@given(st.fixed_dictionaries({"type": VALUES, "owner": VALUES, "reason": VALUES}))
def test_any_value_comes_back_as_it_was_given(parts: dict[str, Any]) -> None:
    """Whatever a rule says is read as it was said, after rules that are still the same."""
    text = with_rule(f"mode: deep\nignore:\n  {RULE}\n", "driftmgr.yaml", parts)
    first, second = parse(text, "driftmgr.yaml").rules
    assert first.type == "a"
    assert {name: getattr(second, name) for name in parts} == parts
