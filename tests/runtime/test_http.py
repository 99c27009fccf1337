"""The HTTP client: what is tried again and what never is, and what each failure means."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.runtime.breaker import BreakerPolicy, CircuitOpenError
from driftmgr.runtime.guard import Endpoint, Guard
from driftmgr.runtime.http import HttpAnswer, HttpClient, HttpStatusError, date_of, kind_of, retry_after, verdict_of
from driftmgr.runtime.limiter import Limit
from driftmgr.runtime.retry import RetryPolicy
from runtime.clock import Clock
from state.backends.web import Answer, Certificates, Request, WebServer, free_port, serving

HERE = Endpoint(provider="test", account="1", region=None, service="web")


class Bench:
    """A client on a clock of its own: a wait passes at once, and is known."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.waits: list[float] = []
        policy = RetryPolicy(attempts=4, first_wait=0.001, longest_wait=0.002)
        limit = Limit(rate=1000, burst=1000)
        breakers = {"test": BreakerPolicy(failures=50, open_seconds=1)}
        self.guard = Guard(lambda _: limit, policy=policy, breakers=breakers, now=self.clock.now, sleep=self._sleep)
        self.options = options

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.clock.sleep(seconds)

    def ask(self, method: str, url: str, **parts: Any) -> HttpAnswer:
        async def run() -> HttpAnswer:
            async with HttpClient(self.guard, **self.options) as client:
                return await client.request(HERE, "test.ask", method, url, **parts)

        return asyncio.run(run())


def troubled(*troubles: Answer) -> Callable[[Request], Answer]:
    """Those answers first, then 200."""
    left = list(troubles)
    return lambda _: left.pop(0) if left else Answer(body=b"at last")


def refused(status: int, **headers: str) -> HttpStatusError:
    """The failure of that status."""
    return HttpStatusError("x", HttpAnswer(status=status, headers=headers, body=b""))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "permanent"),
        (401, "expired"),
        (403, "denied"),
        (404, "not_found"),
        (407, "denied"),
        (408, "transient"),
        (409, "permanent"),
        (410, "not_found"),
        (425, "transient"),
        (429, "throttle"),
        (500, "transient"),
        (501, "permanent"),
        (502, "transient"),
        (503, "transient"),
        (504, "transient"),
        (505, "permanent"),
    ],
)
def test_each_status_means_one_thing(status: int, kind: str) -> None:
    """Only limits and failures of the server are worth another try; a refusal is an answer."""
    assert kind_of(refused(status)) == kind
    assert verdict_of(refused(status)).retryable == (kind in {"transient", "throttle"})


@given(st.integers(min_value=400, max_value=599))
def test_every_failure_has_a_kind(status: int) -> None:
    """No status is without a meaning, and nothing below 500 passes by itself but 408, 425 and 429."""
    assert verdict_of(refused(status)).retryable <= (status >= 500 or status in {408, 425, 429})


def test_a_503_that_names_a_time_is_a_limit() -> None:
    """With Retry-After the server is not broken but busy: it says when to come back."""
    assert verdict_of(refused(503, **{"retry-after": "7"})).kind == "throttle"
    assert verdict_of(refused(503, **{"retry-after": "7"})).retry_after == 7.0


def test_reading_is_repeated_no_earlier_than_the_server_asks() -> None:
    """GET rides out 503, 429 and a reset; Retry-After is the least wait."""
    bench = Bench()
    asked = Answer(status=429, headers={"Retry-After": "30"})
    with serving(troubled(Answer(status=503), asked, Answer(reset=True))) as peer:
        assert bench.ask("GET", peer.url).body == b"at last"
        assert len(peer.requests) == 4
    assert max(bench.waits) >= 30


@pytest.mark.parametrize("trouble", [Answer(status=500), Answer(status=503), Answer(reset=True)])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "LOCK"])
def test_writing_is_never_repeated_blindly(method: str, trouble: Answer) -> None:
    """After a server error or a lost answer nobody knows whether it was done: it is sent once."""
    with serving(troubled(trouble)) as peer, pytest.raises(Exception, match=r"HTTP 50|disconnected|reset"):
        Bench().ask(method, peer.url, body=b"x")
    assert len(peer.requests) == 1


def test_writing_is_repeated_where_a_limit_refused_it() -> None:
    """A 429 was not carried out; the body is sent whole again."""
    with serving(troubled(Answer(status=429))) as peer:
        assert Bench().ask("POST", peer.url, body=b"the body").body == b"at last"
        assert [request.body for request in peer.requests] == [b"the body", b"the body"]


def test_a_broken_server_opens_the_circuit_also_by_writes() -> None:
    """Reads that fail count for the endpoint's breaker: later calls fail at once with the last failure."""
    bench = Bench()
    bench.guard = Guard(
        lambda _: Limit(rate=1000, burst=1000),
        policy=RetryPolicy(attempts=2, first_wait=0.001, give_up_after=1.0),
        breakers={"test": BreakerPolicy(failures=2, open_seconds=60)},
    )
    with serving(lambda _: Answer(status=500)) as peer:
        with pytest.raises(HttpStatusError):
            bench.ask("GET", peer.url)
        with pytest.raises(CircuitOpenError) as caught:
            bench.ask("GET", peer.url)
        assert isinstance(caught.value.last, HttpStatusError)
        assert len(peer.requests) == 2


