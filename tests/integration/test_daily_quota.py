"""One feed alone brings so many stories of a day into a topic; the rest waits for the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.publishing.publish import publish
from aggregator.settings import Config, PublishSettings, TopicSettings
from aggregator.storage import maintenance
from aggregator.storage.store import open_store
from tests.newsroom import NOW, Newsroom, make_item

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
