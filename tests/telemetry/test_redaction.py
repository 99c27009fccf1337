"""Secrets stay out of logs and trails."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.telemetry.redaction import HIDDEN, hide, redact, without_known


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "db_passwd",
        "Passphrase",
        "aws_secret_access_key",
        "AccessKeyId",
        "session_token",
        "Authorization",
        "client-secret",
        "privateKey",
        "api_key",
        "Set-Cookie",
    ],
)
def test_by_key(key: str) -> None:
    """Whatever a value looks like, the name of its key hides it, at any depth."""
    assert redact({"outer": [{key: "plain"}]}) == {"outer": [{key: HIDDEN}]}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key AKIAIOSFODNN7EXAMPLE in use", "AKIAIOSFODNN7EXAMPLE"),
        ("got ASIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-nature", "eyJzdWIiOiIxIn0"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----\nafter", "MIIabc"),
        ("-----BEGIN PRIVATE KEY-----\nMIIcut-off", "MIIcut-off"),
        ("postgres://app:hunter2@db.internal/x", "hunter2"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=0123abcd&x=1", "0123abcd"),
        ("token ghp_abcdefghijklmnopqrstuvwx1234", "ghp_abcdefghijklmnopqrstuvwx1234"),
    ],
)
def test_by_form(text: str, secret: str) -> None:
    """A value that looks like a credential is hidden wherever it stands, and what surrounds it stays."""
    found = redact({"message": text})["message"]
    assert secret not in found
    assert HIDDEN in found
    assert found[:3] == text[:3] or found.startswith(HIDDEN)


def test_by_value() -> None:
    """A secret that was read from the vault is hidden in any text from then on."""
    assert redact("the word swordfish-42 is said") == "the word swordfish-42 is said"
    hide("swordfish-42")
    assert redact("the word swordfish-42 is said") == f"the word {HIDDEN} is said"
    assert redact({"list": ["xswordfish-42x"], "raw": b"swordfish-42"}) == {"list": [f"x{HIDDEN}x"], "raw": HIDDEN}


def test_short_values_do_not_eat_words() -> None:
    """A secret of a few letters would hide half of every line, so it is not searched for."""
    hide("a")
    assert redact("a plain line") == "a plain line"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("abc xyz019.-", max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name", "n"]), inner),
    )
)
def test_what_is_no_secret_stays(value: Any) -> None:
    """Ordinary values come through unchanged, and redacting twice is redacting once."""
    assert redact(value) == value
    assert redact(redact({"password": "x", "v": value})) == redact({"password": "x", "v": value})


def test_flags_and_absent_values_stay_readable() -> None:
    """Whether there is a password is no secret."""
    given_ = {"password": None, "token": "", "secret_rotation": True}
    assert redact(given_) == given_


def test_a_report_loses_only_what_is_known() -> None:
    """Of a text for people a known secret goes, as it is or as JSON writes it; what only looks like one stays."""
    hide('gehe"im-4712')
    text = 'a gehe"im-4712 b "gehe\\"im-4712" AKIAABCDEFGHIJKLMNOP'
    assert without_known(text) == f'a {HIDDEN} b "{HIDDEN}" AKIAABCDEFGHIJKLMNOP'
