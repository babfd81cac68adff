"""Lanes, gaps and turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import HostState
from aggregator.polling.queue import PollQueue, Ticket
from aggregator.urls import registrable_domain

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def ticket(
    number: int, host: str = "a.example", *, gap_s: float = 2.0, per_host: int = 1
) -> Ticket:
    return Ticket(number, f"https://{host}/{number}", host, gap_s, per_host)


def queue(*tickets: Ticket) -> PollQueue:
    lanes = PollQueue(registrable_domain)
    for one in tickets:
        lanes.add(one, NOW)
    return lanes


def taken(lanes: PollQueue, now: datetime) -> list[int]:
    found = []
    while (one := lanes.take(now)) is not None:
        found.append(one.feed_id)
    return found


def test_p11_a_feed_that_waits_or_is_polled_is_not_added_again() -> None:
    one = ticket(1)
    lanes = queue(one)

    assert not lanes.add(one, NOW)
    lanes.take(NOW)
    assert not lanes.add(one, NOW)
    lanes.done(one)
    assert 1 in lanes
    lanes.forget(1)
    assert lanes.add(one, NOW)


def test_p23_one_at_a_time_and_two_seconds_between_starts() -> None:
    lanes = queue(ticket(1), ticket(2), ticket(3))

    assert taken(lanes, NOW) == [1]
    lanes.done(ticket(1))
    assert taken(lanes, NOW + SECOND) == []
    assert lanes.next_start() == (NOW + 2 * SECOND).timestamp()
    assert taken(lanes, NOW + 2 * SECOND) == [2]
    assert taken(lanes, NOW + 9 * SECOND) == []  # the second is in flight
    lanes.done(ticket(2))
    assert taken(lanes, NOW + 9 * SECOND) == [3]


def test_p23_hosts_do_not_hold_each_other_up() -> None:
    lanes = queue(ticket(1), ticket(2), ticket(3, "b.example"), ticket(4, "c.example"))

    assert taken(lanes, NOW) == [1, 3, 4]


def test_p23_per_host_and_gap_are_settings() -> None:
    free = [ticket(number, per_host=2, gap_s=0) for number in (1, 2, 3)]
    lanes = queue(*free)

    assert taken(lanes, NOW) == [1, 2]
    lanes.done(free[0])
    assert taken(lanes, NOW) == [3]


def test_a_host_that_has_answered_goes_on_over_its_open_connection() -> None:
    first, second = ticket(1, gap_s=0), ticket(2, gap_s=0)
    lanes = queue(first, second, *(ticket(number, f"{number}.example") for number in (3, 4)))

    assert lanes.take(NOW) == first
    lanes.done(first)
    assert taken(lanes, NOW) == [2, 3, 4]


def test_p23_the_gap_outlives_a_restart() -> None:
    before = queue(ticket(1))
    before.take(NOW)
    remembered = list(before.changes())
    lanes = PollQueue(registrable_domain)
    lanes.restore(remembered)
    lanes.add(ticket(2), NOW)

    assert remembered == [HostState("a.example", NOW + 2 * SECOND)]
    assert taken(lanes, NOW + SECOND) == []
    assert taken(lanes, NOW + 2 * SECOND) == [2]


def test_p23_a_request_from_elsewhere_counts_and_never_shortens_a_gap() -> None:
    lanes = queue()
    lanes.restore([HostState("news.co.uk", None, NOW + timedelta(hours=1))])
    lanes.note_start("a.example", 5, NOW)
    lanes.note_start("a.example", 2, NOW)
    lanes.note_start("b.news.co.uk", 2, NOW)
    remembered = {host.name: host for host in lanes.changes()}
    for one in (ticket(1), ticket(2, "a.news.co.uk")):
        lanes.add(one, NOW)

    assert remembered == {
        "a.example": HostState("a.example", NOW + 5 * SECOND),
        "news.co.uk": HostState("news.co.uk", NOW + 2 * SECOND, NOW + timedelta(hours=1)),
    }
    assert taken(lanes, NOW + 2 * SECOND) == [2]
    assert taken(lanes, NOW + 5 * SECOND) == [1]


def test_p23_a_feed_that_waits_is_put_off_by_a_request_from_elsewhere() -> None:
    lanes = queue(ticket(1))
    lanes.note_start("a.example", 5, NOW)

    assert taken(lanes, NOW + SECOND) == []
    assert taken(lanes, NOW + 5 * SECOND) == [1]


def test_p23_a_clock_that_is_set_moves_what_waits_with_it() -> None:
    lanes = queue(ticket(1), ticket(2), ticket(3, "b.example"))
    assert lanes.take(NOW) == ticket(1)
    lanes.done(ticket(1))
    hour = timedelta(hours=1)

    lanes.shift(hour, NOW + hour)

    assert taken(lanes, NOW + hour) == [3]
    assert taken(lanes, NOW + hour + 2 * SECOND) == [2]


@pytest.mark.parametrize("is_all", [True, False])
def test_what_is_dropped_beside_a_poll_without_a_gap_leaves_the_queue_whole(
    *, is_all: bool
) -> None:
    lanes = queue(*(ticket(number, gap_s=0.0, per_host=2) for number in (1, 2, 3)))
    first = lanes.take(NOW)
    assert first is not None
    if is_all:
        lanes.clear()
    else:
        lanes.drop("a.example")
    lanes.done(first)
    lanes.forget(1)

    lanes.shift(SECOND, NOW + SECOND)
    assert lanes.add(ticket(4, "b.example"), NOW)
    assert taken(lanes, NOW + SECOND) == [4]


def test_a_gap_of_another_process_stays_as_long_when_the_clock_is_set() -> None:
    lanes, hour = queue(ticket(1)), timedelta(hours=1)
    lanes.restore([HostState("a.example", NOW + 2 * SECOND, None)])

    lanes.shift(hour, NOW + hour)

    assert taken(lanes, NOW + hour + SECOND) == []
    assert taken(lanes, NOW + hour + 2 * SECOND) == [1]


@pytest.mark.parametrize("by", [timedelta(days=31), timedelta(days=-31)])
def test_what_was_asked_before_a_set_clock_was_noticed_keeps_its_gap_and_no_more(
    by: timedelta,
) -> None:
    lanes, at = queue(ticket(1), ticket(2)), NOW + by
    assert taken(lanes, at) == [1]
    lanes.throttle("b.example", at)
    lanes.done(ticket(1))

    lanes.shift(by, at + SECOND)

    assert taken(lanes, at + SECOND) == []
    assert taken(lanes, at + 3 * SECOND) == [2]
    (host,) = [one for one in lanes.changes() if one.name == "b.example"]
    assert host.backoff_until is not None
    assert timedelta(hours=23) < host.backoff_until - at < timedelta(hours=25)


def test_p23_a_redirect_waits_in_the_lane_that_it_leads_to() -> None:
    lanes = queue(ticket(1), ticket(2), ticket(3, "b.example"), ticket(4, "b.example"))
    assert taken(lanes, NOW) == [1, 3]

    lanes.redirect(ticket(3, "b.example"), "a.example", NOW)

    assert taken(lanes, NOW + 2 * SECOND) == [4]  # its own host is free for others
    lanes.done(ticket(1))
    assert taken(lanes, NOW + 2 * SECOND) == [2]  # which came before it
    lanes.done(ticket(2))
    assert taken(lanes, NOW + 4 * SECOND) == [3]
    lanes.done(ticket(3, "b.example"))
    assert (lanes.waiting, lanes.in_flight) == (0, 1)


def test_p23_no_more_than_its_share_is_redirected_to_a_host_at_once() -> None:
    lanes = queue(ticket(1, gap_s=0), ticket(2, "b.example", gap_s=0))
    assert taken(lanes, NOW) == [1, 2]

    lanes.redirect(ticket(2, "b.example", gap_s=0), "a.example", NOW)

    assert taken(lanes, NOW) == []
    lanes.done(ticket(1))
    assert taken(lanes, NOW) == [2]


def test_a_redirect_outlives_what_is_dropped_and_ends_while_it_waits() -> None:
    lanes = queue(ticket(1), ticket(2), ticket(3, "b.example"))
    assert taken(lanes, NOW) == [1, 3]
    lanes.redirect(ticket(3, "b.example"), "a.example", NOW)

    assert [one.feed_id for one in lanes.drop("a.example")] == [2]
    lanes.clear()
    assert (3 in lanes, lanes.waiting) == (True, 1)
    lanes.done(ticket(3, "b.example"))
    assert (lanes.waiting, lanes.in_flight) == (0, 1)


def test_hosts_that_only_redirects_name_are_forgotten() -> None:
    lanes = queue(ticket(1))
    at = NOW
    for number in range(2_000):
        at += 3 * SECOND
        assert taken(lanes, at) == [1]
        lanes.redirect(ticket(1), f"h{number}.example", at)
        assert taken(lanes, at) == [1]
        lanes.done(ticket(1))
        lanes.forget(1)
        lanes.add(ticket(1), at)

    assert len(lanes._lanes) < 200


def test_p23_after_a_429_all_hosts_of_the_domain_share_one_lane() -> None:
    lanes = queue()
    lanes.throttle("feeds.news.co.uk", NOW)
    for one in (ticket(1, "a.news.co.uk"), ticket(2, "b.news.co.uk"), ticket(3, "other.co.uk")):
        lanes.add(one, NOW)

    assert taken(lanes, NOW) == [1, 3]
    assert {host.name: host.backoff_until for host in lanes.changes()} == {
        "news.co.uk": NOW + timedelta(days=1),
        "other.co.uk": None,
    }


def test_p23_a_throttled_domain_is_remembered_for_a_day() -> None:
    lanes = PollQueue(registrable_domain)
    lanes.restore([HostState("news.co.uk", None, NOW + timedelta(hours=1))])
    lanes.add(ticket(1, "a.news.co.uk"), NOW)
    lanes.add(ticket(2, "b.news.co.uk"), NOW + timedelta(hours=2))

    assert taken(lanes, NOW + timedelta(hours=2)) == [1, 2]


def test_p28_the_feeds_of_a_dead_host_leave_together() -> None:
    lanes = queue(ticket(1), ticket(2), ticket(3, "b.example"))
    lanes.take(NOW)

    assert [one.feed_id for one in lanes.drop("a.example")] == [2]
    assert lanes.waiting == 1
    assert 2 in lanes
    assert [one.feed_id for one in lanes.drop("b.example")] == [3]
    assert taken(lanes, NOW) == []
    assert lanes.drop("nobody.example") == ()


def test_cleared_feeds_are_forgotten_and_lanes_end_with_their_feeds() -> None:
    lanes = queue(ticket(1, gap_s=0), ticket(2, gap_s=0))
    one = lanes.take(NOW)
    lanes.clear()

    assert one is not None
    lanes.done(one)
    assert (lanes.waiting, lanes.in_flight) == (0, 0)
    assert lanes.take(NOW) is None
    assert lanes.next_start() is None
    assert lanes.add(ticket(2), NOW)


def test_addresses_and_local_names_are_their_own_domain() -> None:
    assert registrable_domain("127.0.0.1") == "127.0.0.1"
    assert registrable_domain("localhost") == "localhost"
    assert registrable_domain("feeds.bbci.co.uk") == "bbci.co.uk"
    assert registrable_domain("me.github.io") == "me.github.io"


def test_a_name_of_other_letters_has_its_domain_in_either_form() -> None:
    assert registrable_domain("www.zeitung.公司.cn") == "zeitung.公司.cn"
    assert registrable_domain("www.zeitung.xn--55qx5d.cn") == "zeitung.xn--55qx5d.cn"


def test_p28_a_host_is_wanted_while_a_feed_of_it_waits() -> None:
    lanes = queue(ticket(1), ticket(2))

    lanes.take(NOW)
    assert lanes.has_waiting("a.example")
    lanes.done(ticket(1))
    assert taken(lanes, NOW + 2 * SECOND) == [2]
    assert not lanes.has_waiting("a.example")
    assert not lanes.has_waiting("b.example")
