"""The page about backends over the network is true."""

import re
from pathlib import Path

import pytest

from driftmgr.state import StateError
from driftmgr.state.backends import OPENERS, SCHEMES
from driftmgr.state.locate import locate
from state.backends.web import access

PAGE = (Path(__file__).parents[2] / "docs" / "state-backends.md").read_text()
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|")) for line in PAGE.splitlines() if line.startswith("| ")
]
ADDRESSES = {row[0]: row[1].strip("`") for row in ROWS[2:]}
VARIABLES = {"GOOGLE_OAUTH_ACCESS_TOKEN": "x", "KUBE_HOST": "https://h"}


def test_every_backend_and_kind_of_address_is_on_the_page() -> None:
    """The table has a row for all that is opened over the network, and no other."""
    types = {name for row in ADDRESSES for name in row.split(", ")}
    assert types == OPENERS.keys() - {"local", "s3"}
    schemes = {address.partition("://")[0] for address in ADDRESSES.values()}
    assert schemes | {"http", "s3"} == SCHEMES.keys()


@pytest.mark.parametrize("types", ADDRESSES)
def test_an_address_is_opened_as_written(types: str) -> None:
    """Each address of the table names a state of its kind, asks nothing, and its label tells where it is."""
    address = re.sub(r"[A-Z]+", lambda word: "8500" if word[0] == "PORT" else word[0].lower(), ADDRESSES[types])
    (source,) = locate(address, access(VARIABLES))
    assert source.type in types.split(", ")
    assert source.label.startswith(address.partition("://")[0] + "://")


@pytest.mark.parametrize("types", ADDRESSES)
def test_a_secret_in_a_broken_address_is_not_shown(types: str) -> None:
    """Whatever is wrong with an address, its password is in no message."""
    scheme = ADDRESSES[types].partition("://")[0]
    for address in (
        f"{scheme}://u:s3cret\u2100@h/x/y",
        f"{scheme}://u:s3cret@[h/x/y",
        f"{scheme}://u:s3cret@h:port/x/y/z",
    ):
        try:
            shown = str([source.label for source in locate(address, access(VARIABLES))])
        except StateError as error:
            shown = f"{error.message} {error.hint}"
        assert "s3cret" not in shown


def test_variables_for_secrets_are_read() -> None:
    """Every environment variable that the page names is in the code."""
    code = "".join(path.read_text() for path in Path(__file__).parents[2].glob("src/driftmgr/**/*.py"))
    named = set(re.findall(r"`((?:ARM|CONSUL|GOOGLE|KUBE|TF_HTTP|DRIFTMGR)_[A-Z_]+)`", PAGE))
    assert len(named) > 8
    assert [name for name in sorted(named) if f'"{name}"' not in code] == []
