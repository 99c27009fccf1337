"""Paging from botocore's data."""

import botocore.session
import pytest

from driftmgr.catalog import catalog_of
from driftmgr.catalog.entry import Call
from driftmgr.clouds.aws import AwsSession
from driftmgr.clouds.aws.paging import Paging


def test_following_page_is_asked_with_all_tokens() -> None:
    """Several tokens are carried on together, and empty ones left out."""
    paging = Paging.of({"input_token": ["Marker", "Id"], "output_token": ["NextMarker", "NextId"]})
    assert paging.following({"NextMarker": "m", "NextId": ""}) == {"Marker": "m"}
    assert paging.following({"NextMarker": "m", "NextId": "i"}) == {"Marker": "m", "Id": "i"}


def test_last_page_has_no_following() -> None:
    """Without a token, or when the answer says it is complete, there is no further page."""
    paging = Paging.of({"input_token": "Marker", "output_token": "Marker", "more_results": "IsTruncated"})
    assert paging.following({"IsTruncated": False, "Marker": "m"}) is None
    assert paging.following({"IsTruncated": True, "Marker": "m"}) == {"Marker": "m"}
    assert Paging.of({"input_token": "T", "output_token": "T"}).following({}) is None


def _operations() -> list[tuple[str, str]]:
    calls: set[str] = set()
    for entry in catalog_of("aws"):
        every = (entry.list, entry.expand, *(join.call for join in entry.joins.values()), *entry.details.values())
        calls |= {call.operation for call in every if isinstance(call, Call)}
    return sorted(tuple(call.split(".")) for call in calls)  # type: ignore[misc]


@pytest.mark.parametrize(("service", "method"), _operations())
def test_every_pageable_operation_of_the_catalog_is_paged(
    service: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever botocore can page, we page: an operation is never cut off after its first page."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = botocore.session.Session().create_client(
        service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
    )
    name = client.meta.method_to_api_mapping[method]
    assert (AwsSession().paging(service, name) is not None) == client.can_paginate(method)
