"""Answers of EC2 in botocore's shape, and what an entry reads from them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from discovery.fake import FakeApi, shard_of
from driftmgr.catalog import catalog_of
from driftmgr.discovery.collect import Collector
from driftmgr.discovery.observe import Observer
from driftmgr.model import Gap, RemoteObject, Scope

ACCOUNT, OTHER = "111122223333", "444455556666"
HERE = Scope(cloud="aws", account=ACCOUNT, region="eu-west-1")
_WORDS = {"account": ACCOUNT, "region": "eu-west-1", "partition": "aws"}
_AWS = catalog_of("aws")
_EC2 = botocore.session.Session().get_service_model("ec2")


def shaped(shape: str, **members: Any) -> dict[str, Any]:
    """An answer, proven to be one that botocore's model of EC2 knows."""
    report = ParamValidator().validate(members, _EC2.shape_for(shape))
    assert not report.has_errors(), report.generate_report()
    return members


def observed(name: str, item: Mapping[str, Any], **parts: Any) -> RemoteObject:
    """The object that an entry reads from a listed item with its joins."""
    found = Observer(_AWS[name]).observe({**item, **parts, "Scope": _WORDS}, HERE)
    assert found is not None
    return found


def collected(answers: Mapping[str, dict[str, Any]], *types: str) -> dict[str, list[RemoteObject]]:
    """What the types find in answers (by operation without ``describe_``), by type."""
    found: list[RemoteObject | Gap] = []
    api = FakeApi(lambda operation, _: [answers.get(operation.removeprefix("ec2.describe_"), {})])
    asyncio.run(Collector(_AWS, api, shard_of(HERE)).collect(types, found.append))
    assert not [item for item in found if isinstance(item, Gap)]
    return {name: [item for item in found if isinstance(item, RemoteObject) and item.type == name] for name in types}
