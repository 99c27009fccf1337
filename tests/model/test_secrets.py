"""What is taken for a secret, and what is not."""

import base64
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.model.secrets import (
    FORMS,
    SENSITIVE,
    is_harmless_value,
    is_public_name,
    is_secret_name,
    without_forms,
    without_secrets_in,
)

LETTERS = string.ascii_letters + string.digits
PLANTED = {
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEplanted\n-----END RSA PRIVATE KEY-----",
    "age key": "AGE-SECRET-KEY-1" + "Q" * 58,
    "AWS access key id": "AKIAIOSFODNN7EXAMPLE",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "GitHub": "ghp_" + "a1B2" * 9,
    "GitLab": "glpat-" + "a1B2c" * 4,
    "Slack": "xoxb-" + "123456789012-abcdef",
    "DigitalOcean": "dop_v1_" + "0a" * 32,
    "Google": "AIza" + "aB3-" * 8 + "xyz",
    "Stripe": "sk_live_" + "a1B2c3D4e5",
    "SendGrid": "SG.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb",
    "package index": "npm_" + "a1B2" * 9,
    "HashiCorp": "hvs." + "a1B2" * 6,
    "language models": "sk-ant-" + "a1B2" * 6,
    "Azure": "AccountKey=" + "a1B2" * 21 + "==",
    "signed URL": "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=abcdef0123",
    "header": "Authorization: Bearer abc.def-123",
    "user and password in a URL": "postgres://app:hunter2@db.internal/orders",
}


def test_every_form_has_an_example() -> None:
    """No form goes without a proof below."""
    assert {form.what for form in FORMS} == PLANTED.keys()


@pytest.mark.parametrize("what", PLANTED)
def test_known_forms_are_hidden_wherever_they_stand(what: str) -> None:
    """A key of a known form is replaced in a sentence, what stands around it is not."""
    found = without_forms(f"before {PLANTED[what]} after")
    assert found.startswith("before ")
    assert found.endswith(" after")
    assert SENSITIVE in found
    assert PLANTED[what].partition("://")[2].partition("?")[0] in found or PLANTED[what] not in found
    assert without_forms(found) == found


@pytest.mark.parametrize(
    "name",
    ["password", "DB_PASSWORD", "dbPassword", "client-secret", "API_KEY", "apiKey", "GITHUB_TOKEN", "PRIVATE_KEY_PEM"],
)
def test_names_that_say_secret(name: str) -> None:
    """A secret's word in any spelling of a name makes its value a secret."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "secret_arn",
        "SECRET_NAME",
        "password_policy",
        "http_tokens",
        "token_validity_units",
        "kms_key_id",
        "key",
        "author",
        "customer_master_key_spec",
        "authorizer_uri",
        "compass",
        "tokenizer",
        "",
    ],
)
def test_names_that_speak_about_secrets_or_of_something_else(name: str) -> None:
    """Names of references, rules and counters are none, nor are words that a secret's word is part of."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "value",
    ["", " ", "true", "required", "arn:aws:secretsmanager:eu-west-1:1:secret:x", "${DB}", "$DB", "<secret>", "42"],
)
def test_what_stands_for_a_secret_is_none(value: str) -> None:
    """References, switches and placeholders may be read."""
    assert is_harmless_value(value)


