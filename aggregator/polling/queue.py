"""Decides which feed may be polled next: one lane per host, with gaps between requests.

Pure: the clock is an argument, `now`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.model import HostState

_THROTTLED_FOR = timedelta(days=1)  # how long after a 429 all hosts of a domain share a lane
_MANY_LANES = 64


class Ticket(Struct, frozen=True):
    """A feed that waits to be polled."""

    feed_id: int
    key: str
    host: str
    gap_s: float = 2.0
    per_host: int = 1
    is_full: bool = False  # without validators, and parsed completely
    is_hop: bool = False  # its poll has begun, and is redirected to `host`


class _Lane(Struct):
    waiting: deque[Ticket] = field(default_factory=deque)
    in_flight: int = 0
    next_start: datetime | None = None
    gap_s: float = 0.0  # that leads to `next_start`; 0: unknown
    is_listed: bool = False  # in the heap


class PollQueue:
    """Waiting feeds, by lane. `domain_of` returns the registrable domain of a host name."""

    def __init__(self, domain_of: Callable[[str], str]) -> None:
        self._domain_of = domain_of
        self._lanes: dict[str, _Lane] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._order = 0
        self._throttled: dict[str, datetime] = {}
        self._changed: set[str] = set()
        self._lane_of: dict[int, str] = {}  # feed id -> lane, while waiting or in flight
        self._hops: dict[int, Ticket] = {}  # waiting ones, by feed id
        self._next_sweep = _MANY_LANES
        self.waiting = 0
        self.in_flight = 0

    def restore(self, hosts: Iterable[HostState]) -> None:
        """Takes over stored states; a longer wait that is known already is kept."""
        for host in hosts:
            if host.next_start_at is not None:
                lane = self._lane(host.name)
                lane.next_start = max(host.next_start_at, lane.next_start or host.next_start_at)
            if host.backoff_until is not None:
                known = self._throttled.get(host.name, host.backoff_until)
                self._throttled[host.name] = max(host.backoff_until, known)

    def __contains__(self, feed_id: int) -> bool:
        """Whether the feed is waiting or being polled."""
        return feed_id in self._lane_of

    def has_waiting(self, host: str) -> bool:
        """Whether a feed of this host is waiting."""
        lane = self._lanes.get(host)
        return lane is not None and bool(lane.waiting)

    def add(self, ticket: Ticket, now: datetime) -> bool:
        """Puts a feed at the end of its lane; False if it is there already."""
        if ticket.feed_id in self._lane_of:
            return False
        self._append(ticket, now)
        return True

    def redirect(self, ticket: Ticket, host: str, now: datetime) -> None:
        """Moves a feed that is redirected to another host from its lane to that host's."""
        self.done(ticket)
        hop = self._hops[ticket.feed_id] = replace(ticket, host=host, is_hop=True)
        self._append(hop, now)

    def _append(self, ticket: Ticket, now: datetime) -> None:
        name = self._lane_name(ticket.host, now)
        self._sweep(now)
        lane = self._lane(name)
        lane.waiting.append(ticket)
        self._lane_of[ticket.feed_id] = name
        self.waiting += 1
        self._list(name, lane)

    def take(self, now: datetime) -> Ticket | None:
        """The next feed that may start at `now`; it counts as in flight until `done`."""
        while self._heap and self._heap[0][0] <= now.timestamp():
            _, _, name = heapq.heappop(self._heap)
            lane = self._lanes[name]
            lane.is_listed = False
            if not lane.waiting or lane.in_flight >= lane.waiting[0].per_host:
                continue
            if lane.next_start is not None and lane.next_start > now:  # postponed meanwhile
                self._list(name, lane)
                continue
            ticket = lane.waiting.popleft()
            lane.in_flight += 1
            self.waiting -= 1
            self.in_flight += 1
            if ticket.gap_s > 0:
                lane.next_start = now + timedelta(seconds=ticket.gap_s)
                lane.gap_s = ticket.gap_s
                self._changed.add(name)
            if ticket.is_hop:
                del self._hops[ticket.feed_id]
            self._list(name, lane)
            return ticket
        return None

    def note_start(self, host: str, gap_s: float, at: datetime) -> None:
        """Records a request from elsewhere, so that the host's next one keeps the gap."""
        name = self._lane_name(host, at)
        self._sweep(at)
        lane = self._lane(name)
        start = at + timedelta(seconds=gap_s)
        lane.next_start = max(start, lane.next_start or start)
        lane.gap_s = max(gap_s, lane.gap_s)
        self._changed.add(name)

    def left_s(self, host: str, now: datetime) -> float:
        """How long the host must still be left alone."""
        lane = self._lanes.get(self._lane_name(host, now))
        if lane is None or lane.next_start is None:
            return 0.0
        return max((lane.next_start - now).total_seconds(), 0.0)

    def done(self, ticket: Ticket) -> None:
        """Frees the feed's place in its lane after its request; it stays known until `forget`."""
        name = self._lane_of[ticket.feed_id]
        lane = self._lanes[name]
        hop = self._hops.pop(ticket.feed_id, None)
        if hop is not None:  # it ends while it waits
            lane.waiting.remove(hop)
            self.waiting -= 1
            return
        lane.in_flight -= 1
        self.in_flight -= 1
        if lane.waiting:
            self._list(name, lane, is_open=True)
        elif not lane.in_flight and lane.next_start is None and not lane.is_listed:
            del self._lanes[name]

    def forget(self, feed_id: int) -> None:
        """Forgets a feed whose outcome is stored, so that it may be added again."""
        self._lane_of.pop(feed_id, None)

    def drop(self, host: str) -> tuple[Ticket, ...]:
        """Removes all waiting feeds of a host; they stay known until `forget`.

        Polls that were redirected to it go on, and fail by themselves.
        """
        dropped: list[Ticket] = []
        for lane in self._lanes.values():
            gone = [one for one in lane.waiting if one.host == host and not one.is_hop]
            if gone:
                kept = [one for one in lane.waiting if one.host != host or one.is_hop]
                lane.waiting = deque(kept)
                dropped += gone
        self.waiting -= len(dropped)
        return tuple(dropped)

    def clear(self) -> None:
        """Forgets all waiting feeds, except polls that have begun and are redirected."""
        for lane in self._lanes.values():
            for ticket in lane.waiting:
                if not ticket.is_hop:
                    del self._lane_of[ticket.feed_id]
            lane.waiting = deque([ticket for ticket in lane.waiting if ticket.is_hop])
        self.waiting = len(self._hops)

    def shift(self, by: timedelta, now: datetime) -> None:
        """Adapts to a clock that was set by `by`: all waits keep their length.

        Since then, the new clock may have been used for some hosts; none waits longer than its gap.
        """
        for lane in self._lanes.values():
            if lane.next_start is not None:
                latest = now + timedelta(seconds=lane.gap_s) if lane.gap_s else None
                lane.next_start = _shifted(lane.next_start, by, latest)
        self._throttled = {
            host: _shifted(until, by, now + _THROTTLED_FOR)
            for host, until in self._throttled.items()
        }
        self._heap = [(_start_of(self._lanes[name]), n, name) for _, n, name in self._heap]
        heapq.heapify(self._heap)

    def throttle(self, host: str, now: datetime) -> None:
        """Makes all hosts of the registrable domain share a lane from now on, after a 429."""
        domain = self._domain_of(host)
        self._throttled[domain] = now + _THROTTLED_FOR
        self._changed.add(domain)

    def next_start(self) -> float | None:
        """The Unix time at which the next feed may start, None if none is waiting for a time."""
        return self._heap[0][0] if self._heap else None

    def changes(self) -> Iterator[HostState]:
        """The hosts whose state changed since the last call."""
        changed, self._changed = self._changed, set()
        for name in changed:
            lane = self._lanes.get(name)
            start = None if lane is None else lane.next_start
            yield HostState(name, start, self._throttled.get(name))

    def _lane_name(self, host: str, now: datetime) -> str:
        if not self._throttled:
            return host
        domain = self._domain_of(host)
        return domain if self._throttled.get(domain, now) > now else host

    def _sweep(self, now: datetime) -> None:
        """Drops lanes that are no longer needed: redirects may lead to ever more hosts."""
        if len(self._lanes) < self._next_sweep:
            return
        for name, lane in list(self._lanes.items()):
            is_over = lane.next_start is None or lane.next_start <= now
            if is_over and not lane.waiting and not lane.in_flight and not lane.is_listed:
                del self._lanes[name]
        self._next_sweep = 2 * len(self._lanes) + _MANY_LANES

    def _lane(self, name: str) -> _Lane:
        return self._lanes.setdefault(name, _Lane())

    def _list(self, name: str, lane: _Lane, *, is_open: bool = False) -> None:
        """Puts the lane into the heap, if its first feed can start at some time.

        `is_open`: its host has just responded. If it may be requested at once, it comes before all
        others, since the connection is still open.
        """
        if lane.is_listed or not lane.waiting or lane.in_flight >= lane.waiting[0].per_host:
            return
        self._order += 1
        order = -self._order if is_open else self._order
        heapq.heappush(self._heap, (_start_of(lane), order, name))
        lane.is_listed = True


def _start_of(lane: _Lane) -> float:
    return 0.0 if lane.next_start is None else lane.next_start.timestamp()


def _shifted(at: datetime, by: timedelta, latest: datetime | None) -> datetime:
    """A time after the clock was set; `latest`: the latest that the new clock can have given."""
    if latest is None:
        return at + by
    return at if by < timedelta(0) and at <= latest else min(at + by, latest)
