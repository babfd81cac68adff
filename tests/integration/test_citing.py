"""Stories as they are cited, read from a database, and `stories export`."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.cli.root import run
from aggregator.ingest import corrections
from aggregator.storage import citing, feeds
from aggregator.storage.citing import cited_stories, cited_story
from aggregator.storage.search import search
from aggregator.storage.store import Store
from aggregator.storage.stories import by_uid
from tests.commands import Home
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, Newsroom, make_item

SECRET = "https://dawn.example/feed?token=7d1f"
CONFIG = "topics: [{name: news, query: {rules: [{any: [quetta], weight: 1}]}}]\nfeeds: []\n"


@pytest.fixture
def room(store: Store) -> Newsroom:
    """Two reports of one story on topic, the second undated, and one off topic."""
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    later = NOW + timedelta(hours=1)
    room.poll("geo", make_item(BLAST_CUT, identity="b", at=None), now=later)
    room.poll("wire", make_item(TALKS, identity="c"), now=later)
    room.match(now=later)
    return room


def test_a_story_has_its_reports_and_why_they_joined(room: Newsroom) -> None:
    (story,) = cited_stories(room.store)

    opened, joined = story.sources
    assert (story.headline, story.reports) == (BLAST, 2)
    assert [topic for topic, _ in story.topics] == ["news"]
    assert (opened.rule, joined.rule) == ("new", "truncated")
    assert (opened.published_at, joined.published_at) == (NOW, None)
    assert joined.first_seen_at == NOW + timedelta(hours=1)
    assert "cut-off" in joined.detail
    assert story.first_seen_at == NOW


def test_topic_and_age_choose(room: Newsroom) -> None:
    assert not list(cited_stories(room.store, topic="other"))
    assert list(cited_stories(room.store, topic="news", since=NOW))
    assert not list(cited_stories(room.store, since=NOW + timedelta(hours=2)))


def test_what_readers_do_not_get_is_not_handed_on(room: Newsroom) -> None:
    uid = room.story("a")
    corrections.hide(room.store, story=uid, now=NOW)

    assert not list(cited_stories(room.store))
    assert cited_story(room.store, by_uid(room.store, uid)) is None


def test_withdrawn_sources_are_left_out(room: Newsroom) -> None:
    feeds.withdraw_source(room.store, "geo", now=NOW)
    (story,) = cited_stories(room.store)
    feeds.withdraw_source(room.store, "dawn", now=NOW)

    assert [source.feed for source in story.sources] == ["dawn"]
    assert story.reports == 1
    assert not list(cited_stories(room.store))
    assert cited_story(room.store, by_uid(room.store, story.uid)) is None


def test_a_feed_of_many_reports_is_counted_and_listed_in_part(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(citing, "MOST_SOURCES", 1)
    story_id = by_uid(room.store, room.story("b"))
    room.store.execute("UPDATE item SET url='https://wire.example/', publisher='Wire'")
    room.store.execute("UPDATE story SET lead_item_id=? WHERE id=?", (room.item_id("b"), story_id))

    (story,) = cited_stories(room.store)

    assert (story.items, story.reports) == (2, 1)
    assert [source.listed for source in story.sources] == [True]  # the lead was not read


def test_the_address_of_a_private_feed_is_no_link(store: Store) -> None:
    room = Newsroom(store, "dawn")
    room.poll("dawn", make_item(BLAST, identity="a", url=SECRET))
    room.match()
    (shown,) = cited_stories(store)
    assert shown.sources[0].url == shown.url == SECRET

    store.execute("UPDATE feed SET private = 1, self_url = ?", (SECRET,))
    (story,) = cited_stories(store)

    assert story.sources[0].url is None
    assert story.url is None


def test_links_are_those_of_entries_and_never_lead_to_a_private_feed(store: Store) -> None:
    room = Newsroom(store, "dawn")
    tracked = f"{SECRET.replace('token', 'key')}&utm_source=rss"
    room.poll("dawn", make_item(BLAST, identity="a", url=tracked))
    room.match()
    links = []
    for private in (0, 1):
        store.execute("UPDATE feed SET private = ?, self_url = ?", (private, tracked[:-15]))
        (story,), (hit,) = cited_stories(store), search(store, "quetta").hits
        links.append({story.url, story.sources[0].url, hit.url})

    assert links == [{"https://dawn.example/feed?key=7d1f"}, {None}]


def test_stories_are_read_by_an_index_and_never_sorted(store: Store) -> None:
    plan = store.rows(
        "EXPLAIN QUERY PLAN " + citing._STORY + citing._ACCEPTED + citing._BY_LAST_ITEM,
        {"topic": None, "since": "2026"},
    )

    said = " ".join(row[3] for row in plan)
    assert "story_last_item" in said
    assert "TEMP B-TREE" not in said


def test_the_command_prints_what_was_asked_for(room: Newsroom, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.configure(CONFIG)
    choice = "--db a.db stories export --topic news --since 36500d --format"

    done = home.run_each(*(f"{choice} {form}" for form in ("md", "csv", "jsonl")))

    markdown, rows, lines = (ended.out for ended in done)
    assert [(ended.code, ended.err) for ended in done] == [(0, "")] * 3
    assert markdown.count(BLAST) == 3  # twice as a headline, once in the reason of the other
    assert [row[9] for row in csv.reader(rows.splitlines())] == ["item", "i1", "i2"]
    assert len(json.loads(lines)["sources"]) == 2


def test_an_unknown_topic_is_a_wrong_use(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)

    code = run(["--db", "a.db", "stories", "export", "--format", "md", "--topic", "none"])

    assert code == 2
    assert "no topic is named 'none'" in capsys.readouterr().err
