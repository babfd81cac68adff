"""Whatever servers say: never earlier than asked, never unbounded, monotone, spread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.fetching.freshness import lifetime_s, retry_after_s
from aggregator.model import FeedHints, FeedState, PollResult
from aggregator.polling.schedule import is_skipped
from aggregator.polling.schedule import next_poll as next_poll_of
from aggregator.settings import FeedSource

TIMES = st.integers(10**9, 37 * 10**8).map(
    lambda second: datetime.fromtimestamp(second, UTC)
) | st.floats(1e9, 3.7e9).map(lambda second: datetime.fromtimestamp(second, UTC))
SPREADS = st.floats(min_value=0, max_value=1, exclude_max=True)
STATES = st.builds(
    FeedState,
    feed_id=st.just(1),
    key=st.just("k"),
    name=st.just("n"),
    etag=st.none() | st.just('"a"'),
    failures=st.integers(0, 10**6),
    throttled=st.integers(0, 10**6),
    polls=st.integers(0, 5),
    last_poll_at=st.none() | TIMES,
    interval_s=st.none() | st.integers(0, 10**6),
    last_ok_at=st.none() | TIMES,
    last_new_at=st.none() | TIMES,
    gone_since=st.none() | TIMES,
    hints=st.builds(
        FeedHints,
        ttl_s=st.none() | st.integers(-5, 10**15),
        skip_hours=st.lists(st.integers(0, 24), max_size=26).map(tuple),
        skip_days=st.lists(st.integers(0, 6), max_size=8).map(tuple),
        update_every_s=st.none() | st.integers(-5, 10**12),
        update_base=st.none() | TIMES,
    ),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "etag": st.just('"b"'),
        "cache-control": st.integers(-10, 10**25).map("max-age={}".format) | st.text(max_size=30),
        "age": st.integers(0, 10**7).map(str),
        "expires": st.text(max_size=40),
        "retry-after": st.integers(-10, 10**25).map(str) | st.text(max_size=40),
    },
)
NEW = PollResult(FeedSource("n", "https://news.example/feed"), FeedState(1, "k", "n"))
RESULTS = st.builds(
    partial(replace, NEW),
    outcome=st.sampled_from(["fetched", "unchanged", "not_modified", "failed"]),
    headers=HEADERS,
    status=st.sampled_from([None, 200, 304, 403, 404, 410, 429, 500, 503]),
)
WAITS = st.timedeltas(timedelta(minutes=1), timedelta(days=30))
SOURCES = st.builds(
    partial(replace, NEW.source),
    every=st.none() | WAITS,
    default_every=WAITS,
    every_without_validators=WAITS,
)
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)


def next_poll(
    state: FeedState, result: PollResult, source: FeedSource, now: datetime, spread: float
) -> FeedState:
    return next_poll_of(replace(result, state=state, source=source), now, spread)


@given(STATES, RESULTS, SOURCES, TIMES, SPREADS)
def test_never_earlier_than_anything_the_server_asked_for(
    state: FeedState, result: PollResult, source: FeedSource, now: datetime, spread: float
) -> None:
    after = next_poll(state, result, source, now, spread)

    fresh = timedelta(seconds=min(lifetime_s(result.headers, now) or 0, WEEK.total_seconds() - 1))
    asked = retry_after_s(result.headers, now) or 0
    demand = timedelta(seconds=min(asked, MONTH.total_seconds() - 1))
    ttl = timedelta(seconds=min(max(state.hints.ttl_s or 0, 0), WEEK.total_seconds() - 1))
    assert after.next_poll_at is not None
    assert after.next_poll_at - now >= max(fresh, demand, ttl)
    assert after.next_poll_at - now.replace(microsecond=0) >= (source.every or source.default_every)
    assert not is_skipped(after.hints, after.next_poll_at)


def is_long_overdue(state: FeedState, now: datetime) -> bool:
    if state.last_poll_at is None or state.interval_s is None:
        return False
    return now - state.last_poll_at >= timedelta(seconds=4 * state.interval_s)


@given(STATES, RESULTS, SOURCES, TIMES, SPREADS)
def test_a_poll_that_came_late_makes_the_next_one_no_earlier(
    state: FeedState, result: PollResult, source: FeedSource, now: datetime, spread: float
) -> None:
    after = next_poll(state, result, source, now, spread)
    in_time = next_poll(replace(state, last_poll_at=None), result, source, now, spread)

    assert after.next_poll_at is not None
    assert in_time.next_poll_at is not None
    assert after.next_poll_at >= in_time.next_poll_at
    if not is_long_overdue(state, now):
        assert after.next_poll_at == in_time.next_poll_at


@given(
    st.integers(5, 3000),
    st.integers(5, 3000),
    st.lists(st.tuples(RESULTS, SPREADS), min_size=5, max_size=40),
)
def test_a_regular_cron_job_polls_at_the_same_runs_as_without_scattering(
    every: int, period: int, polls: list[tuple[PollResult, float]]
) -> None:
    """Of servers that ask for no longer wait: what they ask for is scattered as well."""
    source = replace(NEW.source, every=timedelta(minutes=every))
    polls = [(replace(result, headers={}), spread) for result, spread in polls]

    def runs(*, scatters: bool) -> list[int]:
        state, polled = FeedState(1, "k", "n"), []
        for number, (result, spread) in enumerate(polls):
            now = datetime(2026, 3, 2, tzinfo=UTC) + number * timedelta(minutes=period)
            if state.next_poll_at is not None and now < state.next_poll_at:
                continue
            polled.append(number)
            known = state if scatters else replace(state, last_poll_at=None)
            state = next_poll(known, result, source, now, spread)
        return polled

    assert runs(scatters=True) == runs(scatters=False)


@given(STATES, RESULTS, SOURCES, TIMES, SPREADS)
def test_never_unbounded(
    state: FeedState, result: PollResult, source: FeedSource, now: datetime, spread: float
) -> None:
    after = next_poll(state, result, source, now, spread)

    longest = max(WEEK, source.every or source.default_every, source.every_without_validators)
    if retry_after_s(result.headers, now):
        longest = max(longest, MONTH)
    skipped = WEEK + timedelta(hours=1)
    assert after.next_poll_at is not None
    assert after.next_poll_at - now <= longest + skipped
    assert after.next_poll_at.microsecond == 0


@given(STATES, st.sampled_from([None, 404, 429, 403, 500]), SOURCES, TIMES, SPREADS)
def test_monotone_in_failures(
    state: FeedState, status: int | None, source: FeedSource, now: datetime, spread: float
) -> None:
    calm = replace(state, failures=0, throttled=0, hints=FeedHints())
    waits = []
    for _ in range(12):
        calm = next_poll(calm, replace(NEW, outcome="failed", status=status), source, now, spread)
        waits.append(calm.interval_s or 0)

    assert all(shorter <= longer for shorter, longer in pairwise(waits))


@given(TIMES)
def test_second_polls_of_a_thousand_feeds_are_spread(now: datetime) -> None:
    source = replace(NEW.source, every_without_validators=timedelta(hours=1))
    state = FeedState(1, "k", "n")
    minutes: dict[int, int] = {}
    for number in range(1000):
        after = next_poll(state, replace(NEW, status=200), source, now, number / 1000)
        minute = (after.interval_s or 0) // 60
        minutes[minute] = minutes.get(minute, 0) + 1

    assert max(minutes.values()) <= 2 * 1000 / 60
