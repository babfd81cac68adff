"""Any text in any field gives well-formed, inert files: no reader is put at risk by a feed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.model import TermHit
from aggregator.publishing import pages
from aggregator.publishing.formats import FORMATS
from aggregator.publishing.render_document import Day, archive_document, digest_document
from aggregator.publishing.render_text import plain, safe_url
from aggregator.views import PublishedFeed, PublishedSource, RelatedStory, StoryItem, TopicReason
from tests.views import AT, make_entry, make_feed, make_source, make_story_page, render, tree

PAYLOADS = (
    "<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    '"><svg onload=alert(1)>',
    "'><iframe srcdoc='<script>x</script>'>",
    "]]><![CDATA[<b>",
    "--><!-- <math><mi xlink:href='data:x'>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "<?xml-stylesheet href='javascript:x'?>",
    "&#x202e;&#0;&#xd800;&#x110000;&#999999999999;",
    "\x00\x1b[31m\u202e\ufffe\ud800\x85",
    "<a href='jav&#x09;ascript:x'>x</a",
    "< script >x< / script >",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "javascript:alert(1)",
    "https://a.example/\"onmouseover='x'",
    "https://user:pass@a.example/<script>?q=</item>#&",
)
text = st.one_of(
    st.sampled_from(PAYLOADS),
    st.text(max_size=60),
    st.text(alphabet="<>&;#x/!-'\" lgtscriptab0\x00\u202e", max_size=40),
    st.builds("{}{}".format, st.sampled_from(PAYLOADS), st.text(max_size=10)),
)
sources = st.builds(
    PublishedSource,
    feed=text,
    publisher=text,
    headline=text,
    url=st.none() | text,
    published_at=st.integers(-2_000_000_000, 200_000_000_000).map(
        lambda seconds: datetime.fromtimestamp(seconds, UTC)
    ),
    feed_url=st.none() | text,
    feed_title=text,
    language=text,
    author=text,
    rights=text,
)


class Tags(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment in the content")


def feed_with(lead: PublishedSource, other: PublishedSource, words: str) -> PublishedFeed:
    entry = make_entry(
        1, other, lead=lead, headline=words, summary=words, terms=(words,), url=lead.url,
        related=(RelatedStory("story9", other.headline, other.published_at, other.url, "tag:x:9"),),
    )  # fmt: skip
    return make_feed(
        entry,
        replace(entry, entry_id="tag:x,2026:2", language=words),
        title=words,
        site_title=words,
        author=words,
        language=words,
        icon=words,
        hub=words,
        months=("2026-03",),
    )


def every_file(feed: PublishedFeed) -> dict[str, bytes]:
    site = pages.Site(feed.title, language=feed.language, hub=feed.hub)
    entry = feed.entries[0]
    items = tuple(
        StoryItem(1, source, entry.headline, 0.5, entry.headline) for source in entry.sources
    )
    reason = TopicReason("news", feed.title, 1.0, 0.5, (TermHit(feed.title, feed.title, 1.0),))
    story = make_story_page(entry=entry, items=items, topics=(reason,))
    files = {f"news.{name}": data for name, data in render(feed).items()}
    month = archive_document(feed, month="2026-03")
    day = Day("2026-03-01", AT, feed.entries, 9)
    digest = digest_document(feed, [day])
    return files | {
        "archive.atom": FORMATS["atom"].render(month),
        "digest.atom": FORMATS["atom"].render(digest),
        "news.html": pages.topic_page(feed, site),
        "news-2026-03-01.html": pages.day_page(feed, day, site, earlier=None),
        "story.html": pages.story_page(story, site),
    }


@given(sources, sources, text)
def test_every_file_is_well_formed_and_inert(
    lead: PublishedSource, other: PublishedSource, words: str
) -> None:
    files = every_file(feed_with(lead, other, words))

    contents = []
    for name, data in files.items():
        data.decode()
        if name.endswith((".atom", ".rss")):
            root = tree(data)
            contents += [
                "".join(one.itertext())
                for one in root.iter()
                if one.tag.endswith(("}content", "description"))
            ]
        elif name.endswith(".json"):
            contents += [item["content_html"] for item in json.loads(data)["items"]]
        else:
            assert not {"script", "img", "svg", "iframe", "math"} & Tags(data.decode()).found
    for content in contents:
        tags = Tags(content)
        assert tags.found <= {"p", "ul", "li", "a", "span", "h3"}
        assert tags.attributes <= {"href", "dir", "lang"}


@given(text)
def test_plain_text_is_stable_and_stays_text_when_decoded_again(words: str) -> None:
    shown = plain(words)

    assert plain(shown) == shown
    assert Tags(shown).found == set()


@given(text)
def test_links_are_plain_web_addresses_and_stable(words: str) -> None:
    url = safe_url(words)

    assert url is None or url.startswith(("http://", "https://"))
    assert url is None or (url.isascii() and not set(url) & set("<>\"' \\"))
    assert safe_url(url) == url


@pytest.fixture(scope="session")
def check_output(shared: Path) -> Callable[..., list[str]]:
    """The checker of published files that lives beside the hostile documents."""
    folder = str(shared / "hostile")
    sys.path.insert(0, folder)
    try:
        import hostile_check  # type: ignore[import-not-found]
    finally:
        sys.path.remove(folder)
    found: Callable[..., list[str]] = hostile_check.check_output
    return found


@given(st.data())
def test_every_file_passes_the_checker(check_output: Callable[..., list[str]], data: Any) -> None:
    lead, other, words = data.draw(sources), data.draw(sources), data.draw(text)

    files = every_file(feed_with(lead, other, words))

    assert [line for name, one in files.items() for line in check_output(one, name)] == []


def test_every_payload_in_every_field_passes_the_checker(
    check_output: Callable[..., list[str]],
) -> None:
    for payload in PAYLOADS:
        source = make_source(
            payload, url=payload, feed_url=payload, author=payload, rights=payload, language=payload
        )
        files = every_file(feed_with(source, source, payload))

        assert [line for name, one in files.items() for line in check_output(one, name)] == []
