"""Entries without dates, or of one date: readers get them in the order of their document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.ingest.accept import accept
from aggregator.publishing.publish import publish
from aggregator.settings import Config, PublishSettings, SiteSettings, TopicSettings
from aggregator.storage.store import Store
from tests.documents import atom, json_feed, rdf, read, rss
from tests.newsroom import NOW, Newsroom, make_rules
from tests.views import ATOM, tree

HEADLINES = (
    "Bomb found at railway bridge near Sibi",
    "Army says bomb maker died in Waziristan raid",
    "School reopens in Lahore after hoax about bomb",
    "Court in Karachi hears appeal over bomb plot",
    "Experts clear an old bomb from harbour in Gwadar",
)


def titles(store: Store, folder: Path) -> list[str]:
    """The headlines of the published feed, as a reader sees them."""
    config = Config(
        database=folder / "a.db",
        output=folder / "public",
        site=SiteSettings(title="Example", base_url="https://news.example.org/"),
        topics=(TopicSettings("news", title="The news"),),
        publish=PublishSettings(formats=("atom",)),
    )
    publish(store, config, NOW + timedelta(hours=2))
    feed = tree((folder / "public" / "news.atom").read_bytes())
    return [one.findtext(f"{ATOM}title", "") for one in feed.findall(f"{ATOM}entry")]


def poll(room: Newsroom, body: bytes, *, minutes: int = 0) -> None:
    now = NOW + timedelta(minutes=minutes)
    polled = replace(room.polled("dawn", now=now), parsed=read(body))
    accept(room.store, (polled,), now)
    room.match(now=now)


def xml(names: Sequence[str], more: str = "") -> list[str]:
    return [f"<title>{name}</title><link>https://n.example/{name[:9]}</link>{more}"
            for name in names]  # fmt: skip


DOCUMENTS = {
    "rss": rss(*xml(HEADLINES)),
    "rss with guids": rss(*(f"<title>{name}</title><guid>{9 - n}</guid>"
                            for n, name in enumerate(HEADLINES))),
    "rdf": rdf(*xml(HEADLINES)),
    "atom": atom(*(f"<id>{name[::-1]}</id><title>{name}</title>" for name in HEADLINES)),
    "json": json_feed(*({"id": name[5:], "title": name} for name in HEADLINES)),
    "unreadable dates": rss(*xml(HEADLINES, "<pubDate>yesterday</pubDate>")),
    "text alone": rss(*(f"<description>{name}</description>" for name in HEADLINES)),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_readers_get_the_order_of_the_document(store: Store, tmp_path: Path, name: str) -> None:
    room = Newsroom(store, rules=make_rules(term="bomb"))

    poll(room, DOCUMENTS[name])

    assert titles(store, tmp_path) == list(HEADLINES)


def test_what_comes_later_stands_above(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, rules=make_rules(term="bomb"))

    poll(room, rss(*xml(HEADLINES[3:])))
    poll(room, rss(*xml(HEADLINES)), minutes=30)

    assert titles(store, tmp_path) == list(HEADLINES)


def test_dated_entries_beside_them_keep_their_dates(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, rules=make_rules(term="bomb"))
    old = xml(HEADLINES[3:4], "<pubDate>Sun, 01 Mar 2026 09:00:00 GMT</pubDate>")
    older = xml(HEADLINES[4:], "<pubDate>Sun, 01 Mar 2026 08:00:00 GMT</pubDate>")

    poll(room, rss(*older, *xml(HEADLINES[:2]), *old, *xml(HEADLINES[2:3])))

    assert titles(store, tmp_path) == list(HEADLINES)


DAY = "<pubDate>Sun, 01 Mar 2026 00:00:00 GMT</pubDate>"
OF_ONE_DATE = {
    "rss": rss(*xml(HEADLINES, DAY)),
    "rss with guids": rss(*(f"<title>{name}</title><guid>{9 - n}</guid>{DAY}"
                            for n, name in enumerate(HEADLINES))),
    "rdf": rdf(*xml(HEADLINES, "<dc:date>2026-03-01</dc:date>")),
    "atom": atom(*(f"<id>{name[::-1]}</id><title>{name}</title>"
                   "<updated>2026-03-01T00:00:00Z</updated>" for name in HEADLINES)),
    "json": json_feed(*({"id": name[5:], "title": name, "date_published": "2026-03-01T00:00:00Z"}
                        for name in HEADLINES)),
    "zones apart": rss(*(part for n, name in enumerate(HEADLINES) for part in xml(
        [name], f"<pubDate>2026-03-01T0{5 - n}:00:00+0{5 - n}:00</pubDate>"))),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_ONE_DATE)
def test_entries_of_one_date_keep_the_order_of_the_document(
    store: Store, tmp_path: Path, name: str
) -> None:
    room = Newsroom(store, rules=make_rules(term="bomb"))

    poll(room, OF_ONE_DATE[name])

    assert titles(store, tmp_path) == list(HEADLINES)


def test_of_one_date_what_comes_later_stands_above(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, rules=make_rules(term="bomb"))

    poll(room, rss(*xml(HEADLINES[3:], DAY)))
    poll(room, rss(*xml(HEADLINES, DAY)), minutes=30)

    assert titles(store, tmp_path) == list(HEADLINES)
