"""The digest in Markdown: what a reader of it sees, whatever the sources say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from aggregator.publishing.digest_markdown import digest_markdown, heading, sections
from aggregator.publishing.render_document import Day
from aggregator.views import PublishedEntry, PublishedFeed
from tests.views import AT, make_entry, make_feed, make_source

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def written(
    *stories: PublishedEntry,
    feed: PublishedFeed | None = None,
    count: int = 0,
    is_open: bool = False,
) -> str:
    day = Day("2026-03-01", AT, stories, count or len(stories), is_open)
    return digest_markdown(feed or make_feed(), [day]).decode()


def flat(tokens: Sequence[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *(token.children or ()))]


def test_a_day_has_its_stories_with_those_who_reported_them() -> None:
    geo = make_source("Geo", url="https://geo.example/a_(b)")
    one = make_entry(1, geo, make_source("The News", url=None))

    text = written(one, make_entry(2, url=None, summary=""), count=3, is_open=True)

    assert text == (
        "# The news, day by day\n\n"
        "Each story once, with all its sources. [All stories](<https://news.example.org/news.html>)"
        "\n\n## 1 March 2026, so far: 3 stories\n\n"
        "### [Talks held in Islamabad, round 1](<https://dawn.example/talks>)\n\n"
        "Both sides met for two days.\n\n"
        "Dawn, 1 March 2026, 10:30 UTC. Also: [Geo](<https://geo.example/a_(b)>), The News."
        " 3 reports, 3 independent; first: Dawn."
        " [Wordings, times and reasons](<https://news.example.org/stories/story1.html>)\n\n"
        "### Talks held in Islamabad, round 2\n\n"
        "Dawn, 1 March 2026, 11:30 UTC."
        " [Wordings, times and reasons](<https://news.example.org/stories/story2.html>)\n\n"
        "[And 1 more story](<https://news.example.org/news.html>).\n"
    )


def test_without_an_address_nothing_links_to_us() -> None:
    feed = make_feed(base_url=None)

    text = written(make_entry(lead=make_source(""), url=None), feed=feed, count=4)

    assert "news.example.org" not in text
    assert "\n\n1 March 2026, 10:30 UTC.\n\nAnd 3 more stories.\n" in text
    assert digest_markdown(feed, []).decode() == (
        "# The news, day by day\n\nEach story once, with all its sources.\n\nNo stories yet.\n"
    )


def test_a_day_that_is_over_says_nothing_of_more() -> None:
    assert "\n\n## 1 March 2026: 1 story\n\n" in written(make_entry())


def test_a_digest_put_together_of_its_sections_is_the_same() -> None:
    feed = make_feed()
    hostile = make_entry(2, make_source("Geo\n\n## 3 March 2026: 1 story", headline="## 4: a"))
    days = [
        Day("2026-03-02", AT, (make_entry(1), hostile), 5, is_open=True),
        Day("2026-03-01", AT, (make_entry(3),), 1),
    ]
    whole = digest_markdown(feed, days)

    found = sections(whole)

    assert list(found) == ["2 March 2026, so far", "1 March 2026"]
    assert found.keys() == {heading(day.day, is_open=day.is_open) for day in days}
    assert digest_markdown(feed, list(found.values())) == whole
    assert digest_markdown(feed, [days[0], found["1 March 2026"]]) == whole
    assert sections(digest_markdown(feed, [])) == sections(b"\xff\n") == {}
    assert sections(whole[:-30]) == {}


@pytest.mark.parametrize(
    "said",
    [
        "# A heading", "- a list", "1. a list", "> a quotation", "    code", "```", "---", "===",
        "| a | b |", "[x](javascript:alert(1))", "![x](https://evil.example/x.png)", "[x]: /url",
        "<script>alert(1)</script>", "<https://evil.example>", "&lt;b&gt; &#60;b>", "**bold** _it_",
        "a\n\n# b\r\n# c", "`code` \\", "https://evil.example www.evil.example", "\\[x\\](y)",
        "\\", "$x$ ~~gone~~ ^1^ [^1]", "Quetta)](<https://evil.example>",
    ],
)  # fmt: skip
def test_what_sources_say_is_text(said: str) -> None:
    source = make_source(said, headline=said, url="https://geo.example/<b>")
    story = make_entry(1, source, headline=said, summary=said)

    tokens = flat(READER.parse(written(story, feed=make_feed(title=said))))

    headings = [token.tag for token in tokens if token.type == "heading_open"]
    assert headings == ["h1", "h2", "h3"]
    assert {token.type for token in tokens} <= {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text",
        "link_open", "link_close", "text_special",
    }  # fmt: skip
    hosts = {str(token.attrs["href"]).split("/")[2] for token in tokens if "href" in token.attrs}
    assert hosts == {"news.example.org", "dawn.example", "geo.example"}


@given(st.text(), st.text())
def test_no_text_makes_another_block(headline: str, publisher: str) -> None:
    source = make_source(publisher, headline=headline)
    story = make_entry(1, source, headline=headline, summary=publisher)

    text = written(story, replace(story, story="story2"))

    tokens = READER.parse(text)
    assert {token.type for token in tokens} <= {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline",
    }  # fmt: skip
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h3") == 2
    assert {token.type for token in flat(tokens)}.isdisjoint(
        {"image", "html_inline", "code_inline"}
    )
