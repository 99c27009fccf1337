"""What looks like a secret: the forms of known keys, names that say so, and texts too random to be anybody's words.

The rule is data, the code below it small. It errs on the side of hiding under a name that says "secret" and on the side
of showing elsewhere: identifiers, ARNs, digests, certificates and long names of resources stay readable.
"""

import base64
import binascii
import functools
import itertools
import math
import re
from collections import Counter
from typing import NamedTuple

SENSITIVE = "(sensitive)"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


class Form(NamedTuple):
    """A form that only keys of one kind have: ``signs`` are texts of which one is in every match, for speed."""

    what: str
    signs: tuple[str, ...]
    pattern: str


ACCESS_KEY_ID = "AWS access key id"
# Each as its issuer documents it; of a longer text (a URL, a header) the pattern is the secret part alone.
FORMS = (
    Form(
        "private key",
        ("PRIVATE KEY",),
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    Form("age key", ("AGE-SECRET-KEY-",), r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    Form(ACCESS_KEY_ID, ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    Form("JSON web token", ("eyJ",), r"\beyJ[\w-]{1,1000}\.[\w-]{1,4000}\.[\w-]*"),
    Form("GitHub", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_\w{20,}"),
    Form("GitHub", ("github_pat_",), r"\bgithub_pat_\w{20,}"),
    Form("GitLab", ("glpat-", "gldt-", "glrt-", "glptt-", "glsoat-"), r"\bgl(?:pat|dt|rt|ptt|soat)-[\w-]{20,}"),
    Form("Slack", ("xox", "xapp-"), r"\b(?:xox[abeoprs]|xapp)-[\w-]{10,}"),
    Form("Slack", ("hooks.slack.com/",), r"(?<=hooks\.slack\.com/)(?:services|workflows)/[\w/]+"),
    Form("DigitalOcean", ("_v1_",), r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    Form("Google", ("AIza", "ya29.", "GOCSPX-"), r"\b(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})"),
    Form("Stripe", ("_live_", "_test_"), r"\b[rs]k_(?:live|test)_\w{10,}"),
    Form("Stripe", ("whsec_",), r"\bwhsec_[\w+/=]{16,}"),
    Form("SendGrid", ("SG.",), r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    Form("package index", ("npm_", "pypi-"), r"\b(?:npm_\w{36}\b|pypi-[\w-]{40,})"),
    Form("HashiCorp", ("hvs.", "hvb.", "hvr.", ".atlasv1."), r"\b(?:hv[sbr]\.[\w-]{20,}|\w{14}\.atlasv1\.[\w-]{50,})"),
    Form("language models", ("sk-ant-", "sk-proj-"), r"\bsk-(?:ant|proj)-[\w-]{20,}"),
    Form("Azure", ("AccountKey=", "SharedAccessKey="), r"(?<=[ts]Key=)[\w+/=]{20,}"),
    Form("Azure", ("sig=",), r"(?<=[?&]sig=)[\w%+/=-]{20,}"),
    Form("signed URL", ("Signature=",), r"(?<=Signature=)[0-9a-f]+"),
    Form("signed URL", ("X-Amz-Security-Token=",), r"(?<=X-Amz-Security-Token=)[^&\s]+"),
    Form("header", ("Bearer ",), r"(?<=\bBearer )[^\s\"']+"),
    Form("header", ("Basic ",), r"(?<=\bBasic )(?=[\w+/]*[0-9+/=])[\w+/]{8,}=*"),
    Form("user and password in a URL", ("://",), r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
)

SECRET_WORDS = _set(
    "accesskey apikey apitoken authkey credential credentials passcode passphrase passwd password passwords "
    "privatekey psk pwd secret secretkey secrets signingkey token tokens webhook"
)
SECRET_PAIRS = _set("access account api auth encryption master private secret shared signing")
"""Words that make a secret of a ``key`` after them."""
HARMLESS_WORDS = _set(
    "age algorithm arn arns attempts challenge condition count days description domain domains duration enabled "
    "endpoint expiration expired expires expiry expression field file flows format generation header hint hours id "
    "identity ids interval issuer lambda last length lifetime limit list location max mechanism method methods min "
    "minutes mode name names number param parameter path payload period permissions plugin policy prefix properties "
    "provider ref reference required response role rotation scheme scope seconds source spec status strategy suffix "
    "thumbprint time ttl type types uid units uri url usage used user username validity version"
)
"""Words that, last in a name, make it speak about a secret instead of being one: ``DB_SECRET_ARN``."""
HARMLESS_NAMES = _set(
    "client_token creation_token default_encryption_key dkim_tokens domain_verification_token encryption_key "
    "event_source_token grant_creation_tokens http_tokens kms_encryption_key lock_token next_token "
    "policy_update_token tokens update_token validation_token verification_token version_token "
    "volume_encryption_key"
)
"""Attributes of providers that sound like secrets and hold names, DNS records, counters or keys' ids."""
_HARMLESS_VALUE = re.compile(
    r"arn:[\w-]*:|/aws/reference/secretsmanager/"
    r"|(?:\$[A-Z_][A-Z0-9_]*|\$\{[^}]*\}|\$\(.*|%\w+%|%s|\{\{.*|<[^>]*>"
    r"|true|false|yes|no|on|off|none|null|required|optional|enabled|disabled|default|seconds|minutes|hours|days"
    r"|\(sensitive\)|\(redacted\)|\*+|\d{1,3})\Z",
    re.DOTALL,
)
"""What stands for a secret, or for none: references, switches, masks."""

PUBLIC_WORDS = _set(
    "ami arn arns ca cert certificate certificates chain checksum checksums commit digest digests dkim etag "
    "fingerprint fingerprints hash hashes id ids image images key_fingerprint lineage md5 metadata public revision "
    "serial sha sha1 sha256 sha512 signature snapshot thumbprint thumbprints version versions zone"
)
"""Words in a name whose value is public however random it looks; known forms of keys are hidden there too."""
_PUBLIC_TEXT = re.compile(
    r"-----BEGIN [A-Z0-9 ]*(?:CERTIFICATE|PUBLIC KEY)-----[^-]*-----END [A-Z0-9 ]+-----"
    r"|\b(?:ssh-\w+|ecdsa-[\w-]+|sk-[\w@.-]+) AAAA[\w+/=]+"
    r"|\bsha(?:1|256|384|512)[:-][\w+/=-]+"
    r"|\b[\w-]{0,40}verification[=:][\w=-]+"
    r"|\barn:[\w-]+:[\w-]+:[\w-]*:\d*:[^\s\"',]+"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
    re.DOTALL,
)

ENVIRONMENT_WORDS = frozenset({"env", "envs", "environment", "environments", "variable", "variables", "vars"})
"""Words in the name of a map or list that a program gets as its environment: there, hexadecimal texts count too."""

# Neighbouring letters that are common in English and in names of things; of random letters a fifth are among them.
_COMMON = _set(
    "th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra "
    "ld ur ro ri io ic ne me co ll li ch ta ma ca el la us ce pr om em un tr il ec ac ct di ss ee ot so ho pe po ge "
    "su pl ns no rs am ut ad ie ol ai im ni ow fo mo lo ba do we ir id ul bu cl ck ke ig gr ap sh ts pa be ex fi ev "
    "ue ly if rv vi up ub ag ty sc sp rt rk"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/=_~-]{20,}")
_SEPARATORS = re.compile(r"[/_=~+-]+")
_SHORTEST, _ALPHABET = {2: 32, 3: 18}, {2: 36, 3: 62}
"""By the number of classes (lower case, upper case, digit) in a text: its least length, and how many signs it has."""
_SHORTEST_TEXT, _SHORTEST_HEX = 20, 32
_LIKE_WORDS = 0.43
"""From this share of common neighbours on letters are words."""
_RESTLESS = 0.25
"""The least share of neighbours of different classes (lower case, upper case, digit)."""
_SURPRISE = 0.8
"""The least share of the entropy that a text of that length can have."""
_HEX = re.compile(r"(?:0x)?(?:[0-9a-f]+|[0-9A-F]+)")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NAME = r"[\w.-]{0,80}?(?:pass|pwd|secret|token|cred|key|psk|webhook)[\w.-]{0,40}"
_QUOTED = r"\"(?P<double{0}>[^\"\n]*)\"|'(?P<single{0}>[^'\n]*)'"
_ASSIGNED = re.compile(
    rf"(?<![\w.-])(?P<name>{_NAME})[\"']?[ \t]*(?:"
    rf"=>?[ \t]*(?:{_QUOTED.format(1)}|(?P<bare1>[^\s\"';&]+))"
    # "ExpiredToken: The token ..." is a sentence: a bare value after a colon must be all of the line.
    rf"|:[ \t]+(?:{_QUOTED.format(2)}|(?P<bare2>[^\s\"']+)(?=[ \t]*$)))"
    rf"|(?<!\S)(?P<flag>--{_NAME})[ \t]+(?:{_QUOTED.format(3)}|(?P<bare3>[^\s\"'-][^\s\"']*))",
    re.MULTILINE | re.IGNORECASE,
)
_ASSIGNS = re.compile(r"=|:[ \t]|--")
_VALUES = tuple(f"{kind}{number}" for kind in ("double", "single", "bare") for number in (1, 2, 3))
_READABLE = re.compile(r"[\t\n\r\x20-\x7e]*")
_SIGN = re.compile("|".join(re.escape(sign) for form in FORMS for sign in form.signs))
_KNOWN = tuple((form.what, form.signs, re.compile(form.pattern, re.DOTALL)) for form in FORMS)
_DEPTH = 2
_SEQUENCE, _LENGTHS = 0x30, {0x81: 3, 0x82: 4}


def without_forms(text: str, instead: str = SENSITIVE, *, keep: str = "") -> str:
    """The text with every known form of a key replaced; those of the kind ``keep`` stay."""
    if not _SIGN.search(text):
        return text
    for what, signs, pattern in _KNOWN:
        if what != keep and any(sign in text for sign in signs):
            text = pattern.sub(instead, text)
    return text


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a name says that its value is a secret: ``DB_PASSWORD``, ``clientSecret``; not ``secret_arn``."""
    words = _words(name)
    if not words or name in HARMLESS_NAMES or words[-1] in HARMLESS_WORDS:
        return False
    pairs = itertools.pairwise(words)
    return any(word in SECRET_WORDS for word in words) or any(
        first in SECRET_PAIRS and second == "key" for first, second in pairs
    )


@functools.lru_cache(maxsize=4096)
def is_public_name(name: str) -> bool:
    """Whether a name says that its value is public, however random."""
    return not PUBLIC_WORDS.isdisjoint(_words(name))


@functools.lru_cache(maxsize=4096)
def is_environment_name(name: str) -> bool:
    """Whether a name is that of a program's environment."""
    return not ENVIRONMENT_WORDS.isdisjoint(_words(name))


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORDS.findall(name))


def is_harmless_value(text: str) -> bool:
    """Whether a value under a secret's name is none: a reference to it, a switch, a mask, nothing."""
    return not text.strip() or _HARMLESS_VALUE.match(text.strip()) is not None


def without_secrets_in(text: str, *, environment: bool = False, depth: int = 0) -> str:
    """A text with each secret in it replaced: known forms, assignments to secret names, random tokens."""
    text = without_assignments(without_forms(text))
    if len(text) < _SHORTEST_TEXT or not _TOKEN.search(text):
        return text
    shown = [found.span() for found in _PUBLIC_TEXT.finditer(text)]

    def judged(found: re.Match[str]) -> str:
        if any(start <= found.start() < end for start, end in shown):
            return found[0]
        return SENSITIVE if _is_secret_token(found[0], environment=environment, depth=depth) else found[0]

    return _TOKEN.sub(judged, text)


def without_assignments(text: str, instead: str = SENSITIVE) -> str:
    """The text without the values that names of secrets get: ``PASSWORD=...``, ``password: ...``, ``--token ...``."""
    if not _ASSIGNS.search(text):
        return text
    return _ASSIGNED.sub(lambda found: _without_assigned(found, instead), text)


def _without_assigned(found: re.Match[str], instead: str) -> str:
    name = (found["name"] or found["flag"]).rpartition(".")[2]
    group = next(group for group in _VALUES if found[group] is not None)
    if not is_secret_name(name) or is_harmless_value(found[group]):
        return found[0]
    start, end = (place - found.start() for place in found.span(group))
    return f"{found[0][:start]}{instead}{found[0][end:]}"


def _is_secret_token(token: str, *, environment: bool, depth: int) -> bool:
    readable = _decoded(token)
    if readable is not None:
        # Text in base64 is as secret as the text.
        return depth < _DEPTH and without_secrets_in(readable, environment=environment, depth=depth + 1) != readable
    pieces = _SEPARATORS.split(token)
    return not _is_public_key(token) and any(
        is_random(piece, environment=environment) for piece in {"".join(pieces), *pieces}
    )


def _decoded(token: str) -> str | None:
    """The readable text that a token is the base64 of, if it is."""
    bare = token.rstrip("=")
    if _HEX.fullmatch(bare):
        return None
    try:
        content = base64.b64decode(
            bare + "=" * (-len(bare) % 4), altchars=b"-_" if "-" in bare or "_" in bare else None
        )
        text = content.decode()
    except (binascii.Error, ValueError):
        return None
    return text if _READABLE.fullmatch(text) else None


def _is_public_key(token: str) -> bool:
    """Whether a token is the DER of a certificate or public key: a sequence that begins with a sequence."""
    try:
        content = base64.b64decode(token[:12])
    except (binascii.Error, ValueError):
        return False
    after = _LENGTHS.get(content[1]) if len(content) == 9 else None  # noqa: PLR2004  # of twelve letters
    return content[:1] == bytes([_SEQUENCE]) and after is not None and content[after] == _SEQUENCE


def is_random(token: str, *, environment: bool = False) -> bool:
    """Whether letters and digits are too random to be words, numbers or an identifier."""
    if _HEX.fullmatch(token):
        # Elsewhere they are digests and identifiers.
        return environment and len(token) >= _SHORTEST_HEX and _is_surprising(token, 16)
    classes = [_class(sign) for sign in token]
    kinds = len(set(classes) - {"other"})
    if kinds < 2 or len(token) < _SHORTEST[kinds]:  # noqa: PLR2004  # letters of one case, or digits alone
        return False
    changes = sum(first != second for first, second in itertools.pairwise(classes))
    return (
        changes / (len(token) - 1) >= _RESTLESS
        and not _is_like_words(token)
        and _is_surprising(token, _ALPHABET[kinds])
    )


def _class(sign: str) -> str:
    if sign.isdigit():
        return "digit"
    return "lower" if sign.islower() else "upper" if sign.isupper() else "other"


def _is_like_words(token: str) -> bool:
    text = token.lower()
    pairs = [first + second for first, second in itertools.pairwise(text) if (first + second).isalpha()]
    return bool(pairs) and sum(pair in _COMMON for pair in pairs) / len(pairs) >= _LIKE_WORDS


def _is_surprising(token: str, alphabet: int) -> bool:
    counts = Counter(token)
    entropy = -sum(count / len(token) * math.log2(count / len(token)) for count in counts.values())
    return entropy >= _SURPRISE * math.log2(min(len(token), alphabet))
