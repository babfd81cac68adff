"""Hostile addresses of pictures, from a feed to every published file and Open Graph tag."""

from __future__ import annotations

import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aggregator.model import ParseTask
from aggregator.parsing.document import parse
from aggregator.publishing.publish import publish
from aggregator.settings import Config, PublishSettings, SiteSettings, TopicSettings
from aggregator.storage.store import open_store
from tests.newsroom import NOW, Newsroom, make_rules
from tests.validity import problems

BASE = "https://news.example.org/"
EVENTS = (
    "Flood closes bridge", "Teachers end strike", "Wheat harvest fails", "Museum buys letters",
    "Court frees editor", "Airline adds flights", "Miners find copper", "Players win hockey cup",
    "Doctors open clinic", "Thieves steal turbines", "Council bans kites", "Students map glacier",
    "Tailors export shawls", "Rangers count leopards", "Bakers raise prices",
)  # fmt: skip
BREAKING = (
    '"><img src=x onerror=alert(1)>', "' onload='alert(1)", "{{ 7 * 7 }}", "--> ]]> <!--",
    *[""] * 11,
)  # fmt: skip
ADDRESSES = (
    "javascript:alert(1)//.jpg",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "http://plain.example/a.jpg",
    "https://reader:s3cret@paper.example/a.jpg",
    "https://127.0.0.1/a.jpg",
    "https://[::ffff:10.0.0.1]/a.jpg",
    "https://localhost/a.jpg",
    "https://printer.internal/a.jpg",
    "https://paper.example:22/a.jpg",
    "//paper.example@evil.example/a.jpg",
    "https://paper.example/pixel.gif?width=1",
)
KEPT = (
    'https://paper.example/a.jpg?x="><script>alert(1)</script>',
    "https://paper.example/b.jpg?x=' onerror='alert(1)",
    "https://paper.example/c.jpg?x=;style-src *&amp;y={{ 7 * 7 }}",
    "https://paper.example/d.jpg?x=\u202egpj.evil",
)


class Page(HTMLParser):
    """The elements of a page that show or name something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [found for name, found in self.tags if name == tag]


def document() -> bytes:
    """A feed whose entries show these addresses, each in another way."""
    items = []
    for number, address in enumerate((*KEPT, *ADDRESSES)):
        named = escape(address)
        content = escape(f'<img src="{named}">')
        shown = (
            f'<media:content url="{named}" medium="image" width="600" height="400"/>',
            f'<enclosure url="{named}" type="image/jpeg" length="9"/>',
            f"<description>{content}</description>",
        )[number % 3]
        items.append(
            f"<item><title>{EVENTS[number]} in Quetta {escape(BREAKING[number])}</title>{shown}"
            f"<link>https://paper.example/{number}</link><guid>{number}</guid>"
            "<pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate></item>"
        )
    return (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        "<title>Paper</title><link>https://paper.example/</link>"
        f"<description>News</description>{''.join(items)}</channel></rss>"
    ).encode()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is published of it, with pictures on pages."""
    folder = tmp_path_factory.mktemp("pictures")
    config = Config(
        database=folder / "news.db",
        output=folder / "public",
        site=SiteSettings(title="".join(BREAKING), base_url=BASE),
        topics=(TopicSettings("news", title="".join(BREAKING)),),
        publish=PublishSettings(images="feeds_and_pages"),
    )
    found = parse(ParseTask(document(), {}, "https://paper.example/feed", "Paper"))
    with open_store(config.database) as store:
        room = Newsroom(store, "paper", rules=make_rules())
        room.poll("paper", *found.items)
        room.match()
        publish(store, config, NOW)
    return {
        str(path.relative_to(config.output)): path.read_bytes()
        for path in Path(config.output).rglob("*")
        if path.is_file()
    }


def test_what_is_published_of_them_is_valid(files: dict[str, bytes]) -> None:
    assert problems(files, base_url=BASE) == []


def test_no_file_names_an_address_that_no_reader_should_ask(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        for part in (b"s3cret", b"127.0.0.1", b"10.0.0.1", b"localhost", b"printer.internal",
                     b"plain.example", b"evil.example/", b":22/", b"pixel.gif"):  # fmt: skip
            assert part not in data, name
        assert not re.search(rb"""(?:href|src|url|content)=["']?(?:javascript|data):""", data), name


def test_pages_show_pictures_of_the_paper_and_nothing_of_its_own(files: dict[str, bytes]) -> None:
    shown: set[str] = set()
    pages = {name: Page(data.decode()) for name, data in files.items() if name.endswith(".html")}
    for name, page in pages.items():
        assert not {"script", "svg", "iframe", "object"} & {tag for tag, _ in page.tags}, name
        assert not [key for _, found in page.tags for key in found if key.startswith("on")], name
        for image in page.all("img"):
            assert set(image) == {"class", "src", "alt", "loading", "decoding", "referrerpolicy"}
            shown.add(image["src"])
        graph = [one for one in page.all("meta") if one.get("property", "").startswith("og:")]
        assert all(set(one) == {"property", "content"} for one in graph)
        assert len(graph) == len({one["property"] for one in graph})
        shown.update(one["content"] for one in graph if one["property"] == "og:image")
        titles = [one["content"] for one in graph if one["property"] == "og:title"]
        assert len(titles) == 1
        assert "\u202e" not in str(page.tags)

    assert {one.partition("?")[0] for one in shown} == {
        f"https://paper.example/{letter}.jpg" for letter in "abcd"
    }
    assert all(one.isascii() and not set(one) & set(' "<>') for one in shown)


def test_feeds_pass_on_the_same(files: dict[str, bytes]) -> None:
    items = json.loads(files["news.json"])["items"]

    images = [item["image"] for item in items if "image" in item]
    assert len(images) == len(KEPT)
    assert all(one.startswith("https://paper.example/") for one in images)
