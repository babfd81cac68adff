"""From stored items to published files: written once, healed, and never more than needed."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from aggregator.errors import NotFound, PublishError
from aggregator.ingest import corrections
from aggregator.model import Item
from aggregator.publishing.publish import PublishReport, publish
from aggregator.settings import Config, NotifySettings, PublishSettings, SiteSettings, TopicSettings
from aggregator.storage import feeds, outbox, published, topic_states
from aggregator.storage.store import Store, open_store
from tests.newsroom import BLAST, BLAST_CUT, NOW, WEATHER, Newsroom, make_item, make_rules
from tests.validity import problems
from tests.views import ATOM, tree

AGAIN = "Second bomb found near Quetta hospital, defused by police"
TOPIC = TopicSettings("news", title="The news")


@dataclass(slots=True)
class Press:
    """A newsroom whose stories are published into a folder."""

    room: Newsroom
    config: Config
    folder: Path

    @property
    def store(self) -> Store:
        return self.room.store

    def report(self, feed: str, *items: Item, now: datetime = NOW) -> None:
        """Stores and matches what a feed brought."""
        self.room.poll(feed, *items, now=now)
        self.room.match(now=now)

    def publish(self, *, now: datetime = NOW, force: bool = False) -> PublishReport:
        return publish(self.store, self.config, now, force=force)

    def feed(self, name: str = "news.atom") -> ET.Element:
        return tree((self.folder / name).read_bytes())

    def entries(self, name: str = "news.atom") -> list[tuple[str, str, str]]:
        """(title, published, updated) in the order of the feed."""
        return [
            (
                entry.findtext(f"{ATOM}title", ""),
                entry.findtext(f"{ATOM}published", "")[:19],
                entry.findtext(f"{ATOM}updated", "")[:19],
            )
            for entry in self.feed(name).findall(f"{ATOM}entry")
        ]

    def ids(self) -> list[str]:
        return [one.findtext(f"{ATOM}id", "") for one in self.feed().findall(f"{ATOM}entry")]

    def all_bytes(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def page(self, identity: str) -> str:
        return (self.folder / "stories" / f"{self.room.story(identity)}.html").read_text()


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    store = open_store(tmp_path / "a.db")
    room = Newsroom(store, rules=make_rules(term="bomb"))
    yield Press(room, room.config(tmp_path, TOPIC), tmp_path / "public")
    store.close()


def names(report: PublishReport) -> set[str]:
    return {path.name for path in report.written}


def test_everything_is_written_for_a_topic(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"), make_item(WEATHER, identity="w"))

    report = press.publish()

    uid = press.room.story("a")
    assert report.published == {"news": 1}
    assert set(press.all_bytes()) == {
        "feed.css",
        "feeds.opml",
        "icon.svg",
        "index.html",
        "news-2026-03-01.html",
        "news-2026-03.atom",
        "news-digest.atom",
        "news-digest.md",
        "news.atom",
        "news.html",
        "news.json",
        "news.rss",
        f"stories/{uid}.html",
    }
    assert press.entries() == [(BLAST, "2026-03-01T12:00:00", "2026-03-01T12:00:00")]


def test_nothing_changed_means_nothing_written(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()
    before = press.all_bytes()

    changes = press.store.value("SELECT total_changes()")
    again = press.publish(now=NOW + timedelta(hours=2))
    assert press.store.value("SELECT total_changes()") == changes  # nor to the database
    forced = press.publish(now=NOW + timedelta(hours=3), force=True)

    assert again.written == forced.written == ()
    assert press.all_bytes() == before


def test_others_may_read_what_is_published_whatever_the_umask(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    before = os.umask(0o077)
    try:
        press.publish()
    finally:
        os.umask(before)

    for path in (press.folder, *press.folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_what_a_killed_writer_left_is_removed_at_the_next_start(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    left = press.folder / "stories" / ".1234.html.a1b2_c3d.tmp"
    young = press.folder / ".news.atom.a1b2_c3d.tmp"
    theirs = press.folder / ".notes.tmp"
    for path in (left, young, theirs):
        path.write_text("half")
    for path in (left, theirs):
        os.utime(path, (0, 0))

    press.publish()
    assert left.exists()
    press.publish(force=True)

    assert [path.exists() for path in (left, young, theirs)] == [False, True, True]


def test_the_clock_does_not_reach_the_files(press: Press, tmp_path: Path) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()

    publish(press.store, press.config, NOW + timedelta(hours=9), output=tmp_path / "other")

    other = {
        str(path.relative_to(tmp_path / "other")): path.read_bytes()
        for path in (tmp_path / "other").rglob("*")
        if path.is_file()
    }
    assert other == press.all_bytes()


def test_another_folder_does_not_take_changes_from_the_configured_one(
    press: Press, tmp_path: Path
) -> None:
    press.publish()
    press.report("dawn", make_item(BLAST))

    publish(press.store, press.config, NOW, output=tmp_path / "other")

    assert press.entries() == []
    press.publish()
    assert len(press.entries()) == 1


def test_a_story_that_grows_keeps_title_link_and_times(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    before, ids = press.entries(), press.ids()

    press.report("geo", make_item(BLAST, identity="b", at=NOW + timedelta(hours=1)))
    report = press.publish(now=NOW + timedelta(hours=1))

    assert press.entries() == before
    assert press.ids() == ids
    assert "2 reports, 1 independent; first: dawn." in press.feed().findtext(
        f"{ATOM}entry/{ATOM}content", ""
    )
    assert "news.atom" in names(report)


def test_only_the_files_that_show_a_change_are_written(press: Press) -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    press.report("dawn", make_item(AGAIN, identity="old", at=at), now=at)
    press.publish(now=at)
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()

    press.report("geo", make_item(BLAST, identity="b"))
    written = names(press.publish())

    assert f"{press.room.story('a')}.html" in written
    assert f"{press.room.story('old')}.html" not in written
    assert "news-2026-01.atom" not in written
    assert "news-2026-03.atom" in written


def links(press: Press) -> set[str]:
    found = press.feed().findall(f"{ATOM}entry/{ATOM}link")
    return {one.get("href", "") for one in found if "example.org/a" in one.get("href", "")}


def test_links_of_new_entries_are_clean_and_those_of_old_ones_stay(press: Press) -> None:
    told, other = (f"https://example.org/a?{one}&utm_source=rss" for one in ("n=1", "n=2"))
    press.config = replace(press.config, publish=PublishSettings(clean_links=False))
    press.report("dawn", make_item(BLAST, identity="a", url=told))
    press.report("geo", make_item(BLAST, identity="b", url=other))
    press.publish()
    assert links(press) == {told, other}
    press.config = replace(press.config, publish=PublishSettings())
    before = press.entries()

    press.publish()
    assert (links(press), press.entries()) == ({told, other}, before)
    press.store.execute("DELETE FROM published")
    press.publish(force=True)

    assert links(press) == {"https://example.org/a?n=1", "https://example.org/a?n=2"}
    assert "utm_source" not in (press.folder / "news.json").read_text() + press.page("a")


def test_a_headline_that_was_cut_off_is_completed(press: Press) -> None:
    press.report("dawn", make_item(BLAST_CUT, identity="a"))
    press.publish()

    press.report("geo", make_item(BLAST, identity="b", at=NOW + timedelta(minutes=5)))
    press.publish(now=NOW + timedelta(minutes=5))

    assert press.entries() == [(BLAST, "2026-03-01T12:00:00", "2026-03-01T12:00:00")]


def test_a_correction_by_the_source_moves_updated(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    corrected = BLAST.replace("five", "nine")
    later = NOW + timedelta(hours=1)

    press.report("dawn", make_item(corrected, identity="a"), now=later)
    press.publish(now=later)

    assert press.entries() == [(corrected, "2026-03-01T12:00:00", "2026-03-01T13:00:00")]
    assert BLAST in press.page("a")  # the earlier wording is told


def test_the_newest_story_comes_first_and_only_so_many_are_shown(press: Press) -> None:
    press.config = replace(press.config, publish=PublishSettings(entries=1))
    press.report("dawn", make_item(BLAST, at=NOW - timedelta(days=1)), make_item(AGAIN))

    report = press.publish()

    assert report.published == {"news": 1}
    assert [title for title, _, _ in press.entries()] == [AGAIN]
    assert len(press.entries("news-2026-02.atom")) == 1


def test_the_heaviest_of_the_newest_day_heads_index_and_page(press: Press) -> None:
    press.config = replace(press.config, publish=PublishSettings(order="weight"))
    later, day = NOW + timedelta(hours=5), timedelta(days=1)
    short = "Bomb kills five at Quetta market"
    for name in ("dawn", "geo"):
        press.report(name, make_item(short, url=f"https://{name}.example/1"), now=later)
    press.report("dawn", make_item(WEATHER + " bomb", identity="o", at=NOW - day), now=later)
    press.report("dawn", make_item(AGAIN, identity="b", at=later), now=later)

    press.publish(now=later)

    index, page = ((press.folder / name).read_text() for name in ("index.html", "news.html"))
    top = index[index.index("Top of the day") : index.index("t-news")]
    assert 0 < top.index(short) < top.index(AGAIN)
    assert WEATHER not in top
    assert 0 < page.index(short) < page.index(AGAIN) < page.index(WEATHER)
    assert press.entries()[0][0] == AGAIN  # feeds are by time


def test_a_hidden_story_leaves_and_its_page_says_so(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    page = press.folder / "stories" / f"{press.room.story('a')}.html"

    made = corrections.hide(press.store, story=press.room.story("a"), now=NOW)
    press.publish()
    hidden = page.read_text()
    corrections.undo(press.store, press.room.rules, correction_id=made.correction_id, now=NOW)
    press.publish()

    assert "withdrawn" in hidden
    assert BLAST not in hidden
    assert not (press.folder / "nothing").exists()
    assert [title for title, _, _ in press.entries()] == [BLAST]


def test_an_archive_without_entries_is_removed(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()

    corrections.hide(press.store, story=press.room.story("a"), now=NOW)
    press.publish()

    assert not (press.folder / "news-2026-03.atom").exists()


def test_a_merged_story_leads_to_the_one_that_stays(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"), make_item(AGAIN, identity="b"))
    press.publish()
    first, second = press.room.story("a"), press.room.story("b")

    corrections.merge(press.store, press.room.rules, first=first, second=second, now=NOW)
    press.publish()

    kept = press.room.story("a")
    gone = {first, second} - {kept}
    assert len(press.entries()) == 1
    assert f'href="{kept}.html"' in (press.folder / "stories" / f"{gone.pop()}.html").read_text()


def test_a_story_merged_into_one_that_is_not_shown_leads_nowhere(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"), make_item(AGAIN, identity="b"))
    press.publish()
    first, second = press.room.story("a"), press.room.story("b")
    corrections.merge(press.store, press.room.rules, first=first, second=second, now=NOW)
    kept = press.room.story("a")
    corrections.hide(press.store, story=kept, now=NOW)

    press.publish()

    gone = ({first, second} - {kept}).pop()
    page = (press.folder / "stories" / f"{gone}.html").read_text()
    assert "withdrawn" in page
    assert kept not in page


def test_a_merged_story_follows_what_becomes_of_the_one_that_stayed(press: Press) -> None:
    unlike = "Robots for bomb disposal shown at a trade fair in Osaka"
    press.report("dawn", make_item(BLAST, identity="a"), make_item(unlike, identity="b"))
    press.publish()
    first, second = press.room.story("a"), press.room.story("b")
    corrections.merge(press.store, press.room.rules, first=first, second=second, now=NOW)
    press.publish()
    kept = press.room.story("a")
    page = press.folder / "stories" / f"{({first, second} - {kept}).pop()}.html"

    hidden = corrections.hide(press.store, story=kept, now=NOW)
    press.publish()
    assert "withdrawn" in page.read_text()

    corrections.undo(press.store, press.room.rules, correction_id=hidden.correction_id, now=NOW)
    press.publish()
    assert f'href="{kept}.html"' in page.read_text()


def test_ids_do_not_change_with_the_address(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()
    before = press.ids()

    moved = SiteSettings(title="Example", base_url="https://elsewhere.example/")
    press.config = replace(press.config, site=moved)
    report = press.publish()

    assert before == press.ids()
    assert before[0].startswith("tag:news.example.org,2026-03-01:")
    assert b"https://elsewhere.example/news.atom" in (press.folder / "news.atom").read_bytes()
    assert "news.atom" in names(report)


def test_without_an_address_the_authority_is_random_and_kept(press: Press) -> None:
    press.config = replace(press.config, site=SiteSettings())
    press.report("dawn", make_item(BLAST))
    press.publish()
    (before,) = press.ids()

    press.config = replace(press.config, site=SiteSettings(base_url="https://x.example/"))
    press.publish()

    assert ".aggregator.invalid,2026-03-01:" in before
    assert press.ids() == [before]


def test_a_story_has_one_id_over_all_topics(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()
    press.store.execute(
        "INSERT INTO decision SELECT story_id, 'more', accepted, score, threshold, terms,"
        " rules_hash, decided_at FROM decision WHERE topic='news'"
    )

    press.config = replace(press.config, topics=(TOPIC, TopicSettings("more")))
    press.publish()

    other = press.feed("more.atom").findtext(f"{ATOM}entry/{ATOM}id")
    assert press.ids() == [other]


def test_entries_of_one_second_are_updated_apart(press: Press) -> None:
    press.report("dawn", make_item(BLAST), make_item(AGAIN))

    press.publish()

    times = [updated for _, _, updated in press.entries()]
    assert len(set(times)) == 2


def test_a_damaged_file_is_healed_by_force_and_a_missing_one_at_once(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()
    before = press.all_bytes()
    (press.folder / "news.rss").write_bytes(b"<rss")

    forced = press.publish(force=True)
    (press.folder / "news.json").unlink()
    press.publish()

    assert names(forced) == {"news.rss"}
    assert press.all_bytes() == before


def test_a_lost_folder_is_written_again(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()
    before = press.all_bytes()
    shutil.rmtree(press.folder)

    press.publish()

    assert press.all_bytes() == before


def test_no_temporary_file_stays(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()

    assert not [name for name in press.all_bytes() if ".tmp" in name]


def test_a_disk_that_refuses_leaves_the_topic_dirty_for_a_later_try(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.folder.mkdir()
    (press.folder / "news.rss").mkdir()  # in the way, also for root

    with pytest.raises(PublishError, match=r"news\.rss: cannot be written"):
        press.publish()
    (press.folder / "news.rss").rmdir()
    early = press.publish(now=NOW + timedelta(seconds=10))
    later = press.publish(now=NOW + timedelta(seconds=31))

    assert early.written == ()
    assert "news.rss" in names(later)
    assert f"{len(press.entries())} story pages" == "1 story pages"


def test_a_page_that_cannot_be_written_is_tried_again(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    page = press.folder / "stories" / f"{press.room.story('a')}.html"
    page.mkdir(parents=True)

    with pytest.raises(PublishError):
        press.publish()
    page.rmdir()
    press.publish(now=NOW + timedelta(minutes=2))

    assert page.is_file()


def test_an_archive_that_cannot_be_removed_is_an_error_and_tried_again(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    archive = press.folder / "news-2026-03.atom"
    written = archive.read_bytes()
    archive.unlink()
    (archive / "x").mkdir(parents=True)
    corrections.hide(press.store, story=press.room.story("a"), now=NOW)

    with pytest.raises(PublishError, match="2026-03"):
        press.publish()
    shutil.rmtree(archive)
    archive.write_bytes(written)
    press.publish(now=NOW + timedelta(minutes=1))

    assert not archive.exists()


def test_p35_a_source_that_withdraws_is_gone_from_every_file(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.report("geo", make_item(BLAST, identity="b"), make_item(AGAIN, identity="c"))
    press.publish()

    count = feeds.withdraw_source(press.store, "geo", now=NOW)
    press.publish()

    gone = press.room.story("c")
    assert count == 2
    assert [title for title, _, _ in press.entries()] == [BLAST]
    assert not [name for name, data in press.all_bytes().items() if b"geo.example" in data]
    assert "withdrawn" in (press.folder / "stories" / f"{gone}.html").read_text()

    feeds.restore_source(press.store, "geo")
    press.publish()

    assert len(press.entries()) == 2


def test_a_source_that_led_gives_the_title_to_another(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.report("geo", make_item(BLAST_CUT, identity="b"))
    press.publish()

    feeds.withdraw_source(press.store, "https://dawn.example/feed", now=NOW)
    press.publish()

    assert [title for title, _, _ in press.entries()] == [BLAST_CUT]


def test_an_unknown_source_cannot_be_withdrawn(press: Press) -> None:
    with pytest.raises(NotFound):
        feeds.withdraw_source(press.store, "nobody", now=NOW)


def test_a_replay_takes_stories_out_until_they_are_accepted_again(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()
    story_id = press.store.value("SELECT id FROM story")

    press.store.execute("UPDATE decision SET accepted=0")
    press.publish()
    stays = press.entries()
    published.withdraw_entries(press.store, "news", [story_id])
    press.publish()
    left = press.entries()
    press.store.execute("UPDATE decision SET accepted=1")
    press.publish()

    assert len(stays) == 1
    assert left == []
    assert len(press.entries()) == 1


def test_private_feeds_are_shown_by_name_only(press: Press) -> None:
    hidden = replace(press.config.feeds[1], private=True)
    press.store.execute("UPDATE feed SET private=1 WHERE name='geo'")
    press.config = replace(press.config, feeds=(press.config.feeds[0], hidden))
    press.report("geo", make_item(BLAST))

    press.publish()

    assert b"geo.example" not in b"".join(press.all_bytes().values())
    assert b"geo" in (press.folder / "news.atom").read_bytes()


def test_a_day_is_closed_into_the_digest_when_it_is_over(press: Press) -> None:
    press.report("dawn", make_item(BLAST))
    press.publish()
    before = press.entries("news-digest.atom")

    press.publish(now=NOW + timedelta(days=1))
    closed = press.entries("news-digest.atom")
    late = make_item(AGAIN, at=NOW + timedelta(minutes=1))
    press.report("dawn", late, now=NOW + timedelta(days=1))
    press.publish(now=NOW + timedelta(days=1))
    open_day = press.entries("news-digest.atom")
    press.publish(now=NOW + timedelta(days=2))

    assert before == []
    assert [one[::2] for one in closed] == [("The news: 1 March 2026", "2026-03-02T00:00:00")]
    assert open_day == closed  # a day that is out stays as it is
    assert [title for title, _, _ in press.entries("news-digest.atom")] == [
        "The news: 2 March 2026",
        "The news: 1 March 2026",
    ]


def test_formats_and_topics_that_are_not_wanted_are_not_written(press: Press) -> None:
    press.config = replace(
        press.config,
        publish=PublishSettings(formats=("rss",), archive=False),
        topics=(TOPIC, TopicSettings("off", enabled=False)),
    )
    press.report("dawn", make_item(BLAST))

    report = press.publish()

    assert set(press.all_bytes()) == {"feed.css", "news.rss"}
    assert report.published == {"news": 1}


def test_what_did_not_change_in_an_archive_is_taken_from_its_file(press: Press) -> None:
    third = "Robots for bomb disposal shown at a trade fair in Osaka"
    archive = press.folder / "news-2026-03.atom"
    press.report("dawn", make_item(BLAST, identity="a"), make_item(AGAIN, identity="b"))
    press.publish()
    marked = archive.read_bytes().replace(AGAIN.encode(), b"as it stood in the file")
    archive.write_bytes(marked)

    press.report("geo", make_item(third, identity="c"), now=NOW + timedelta(hours=1))
    press.publish(now=NOW + timedelta(hours=1))

    titles = [title for title, _, _ in press.entries(archive.name)]
    assert sorted(titles) == sorted([BLAST, "as it stood in the file", third])

    archive.write_bytes(marked[:-200])
    press.report("wire", make_item(BLAST, identity="d"), now=NOW + timedelta(hours=2))
    press.publish(now=NOW + timedelta(hours=2))

    titles = [title for title, _, _ in press.entries(archive.name)]
    assert sorted(titles) == sorted([BLAST, AGAIN, third])


def test_after_a_failed_write_an_archive_is_rendered_whole(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    archive = press.folder / "news-2026-03.atom"
    archive.write_bytes(archive.read_bytes().replace(BLAST.encode(), b"as it stood in the file"))
    topic_states.set_failed(press.store, "news", next_try_at=NOW)
    press.report("dawn", make_item(AGAIN, identity="b"))

    press.publish(now=NOW + timedelta(minutes=1))

    assert {title for title, _, _ in press.entries(archive.name)} == {BLAST, AGAIN}


def test_an_archive_follows_what_a_feed_says_of_all_its_entries(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    press.store.execute("UPDATE feed SET language='ur', rights='Dawn Media'")
    press.report("geo", make_item(AGAIN, identity="b"))

    press.publish()

    spliced = press.all_bytes()
    press.publish(force=True)
    assert press.all_bytes() == spliced


def test_neighbours_follow_when_the_only_entry_of_a_month_comes_back(press: Press) -> None:
    april = datetime(2026, 4, 2, tzinfo=UTC)
    press.report("dawn", make_item(BLAST, identity="a"))
    press.report("dawn", make_item(AGAIN, identity="b", at=april), now=april)
    press.publish(now=april)
    complete = press.all_bytes()
    hidden = corrections.hide(press.store, story=press.room.story("b"), now=april)
    press.publish(now=april)
    alone = press.all_bytes()

    corrections.undo(press.store, press.room.rules, correction_id=hidden.correction_id, now=april)
    press.publish(now=april)

    gone = {"news-2026-04.atom", "news-2026-04-02.html"}
    assert complete.keys() - alone.keys() == gone
    assert b"next-archive" not in alone["news-2026-03.atom"]
    assert press.all_bytes() == complete


def test_archives_and_pages_of_other_times_are_left_alone(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    others = [press.folder / name for name in ("news-2019-05.atom", "news-2019-05-01.html")]
    for path in others:
        path.write_text("kept by hand")
    corrections.hide(press.store, story=press.room.story("a"), now=NOW)

    press.publish()
    press.publish(force=True)

    assert [path.read_text() for path in others] == ["kept by hand"] * 2
    assert not (press.folder / "news-2026-03.atom").exists()


def test_an_archive_gets_a_neighbour_when_a_month_begins(press: Press) -> None:
    march = NOW
    april = datetime(2026, 4, 2, tzinfo=UTC)
    press.report("dawn", make_item(BLAST, at=march))
    press.publish()

    press.report("dawn", make_item(AGAIN, at=april), now=april)
    written = names(press.publish(now=april))

    assert {"news-2026-03.atom", "news-2026-04.atom"} <= written
    assert b"next-archive" in (press.folder / "news-2026-03.atom").read_bytes()


def test_new_and_changed_stories_are_queued_for_receivers(press: Press) -> None:
    receiver = NotifySettings("desk", url="https://desk.example/")
    press.config = replace(press.config, notify=(receiver,))
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    press.report("dawn", make_item(BLAST.replace("five", "nine"), identity="a"))
    press.publish(now=NOW + timedelta(hours=1))
    corrections.hide(press.store, story=press.room.story("a"), now=NOW)
    press.publish(now=NOW + timedelta(hours=1))

    bodies = [
        one.body for one in outbox.due(press.store, NOW, targets=outbox.open_targets(press.store))
    ]

    assert [word for body in bodies for word in ("new", "updated") if f'"{word}"' in body] == [
        "new",
        "updated",
        "updated",
    ]


def test_stories_that_look_alike_are_named_on_each_others_pages(press: Press) -> None:
    press.report("dawn", make_item(BLAST, identity="a"), make_item(AGAIN, identity="b"))
    other = press.store.value("SELECT s.id FROM story s WHERE s.uid=?", (press.room.story("b"),))
    press.store.execute(
        "INSERT OR REPLACE INTO evidence VALUES (?, ?, 0, 1, 'reworded', 0.5, '', '{}', '[]', ?)",
        (press.room.item_id("a"), other, "2026-03-01T12:00:00Z"),
    )

    press.publish()

    assert AGAIN in press.page("a")
    assert BLAST in press.page("b")


def relate(press: Press, identity: str, other: str) -> None:
    """As if the matcher had found the two close, and not one story."""
    story = press.store.value("SELECT id FROM story WHERE uid=?", (press.room.story(other),))
    press.store.execute(
        "INSERT OR REPLACE INTO evidence VALUES (?, ?, 0, 900, 'related', 0, '', '{}', '[]', ?)",
        (press.room.item_id(identity), story, "2026-03-01T12:00:00Z"),
    )


def item_of(press: Press, title: str) -> dict[str, Any]:
    """An entry of the topic's JSON Feed by its title."""
    items = json.loads((press.folder / "news.json").read_bytes())["items"]
    return next(item for item in items if item["title"] == title)


