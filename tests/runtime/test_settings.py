"""Settings of retries and breakers."""

import pytest

from driftmgr.model import DriftMgrError
from driftmgr.runtime.guard import BREAKERS
from driftmgr.runtime.retry import RetryPolicy
from driftmgr.runtime.settings import breaker_policies, retry_policy


def test_nothing_set_means_the_defaults() -> None:
    """An empty environment gives the documented numbers."""
    assert retry_policy({}) == RetryPolicy()
    assert breaker_policies({}) == BREAKERS


def test_what_is_set_is_taken() -> None:
    """Each variable sets its own cloud and leaves the others alone."""
    assert (
        retry_policy({"DRIFTMGR_RETRY": "3/45"}).attempts,
        retry_policy({"DRIFTMGR_RETRY": "3/45"}).give_up_after,
    ) == (
        3,
        45.0,
    )
    found = breaker_policies({"DRIFTMGR_BREAKER_GCP": "9/1.5"})
    assert (found["gcp"].failures, found["gcp"].open_seconds) == (9, 1.5)
    assert found["aws"] == BREAKERS["aws"]


@pytest.mark.parametrize("text", ["", "5", "x/20", "5/", "0/20", "5/0", "-1/3", "5/inf", "5/nan"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    """A setting that is no count and time is an error that shows how to write it, never a silent default."""
    with pytest.raises(DriftMgrError) as caught:
        breaker_policies({"DRIFTMGR_BREAKER_AWS": text})
    assert "DRIFTMGR_BREAKER_AWS=5/20" in caught.value.hint