def test_redirects_are_answers() -> None:
    """A redirect is handed to the caller, not followed."""
    with serving(lambda _: Answer(status=302, headers={"Location": "http://127.0.0.1:1/"})) as peer:
        answer = Bench().ask("GET", peer.url)
        assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/")


def test_accepted_statuses_are_answers() -> None:
    """A status that the caller expects is no failure and is not repeated."""
    with serving(lambda _: Answer(status=503, body=b"no")) as peer:
        assert Bench().ask("GET", peer.url, accepted=(503,)).body == b"no"
        assert len(peer.requests) == 1


def test_every_answer_is_seen() -> None:
    """``on_answer`` sees also the answers that are tried again."""
    seen: list[int] = []
    with serving(troubled(Answer(status=503), Answer(status=429))) as peer:
        Bench().ask("GET", peer.url, on_answer=lambda answer: seen.append(answer.status))
    assert seen == [503, 429, 200]


def test_a_request_goes_out_as_it_was_given() -> None:
    """Query, headers of client and request, body and method arrive; what is ``None`` in the query does not."""
    with serving(lambda _: Answer(headers={"X-Limit": "5"})) as peer:
        bench = Bench(headers={"X-Client": "c"})
        answer = bench.ask(
            "PUT",
            f"{peer.url}/a%2Fb?x=1",
            params={"n": 2, "none": None},
            headers={"X-One": "1"},
            body=b"\x00" * 3_000_000,
        )
        (request,) = peer.requests
    assert answer.headers["x-limit"] == "5"
    assert (request.method, request.path, request.query) == ("PUT", "/a%2Fb", {"x": "1", "n": "2"})
    assert (request.headers["x-client"], request.headers["x-one"]) == ("c", "1")
    assert len(request.body) == 3_000_000


def test_passwords_of_netrc_stay_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ~/.netrc (as git has one) neither adds credentials to a request nor breaks one that has its own."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(lambda _: Answer()) as peer:
        Bench().ask("GET", peer.url)
        Bench().ask("GET", peer.url, headers={"Authorization": "Bearer ours"})
        assert [request.headers.get("authorization") for request in peer.requests] == [None, "Bearer ours"]


def test_the_proxy_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is used, NO_PROXY exempts from it, and a proxy of the caller's goes first."""
    monkeypatch.setenv("no_proxy", "exempt.example")
    with serving(lambda _: Answer(body=b"proxied")) as peer, serving(lambda _: Answer(body=b"ours")) as other:
        monkeypatch.setenv("http_proxy", peer.url)
        assert Bench().ask("GET", "http://nowhere.invalid/x").body == b"proxied"
        assert peer.requests[0].headers["host"] == "nowhere.invalid"
        assert Bench(proxy=other.url).ask("GET", "http://nowhere.invalid/x").body == b"ours"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert Bench().ask("GET", other.url).body == b"ours"


def test_nobody_there_is_worth_another_try() -> None:
    """A port without a listener may have one soon."""
    with pytest.raises(OSError, match="Cannot connect") as caught:
        Bench().ask("GET", f"http://127.0.0.1:{free_port()}")
    assert kind_of(caught.value) == "transient"


def test_a_name_that_is_none_stays_so() -> None:
    """An unknown host name is not asked for again."""
    bench = Bench()
    with pytest.raises(OSError, match=r"nowhere\.invalid") as caught:
        bench.ask("GET", "http://nowhere.invalid")
    assert kind_of(caught.value) == "permanent"
    assert bench.waits == []


def test_a_certificate_that_is_not_trusted_stays_so(tmp_path: Path) -> None:
    """TLS is verified; with the authority's certificate the same server answers."""
    pem = Certificates()
    with serving(lambda _: Answer(body=b"safe"), pem.context(tmp_path)) as peer:
        bench = Bench()
        with pytest.raises(Exception, match="certificate verify failed") as caught:
            bench.ask("GET", peer.url)
        assert kind_of(caught.value) == "permanent"
        assert bench.waits == []
        assert Bench(tls=ssl.create_default_context(cadata=pem.authority)).ask("GET", peer.url).body == b"safe"


def test_a_client_that_is_not_open_is_a_defect() -> None:
    """Without ``async with`` nothing is sent."""
    client = HttpClient(Bench().guard)
    with pytest.raises(RuntimeError, match="not open"):
        asyncio.run(client.request(HERE, "x", "GET", "http://127.0.0.1:1"))


def test_requests_are_counted() -> None:
    """Each try counts: that is what a scan cost."""
    bench = Bench()

    async def run(peer: WebServer) -> int:
        async with HttpClient(bench.guard) as client:
            await client.request(HERE, "x", "GET", peer.url)
            return client.requests

    with serving(troubled(Answer(status=500))) as peer:
        assert asyncio.run(run(peer)) == 2


@given(st.integers(min_value=-5000, max_value=5000))
def test_a_date_to_come_back_is_measured_by_the_servers_clock(seconds: int) -> None:
    """Retry-After as a date is the distance from the answer's own date, and never negative."""
    now = datetime(2020, 1, 1, tzinfo=UTC)
    headers = {"date": format_datetime(now), "retry-after": format_datetime(now + timedelta(seconds=seconds))}
    assert retry_after(headers) == max(0, seconds)


@given(st.text())
def test_a_date_that_is_none_is_no_error(text: str) -> None:
    """Whatever a server writes there, nothing breaks; a date has its time zone."""
    found = date_of(text)
    assert found is None or found.tzinfo is not None
    assert (retry_after({"retry-after": text}) or 0.0) >= 0.0