def test_a_new_entry_names_related_stories_and_an_earlier_one_stays(press: Press) -> None:
    later = NOW + timedelta(hours=2)
    press.report("dawn", make_item(BLAST, identity="a"))
    press.publish()
    before = item_of(press, BLAST)
    press.report("dawn", make_item(AGAIN, identity="b", at=later), now=later)
    relate(press, "b", "a")

    press.publish(now=later)

    named = item_of(press, AGAIN)
    page = f"https://news.example.org/stories/{press.room.story('a')}.html"
    assert named["_aggregator"]["related"] == [
        {"id": before["id"], "title": BLAST, "url": page, "date_published": "2026-03-01T12:00:00Z"}
    ]
    assert f'<p>More on this:</p><ul><li><a href="{page}" dir="ltr">' in named["content_html"]
    assert item_of(press, BLAST) == before  # on its page alone
    assert AGAIN in press.page("a")
    assert press.publish(now=later).written == ()
    assert problems(press.all_bytes(), base_url="https://news.example.org/") == []


def test_an_entry_names_the_story_that_stays_and_none_that_left(press: Press) -> None:
    headlines = {"a": BLAST, "b": AGAIN, "c": "Bomb squad clears a bridge near Kalat"}
    for identity, headline in headlines.items():
        press.report("dawn", make_item(headline, identity=identity))
    for one, other in (("b", "a"), ("b", "c")):
        relate(press, one, other)
    press.publish()
    updated = item_of(press, AGAIN)["date_modified"]
    both = {one["title"] for one in item_of(press, AGAIN)["_aggregator"]["related"]}

    kept, gone = (press.room.story(one) for one in ("a", "c"))
    corrections.merge(press.store, press.room.rules, first=kept, second=gone, now=NOW)
    press.publish()
    merged = [one["title"] for one in item_of(press, AGAIN)["_aggregator"]["related"]]
    corrections.hide(press.store, story=press.room.story("a"), now=NOW)
    press.publish()

    assert both == {BLAST, headlines["c"]}
    assert merged == [BLAST]
    assert "related" not in item_of(press, AGAIN)["_aggregator"]
    assert item_of(press, AGAIN)["date_modified"] == updated
    assert headlines["c"] not in (press.folder / "news-2026-03.atom").read_text()