@pytest.mark.parametrize("value", ["hunter2", "$ecret", "Tr0ub4dor&3", "correct horse", "$2b$10$abcdefghij"])
def test_what_is_written_there_is_a_secret(value: str) -> None:
    """Anything else under a secret's name is one."""
    assert not is_harmless_value(value)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("export DB_PASSWORD=hunter2\n", "export DB_PASSWORD=(sensitive)\n"),
        ('password: "hunter2"', 'password: "(sensitive)"'),
        ("db:\n  password: hunter2\n", "db:\n  password: (sensitive)\n"),
        ("psql --password hunter2 -h db", "psql --password (sensitive) -h db"),
        ("Server=db;Password=hunter2;User=app", "Server=db;Password=(sensitive);User=app"),
        ("PASSWORD=$(aws secretsmanager get)", "PASSWORD=$(aws secretsmanager get)"),
        ("ExpiredToken: The security token is expired", "ExpiredToken: The security token is expired"),
        ("InvalidClientTokenId: no", "InvalidClientTokenId: no"),
    ],
)
def test_assignments_in_a_text(text: str, hidden: str) -> None:
    """In scripts, YAML and connection strings the value is hidden; a sentence with a colon is a sentence."""
    assert without_secrets_in(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "AmazonEC2ContainerServiceforEC2Role",
        "AWSServiceRoleForAmazonElasticFileSystem",
        "my-very-long-resource-name-production-eu-central-1-web-server",
        "terraform-20230101120000000000000001",
        "arn:aws:iam::123456789012:role/AmazonEKSClusterRole-1AB2C3D4E5F6",
        "AROAJQABLZS4A3QDU576Q",
        "https://search-dom-abcdefghijklmnopqrstuvwxyz12.eu-west-1.es.amazonaws.com",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sha512-MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw==",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "d41d8cd98f00b204e9800998ecf8427e",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "awseb-e-abcdefghij-stack-AWSEBSecurityGroup-1A2B3C4D5E6F7",
        "PROD_K8S_EKS_NODEGROUP_V2_20231215T101112Z",
        "google-site-verification=rXOxyZounnZasA8Z7oaD3c14JdjS9aKSWvsR1EbUSIQ",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIt3YtqK5mQq2yH0hY3m4Yt0m0Wl0yq3Kp1l8z7j4n5X me@host",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQsw\n-----END CERTIFICATE-----",
        "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTESMBAGA1UEChMJQmFsdGltb3Jl",
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gun",
        base64.b64encode(b"#!/bin/sh\nyum install -y httpd && systemctl start httpd\n").decode(),
        "0123456789012345678901234567890123456789",
        "",
    ],
)
def test_what_only_looks_random_stays(text: str) -> None:
    """Identifiers, ARNs, digests, certificates, public keys, readable base64 and long names are shown."""
    assert without_secrets_in(text) == text


def test_a_private_key_without_its_frame_is_a_secret() -> None:
    """The base64 of a private key is no certificate, though it begins alike."""
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3S"
    assert without_secrets_in(body) == SENSITIVE


def test_base64_is_as_secret_as_what_it_holds() -> None:
    """User data in base64 is hidden as a whole if the script in it holds a secret."""
    script = base64.b64encode(b"#!/bin/sh\nexport DB_PASSWORD=hunter2\nexec app\n").decode()
    assert without_secrets_in(script) == SENSITIVE


@pytest.mark.parametrize(
    ("alphabet", "length", "least"), [(LETTERS, 20, 0.85), (LETTERS + "+/", 40, 0.97), (LETTERS + "-_", 43, 0.97)]
)
def test_random_tokens_are_found(alphabet: str, length: int, least: float) -> None:
    """Of random tokens nearly all are hidden; the shorter, the more look like words."""
    chance = random.Random(11)  # noqa: S311  # no secret, only repeatable
    tokens = ["".join(chance.choices(alphabet, k=length)) for _ in range(300)]
    assert sum(SENSITIVE in without_secrets_in(f"x {token} y") for token in tokens) >= least * len(tokens)


def test_a_hexadecimal_token_counts_in_an_environment_only() -> None:
    """Elsewhere it is a digest."""
    token = "3f9a0c7be41d58f2a6903bdc74e1852f"
    assert without_secrets_in(token) == token
    assert without_secrets_in(token, environment=True) == SENSITIVE


def test_names_of_public_values() -> None:
    """Digests and identifiers are known by name."""
    assert is_public_name("source_code_hash")
    assert is_public_name("etag")
    assert is_public_name("GIT_COMMIT_SHA")
    assert not is_public_name("description")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_hiding_twice_hides_nothing_more(text: str) -> None:
    """What is hidden stays hidden, and nothing else becomes so."""
    once = without_secrets_in(text)
    assert without_secrets_in(once) == once
