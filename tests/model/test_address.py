"""Addresses, as Terraform prints them: parsing and printing are inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.model import ModuleStep, ResourceAddress
from driftmgr.model.address import parse_module_path

names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,8}", fullmatch=True)
# Terraform allows any text as a for_each key; a lone surrogate is no text.
keys = (
    st.none()
    | st.integers(min_value=0, max_value=10**9)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
steps = st.lists(st.builds(ModuleStep, name=names, key=keys), max_size=3).map(tuple)
addresses = st.builds(
    ResourceAddress, type=names, name=names, key=keys, module=steps, mode=st.sampled_from(("managed", "data"))
).filter(lambda address: address.type not in {"data", "module"})


@given(addresses)
def test_printing_and_parsing_are_inverse(address: ResourceAddress) -> None:
    """Any address prints to a text that parses to the same address."""
    assert ResourceAddress.parse(str(address)) == address


@given(steps)
def test_module_paths_are_the_beginning_of_addresses(module: tuple[ModuleStep, ...]) -> None:
    """The module member of a state reads to the same steps as an address in that module."""
    text = str(ResourceAddress(type="aws_vpc", name="x", module=module))
    assert parse_module_path(text.removesuffix("aws_vpc.x").removesuffix(".")) == module


@pytest.mark.parametrize(
    "text",
    [
        "aws_vpc.main",
        "aws_vpc.main[0]",
        'aws_vpc.main["a"]',
        'aws_vpc.main["a.b[\\"c\\"]"]',
        'aws_vpc.main["$${x}"]',
        "data.aws_vpc.main",
        'module.a.module.b["x"].module.c[1].data.aws_vpc.main[2]',
        "aws_vpc.ünïcode-name",
    ],
)
def test_terraforms_own_forms_survive(text: str) -> None:
    """Every form that Terraform prints comes out as it went in."""
    assert str(ResourceAddress.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aws_vpc",
        "aws_vpc.",
        ".main",
        "aws_vpc.main[",
        "aws_vpc.main[-1]",
        "aws_vpc.main[x]",
        "a.b.c",
        "a.b ",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """A text that is no address is an error that shows it."""
    with pytest.raises(ValueError, match="not a resource address"):
        ResourceAddress.parse(text)


@pytest.mark.parametrize("text", ["net", "module", "module.a.b", "module.a.."])
def test_what_is_no_module_path_is_refused(text: str) -> None:
    """A text that is no module path is an error that shows it; the root is the empty one."""
    with pytest.raises(ValueError, match="not a module path"):
        parse_module_path(text)
    assert parse_module_path("") == ()
