"""The table of how fast AWS may be asked."""

import re

import pytest

from driftmgr.catalog import catalog_of
from driftmgr.catalog.permissions import calls_of
from driftmgr.clouds.aws import limits
from driftmgr.runtime.guard import Endpoint

_SHARES = {"a half": 0.5, "a fifth": 0.2, "a tenth": 0.1}


def test_every_service_that_is_asked_has_a_row() -> None:
    """No service of the catalog, nor the one that tells who asks, is limited by a number without a source."""
    asked = {call.operation.partition(".")[0] for entry in catalog_of("aws") for call in calls_of(entry)}
    assert asked | {"sts"} <= limits.LIMITS.keys()


@pytest.mark.parametrize("service", limits.LIMITS)
def test_every_row_tells_its_source(service: str) -> None:
    """What AWS says and on which of its pages; a number that AWS publishes is among what it says, or a share of it."""
    row = limits.LIMITS[service]
    assert re.fullmatch(r"https://(docs\.aws|aws)\.amazon\.com/\S+", row.page)
    assert row.says
    said = {float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", row.says)}
    shares = said | {number * share for word, share in _SHARES.items() if word in row.says for number in said}
    for limit in (row.limit, *row.limit.own.values()):
        assert limit.burst >= limit.rate > 0
        assert not row.published or limit.rate in shares


def test_an_operation_with_a_quota_of_its_own_is_one_that_the_catalog_asks() -> None:
    """A bucket under a name that nobody asks by would limit nothing."""
    asked = {call.operation for entry in catalog_of("aws") for call in calls_of(entry)}
    assert (
        {operation for row in limits.LIMITS.values() for operation in row.limit.own}
        == {"ssm.describe_parameters"}
        <= asked
    )


def test_what_is_in_the_table_is_what_an_endpoint_gets() -> None:
    """By service, whatever region and account; a service without a row gets our own number."""

    def limit(service: str) -> object:
        return limits.limit_of(Endpoint(provider="aws", account="1", region="eu-west-1", service=service))

    assert limit("ec2") == limits.LIMITS["ec2"].limit
    assert limit("a-service-of-tomorrow") == limits.UNKNOWN
