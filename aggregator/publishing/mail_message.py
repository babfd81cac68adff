"""A digest as a mail: headers, plain text, and HTML without remote content. Pure.

RFC 5322 (message), 2045 to 2047 (MIME), 2369 (List-Unsubscribe), 2919 (List-Id), 3834 (automatic
mails). Text from outside is always written to a header as encoded words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from email import charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime
from urllib.parse import quote

from msgspec import Struct

from aggregator.publishing.render_content import (
    UNTITLED,
    closed_on,
    digest_content,
    digest_excerpt,
    other_publishers,
    shown_time,
)
from aggregator.publishing.render_document import Day
from aggregator.publishing.render_origins import entry_origins
from aggregator.publishing.render_text import escape, language_tag, plain, publisher_of, safe_url
from aggregator.text import counted, cut
from aggregator.views import PublishedFeed

_UTF_8 = charset.Charset("utf-8")
_UTF_8.body_encoding = charset.QP  # short lines, and English stays readable in the source
_SUBJECT_HEADLINE = 80  # characters
_WORD = 60  # characters of an encoded word, so that it fits beside the header's name


class Envelope(Struct, frozen=True):
    """The sender, recipient and other headers of a mail."""

    sender: str  # an address, like the others here
    reader: str
    message_id: str
    date: datetime
    unsubscribe: str | None = None  # `mailto:` or a URL; None: a mail to the sender


def message(feed: PublishedFeed, days: Sequence[Day], envelope: Envelope) -> bytes:
    """The whole message, in ASCII with CRLF; the days in the given order."""
    title = plain(feed.title) or feed.topic
    when = closed_on(days[0].day)
    if len(days) > 1:
        when = f"{closed_on(days[-1].day)} to {when}"
    leave = envelope.unsubscribe or (
        f"mailto:{quote(envelope.sender, safe='@')}?subject=unsubscribe"
    )
    mail = MIMEMultipart("alternative", f"=_{envelope.message_id.strip('<>').partition('@')[0]}")
    mail["From"] = f"{_words(plain(feed.site_title) or 'aggregator')} <{envelope.sender}>"
    mail["To"] = envelope.reader
    top = next((plain(day.stories[0].headline) for day in days if day.stories), "")
    mail["Subject"] = _words(f"{title}, {when}: {cut(top or UNTITLED, _SUBJECT_HEADLINE)}")
    mail["Date"] = format_datetime(envelope.date)
    mail["Message-ID"] = envelope.message_id
    host = feed.feed_id.removeprefix("tag:").partition(",")[0]  # a domain of ours (RFC 4151)
    mail["List-Id"] = f"{_words(title)} <{feed.topic}.{host}>"
    mail["List-Unsubscribe"] = f"<{leave}>"
    mail["Auto-Submitted"] = "auto-generated"
    for kind, text in (
        ("plain", "\n".join(_text(feed, days, title=title, leave=leave))),
        ("html", "\n".join(_html(feed, days, title=f"{title}, {when}", leave=leave))),
    ):
        part = MIMENonMultipart("text", kind, charset="utf-8")
        part.set_payload(f"{text}\n", _UTF_8)
        mail.attach(part)
    return mail.as_bytes(policy=compat32.clone(mangle_from_=False, linesep="\r\n"))


def _words(text: str) -> str:
    """A text for a header, as encoded words (RFC 2047), so that nothing in it is syntax."""
    return Header(text, "utf-8", maxlinelen=_WORD).encode().replace("\n", "")


def _text(feed: PublishedFeed, days: Sequence[Day], *, title: str, leave: str) -> Iterator[str]:
    """The lines of the plain text."""
    yield title
    for day in days:
        yield from ("", f"== {closed_on(day.day)} ==")
        for story in day.stories:
            yield ""
            yield f"* {plain(story.headline) or UNTITLED}"
            publisher = publisher_of(story.lead)
            yield f"  {', '.join(filter(None, (publisher, shown_time(story.published_at))))}"
            if url := safe_url(story.url):
                yield f"  {url}"
            if summary := digest_excerpt(feed, story):
                yield f"  {summary}"
            if origins := entry_origins(story).in_words:
                yield f"  {origins}"
            for source, link in other_publishers(story):
                said = publisher_of(source) or UNTITLED
                yield f"  {said}: {link}" if link else f"  {said}"
        if more := day.count - len(day.stories):
            yield from ("", f"And {counted(more, 'more story', 'more stories')}.")
    yield from ("", "-- ")  # mail readers treat what follows as a signature
    if page := feed.page_url(f"{feed.topic}.html"):
        yield f"All stories: {page}"
    yield f"No more of these mails: {leave}"


def _html(feed: PublishedFeed, days: Sequence[Day], *, title: str, leave: str) -> Iterator[str]:
    """The lines of the HTML, which loads nothing: neither pictures nor style sheets."""
    yield "<!DOCTYPE html>"
    yield f'<html lang="{language_tag(feed.language) or "en"}">'
    yield f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    yield f"<body><h1>{escape(title)}</h1>"
    for day in days:
        yield f"<h2>{closed_on(day.day)}</h2>"
        yield digest_content(feed, day.stories, count=day.count)
    page = feed.page_url(f"{feed.topic}.html")
    all_stories = f'<a href="{escape(page)}">All stories</a>. ' if page else ""
    yield f'<hr><p>{all_stories}<a href="{escape(leave)}">No more of these mails</a></p>'
    yield "</body></html>"
