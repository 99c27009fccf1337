"""Answers of AWS held to botocore's model, what the catalog reads from them, and how that compares with a state.

For what no emulator tells: an answer that AWS could not give, by a member or a type, fails here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from discovery.fake import shard_of
from driftmgr.catalog import catalog_of
from driftmgr.catalog.entry import ResourceType
from driftmgr.clouds import ApiError
from driftmgr.discovery.collect import Collector
from driftmgr.discovery.observe import Observer
from driftmgr.discovery.shards import Mode
from driftmgr.drift.compare import Comparator
from driftmgr.model import Gap, RemoteObject, Scope

ACCOUNT, REGION = "111122223333", "eu-west-1"
AWS = catalog_of("aws")
HERE = Scope(cloud="aws", account=ACCOUNT, region=REGION)

Answer = dict[str, Any] | list[dict[str, Any]] | ApiError
Answers = Mapping[str, Answer | Callable[[Mapping[str, Any]], Answer]]
"""What each operation answers, in one page or several: always the same, or by the request's parameters."""

_SESSION = botocore.session.Session()


def refused(operation: str, code: str) -> ApiError:
    """An operation that ends with an error."""
    return ApiError(operation, code, "denied", "no")


def tagged(*arns: str, **tags: str) -> dict[str, Any]:
    """What the Resource Groups Tagging API lists: objects, all with the same tags."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": listed} for arn in arns]}


class AnsweringApi:
    """The outside as a table of answers; an operation that is not in it must not be asked."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    @property
    def calls(self) -> int:
        return len(self.asked)

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        self.asked.append((operation, params))
        known = self._answers[operation]
        answer = known(params) if callable(known) else known
        if isinstance(answer, ApiError):
            raise answer
        for page in answer if isinstance(answer, list) else [answer]:
            yield held_to_model(operation, page)


def held_to_model(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, if AWS could give it."""
    service, method = operation.split(".")
    model = _SESSION.get_service_model(service)
    name = next(name for name in model.operation_names if name.lower() == method.replace("_", ""))
    return _held_to(model.operation_model(name).output_shape, answer)


def shaped(service: str, shape: str, answer: dict[str, Any]) -> dict[str, Any]:
    """A part of an answer, if it has that shape of the service's model."""
    return _held_to(_SESSION.get_service_model(service).shape_for(shape), answer)


def _held_to(shape: Any, answer: dict[str, Any]) -> dict[str, Any]:
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
    return answer


def observed(entry: ResourceType, item: Mapping[str, Any]) -> RemoteObject:
    """The object that an entry reads from one listed item with its details and joins."""
    words = {"account": ACCOUNT, "region": REGION, "partition": "aws"}
    found = Observer(entry).observe({**item, "Scope": words}, HERE)
    assert found is not None
    return found


class Collected:
    """What types find in answers: objects by type and id, gaps, and every request with its parameters."""

    def __init__(self, types: Iterable[str], answers: Answers, *, scope: Scope = HERE, mode: Mode = "deep") -> None:
        found: list[RemoteObject | Gap] = []
        api = AnsweringApi({"resourcegroupstaggingapi.get_resources": tagged(), **answers})
        asyncio.run(Collector(AWS, api, shard_of(scope, mode)).collect(types, found.append))
        self.asked = api.asked
        self.objects = {(item.type, item.id): item for item in found if isinstance(item, RemoteObject)}
        self.gaps = [item for item in found if isinstance(item, Gap)]


def collect(resource_type: str, answers: Answers) -> tuple[dict[str, RemoteObject], list[Gap]]:
    """The objects of a type by id, and the gaps, as a deep scan reads them from answers."""
    found = Collected([resource_type], answers)
    return {identity: item for (_, identity), item in found.objects.items()}, found.gaps


def drifts(found: RemoteObject, **recorded: Any) -> list[str]:
    """The paths of what differs from recorded attributes and counts."""
    return drift(AWS[found.type], recorded, found.attributes)


def drift(entry: ResourceType, recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The same for attributes of both sides."""
    changes = Comparator(entry, AWS.schemas[entry.name]).compare(recorded, now)
    return [change.path for change in changes if change.classification == "drift"]
