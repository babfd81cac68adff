"""Hostile text through the digests of a day: Markdown, page and mail have our markup alone."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from aggregator.publishing import pages
from aggregator.publishing.digest_markdown import digest_markdown
from aggregator.publishing.mail_message import Envelope, message
from aggregator.publishing.render_document import Day
from tests.hostile.test_handing_on import HEADLINES, UNSAFE
from tests.views import AT, make_entry, make_feed, make_source

ENVELOPE = Envelope("news@example.org", "reader@paper.example", "<1@example.org>", AT)
STORIES = tuple(
    make_entry(
        number,
        make_source(said, headline=said, url="https://example.org/<b>)"),
        story=f"story{number}",
        headline=said,
        summary=said,
        lead=make_source("Dawn", headline=said),
    )
    for number, said in enumerate(HEADLINES)
)


def test_the_digest_in_markdown_has_our_markup_alone() -> None:
    day = Day("2026-03-01", AT, STORIES, len(STORIES))
    text = digest_markdown(make_feed(title=HEADLINES[-2]), [day]).decode()

    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inner = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in tokens} == {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline",
    }  # fmt: skip
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h3") == len(
        HEADLINES
    )
    assert {token.type for token in inner} <= {"text", "text_special", "link_open", "link_close"}
    hosts = {str(one.attrs["href"]).split("/")[2] for one in inner if "href" in one.attrs}
    assert hosts == {"news.example.org", "dawn.example", "example.org"}
    assert not UNSAFE.search(text)


def test_the_page_of_a_day_has_our_markup_alone() -> None:
    day = Day("2026-03-01", AT, STORIES, len(STORIES))
    page = pages.day_page(make_feed(), day, pages.Site("Example"), earlier=None).decode()

    assert not re.search(r"<(?:script|img|iframe|svg|object|form)\b|\son[a-z]+=", page)
    assert not re.search(r"href=.javascript:", page)
    assert page.count("<article>") == len(HEADLINES)
    assert not UNSAFE.search(page.replace("\r\n", "\n"))  # as the feed's headline has it


class Links(HTMLParser):
    """What a page would load or lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            elif name not in ("lang", "dir", "charset"):
                self.loaded.append(f"{tag} {name}")


@pytest.mark.parametrize("number", range(len(STORIES)))
def test_a_mail_has_our_headers_alone(number: int) -> None:
    story = STORIES[number]  # which the subject names
    feed = make_feed(title=story.headline, site_title=story.headline)

    data = message(feed, [Day("2026-03-01", AT, (story, STORIES[0]), 2)], ENVELOPE)

    mail = message_from_bytes(data, policy=policy.default)
    assert not mail.defects
    assert set(mail.keys()) == {
        "Content-Type", "MIME-Version", "From", "To", "Subject", "Date", "Message-ID", "List-Id",
        "List-Unsubscribe", "Auto-Submitted",
    }  # fmt: skip
    assert [one.addr_spec for one in mail["From"].addresses] == ["news@example.org"]
    assert [one.addr_spec for one in mail["To"].addresses] == ["reader@paper.example"]
    assert not UNSAFE.search(mail["Subject"])
    plain, html = (str(one.get_content()) for one in mail.iter_parts())
    assert not UNSAFE.search(plain.replace("\r\n", "\n"))
    page = Links(html)
    assert page.loaded == []
    assert all(re.match(r"https?://|mailto:news@example\.org\?", one) for one in page.links)
