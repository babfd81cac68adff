"""The digest in Markdown and the pages of days, written when something of theirs changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.ingest import corrections
from aggregator.publishing import digests
from aggregator.publishing.publish import publish
from aggregator.settings import Config, PublishSettings, TopicSettings
from aggregator.storage.store import open_store
from tests.newsroom import BLAST, NOW, Newsroom, make_item, make_rules

DAY = timedelta(days=1)
HEADLINES = (
    BLAST,
    "QueuedMail bomb injures clerk at Athens tax office",
    "Unexploded wartime bomb found under Hamburg bridge",
    "Seattle art museum buys sculpture made of bomb casings",
)


class Press:
    """A newsroom and what it has published."""

    def __init__(self, room: Newsroom, config: Config) -> None:
        self.room = room
        self.config = config

    def report(self, number: int, *, day: int = 0, feed: str = "dawn") -> None:
        at = NOW + day * DAY
        item = make_item(HEADLINES[number], identity=f"{feed}{number}", at=at)
        self.room.poll(feed, item, now=at)
        self.room.match(now=at)

    def publish(self, *, day: int = 0, force: bool = False) -> set[str]:
        """The names of the files that were written, stories' pages aside."""
        report = publish(self.room.store, self.config, NOW + day * DAY, force=force)
        return {path.name for path in report.written if path.parent == self.config.output}

    def text(self, name: str) -> str:
        return (self.config.output / name).read_text(encoding="utf-8")

    def pages(self) -> list[str]:
        return sorted(path.name for path in self.config.output.glob("news-*.html"))


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    with open_store(tmp_path / "a.db") as store:
        room = Newsroom(store, rules=make_rules(term="bomb"))
        yield Press(room, room.config(tmp_path, TopicSettings("news", "The news")))


def test_days_are_told_newest_first_and_past_ones_stay(press: Press) -> None:
    press.report(0)
    press.publish()
    assert "\n## 1 March 2026, so far: 1 story\n" in press.text("news-digest.md")

    press.report(1, day=1)
    written = press.publish(day=1)
    assert {"news-digest.md", "news-2026-03-02.html"} <= written
    assert "news-2026-03-01.html" not in written
    text = press.text("news-digest.md")
    assert text.index("## 2 March 2026, so far: 1 story") < text.index("## 1 March 2026: 1 story")
    assert 'href="news-2026-03-01.html" rel="prev">The day before: 1 March 2026</a>' in press.text(
        "news-2026-03-02.html"
    )
    for day in ("2026-03-01", "2026-03-02"):
        assert f'<a href="news-{day}.html">' in press.text("news.html")

    assert press.publish(day=1) == press.publish(day=1, force=True) == set()
    assert press.publish(day=2) == {"news-digest.md", "news-digest.atom"}  # the day is over

    press.report(0, day=2, feed="geo")  # another source of the first day's story
    assert {"news-2026-03-01.html"} == {
        name for name in press.publish(day=2) if name.startswith("news-2026-03-0")
    }
    assert press.publish(day=2, force=True) == set()  # days taken from the files are as rendered


def test_a_day_without_stories_has_no_page_and_is_skipped(press: Press) -> None:
    for day in range(3):
        press.report(day, day=day)
        press.publish(day=day)

    corrections.hide(press.room.store, story=press.room.story("dawn1"), now=NOW)
    written = press.publish(day=2)

    assert press.pages() == ["news-2026-03-01.html", "news-2026-03-03.html"]
    assert "news-2026-03-03.html" in written
    assert "news-2026-03-01.html" not in written
    assert "The day before: 1 March 2026" in press.text("news-2026-03-03.html")
    assert "2 March" not in press.text("news-digest.md")
    assert press.publish(day=2, force=True) == set()

    (press.config.output / "news-digest.atom").write_text("edited")
    press.report(3, day=2)
    assert "news-digest.atom" in press.publish(day=2)
    assert press.publish(day=2, force=True) == set()


def test_pages_are_kept_as_archives_are(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "IN_FEED", 1)
    for day in range(3):
        press.report(day, day=day)
        press.publish(day=day)
    assert len(press.pages()) == 3

    press.config = replace(press.config, publish=PublishSettings(archive=False))
    press.publish(day=2)
    assert press.pages() == ["news-2026-03-02.html", "news-2026-03-03.html"]
    assert "The day before" not in press.text("news-2026-03-02.html")

    press.report(3, day=3)
    press.publish(day=3)
    assert press.pages() == ["news-2026-03-03.html", "news-2026-03-04.html"]
    assert "The day before" not in press.text("news-2026-03-03.html")


def test_the_heaviest_story_of_a_day_comes_first(press: Press) -> None:
    press.room.store.execute("UPDATE feed SET rank=90 WHERE name='geo'")
    press.report(1, feed="geo")
    press.report(0)
    press.report(2)

    press.publish()

    for name in ("news-2026-03-01.html", "news-digest.md"):
        text = press.text(name)
        assert text.index(HEADLINES[1]) < min(text.index(HEADLINES[0]), text.index(HEADLINES[2]))


def test_a_topic_may_have_no_digest(press: Press) -> None:
    press.config = replace(press.config, publish=PublishSettings(digest=False))
    press.report(0)

    written = press.publish()

    assert {name for name in written if "digest" in name or "-03-01" in name} == set()
    assert "digest" not in press.text("index.html") + press.text("news.html")
