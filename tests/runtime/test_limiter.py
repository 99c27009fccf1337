"""Token buckets."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from driftmgr.runtime.limiter import Limit, TokenBucket

LIMIT = Limit(rate=10.0, burst=5.0)


class Timed:
    """A bucket on a clock of the test's."""

    def __init__(self, limit: Limit = LIMIT) -> None:
        self.time = 0.0
        self.bucket = TokenBucket(limit, lambda: self.time)

    def spend_burst(self) -> None:
        while self.bucket.reserve() == 0:
            pass


def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    """The saved-up tokens cost no wait; after them callers are spaced by the rate, in the order they came."""
    timed = Timed()
    waits = [round(timed.bucket.reserve(), 6) for _ in range(8)]
    assert waits == [0, 0, 0, 0, 0, 0.1, 0.2, 0.3]


@given(st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=60))
def test_never_more_than_burst_and_rate_allow(pauses: list[float]) -> None:
    """In any stretch from the start, no more calls are due than the burst plus what the rate brought."""
    timed = Timed()
    due = []
    for pause in pauses:
        timed.time += pause
        due.append(timed.time + timed.bucket.reserve())
    for moment in due:
        assert sum(other <= moment for other in due) <= LIMIT.burst + LIMIT.rate * moment + 1e-6


def test_throttling_halves_once_per_round() -> None:
    """Ten answers of "slow down" to requests of the same moment halve the rate once; a later one halves it again."""
    timed = Timed()
    for _ in range(10):
        timed.bucket.throttled(sent_at=-1.0) if _ else timed.bucket.throttled(sent_at=0.0)
    assert timed.bucket.rate == 5.0
    timed.time = 0.001
    timed.bucket.throttled(sent_at=0.0005)
    assert 2.5 <= timed.bucket.rate < 2.51


def test_throttling_takes_the_saved_up_tokens() -> None:
    """After throttling there is no burst left: the next caller waits its turn."""
    timed = Timed()
    timed.bucket.throttled(sent_at=0.0)
    assert timed.bucket.reserve() == 0.2


def test_the_rate_creeps_back() -> None:
    """Without further throttling the rate of the table is reached again, and never exceeded."""
    timed = Timed()
    timed.bucket.throttled(sent_at=0.0)
    rates = []
    for second in range(40):
        timed.time = float(second)
        rates.append(timed.bucket.rate)
    assert rates == sorted(rates)
    assert rates[10] < LIMIT.rate
    assert rates[-1] == LIMIT.rate


def test_the_rate_has_a_floor() -> None:
    """However often it is throttled, a bucket keeps a tenth of its rate: a scan goes on."""
    timed = Timed()
    for number in range(50):
        timed.time += 0.0001
        timed.bucket.throttled(sent_at=timed.time)
        assert timed.bucket.rate >= 1.0, number


def test_retry_after_closes_it_for_everybody() -> None:
    """A Retry-After holds back every caller of the bucket, not only the one that met it."""
    timed = Timed()
    timed.bucket.throttled(sent_at=0.0, retry_after=30.0)
    assert timed.bucket.is_closed
    assert timed.bucket.reserve() >= 30.0
    timed.time = 30.0
    assert not timed.bucket.is_closed


def test_scans_share_a_bucket_fairly() -> None:
    """With eight calls under way each, a scan with a thousand calls does not starve one that comes later."""
    timed = Timed(Limit(rate=100.0, burst=1.0))
    served: list[tuple[float, str]] = []

    def ask(scan: str) -> tuple[float, str]:
        return timed.time + timed.bucket.reserve(), scan

    under_way = [ask("big") for _ in range(8)] + [ask("late") for _ in range(8)]
    for _ in range(200):
        under_way.sort()
        served.append(under_way.pop(0))
        timed.time, scan = served[-1]
        under_way.append(ask(scan))
    counts = Counter(scan for _, scan in served)
    assert abs(counts["big"] - counts["late"]) <= 8
