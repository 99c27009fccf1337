"""``.driftignore``: driftctl's own examples, and that an attribute's line never silences a delete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.policy.ignore_file import IgnoreFile
from policy.findings import change, changed, missing, unmanaged


def ignored(text: str, resource_type: str, identity: str) -> bool:
    """Whether an unmanaged object is ignored."""
    return IgnoreFile.parse(text).ignores(unmanaged(resource_type, id=identity)) is not None


# The cases of driftctl's own tests (pkg/filter/driftignore_test.go) as values.
WILDCARDS = "*2**.**d1*\ntype3.id1***0\n*.id\\\\WithBa*slas*\\\\**\\\\\n\n# this is *** comment\n"
ESCAPES = (
    "ignored_resource.id2\nwildcard_resource.*\nresource_type.id\\.with\\.dots\nresource_type.idwith\\\\\n"
    "resource_type.idwith\\\\backslashes\nresource_type.idwith/slashes\n\n# this is a comment\n"
)
EXCLUDED = "*\n!iam_user.*\n!some_type.idwith/slash\n"
BROKEN = "foobar\n\n4(\"è-(_ç'è-ç'(\"\nignored_resource.id2\nsdgksdbgjkl\n.id\n\\\n\\\\\n.\n"


@pytest.mark.parametrize(
    ("text", "resource_type", "identity", "expected"),
    [
        ("", "type1", "id1", False),
        (BROKEN, "type1", "id1", False),
        (BROKEN, "ignored_resource", "id2", True),
        (ESCAPES, "type1", "id1", False),
        (ESCAPES, "wildcard_resource", "id1/with/slash", True),
        (ESCAPES, "ignored_resource", "id2", True),
        (ESCAPES, "resource_type", "id.with.dots", True),
        (ESCAPES, "resource_type", "idxwithxdots", False),
        (ESCAPES, "resource_type", "idwith\\", True),
        (ESCAPES, "resource_type", "idwith\\backslashes", True),
        (ESCAPES, "resource_type", "idwith/slashes", True),
        (WILDCARDS, "type1", "id1", False),
        (WILDCARDS, "type2", "id1", True),
        (WILDCARDS, "type2", "id11", True),
        (WILDCARDS, "type2", "id2", False),
        (WILDCARDS, "type3", "id100", True),
        (WILDCARDS, "type3", "id101", False),
        (WILDCARDS, "type4", "id\\WithBac*slash***\\*\\", True),
        (EXCLUDED, "type1", "id1", True),
        (EXCLUDED, "iam_user", "id\\WithBac*slash***\\*\\", False),
        (EXCLUDED, "some_type", "idwith/slash", False),
        (EXCLUDED, "some_type", "idwith/slash/", True),
        ("*\n!aws_s3*", "aws_s3_bucket", "b", False),
        ("*\n!aws_s3*", "aws_vpc", "b", True),
        ("type_2", "type_2", "anything", True),
        ("*role.*Amazon*", "aws_iam_role", "AWSServiceRoleForAmazonSSM", True),
        ("\\#odd.x", "#odd", "x", True),
        ("a.b   ", "a", "b", True),
        ("a.b\\ ", "a", "b ", True),
        ("\ufeffa.b\r\n", "a", "b", True),
    ],
)
def test_lines_mean_what_they_mean_to_driftctl(text: str, resource_type: str, identity: str, *, expected: bool) -> None:
    """Wildcards, negation, escapes, comments, slashes and broken lines are read as driftctl reads them."""
    assert ignored(text, resource_type, identity) is expected


@pytest.mark.parametrize(
    ("line", "identity", "path", "expected"),
    [
        ("res.full.json", "full", "json", True),
        ("res.partial.foobar", "partial", "json", False),
        ("res.wild.*.baz", "wild", "struct[0].baz", True),
        ("res.wild.*.baz", "wild", "struct[0].bar", False),
        ("res.end.struct", "end", "struct.baz", True),
        ("res.id\\.with\\.dots.json", "id.with.dots", "json", True),
        ("res.*.environment", "fn", 'environment[0].variables["A"]', True),
        ("res.fn", "fn", "anything", True),
        ("*\n!*.bar", "fn", "bar", False),
    ],
)
def test_lines_about_attributes(line: str, identity: str, path: str, *, expected: bool) -> None:
    """A line with an attribute takes that difference out, and all that lies in it."""
    drift = changed("res", change(path, 1, 2), id=identity)
    assert (IgnoreFile.parse(line).ignores_change(drift, drift.changes[0]) is not None) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_lambda_function.*.environment", False),
        ("aws_lambda_function.*.environment.*", False),
        ("aws_lambda_function.a.environment", False),
        ("aws_lambda_function.*", True),
        ("aws_lambda_function", True),
        ("aws_lambda_function.a\\.environment", True),
        ("aws_lambda_function.a", False),
        ("*\n!aws_lambda_function.a.environment", False),
        ("aws_lambda_[f.]unction.*", True),
    ],
)
def test_a_line_about_an_attribute_never_silences_a_delete(text: str, *, expected: bool) -> None:
    """A deleted function whose id ends like an attribute is ignored only by a line about functions or this very id."""
    drift = missing("aws_lambda_function", id="a.environment")
    assert (IgnoreFile.parse(text).ignores(drift) is not None) is expected


def test_a_line_is_named_by_file_and_number() -> None:
    """What is ignored is ignored by a line that can be found; one that can match nothing says so."""
    file = IgnoreFile.parse("# none\n\naws_vpc.*\n[", "x/.driftignore")
    found = file.ignores(unmanaged("aws_vpc"))
    assert found is not None
    assert found.where == "x/.driftignore:3"
    assert [line.can_match for line in file.lines] == [True, False]


@given(st.text(max_size=60), st.text(max_size=10), st.text(max_size=10))
def test_every_text_is_a_file(text: str, resource_type: str, identity: str) -> None:
    """Any text is read without an error, and says of any object yes or no."""
    file = IgnoreFile.parse(text)
    drift = changed(resource_type, change("a[0].b", 1, 2), id=identity)
    assert file.ignores(drift) is None or file.lines
    assert file.ignores_change(drift, drift.changes[0]) is None or file.lines
