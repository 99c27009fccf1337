"""What a database cluster need not have: a 404 says that there is none, and nothing is unread."""

from collections.abc import Callable

from digitalocean.changes.words import place
from digitalocean.fixtures import Recorded
from digitalocean.test_agreement import rows, scan


def test_an_engine_without_autoscaling_or_sinks_is_whole(recorded: Callable[[str], Recorded]) -> None:
    """Asked of every cluster, these are answered with 404 by some: that is no gap, for the cluster was just listed."""
    pair = recorded("databases")
    whole = scan(pair)
    cluster = place(pair.cloud, "/v2/databases", name="shop")
    pair.cloud.refusals = {f"{cluster}/autoscale": 404, f"{cluster}/logsink": 404}
    pair.cloud.requests.clear()
    found = scan(pair)
    asked = {path.partition("?")[0] for _, path in pair.cloud.requests}
    assert f"{cluster}/logsink" in asked
    assert (rows(found), found.gaps, found.summary) == (rows(whole), whole.gaps, whole.summary)
