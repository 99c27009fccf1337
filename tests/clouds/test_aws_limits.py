"""The table of how fast AWS may be asked."""

import inspect
import re

from driftmgr.catalog import catalog_of
from driftmgr.catalog.permissions import calls_of
from driftmgr.clouds.aws import limits
from driftmgr.runtime.guard import Endpoint


def test_every_service_has_a_source_or_is_called_a_guess() -> None:
    """No service that the catalog asks is in neither list, or in both."""
    asked = {call.operation.partition(".")[0] for entry in catalog_of("aws") for call in calls_of(entry)}
    assert asked - limits.LIMITS.keys() <= limits.GUESSED
    assert not limits.LIMITS.keys() & limits.GUESSED
    assert asked | {"sts"} >= limits.GUESSED


def test_every_number_has_the_address_of_its_source() -> None:
    """Each row of the table is right below a comment that ends with a page of AWS's."""
    text = inspect.getsource(limits).partition("UNPUBLISHED")[0]
    rows = re.findall(r"# (https://docs\.aws\.amazon\.com/\S+)\n    \"([a-z0-9]+)\": Limit", text)
    assert {service for _, service in rows} == set(limits.LIMITS)


def test_what_is_in_the_table_is_what_an_endpoint_gets() -> None:
    """By service, whatever region and account; a service without a row gets our own number."""

    def limit(service: str) -> object:
        return limits.limit_of(Endpoint(provider="aws", account="1", region="eu-west-1", service=service))

    assert limit("ec2") == limits.LIMITS["ec2"]
    assert limit("sqs") == limits.UNPUBLISHED
