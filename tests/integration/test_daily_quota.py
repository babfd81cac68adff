"""One feed alone brings so many stories of a day into a topic; the rest waits for the next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.publishing import build as files
from aggregator.publishing.daily_quota import retry_held_back
from aggregator.publishing.publish import publish
from aggregator.settings import Config, PublishSettings, TopicSettings
from aggregator.storage import maintenance, topic_states
from aggregator.storage.store import open_store
from tests.newsroom import NOW, Newsroom, make_item
from tests.views import ATOM, tree

DAY = timedelta(days=1)
EVENTS = (
    "Quetta bakers strike over the price of flour",
    "New railway bridge opens south of Quetta",
    "Snow leopard seen on hills behind Quetta",
    "Quetta museum shows coins of Kushan kings",
    "Doctors of Quetta warn of measles in schools",
    "Apricot harvest near Quetta is the best for years",
    "Quetta court frees four union leaders",
    "Water tankers raise their fees in Quetta",
    "Quetta chess club wins the national title",
    "Fire burns a carpet market of Quetta",
    "Solar pumps reach farms around Quetta",
    "Quetta airport closes its runway for repairs",
)


class Press:
    """A newsroom, and the files that readers get of it."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.room = Newsroom(open_store(None), "flood", "calm")
        self.folder = folder
        self.config = Config(
            output=folder,
            topics=(TopicSettings("news", query={"rules": [{"any": ["quetta"], "weight": 1}]}),),
            publish=PublishSettings(formats=("atom", "html"), per_feed_a_day=limit),
        )

    def bring(self, feed: str, events: range, at: datetime = NOW) -> None:
        items = [make_item(EVENTS[n], identity=f"{feed} {n}", at=at - timedelta(minutes=n))
                 for n in events]  # fmt: skip
        self.room.poll(feed, *items, now=at)
        self.room.match(now=at)

    def publish(self, at: datetime = NOW, *, force: bool = False) -> set[str]:
        publish(self.room.store, self.config, at, force=force)
        rows = self.room.store.rows("SELECT headline FROM published WHERE withdrawn=''")
        assert len(rows) == len(list((self.folder / "stories").glob("*.html")))
        return {row[0] for row in rows}

    def waiting(self) -> int:
        return maintenance.totals(self.room.store)["waiting_stories"]


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    """At most five stories of one feed a day."""
    press = Press(tmp_path, 5)
    yield press
    press.room.store.close()


def test_the_newest_are_published_and_the_rest_waits_for_another_day(press: Press) -> None:
    press.bring("flood", range(12))

    first = press.publish()
    waited = press.waiting()
    again = press.publish(NOW + timedelta(hours=2), force=True)
    second = press.publish(NOW + DAY)
    third = press.publish(NOW + 2 * DAY)

    assert first == again == set(EVENTS[:5])
    assert waited == 7
    assert second == set(EVENTS[:10])
    assert third == set(EVENTS)
    assert press.waiting() == 0


@pytest.mark.parametrize(
    ("feed", "events", "shown"),
    [
        ("calm", range(6, 9), 3),  # another feed, stories of its own
        ("calm", range(9, 12), 3),  # stories that the flood told, and that waited
        ("flood", range(0, 3), 0),  # its own again
    ],
)
def test_other_feeds_are_not_held_back(press: Press, feed: str, events: range, shown: int) -> None:
    press.bring("flood", range(5) if events == range(6, 9) else range(12))
    before = press.publish()

    press.bring(feed, events, at=NOW + timedelta(minutes=20))
    after = press.publish(NOW + timedelta(minutes=30))

    assert len(after - before) == shown


def test_a_flood_at_every_poll_brings_no_more_than_one(press: Press) -> None:
    for hour in range(4):
        press.bring("flood", range(3 * hour, 3 * hour + 3), at=NOW + timedelta(hours=hour))
        shown = press.publish(NOW + timedelta(hours=hour))

    assert len(shown) == 5


