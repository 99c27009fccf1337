"""The circuit breaker as a state machine."""

import threading
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from driftmgr.runtime.breaker import BreakerPolicy, BreakerState, CircuitBreaker, CircuitOpenError, Outcome, Pass
from driftmgr.runtime.guard import BREAKERS

POLICY = BreakerPolicy(failures=3, open_seconds=10.0, probes=2)


class Watched:
    """A breaker on a clock of the test's, and the states it went through."""

    def __init__(self, policy: BreakerPolicy = POLICY) -> None:
        self.time = 0.0
        self.states: list[BreakerState] = []
        self.breaker = CircuitBreaker(policy, lambda: self.time, self.states.append)

    def state(self) -> BreakerState:
        """Asked anew each time, so that no type checker thinks it cannot change."""
        return self.breaker.state

    def end(self, outcome: Outcome, times: int = 1) -> None:
        for _ in range(times):
            self.breaker.admit().report(outcome)

    def admitted(self, callers: int) -> list[Pass]:
        passes = []
        for _ in range(callers):
            try:
                passes.append(self.breaker.admit())
            except CircuitOpenError:
                continue
        return passes


@pytest.mark.parametrize(
    ("provider", "failures", "seconds"), [("aws", 5, 20), ("azure", 4, 25), ("gcp", 4, 20), ("digitalocean", 3, 30)]
)
def test_thresholds_of_each_cloud(provider: str, failures: int, seconds: float) -> None:
    """Each cloud's breaker opens after its own number of failures and stays open for its own time."""
    watched = Watched(BREAKERS[provider])
    watched.end("failed", failures - 1)
    assert watched.state() == "closed"
    watched.end("failed")
    assert watched.state() == "open"
    watched.time = seconds - 0.001
    assert watched.admitted(1) == []
    watched.time = float(seconds)
    assert len(watched.admitted(1)) == 1


def test_an_answer_in_between_starts_the_count_anew() -> None:
    """Only failures in a row open it: an endpoint that answers most of the time is never cut off."""
    watched = Watched()
    for _ in range(50):
        watched.end("failed", POLICY.failures - 1)
        watched.end("answered")
    assert watched.state() == "closed"


def test_open_tells_when_to_come_back_and_why() -> None:
    """A refused caller learns how long the breaker stays open and what the endpoint failed with."""
    watched = Watched()
    trouble = OSError("refused")
    for _ in range(POLICY.failures):
        watched.breaker.admit().report("failed", trouble)
    watched.time = 4.0
    with pytest.raises(CircuitOpenError) as caught:
        watched.breaker.admit()
    assert (caught.value.retry_after, caught.value.in_vain, caught.value.last) == (6.0, 0, trouble)


def test_half_open_admits_exactly_its_probes_among_100_threads() -> None:
    """However many callers ask at the same moment, no more than the configured probes pass."""
    for _ in range(20):
        watched = Watched()
        watched.end("failed", POLICY.failures)
        watched.time = POLICY.open_seconds
        start = threading.Barrier(100)
        passed: list[Pass] = []

        def ask(start: threading.Barrier = start, watched: Watched = watched, passed: list[Pass] = passed) -> None:
            start.wait()
            passed.extend(watched.admitted(1))

        threads = [threading.Thread(target=ask) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(passed) == POLICY.probes
        assert watched.state() == "half_open"


def test_one_answered_probe_closes_it() -> None:
    """An endpoint that answers one of its probes is asked again, whatever became of the others."""
    watched = Watched()
    watched.end("failed", POLICY.failures)
    watched.time = 10.0
    first, second = watched.admitted(5)
    first.report("failed")
    assert watched.state() == "half_open"
    second.report("answered")
    assert watched.states == ["open", "half_open", "closed"]


def test_failed_probes_open_it_for_the_whole_time_again() -> None:
    """When all probes failed it opens; the count of vain rounds tells callers when hope is over."""
    watched = Watched()
    watched.end("failed", POLICY.failures)
    for vain in (1, 2, 3):
        watched.time += 10.0
        for probe in watched.admitted(5):
            assert watched.state() == "half_open"
            probe.report("failed")
        with pytest.raises(CircuitOpenError) as caught:
            watched.breaker.admit()
        assert (caught.value.retry_after, caught.value.in_vain) == (10.0, vain)


def test_a_row_is_one_of_calls_as_they_were_sent() -> None:
    """Failures that end before slower answers do not open it, unless the calls between them failed too."""
    watched = Watched()
    calls = watched.admitted(7)
    for number in (0, 1, 3, 4, 6):
        calls[number].report("failed")
    assert watched.state() == "closed"
    calls[5].report("answered")
    assert watched.state() == "closed"
    calls[2].report("failed")
    assert watched.state() == "open"


def test_calls_given_up_do_not_break_a_row() -> None:
    """A cancelled call between failures says nothing, neither that the endpoint answers nor that it does not."""
    watched = Watched()
    first, second, third, fourth = watched.admitted(4)
    second.report("abandoned")
    for failed in (first, third):
        failed.report("failed")
    assert watched.state() == "closed"
    fourth.report("failed")
    assert watched.state() == "open"


def test_what_is_long_ago_is_forgotten() -> None:
    """A breaker remembers a bounded number of calls; one that ends after a thousand later ones counts for nothing."""
    watched = Watched()
    early = watched.admitted(3)
    for failed in early[:2]:
        failed.report("failed")
    watched.end("answered", 1024)
    early[2].report("failed")
    assert watched.state() == "closed"


def test_an_abandoned_probe_gives_its_place_back() -> None:
    """A cancelled caller neither proves nor disproves anything, and never blocks the breaker half-open."""
    watched = Watched()
    watched.end("failed", POLICY.failures)
    watched.time = 10.0
    for probe in watched.admitted(5):
        probe.report("abandoned")
    assert len(watched.admitted(5)) == POLICY.probes


def test_late_results_of_an_earlier_round_do_not_count() -> None:
    """A call that was sent before the breaker opened neither closes nor reopens it."""
    watched = Watched()
    early = watched.admitted(2)
    watched.end("failed", POLICY.failures)
    early[0].report("answered")
    assert watched.state() == "open"
    watched.time = 10.0
    probes = watched.admitted(2)
    early[1].report("failed")
    assert watched.state() == "half_open"
    for probe in probes:
        probe.report("answered")
    assert watched.state() == "closed"


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, against a model that says only what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.watched = Watched()
        self.under_way: list[Pass] = []
        self.in_a_row = 0

    @property
    def state(self) -> BreakerState:
        return self.watched.state()

    @rule(seconds=st.sampled_from([0.5, 5.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.watched.time += seconds

    @rule()
    def a_call_comes(self) -> None:
        before = self.state
        passed = self.watched.admitted(1)
        self.under_way += passed
        assert passed or before != "closed", "a closed breaker let nothing through"

    @precondition(lambda self: self.under_way)
    @rule(outcome=st.sampled_from(["answered", "failed", "abandoned"]), data=st.data())
    def a_call_ends(self, outcome: Outcome, data: st.DataObject) -> None:
        ended = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        before = self.state
        ended.report(outcome)
        if outcome == "abandoned":
            assert self.state == before, "an abandoned call changed the state"
        if before == "open":
            assert self.state == "open", "only time opens the way back"

    @invariant()
    def only_legal_changes(self) -> None:
        legal = {("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("half_open", "closed")}
        path: list[BreakerState] = ["closed", *self.watched.states]
        assert set(pairwise(path)) <= legal


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
