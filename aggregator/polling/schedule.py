"""Decides when a feed is polled next: all rules of politeness that concern time.

Pure: the clock and the randomness are arguments. `docs/polling.md` lists the rules for publishers.
Hints of documents are those of RSS 2.0 (https://www.rssboard.org/rss-specification: ttl, skipHours,
skipDays) and the RSS 1.0 syndication module (sy:updatePeriod).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from aggregator.fetching.freshness import LONGEST_RETRY_AFTER, lifetime_s, retry_after_s
from aggregator.model import FeedHints, FeedState, PollResult
from aggregator.settings import FeedSource
from aggregator.times import rounded_up

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONGEST_BACKOFF = _DAY
_BLOCK = timedelta(hours=5)  # minus 20 %: at least four hours
_LONGEST_BLOCK = timedelta(days=7)
_QUIET = timedelta(days=30)  # without news for so long, daily polls are enough
_LATE = 3  # intervals
_CONFIRM_MOVE = 3  # responses
_FORGET_MOVE = 5  # failures in a row at the new address, before the configured one is used again
_NOT_MOVING: dict[str, Any] = {"moved_to": None, "moved_since": None, "moved_count": 0}


def wait_reason(state: FeedState, now: datetime, *, due_only: bool, force: bool) -> str:
    """Why the feed must not be polled now; "" if it may be.

    Demands of the server always apply, its hints unless `force`, our own waits only if `due_only`.
    """
    if state.gone:
        return "gone"
    if state.not_before is not None and now < state.not_before:
        return state.not_before_reason or "retry_after"
    if force:
        return ""
    if state.hint_until is not None and now < state.hint_until:
        return state.hint_reason or "max-age"
    if due_only and state.next_poll_at is not None and now < state.next_poll_at:
        return "not_due"
    return ""


def next_poll(
    result: PollResult, now: datetime, spread: float, pushed_until: datetime | None = None
) -> FeedState:
    """The feed's state after a poll, including `next_poll_at`; `result` has the previous one.

    `spread` in [0, 1) scatters feeds over time; `pushed_until`: the end of the lease of a hub that
    pushes the feed's news (WebSub). The next poll is never earlier than the server asks for, and
    never later than the feed's `longest_wait` (30 days if `Retry-After` asks for it, or `every` if
    that is longer).
    """
    state, longest_wait = result.state, result.source.longest_wait
    is_failure = result.outcome == "failed"
    is_offline = is_failure and result.status is None
    learned = _failed(result, now) if is_failure else _ok(result, now)
    own = _own_wait(learned, result.source, now, pushed_until)
    is_late = _came_late(state, now)  # like all feeds after a night off
    if is_failure:
        is_crowded = state.polls == 0 or (is_late and learned.failures == 1)
        own = _backed_off(own, learned.failures, spread, scattered=is_offline and is_crowded)
        jitter = timedelta(0)
    else:
        jitter = own * (1.0 if state.polls == 0 else 0.5 if is_late else 0.1) * spread
    demand, demand_reason = _demand(learned, result, now, spread)
    hint, hint_reason = _hint(learned, result, now, longest_wait)

    start = now.replace(microsecond=0)  # our own waits count in whole seconds, as they are stored
    longest = later(now, seconds=1e9, longest=longest_wait)
    earliest = max(start + own, demand, hint)
    moment = max(min(earliest + jitter, longest), earliest)
    allowed = out_of_hours(learned.hints, moment)
    if allowed != moment:  # scattered over the first hour that is not skipped
        allowed += spread * timedelta(minutes=55)
    at = rounded_up(allowed)
    skip_until = out_of_hours(learned.hints, now)
    if skip_until > hint:
        hint, hint_reason = skip_until, "skip"
    return replace(
        learned,
        polls=state.polls + 1,
        last_poll_at=now,
        next_poll_at=at,
        interval_s=round((at - start).total_seconds()),
        not_before=rounded_up(demand) if demand > now else None,
        not_before_reason=demand_reason,
        hint_until=rounded_up(hint) if hint > now else None,
        hint_reason=hint_reason if hint > now else "",
    )


def _ok(result: PollResult, now: datetime) -> FeedState:
    """The state after a success: validators (RFC 9111, sections 3.2 and 4.3.4), moves."""
    state = result.state
    etag = result.headers.get("etag") or None
    modified = result.headers.get("last-modified") or None
    if result.outcome == "not_modified":  # a 304 may, but need not, have new validators
        etag, modified = etag or state.etag, modified or state.last_modified
    # A permanent redirect is accepted only after three times within at least a day: a single 301 is
    # often a captive portal, a parked domain or a brief mistake.
    moving: dict[str, Any] = {"moved_count": state.moved_count + 1}
    if result.moved_to is None:
        moving = _NOT_MOVING
    elif result.moved_to != state.moved_to or state.moved_since is None:
        moving = {"moved_to": result.moved_to, "moved_since": now, "moved_count": 1}
    elif moving["moved_count"] >= _CONFIRM_MOVE and now - state.moved_since >= _DAY:
        moving = _NOT_MOVING | {"permanent_url": result.moved_to}
    return replace(
        state,
        etag=etag,
        last_modified=modified,
        validators_url=result.url or state.validators_url,
        body_hash=result.body_hash or state.body_hash,
        hints=state.hints if result.parsed is None else result.parsed.hints,
        last_ok_at=now,
        last_new_at=state.last_new_at or now,
        failures=0,
        throttled=0,
        last_error_kind="",
        last_error="",
        gone_since=None,
        **moving,
    )


def _failed(result: PollResult, now: datetime) -> FeedState:
    """The state after a failure; validators and hash stay, or a bad response would hide items."""
    state = result.state
    learned = replace(
        state,
        failures=state.failures + 1,
        throttled=state.throttled + 1 if result.status in (403, 429) else 0,
        last_error_kind="" if result.error is None else result.error.kind,
        last_error="" if result.error is None else result.error.detail,
    )
    if learned.permanent_url is not None and (
        result.status == 410 or learned.failures >= _FORGET_MOVE
    ):
        return replace(learned, permanent_url=None)
    if result.status != 410:
        return learned if result.status is None else replace(learned, gone_since=None)
    since = state.gone_since or now
    return replace(learned, gone_since=since, gone=now - since >= _DAY)


def _came_late(state: FeedState, now: datetime) -> bool:
    """Whether the poll was overdue by three intervals.

    A cron job that runs as seldom misses none of its runs by half an interval more.
    """
    if state.last_poll_at is None or state.interval_s is None:
        return False
    return now - state.last_poll_at >= timedelta(seconds=(1 + _LATE) * state.interval_s)


def _own_wait(
    state: FeedState, source: FeedSource, now: datetime, pushed_until: datetime | None
) -> timedelta:
    """Our own wait; `every` set on the feed overrides everything else."""
    if source.every is not None:
        return source.every
    wait = source.default_every
    if state.last_ok_at is not None and not (state.etag or state.last_modified):
        wait = max(wait, source.every_without_validators)
    if state.last_new_at is not None and now - state.last_new_at >= _QUIET:
        wait = max(wait, _DAY)
    if pushed_until is not None:  # daily, but at its usual interval once the lease is over
        wait = max(wait, min(pushed_until - now, _DAY))
    return wait


def _backed_off(own: timedelta, failures: int, spread: float, *, scattered: bool) -> timedelta:
    """The wait doubles with every failure in a row, up to a day; jitter only makes it longer.

    `scattered`: over a whole interval, because all feeds may have failed together.
    """
    doubled = min(own * float(2 ** min(failures - 1, 20)), max(own, _LONGEST_BACKOFF))
    share = 1.0 if scattered else 0.0 if failures <= 1 else 0.2
    return min(doubled * (1 + share * spread), max(own, _LONGEST_BACKOFF))


def _demand(
    state: FeedState, result: PollResult, now: datetime, spread: float
) -> tuple[datetime, str]:
    """The server's demand by Retry-After, 429, 403 or 410: until when, and the reason."""
    asked_s = retry_after_s(result.headers, now)
    until, reason = now, ""
    if asked_s:
        until = later(now, seconds=asked_s, longest=LONGEST_RETRY_AFTER)
        reason = "retry_after"
    if result.outcome == "failed" and result.status == 410:
        return max((until, reason), (now + _DAY + 0.1 * spread * _DAY, "gone"))
    blocked = result.status == 403 or (result.status == 429 and not asked_s)
    if result.outcome == "failed" and blocked:
        block = min(_BLOCK * float(2 ** min(state.throttled - 1, 10)), _LONGEST_BLOCK / 1.2)
        block_until = now + block * (0.8 + 0.4 * spread)
        if block_until > until:
            until, reason = block_until, "blocked"
    return until, reason


