"""Hostile input for whatever reads settings, ignore files and policy documents: nothing but an error of ours comes out.

    .venv/bin/python -m tools.fuzz_settings [--inputs 100000] [--seed 1]

Inputs are made, and readers tried, as in tools/fuzz_state.py.
"""

import sys
from pathlib import Path

from driftmgr.app.settings import load, parse
from driftmgr.app.settings.edit import with_rule
from driftmgr.model import AttributeChange, Drift, Scope
from driftmgr.policy import IgnoreFile
from driftmgr.policy.grants import reckless, statements_of, widened
from driftmgr.policy.ignore import IgnoreRule, sift
from driftmgr.policy.judge import weighed
from tools.fuzz_state import Readers, main

SETTINGS = (
    b"mode: deep\nregions: [eu-west-1, no]\ncache_ttl: 2.5\nmanaged_only: true\naccounts:\n  - 0123\n",
    (
        b"ignore:\n  - type: aws_*\n    path: 'ingress[*].description'\n    owner: me\n    reason: |\n      long\n"
        b"    expires: 2026-12-31\n    kinds: [changed]\n# end\n"
    ),
    b"roles:\n- {arn: 'arn:aws:iam::111122223333:role/x', external_id: vault:x}\ncriticality: {aws_vpc: high}\n",
    b"provider_configurations:\n  a: &a {b: 1, c: [*d, 1e5, ~]}\n  <<: *a\n? x\n: !!python/object:os.system y\n",
    b"a: [[[[[[[[[[1]]]]]]]]]]\n---\n%YAML 1.1\n'\"'\n",
)
IGNORE_FILES = (
    b"# comment\n*\n!aws_iam_*\naws_s3_bucket.my-bucket\naws_lambda_function.*.environment\nx.id\\.with\\.dots\n",
    b"type.[a-z]*[!x-z]?\n[[:alpha:]]\n\\#\n\\!x\n a \\ \n\\\n[\n",
    b"*a*a*a*a*a*a*a*a*a*b\n" + b"**" * 200,
)
DOCUMENTS = (
    (
        b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*","arn:aws:iam::111122223333:root"]},'
        b'"Action":["s3:*","s3:g?t*"],"Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","::/0"]}}}]}'
    ),
    b'{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":[1,null,"a"],"NotResource":{},"Condition":[]}}',
    b"[[[[[[[[]]]]]]]]",
)
VALUES = (b"0.0.0.0/0", b"10.0.0.0/8", b"::/0", b"-1", b"tcp", b"65535", b"allow", b"1e400", b'{"a": [1]}', b"sg-1")
_HERE = Scope(cloud="aws", account="1", region="r")


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


def ignore_text(content: bytes) -> None:
    """A file of patterns over findings whose names are made of it."""
    text = _text(content)
    file = IgnoreFile.parse(text)
    change = AttributeChange(path=text[:40], recorded=1, observed=2)
    for kind in ("changed", "missing", "unmanaged"):
        changes = (change,) if kind == "changed" else ()
        sift(Drift(kind=kind, type="aws_vpc", id=text, scope=_HERE, severity="low", changes=changes), (), file)
    rule = IgnoreRule(owner="a", reason="b", type=text[:60], path=text[:60], tag=text[:60])
    sift(Drift(kind="changed", type=text, id=text, scope=_HERE, severity="low", changes=(change,)), (rule,), file)


def documents(content: bytes) -> None:
    """Policy documents held against each other, in both directions."""
    first, second = statements_of([_text(content)]), statements_of([_text(DOCUMENTS[0])])
    widened(first, second)
    widened(second, first)
    reckless(first)


def values(content: bytes) -> None:
    """Values where sources, ports and switches should stand."""
    text = _text(content)
    for path in ("ingress[0].cidr_blocks[0]", "ingress[0].from_port", "encrypted", "retention_in_days", "policy"):
        change = AttributeChange(path=path, recorded=text, observed=[text, {"cidr_blocks": text, "from_port": text}])
        found = Drift(kind="changed", type="aws_security_group", id="x", scope=_HERE, severity="low", changes=(change,))
        weighed(found, ())


def readers(folder: Path) -> Readers:
    """What reads, with the texts that its inputs are made of."""

    def ignore_file(content: bytes) -> object:
        (folder / ".driftignore").write_bytes(content)
        return load(start=folder)

    def edited(content: bytes) -> object:
        return with_rule(_text(content), "x", {"type": "a", "owner": "b", "reason": "c"})

    return {
        "settings": (SETTINGS, lambda content: parse(_text(content), "x")),
        "settings with a rule more": (SETTINGS, edited),
        "ignore file": (IGNORE_FILES, ignore_file),
        "patterns": (IGNORE_FILES, ignore_text),
        "policy documents": (DOCUMENTS, documents),
        "values": (VALUES, values),
    }


if __name__ == "__main__":
    sys.exit(main(readers, __doc__))
