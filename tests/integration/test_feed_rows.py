"""Feeds, hosts and the lock in a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import StoreError
from aggregator.model import FeedHints, FeedState, HostState, PollResult
from aggregator.settings import FeedSource
from aggregator.storage.feeds import (
    due_feeds,
    feed_states,
    labels_of,
    moved_feeds,
    save_states,
    state_by_key,
    sync_feeds,
)
from aggregator.storage.health import feed_health
from aggregator.storage.lock import Holder, PollLock, lock_holder
from aggregator.storage.polls import load_hosts, log_polls, save_hosts
from aggregator.storage.store import Store

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def source(name: str, path: str | None = None) -> FeedSource:
    url = f"https://news.example.com/{path or name}"
    return FeedSource(name, url, key=url, shown_url=url)


def state_of(store: Store, one: FeedSource) -> FeedState:
    found = state_by_key(store, one.key)
    assert found is not None
    return found


def full(state: FeedState) -> FeedState:
    return replace(
        state,
        etag='W/"\u00e9"',
        last_modified="then",
        validators_url=state.key,
        body_hash="h",
        hints=FeedHints(3600, (1, 2), (6,), 7200, NOW, left_out=5),
        interval_s=3600,
        next_poll_at=NOW,
        not_before=NOW,
        not_before_reason="blocked",
        hint_until=NOW,
        hint_reason="ttl",
        last_poll_at=NOW,
        last_ok_at=NOW,
        last_new_at=NOW,
        failures=2,
        throttled=1,
        last_error_kind="http",
        last_error="HTTP 500",
        moved_to="https://new.example.com/",
        moved_since=NOW,
        moved_count=2,
        permanent_url="https://newer.example.com/",
        gone_since=NOW,
        gone=True,
        polls=9,
    )


def test_a_state_comes_back_as_it_was_stored(store: Store) -> None:
    sync_feeds(store, [source("a")])
    state = full(state_of(store, source("a")))

    save_states(store, [state])
    log_polls(store, [PollResult(source("a"), state, outcome="failed", status=500)], NOW)

    assert feed_states(store, [state.feed_id]) == (state,)
    assert store.value("SELECT http_status FROM poll") == 500
    assert moved_feeds(store) == {state.feed_id: "https://newer.example.com/"}


def test_a_renamed_feed_and_one_with_a_new_url_keep_their_rows(store: Store) -> None:
    ids = sync_feeds(store, [source("a"), source("b")])
    save_states(store, [full(state) for state in feed_states(store, ids.values())])

    renamed, moved = replace(source("a"), name="A"), source("b", "elsewhere")
    again = sync_feeds(store, [renamed, moved])

    assert list(again.values()) == list(ids.values())
    assert state_of(store, renamed).etag is not None
    fresh = state_of(store, moved)
    assert (fresh.etag, fresh.gone, fresh.failures, fresh.next_poll_at) == (None, False, 0, None)


def test_a_feed_that_left_the_configuration_is_kept_but_not_due(store: Store) -> None:
    ids = sync_feeds(store, [source("a"), source("b")])

    assert sync_feeds(store, [source("a")]) == {source("a").key: ids[source("a").key]}
    assert due_feeds(store, NOW) == ((ids[source("a").key], source("a").key),)
    assert state_of(store, source("b")).feed_id == ids[source("b").key]


def test_a_gone_feed_that_was_taken_out_and_put_back_is_asked_again(store: Store) -> None:
    sync_feeds(store, [source("a")])
    state = replace(
        full(state_of(store, source("a"))),
        not_before=NOW + timedelta(days=1),
        not_before_reason="gone",
    )
    save_states(store, [state])
    sync_feeds(store, [])

    sync_feeds(store, [source("a")])

    again = state_of(store, source("a"))
    assert (again.gone, again.not_before, again.not_before_reason) == (False, None, "")
    assert len(due_feeds(store, NOW)) == 1


def test_p17_what_a_server_demanded_holds_for_a_feed_that_was_taken_out_and_put_back(
    store: Store,
) -> None:
    sync_feeds(store, [source("a")])
    until = NOW + timedelta(days=3)
    asked = replace(full(state_of(store, source("a"))), gone=False, not_before=until, throttled=2)
    save_states(store, [asked])

    sync_feeds(store, [])
    sync_feeds(store, [source("a")])

    again = state_of(store, source("a"))
    assert (again.etag, again.not_before, again.throttled) == (None, until, 2)
    assert due_feeds(store, NOW + timedelta(days=2)) == ()
    assert len(due_feeds(store, until)) == 1


def test_family_and_labels_follow_the_configuration(store: Store) -> None:
    one = source("a")
    sync_feeds(store, (one,))
    sync_feeds(store, (replace(one, family="House", labels=(("country", "pk"),)),))
    row = store.row("SELECT family, labels FROM feed")

    assert row is not None
    assert (row[0], labels_of(row[1])) == ("House", (("country", "pk"),))


def test_nothing_is_written_when_nothing_changed(store: Store) -> None:
    feeds = [source("a"), source("b")]
    sync_feeds(store, feeds)
    before = store.connection.total_changes

    sync_feeds(store, feeds)

    assert store.connection.total_changes == before


def test_health_lists_configured_feeds_with_their_trouble(store: Store) -> None:
    sync_feeds(store, [source("a"), source("b")])
    save_states(store, [full(state_of(store, source("b")))])

    quiet, troubled = feed_health(store)

    assert (quiet.name, quiet.last_success, quiet.items) == ("a", None, 0)
    assert (troubled.failures, troubled.last_error, troubled.gone) == (2, "HTTP 500", True)
    assert (quiet.left_out, troubled.left_out) == (0, 5)


def test_overdue_feeds_come_first_and_new_ones_last(store: Store) -> None:
    ids = sync_feeds(store, [source(name) for name in "abcd"])
    states = {state.name: state for state in feed_states(store, ids.values())}
    times = {"b": NOW, "c": NOW - timedelta(hours=1), "d": NOW + timedelta(seconds=1)}
    save_states(store, [replace(states[name], next_poll_at=at) for name, at in times.items()])

    assert [key[-1] for _, key in due_feeds(store, NOW)] == ["c", "b", "a"]


def test_hosts_are_kept_as_long_as_something_holds(store: Store) -> None:
    soon = NOW.replace(microsecond=1)
    hosts = [HostState("a.example", soon), HostState("b.example", None, NOW + timedelta(hours=1))]
    save_hosts(store, hosts, now=NOW)

    assert load_hosts(store, NOW)[0].next_start_at == NOW + timedelta(seconds=1)
    save_hosts(store, [HostState("b.example", NOW + timedelta(seconds=9))], now=NOW)
    later = NOW + timedelta(seconds=5)
    assert [host.name for host in load_hosts(store, later)] == ["b.example"]
    save_hosts(store, [], now=NOW + timedelta(minutes=1))
    assert store.value("SELECT count(*) FROM host") == 0


@pytest.mark.parametrize(
    "note",
    [
        b"nonsense",
        b'{"pid": 1, "since": "\xff"}',
        b'{"pid": 4294967296, "since": ""}',
        b'{"pid": -1, "since": ""}',
        b'{"pid": null, "since": ""}',
    ],
)
def test_a_lock_file_that_says_nothing_still_locks(note: bytes, tmp_path: Path) -> None:
    database = tmp_path / "news.db"
    assert lock_holder(database) is None
    with PollLock(database, NOW, role="fetch"):
        (tmp_path / "news.db.lock").write_bytes(note)
        assert lock_holder(database) == Holder()
        with pytest.raises(StoreError, match="another process"):
            PollLock(database, NOW, role="fetch").__enter__()


def test_a_lock_where_nothing_can_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be made"):
        PollLock(tmp_path / "file" / "news.db", NOW, role="fetch").__enter__()
