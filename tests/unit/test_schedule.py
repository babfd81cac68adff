"""When a feed is asked again: the rules P2-P6, P13-P22 and P29 that are about time and memory."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from aggregator.model import FeedHints, FeedState, ParsedFeed, PollError, PollResult
from aggregator.polling.schedule import next_poll as next_poll_of
from aggregator.polling.schedule import wait_reason
from aggregator.settings import FeedSource

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOURCE = FeedSource("News", "https://news.example/feed")
STATE = FeedState(1, "https://news.example/feed", "News", polls=3, last_new_at=NOW - DAY)
SLEPT = replace(STATE, last_poll_at=NOW - 9 * HOUR, interval_s=3600)
VALIDATED = {"etag": '"a"'}


def poll(outcome: str, headers: dict[str, str], status: int | None, **said: Any) -> PollResult:
    return PollResult(SOURCE, STATE, outcome=outcome, headers=headers, status=status, **said)


def next_poll(
    state: FeedState,
    result: PollResult,
    source: FeedSource,
    now: datetime,
    spread: float,
    *,
    pushed_until: datetime | None = None,
) -> FeedState:
    return next_poll_of(replace(result, state=state, source=source), now, spread, pushed_until)


def ok(**headers: str) -> PollResult:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return poll("fetched", VALIDATED | named, 200, url="https://news.example/feed")


def failed(status: int | None = None, **headers: str) -> PollResult:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return poll("failed", named, status, error=PollError("http", f"HTTP {status}"))


def with_hints(result: PollResult, hints: FeedHints) -> PollResult:
    return replace(result, parsed=ParsedFeed("rss20", "", (), hints=hints))


def wait(state: FeedState, now: datetime = NOW) -> timedelta:
    assert state.next_poll_at is not None
    return state.next_poll_at - now


def after(outcome: PollResult, state: FeedState = STATE, spread: float = 0.0) -> FeedState:
    return next_poll(state, outcome, SOURCE, NOW, spread)


def test_p3_validators_are_taken_as_they_came_and_none_is_made_up() -> None:
    learned = after(poll("fetched", {"last-modified": "yesterday-ish"}, 200))

    assert learned.etag is None
    assert learned.last_modified == "yesterday-ish"


def test_p4_same_body_with_new_validators_stores_these() -> None:
    state = replace(STATE, etag='"old"', last_modified="then", body_hash="h")

    learned = after(poll("unchanged", {"etag": '"new"'}, 200, body_hash="h"), state)

    assert (learned.etag, learned.last_modified) == ('"new"', None)


def test_p5_a_304_brings_new_validators_and_keeps_what_it_lacks() -> None:
    state = replace(STATE, etag='"old"', last_modified="then")

    learned = after(poll("not_modified", {"etag": '"new"'}, 304), state)

    assert (learned.etag, learned.last_modified) == ('"new"', "then")


def test_p6_a_200_without_validators_drops_the_old_ones() -> None:
    learned = after(poll("fetched", {}, 200), replace(STATE, etag='"old"', last_modified="x"))

    assert (learned.etag, learned.last_modified) == (None, None)


def test_p7_a_failure_does_not_advance_validators_or_hash() -> None:
    state = replace(STATE, etag='"old"', last_modified="then", body_hash="h")
    unreadable = poll("failed", {"etag": '"new"'}, 200, body_hash="i")

    learned = after(unreadable, state)

    assert (learned.etag, learned.last_modified, learned.body_hash) == ('"old"', "then", "h")


def test_p13_an_hour_between_polls_by_default_and_a_day_without_validators() -> None:
    assert wait(after(ok())) == HOUR
    assert wait(after(poll("fetched", {}, 200))) == DAY


def test_p13_what_stands_on_the_feed_itself_wins_over_our_own_waits() -> None:
    source = FeedSource("News", "https://news.example/feed", every=timedelta(minutes=20))

    learned = next_poll(STATE, poll("fetched", {}, 200), source, NOW, 0.0)

    assert wait(learned) == timedelta(minutes=20)


@pytest.mark.parametrize(
    ("lease", "wanted"), [(10 * DAY, DAY), (5 * HOUR, 5 * HOUR), (-HOUR, HOUR)]
)
def test_p31_a_feed_is_polled_daily_while_its_hub_pushes(
    lease: timedelta, wanted: timedelta
) -> None:
    polled = poll("fetched", VALIDATED, 200)

    assert wait(next_poll(STATE, polled, SOURCE, NOW, 0.0, pushed_until=NOW + lease)) == wanted


def test_p31_what_stands_on_the_feed_wins_over_its_hub() -> None:
    source = FeedSource("News", "https://news.example/feed", every=timedelta(minutes=20))

    learned = next_poll(
        STATE, poll("fetched", VALIDATED, 200), source, NOW, 0.0, pushed_until=NOW + 10 * DAY
    )

    assert wait(learned) == timedelta(minutes=20)


@pytest.mark.parametrize("kind", ["fetched", "unchanged", "not_modified"])
def test_p14_never_sooner_than_max_age_less_age(kind: str) -> None:
    headers = VALIDATED | {"cache-control": "public, max-age=18000", "age": "3600"}

    learned = after(poll(kind, headers, 304 if kind == "not_modified" else 200))

    assert wait(learned) == timedelta(hours=4)
    assert learned.hint_reason == "max-age"


def test_p14_a_forced_poll_that_fails_ends_no_wait() -> None:
    fresh = after(ok(cache_control="max-age=86400"))

    learned = next_poll(fresh, failed(), SOURCE, NOW + HOUR, 0.0)

    assert learned.next_poll_at == fresh.next_poll_at
    assert (learned.hint_until, learned.hint_reason) == (fresh.hint_until, "max-age")


def test_p14_a_forced_poll_that_succeeds_ends_the_wait_of_the_answer_before() -> None:
    fresh = after(ok(cache_control="max-age=86400"))

    learned = next_poll(fresh, ok(), SOURCE, NOW + HOUR, 0.0)

    assert wait(learned) == 2 * HOUR
    assert (learned.hint_until, learned.hint_reason) == (None, "")


def test_p14_s_maxage_is_not_for_us_and_no_cache_leaves_our_own_wait() -> None:
    assert wait(after(ok(cache_control="s-maxage=90000"))) == HOUR
    assert wait(after(ok(cache_control="no-cache, max-age=90000"))) == HOUR


def test_p15_expires_counts_from_date_and_only_without_max_age() -> None:
    date, expires = "Mon, 02 Mar 2026 00:00:00 GMT", "Mon, 02 Mar 2026 05:00:00 GMT"

    assert wait(after(ok(date=date, expires=expires))) == timedelta(hours=5)
    assert wait(after(ok(date=date, expires=expires, cache_control="max-age=60"))) == HOUR


def test_p16_absurd_lifetimes_are_cut_to_seven_days_jitter_included() -> None:
    for value in ("max-age=31536000", "max-age=99999999999999999999"):
        assert wait(after(ok(cache_control=value), spread=0.999)) == timedelta(days=7)


def test_p16_the_cap_is_a_setting() -> None:
    source = replace(SOURCE, longest_wait=30 * DAY)
    learned = next_poll(
        STATE, poll("fetched", {"cache-control": "max-age=31536000"}, 200), source, NOW, 0.5
    )

    assert wait(learned) == 30 * DAY


@pytest.mark.parametrize("status", [302, 403, 429, 500, 503])
def test_p17_retry_after_is_never_cut(status: int) -> None:
    learned = after(failed(status, retry_after="500000"))

    assert wait(learned) >= timedelta(seconds=500000)
    assert learned.not_before == NOW + timedelta(seconds=500000)
    assert learned.not_before_reason == "retry_after"


def test_p17_retry_after_as_a_date_and_thirty_days_for_sanity() -> None:
    date = after(failed(503, retry_after="Wed, 04 Mar 2026 10:00:00 GMT"))
    absurd = after(failed(429, retry_after="99999999999999999999"))

    assert date.not_before == NOW + 2 * DAY
    assert wait(absurd) == timedelta(days=30)


def test_p17_force_does_not_override_what_a_server_demanded() -> None:
    learned = after(failed(429, retry_after="7200"))

    assert wait_reason(learned, NOW + HOUR, due_only=False, force=True) == "retry_after"
    assert wait_reason(learned, NOW + 2 * HOUR, due_only=True, force=False) == ""


def test_p18_429_without_retry_after_waits_four_hours_and_grows() -> None:
    first = after(failed(429))
    second = next_poll(first, failed(429), SOURCE, NOW, 0.0)

    assert wait(first) == timedelta(hours=4)
    assert wait(second) == timedelta(hours=8)
    assert (first.not_before_reason, second.throttled) == ("blocked", 2)


def test_p18_and_p19_the_block_has_jitter_and_an_end() -> None:
    assert wait(after(failed(429), spread=0.999)) > timedelta(hours=5.9)
    assert wait(after(failed(403), replace(STATE, throttled=50), spread=0.999)) < timedelta(days=7)


def test_p19_403_waits_four_hours_and_404_backs_off() -> None:
    assert wait(after(failed(403))) == timedelta(hours=4)
    missing = after(failed(404), replace(STATE, failures=40))
    assert wait(missing) == DAY
    assert not missing.gone


def test_p19_a_feed_is_gone_after_two_410_a_day_apart() -> None:
    first = after(failed(410))
    soon = next_poll(first, failed(410), SOURCE, NOW + HOUR, 0.0)
    later = next_poll(first, failed(410), SOURCE, NOW + DAY, 0.0)

    assert wait(first) == DAY
    assert not soon.gone
    assert later.gone
    assert wait_reason(later, NOW + 90 * DAY, due_only=False, force=True) == "gone"


def test_p19_any_other_answer_in_between_means_not_gone() -> None:
    state = next_poll(after(failed(410)), failed(503), SOURCE, NOW + HOUR, 0.0)

    assert not next_poll(state, failed(410), SOURCE, NOW + 2 * DAY, 0.0).gone


def moved(to: str | None) -> PollResult:
    return replace(ok(), moved_to=to, url=to or "")


def test_p20_a_move_counts_after_three_answers_over_a_day() -> None:
    state = STATE
    for hours in (0, 1, 2):
        state = next_poll(state, moved("https://new.example/"), SOURCE, NOW + hours * HOUR, 0.0)
        assert state.permanent_url is None

    state = next_poll(state, moved("https://new.example/"), SOURCE, NOW + DAY, 0.0)

    assert state.permanent_url == "https://new.example/"
    assert state.moved_to is None


def test_p20_another_target_or_none_starts_the_count_again() -> None:
    state = next_poll(STATE, moved("https://portal.example/"), SOURCE, NOW, 0.0)
    other = next_poll(state, moved("https://new.example/"), SOURCE, NOW + DAY, 0.0)
    back = next_poll(state, moved(None), SOURCE, NOW + DAY, 0.0)

    assert (other.moved_to, other.moved_count) == ("https://new.example/", 1)
    assert back.moved_to is None


def test_p20_a_new_address_that_fails_for_long_gives_way_to_the_configured_one() -> None:
    state = replace(STATE, permanent_url="https://new.example/", failures=3)

    fourth = after(failed(404), state)
    fifth = after(failed(404), fourth)

    assert fourth.permanent_url is not None
    assert fifth.permanent_url is None
    assert after(failed(410), state).permanent_url is None
    assert not after(failed(410), state).gone


def test_p21_failures_back_off_up_to_a_day_and_success_resets() -> None:
    state, waits = STATE, []
    for _ in range(8):
        state = after(failed(), state)
        waits.append(wait(state) / HOUR)

    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    healed = after(ok(), state)
    assert (healed.failures, healed.last_error, wait(healed)) == (0, "", HOUR)


def test_p22_the_longest_of_all_hints_counts() -> None:
    hints = FeedHints(ttl_s=3 * 3600, update_every_s=5 * 3600)

    learned = after(with_hints(ok(cache_control="max-age=7200"), hints))

    assert wait(learned) == timedelta(hours=5)
    assert learned.hint_reason == "sy:updatePeriod"


def test_p17_a_feed_that_is_gone_may_ask_for_more_than_a_day() -> None:
    learned = after(replace(failed(410), headers={"retry-after": "200000"}))

    assert wait(learned) == timedelta(seconds=200_000)
    assert learned.not_before_reason == "retry_after"


def test_p22_skipped_hours_are_left_out_and_their_end_is_scattered() -> None:
    hints = FeedHints(skip_hours=(11, 12, 13))

    first = after(with_hints(ok(), hints), spread=0.0)
    last = after(with_hints(ok(), hints), spread=0.999)

    assert wait(first) == timedelta(hours=4)
    assert timedelta(hours=4.8) < wait(last) < timedelta(hours=5)


def test_p22_within_a_skipped_hour_the_command_line_waits_too() -> None:
    learned = after(with_hints(ok(), FeedHints(skip_hours=(10, 11))))

    assert wait_reason(learned, NOW + HOUR, due_only=False, force=False) == "skip"
    assert wait_reason(learned, NOW + HOUR, due_only=False, force=True) == ""


def test_p22_hints_of_the_last_document_count_for_a_304() -> None:
    state = replace(STATE, etag='"a"', hints=FeedHints(ttl_s=6 * 3600))

    assert wait(after(poll("not_modified", {}, 304), state)) == timedelta(hours=6)


def test_p24_the_second_polls_of_a_thousand_feeds_are_scattered() -> None:
    new = replace(STATE, polls=0)
    minutes = Counter(
        int(wait(after(ok(), new, spread=number / 1000)) / timedelta(minutes=1))
        for number in range(1000)
    )

    assert len(minutes) == 60
    assert max(minutes.values()) <= 2 * 1000 / 60


def test_p24_feeds_that_were_added_without_a_network_are_scattered_too() -> None:
    new = replace(STATE, polls=0)
    minutes = Counter(
        int(wait(after(failed(), new, spread=number / 1000)) / timedelta(minutes=1))
        for number in range(1000)
    )

    assert len(minutes) == 60
    assert max(minutes.values()) <= 2 * 1000 / 60


def test_p24_feeds_that_were_due_together_after_a_night_off_are_scattered_again() -> None:
    for outcome, latest in ((ok(), 90), (failed(), 120)):
        minutes = Counter(
            int(wait(after(outcome, SLEPT, spread=number / 1000)) / timedelta(minutes=1))
            for number in range(1000)
        )

        assert (min(minutes), max(minutes)) == (60, latest - 1)
        assert max(minutes.values()) <= 34


def test_p24_a_poll_that_came_a_little_late_changes_nothing() -> None:
    for hours in (1, 2, 3.9):
        late = replace(SLEPT, last_poll_at=NOW - hours * HOUR)

        assert wait(after(ok(), late, spread=0.5)) == timedelta(minutes=63)
        assert wait(after(failed(), late, spread=0.5)) == HOUR


def test_p24_a_server_that_failed_after_a_night_off_is_backed_off_as_ever() -> None:
    assert wait(after(failed(500), SLEPT, spread=0.5)) == HOUR


def test_p24_what_servers_ask_for_holds_after_a_night_off_and_is_scattered_as_ever() -> None:
    assert wait(after(ok(cache_control="max-age=3600"), SLEPT, spread=0.5)) == timedelta(minutes=75)
    assert wait(after(ok(retry_after="7200"), SLEPT, spread=0.5)) == timedelta(minutes=135)


def test_p29_a_quiet_feed_is_asked_once_a_day_after_a_day_off_too() -> None:
    quiet = replace(
        SLEPT, last_new_at=NOW - 40 * DAY, last_poll_at=NOW - 2 * DAY, interval_s=24 * 3600
    )

    assert wait(after(ok(), quiet, spread=0.5)) == 1.05 * DAY


def test_p24_only_what_had_no_answer_at_all_counts_as_added_without_a_network() -> None:
    assert wait(after(failed(500), replace(STATE, polls=0), spread=0.5)) == HOUR


def test_p24_later_polls_keep_their_distance() -> None:
    assert wait(after(ok(), spread=0.5)) == timedelta(minutes=63)


def test_p29_a_feed_without_news_for_a_month_is_asked_daily() -> None:
    quiet = replace(STATE, etag='"a"', last_new_at=NOW - timedelta(days=30))

    assert wait(after(poll("not_modified", {}, 304), quiet)) == DAY


def test_the_month_of_silence_begins_with_the_first_good_answer() -> None:
    assert after(ok(), replace(STATE, last_new_at=None)).last_new_at == NOW


def test_our_own_waits_hold_only_for_due_runs() -> None:
    state = after(ok())

    assert wait_reason(state, NOW, due_only=True, force=False) == "not_due"
    assert wait_reason(state, NOW, due_only=False, force=False) == ""
    assert wait_reason(STATE, NOW, due_only=True, force=False) == ""


def test_a_wait_of_more_than_a_week_that_the_operator_chose_stands() -> None:
    source = replace(SOURCE, every=timedelta(days=20))

    assert wait(next_poll(STATE, ok(), source, NOW, 0.5)) == timedelta(days=20)


def test_times_are_rounded_up_to_the_second_that_is_stored() -> None:
    now = NOW.replace(microsecond=1)

    learned = next_poll(STATE, failed(503, retry_after="10000"), SOURCE, now, 0.0)

    assert learned.not_before == NOW + timedelta(seconds=10001)