def test_a_flood_has_no_more_files_written_than_it_has_places(press: Press) -> None:
    """A page for each story that is shown, and the same files of the topic whatever came."""
    of_topic = {"news.atom", "news.html", "news-digest.atom", "news-digest.md",
                f"news-{NOW:%Y-%m}.atom", f"news-{NOW:%Y-%m-%d}.html"}  # fmt: skip
    shared = {"index.html", "feeds.opml", "sitemap.xml", "robots.txt",
              "style.css", "feed.css", "icon.svg"}  # fmt: skip
    counts = []
    for hour in range(4):
        at = NOW + timedelta(hours=hour)
        press.bring("flood", range(3 * hour, 3 * hour + 3), at=at)
        written = publish(press.room.store, press.config, at).written
        pages = [path for path in written if path.parent.name == "stories"]
        others = {path.name for path in written} - {path.name for path in pages}
        counts.append(len(pages))
        assert others <= of_topic | shared, others

    assert counts == [3, 5, 0, 0]  # two come, and the pages of the others name them as related


def test_of_what_waits_a_new_day_looks_at_no_more_than_it_may_take(press: Press) -> None:
    press.bring("flood", range(12))
    press.publish()

    retry_held_back(press.room.store, press.config, NOW + DAY)

    _, touched = topic_states.touched(press.room.store)
    headlines = {row[0] for row in press.room.store.rows(
        "SELECT headline FROM story WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(touched),),
    )}  # fmt: skip
    assert headlines == set(EVENTS[5:10])


def test_what_waited_longer_than_a_story_lasts_is_history(press: Press) -> None:
    press.bring("flood", range(12))
    press.publish()

    shown = press.publish(NOW + 9 * DAY)

    assert len(shown) == 5
    assert press.waiting() == 0


def test_what_an_editor_hid_does_not_wait(press: Press) -> None:
    press.bring("flood", range(6))
    press.publish()
    press.room.store.execute("UPDATE story SET hidden=1 WHERE headline=?", (EVENTS[5],))

    press.publish(NOW + DAY)

    assert press.waiting() == 0


def archive(press: Press, limit: int, *, changed: tuple[int, ...] = (), old: bytes = b"") -> bytes:
    """The archive of the month, of so many stories at most; made from `old` where it is given."""
    store, month = press.room.store, f"{NOW:%Y-%m}"
    feed = files.topic_feed(store, press.config, press.config.topics[0])
    if not old:
        (data,) = files.archive_file(store, feed, month=month, limit=limit).values()
    else:
        (data,) = files.archive_file(
            store, feed, month=month, changed=changed, old=old, limit=limit
        ).values()
    return data


def told(data: bytes) -> list[str]:
    return [entry.findtext(f"{ATOM}title", "") for entry in tree(data).findall(f"{ATOM}entry")]


@pytest.mark.parametrize(
    ("limit", "of_flood", "of_calm", "left_out"),
    [
        (12, 9, 3, 0),
        (11, 8, 3, 1),
        (6, 3, 3, 6),  # both have their turns
        (4, 2, 2, 8),
        (1, 1, 0, 11),
    ],
)
def test_an_archive_is_bounded_and_says_what_it_leaves_out(
    press: Press, limit: int, of_flood: int, of_calm: int, left_out: int
) -> None:
    press.config = replace(press.config, publish=PublishSettings(per_feed_a_day=100))
    press.bring("flood", range(9))
    press.bring("calm", range(9, 12))
    press.publish()

    data = archive(press, limit)

    assert told(data) == [*EVENTS[:of_flood], *EVENTS[9 : 9 + of_calm]]
    said = tree(data).findtext(f"{ATOM}subtitle", "")
    assert f"{left_out} more stor" in said if left_out else "left out" not in said


def test_a_full_archive_follows_what_comes(press: Press) -> None:
    press.config = replace(press.config, publish=PublishSettings(per_feed_a_day=100))
    press.bring("flood", range(3, 9))
    press.publish()
    old = archive(press, 4)

    press.bring("flood", range(1))
    press.publish()
    story_id = press.room.store.value("SELECT max(story_id) FROM published")
    new = archive(press, 4, changed=(story_id,), old=old)

    assert told(old) == list(EVENTS[3:7])
    assert told(new) == [EVENTS[0], *EVENTS[3:6]]
    assert new == archive(press, 4)
