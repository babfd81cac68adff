"""A peer that asks too often is told when to come back."""

from __future__ import annotations

from aggregator.serving import middleware
from aggregator.serving.middleware import RateLimit


def test_a_peer_may_use_its_minute_at_once_and_then_waits() -> None:
    rate = RateLimit(60)

    answers = [rate.wait_s("a", 100.0) for _ in range(62)]

    assert answers[:60] == [0] * 60
    assert answers[60:] == [1, 1]
    assert rate.wait_s("a", 101.5) == 0


def test_peers_do_not_share_their_rate() -> None:
    rate = RateLimit(1)

    assert rate.wait_s("a", 0.0) == 0
    assert rate.wait_s("b", 0.0) == 0
    assert rate.wait_s("a", 1.0) == 59


def test_zero_means_no_limit() -> None:
    rate = RateLimit(0)

    assert not any(rate.wait_s("a", 0.0) for _ in range(1000))


def test_the_memory_of_peers_is_bounded() -> None:
    rate = RateLimit(1)
    for number in range(middleware.MAX_PEERS + 1):
        rate.wait_s(str(number), 0.0)

    assert rate.wait_s("0", 0.0) == 0  # forgotten
    assert rate.wait_s(str(middleware.MAX_PEERS), 0.0) > 0


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    rate = RateLimit(1)
    rate.wait_s("a", 100.0)

    assert rate.wait_s("a", 50.0) == 60