def test_two_sources_that_flood_at_once_leave_others_their_places(press: Press) -> None:
    press.config = replace(press.config, publish=PublishSettings(entries=4))
    shared = "Bomb squad blows up suitcase at Oslo airport"
    press.report("dawn", make_item(BLAST, at=NOW - timedelta(days=3)))
    for feed in ("geo", "wire"):
        press.report(feed, make_item(shared, identity=feed, at=NOW - timedelta(days=2)))
    press.report("geo", make_item("Unexploded wartime bomb found under Hamburg bridge"),
                 make_item("Car bomb trial opens in Dublin after nine years"))  # fmt: skip
    press.report("wire", make_item("QueuedMail bomb injures clerk at Athens tax office"),
                 make_item("Seattle art museum buys sculpture made of bomb casings"))  # fmt: skip

    press.publish()

    assert [title for title, _, _ in press.entries()][2:] == [shared, BLAST]


def test_a_day_of_a_flood_is_told_in_part(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.publishing.digests.STORIES", 2)
    press.report("dawn", make_item(BLAST, at=NOW - timedelta(hours=3)))
    press.report("geo", make_item("Unexploded wartime bomb found under Hamburg bridge"),
                 make_item("Car bomb trial opens in Dublin after nine years"),
                 make_item("QueuedMail bomb injures clerk at Athens tax office"))  # fmt: skip
    press.publish()

    press.publish(now=NOW + timedelta(days=1))

    content = press.feed("news-digest.atom").findtext(f"{ATOM}entry/{ATOM}content", "")
    assert content.count("<h3") == 2
    assert BLAST in content  # the day's places are shared as those of the feed are
    assert "And 2 more stories" in content


def test_a_source_that_floods_the_topic_leaves_others_their_places(press: Press) -> None:
    press.config = replace(press.config, publish=PublishSettings(entries=4))
    old = NOW - timedelta(days=31)
    press.report("dawn", make_item(BLAST, at=NOW - timedelta(days=2)))
    press.report("geo", make_item("Bomb alarm empties a station in Lyon, railway says", at=old))
    flood = [
        make_item("Bomb squad blows up suitcase at Oslo airport"),
        make_item("Unexploded wartime bomb found under Hamburg bridge"),
        make_item("QueuedMail bomb injures clerk at Athens tax office"),
        make_item("Car bomb trial opens in Dublin after nine years"),
        make_item("Seattle art museum buys sculpture made of bomb casings"),
    ]
    press.report("wire", *flood)

    report = press.publish()

    titles = [title for title, _, _ in press.entries()]
    assert titles[-1] == BLAST
    assert len(titles) == report.published["news"] == 4
    assert len(press.entries("news-2026-03.atom")) == 5


def test_what_is_written_bit_by_bit_is_what_is_written_at_once(
    press: Press, tmp_path: Path
) -> None:
    """Over a lively fortnight: the same bytes, valid at every step, and no entry's date moves."""
    chance = random.Random(11)
    places = ("Quetta", "Oslo", "Lyon", "Athens", "Hamburg", "Seattle")
    events = ("kills five at market", "found under bridge, police say", "alarm empties a school")
    press.config = replace(press.config, publish=PublishSettings(entries=5))
    now, dates = NOW, dict[str, tuple[str, str]]()
    for step in range(14):
        now += timedelta(hours=chance.choice((1, 9, 40)))
        for feed in ("dawn", "geo"):
            place, event = chance.choice(places), chance.choice(events)
            words = f"Bomb {event} in {place}"[: chance.choice((22, 80, 80))]
            at = now - timedelta(minutes=chance.randint(0, 600))
            press.report(feed, make_item(words, identity=f"{place} {event}", at=at), now=now)
        press.publish(now=now)
        files = press.all_bytes()

        assert problems(files, base_url="https://news.example.org/") == []
        for one, (_, *times) in zip(press.ids(), press.entries(), strict=True):
            assert dates.setdefault(one, (times[0], times[1])) == (times[0], times[1])
        if step % 3 == 2:
            publish(press.store, press.config, now + timedelta(seconds=9), output=tmp_path / "all")
            whole = Press(press.room, press.config, tmp_path / "all").all_bytes()
            assert {name: data for name, data in whole.items() if files.get(name) != data} == {}
