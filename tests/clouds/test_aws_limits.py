"""The table of how fast AWS may be asked."""

import re

import pytest

from driftmgr.catalog import catalog_of
from driftmgr.catalog.permissions import calls_of
from driftmgr.clouds.aws import limits
from driftmgr.runtime.guard import Endpoint


def test_every_service_that_is_asked_has_a_row() -> None:
    """No service of the catalog, nor the one that tells who asks, is limited by a number without a source."""
    asked = {call.operation.partition(".")[0] for entry in catalog_of("aws") for call in calls_of(entry)}
    assert asked | {"sts"} <= limits.LIMITS.keys()


@pytest.mark.parametrize("service", limits.LIMITS)
def test_every_row_tells_its_source(service: str) -> None:
    """What AWS says and on which of its pages; a number that AWS publishes is among what it says."""
    row = limits.LIMITS[service]
    assert re.fullmatch(r"https://(docs\.aws|aws)\.amazon\.com/\S+", row.page)
    assert row.says
    assert row.limit.burst >= row.limit.rate > 0
    assert not row.published or re.search(r"\d|five", row.says)


def test_what_is_in_the_table_is_what_an_endpoint_gets() -> None:
    """By service, whatever region and account; a service without a row gets our own number."""

    def limit(service: str) -> object:
        return limits.limit_of(Endpoint(provider="aws", account="1", region="eu-west-1", service=service))

    assert limit("ec2") == limits.LIMITS["ec2"].limit
    assert limit("a-service-of-tomorrow") == limits.UNKNOWN
