"""How long publishing takes: rendering, a full publication, and one that finds nothing to do.

    python bench/publishing.py [--entries 5000]

Values and rows are made up here; the database is a temporary file. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from aggregator.cli import process
from aggregator.publishing import build, digests, pages
from aggregator.publishing.archive_patch import patched
from aggregator.publishing.digest_markdown import digest_markdown
from aggregator.publishing.formats import ATOM, FORMATS
from aggregator.publishing.publish import publish
from aggregator.publishing.render_document import (
    Day,
    archive_document,
    digest_document,
    topic_document,
)
from aggregator.settings import Config, PublishSettings, SiteSettings, TopicSettings
from aggregator.storage.store import Store, open_store
from aggregator.times import to_text
from aggregator.views import PublishedEntry, PublishedFeed, PublishedSource

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACES = ("Islamabad", "Quetta", "Karachi", "Washington", "Peshawar", "Lahore", "Gwadar")
SUMMARY = "Officials said on Monday that talks between both sides would go on for another day. " * 4


def main() -> None:
    """Prints a line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=5000)
    count = parser.parse_args().entries
    process.collect_seldom()  # as in a command
    feed = made_feed(count)
    site = pages.Site("Bench", base_url="https://news.example.org/")
    timed(f"render {count} entries: atom, rss, json", lambda: render(feed))
    timed(f"render {count} entries: html", lambda: pages.topic_page(feed, site))
    measure_digests()
    measure_archive(count)
    with tempfile.TemporaryDirectory() as folder:
        measure_publish(Path(folder), count)


def measure_publish(folder: Path, count: int) -> None:
    """Publication of `count` stories of three sources each, from rows to files."""
    store = open_store(folder / "bench.db")
    config = Config(
        database=folder / "bench.db",
        output=folder / "public",
        site=SiteSettings(base_url="https://news.example.org/"),
        topics=(TopicSettings("news"),),
        publish=PublishSettings(entries=100),
    )
    with store.transaction():
        fill(store, count)
    timed(f"first publication of {count} stories", lambda: publish(store, config, NOW))
    timed("nothing to do", lambda: publish(store, config, NOW))
    timed("everything again, unchanged", lambda: publish(store, config, NOW, force=True))
    store.execute("UPDATE item SET summary='Another summary.' WHERE id=1")
    timed("one story changed", lambda: publish(store, config, NOW))
    timed(
        "topic feed of 100 and its digests, from rows",
        lambda: build.topic_files(store, config, build.topic_feed(store, config, config.topics[0])),
    )
    store.close()


def measure_digests() -> None:
    """The digests of as many days as they have, each full."""
    for name, most, write in (
        ("Atom", digests.IN_FEED, lambda feed, days: ATOM.render(digest_document(feed, days))),
        ("Markdown", digests.IN_MARKDOWN, digest_markdown),
    ):
        feed = made_feed(most * digests.STORIES)
        days = []
        for number in range(most):
            stories = feed.entries[number * digests.STORIES :][: digests.STORIES]
            days.append(Day(f"2026-02-{28 - number}", NOW, stories, len(stories)))
        timed(f"digest of {most} days: {name}", partial(write, feed, days))


def measure_archive(count: int) -> None:
    """One changed entry in the archive of a month: rendered as a whole, and patched."""
    feed = replace(made_feed(count), months=("2026-03",))
    order = [entry.entry_id for entry in feed.entries]

    def rendered(*entries: PublishedEntry) -> bytes:
        return ATOM.render(archive_document(replace(feed, entries=entries), month="2026-03"))

    old = rendered(*feed.entries)
    timed(f"archive of {count} entries, rendered", lambda: rendered(*feed.entries))
    timed(
        "the same with one changed entry, patched",
        lambda: patched(old, rendered(feed.entries[0]), order),
    )


def timed(label: str, work: Callable[[], object]) -> None:
    """Runs the work once and prints wall time and processor time."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    wall, busy = time.perf_counter() - start, time.process_time() - busy
    print(f"{label:45} {wall * 1000:10.2f} ms, {busy * 1000:10.2f} ms of CPU")


def render(feed: PublishedFeed) -> list[bytes]:
    """The feed in every format."""
    document = topic_document(feed)
    return [one.render(document) for one in FORMATS.values()]


def headline(number: int, source: int) -> str:
    """A made-up headline."""
    return f"{PLACES[number % 7]} talks number {number} end with statement, outlet {source} says"


def made_feed(count: int) -> PublishedFeed:
    """A feed of `count` entries with three sources each."""
    entries = []
    for number in range(count):
        at = NOW - timedelta(minutes=number)
        sources = tuple(
            PublishedSource(
                feed=f"Outlet {source}",
                publisher=f"Outlet {source}",
                headline=headline(number, source),
                url=f"https://outlet{source}.example/{number}/story",
                published_at=at,
                feed_url=f"https://outlet{source}.example/feed",
                language="en",
            )
            for source in range(3)
        )
        entries.append(
            PublishedEntry(
                story=f"{number:012x}",
                entry_id=f"tag:news.example.org,2026-01-01:{number:012x}",
                headline=sources[0].headline,
                url=sources[0].url,
                summary=SUMMARY,
                published_at=at,
                updated_at=at,
                lead=sources[0],
                sources=sources,
                terms=("Pakistan", "talks", "Islamabad"),
                language="en",
            )
        )
    return PublishedFeed(
        topic="news",
        title="Bench",
        feed_id="tag:news.example.org,2026-01-01:topic/news",
        site_title="Bench",
        base_url="https://news.example.org/",
        updated_at=NOW,
        entries=tuple(entries),
    )


def fill(store: Store, count: int) -> None:
    """Stories, items and decisions as matching leaves them."""
    store.executemany(
        "INSERT INTO feed(id, key, name, shown_url) VALUES (?1, ?2, ?3, ?2)",
        [(n, f"https://outlet{n}.example/feed", f"Outlet {n}") for n in range(1, 4)],
    )
    terms = json.dumps([{"term": "talks", "field": "headline", "weight": 1.0}])
    for number in range(1, count + 1):
        at = to_text(NOW - timedelta(minutes=number * 7))
        store.execute(
            "INSERT INTO story(id, uid, headline, url, lead_item_id, first_seen_at,"
            " first_item_at, last_item_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6)",
            (number, f"{number:012x}", headline(number, 1), f"https://outlet1.example/{number}",
             number * 3 - 2, at),
        )  # fmt: skip
        for source in range(1, 4):
            item = number * 3 - 3 + source
            said = headline(number, source)
            store.execute(
                "INSERT INTO variant(id, story_id, headline, fingerprint, item_id)"
                " VALUES (?1, ?2, ?3, ?3, ?1)",
                (item, number, said),
            )
            store.execute(
                "INSERT INTO item(id, feed_id, identity, url, headline, summary, published_at,"
                " first_seen_at, content_hash, variant_id)"
                " VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?6, '', ?1)",
                (item, source, f"https://outlet{source}.example/{number}", said, SUMMARY, at),
            )
            store.execute(
                "INSERT INTO evidence(item_id, story_id, chosen, rule, score, decided_at)"
                " VALUES (?, ?, 1, 'reworded', 0.9, ?)",
                (item, number, at),
            )
        store.execute(
            "INSERT INTO decision VALUES (?, 'news', 1, 0.9, 0.5, ?, '', ?)", (number, terms, at)
        )


if __name__ == "__main__":
    main()