def _hint(
    state: FeedState, result: PollResult, now: datetime, longest: timedelta
) -> tuple[datetime, str]:
    """The later of the hints in headers and document, at most `longest` away."""
    until, reason = document_wait(state.hints, now, longest)
    fresh_s = lifetime_s(result.headers, now)
    if fresh_s:
        fresh_until = later(now, seconds=fresh_s, longest=longest)
        if fresh_until > until:
            until, reason = fresh_until, "max-age"
    kept = state.hint_until
    if result.outcome == "failed" and kept is not None and kept > until:
        return kept, state.hint_reason  # a failed forced poll does not end this wait
    return until, reason


def later(now: datetime, *, seconds: float, longest: timedelta) -> datetime:
    """`now` plus the wait, but at most `longest`, rounded down to the second."""
    if seconds > longest.total_seconds():
        return (now + longest).replace(microsecond=0)
    return now + timedelta(seconds=seconds)


def document_wait(hints: FeedHints, now: datetime, longest: timedelta) -> tuple[datetime, str]:
    """The time until which `ttl` and `sy:` ask us to wait, and the name of the hint.

    At most `longest` away, since a request for a year is usually a mistake. Skipped hours and days
    are not included: they say *when*, not how long (`out_of_hours`).
    """
    until, reason = now, ""
    if hints.ttl_s is not None and hints.ttl_s > 0:
        until, reason = later(now, seconds=hints.ttl_s, longest=longest), "ttl"
    if hints.update_every_s is not None and hints.update_every_s > 0:
        wait_s: float = min(hints.update_every_s, 10**9)
        if hints.update_base is not None:  # when the feed is first updated
            every = timedelta(seconds=wait_s)
            since = (now - hints.update_base) % every  # never negative: Python's modulo
            wait_s = (every - since).total_seconds()
        slot = later(now, seconds=wait_s, longest=longest)
        if slot > until:
            until, reason = slot, "sy:updatePeriod"
    return until, reason


def is_skipped(hints: FeedHints, at: datetime) -> bool:
    """Whether the document asks not to be polled in this hour or on this day (GMT).

    A list of all 24 hours or all 7 days would mean never, and is ignored.
    """
    if not hints.skip_hours and not hints.skip_days:
        return False
    hours = {hour % 24 for hour in hints.skip_hours}  # 24 is midnight in old feeds
    days = set(hints.skip_days)
    return (len(hours) < 24 and at.hour in hours) or (len(days) < 7 and at.weekday() in days)


def out_of_hours(hints: FeedHints, at: datetime) -> datetime:
    """`at`, or the start of the first later hour that is not skipped."""
    if not is_skipped(hints, at):
        return at
    hour = at.replace(minute=0, second=0, microsecond=0)
    while is_skipped(hints, hour):  # terminates: some hour of some day is allowed
        hour += _HOUR
    return hour
