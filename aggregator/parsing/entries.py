"""Turns the raw entries of a document, whatever its format, into items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from aggregator.html import (
    cut_html,
    decoded,
    escaped_to_text,
    has_markup,
    line_to_text,
    sanitise,
    to_text,
    unescaped,
    without_tags,
)
from aggregator.model import Item
from aggregator.parsing.boilerplate import strip_boilerplate
from aggregator.parsing.identity import Marks, identities
from aggregator.parsing.media import media_of
from aggregator.parsing.rawfeed import RawEntry, RawText
from aggregator.text import headline_of, is_plain, one_line, text_hash
from aggregator.urls import canonical, host

MAX_HEADLINE = 500  # characters
MAX_BODY = 12_000  # characters of HTML that are read
MAX_SUMMARY = 4_000  # characters of sanitised HTML that are kept
MAX_NAME = 150
MAX_CATEGORIES = 30
_SEPARATORS = (" - ", " – ", " — ", " | ")  # between a headline and a publisher's name
_RELAY = "news.google.com"
# What programs write if there is no title, in their users' languages, also in brackets. A title
# without letters and digits is just as empty.
_NO_TITLE = re.compile(
    r"[\W_]*(?:(?:no title|untitled(?: (?:post|document|page))?|kein titel|ohne titel|sans titre"
    r"|pas de titre|sin t[ií]tulo|sem t[ií]tulo|senza titolo|nessun titolo|geen titel|bez tytułu"
    r"|başlıksız|tanpa judul|без названия|без заголовка|без назви|بدون عنوان|بلا عنوان"
    r"|शीर्षक नहीं|無題|无标题|無標題|タイトルなし|제목 없음)[\W_]*)?",
    re.I,
)


class _CleanEntry(Struct, frozen=True):
    raw: RawEntry
    headline: str
    title: str  # the headline that an earlier release would have read
    summary_html: str
    summary: str
    canonical_url: str | None


def items_of(entries: Sequence[RawEntry], publisher: str, title: str = "") -> tuple[Item, ...]:
    """The items of a document, each identity once, oldest first.

    Feeds begin with the newest entry: an item is newer than those below it with the same date, or
    if both have none. Items without a date come last. `publisher`: the feed's configured name;
    `title`: its own. Entries without title, text and link are left out, as are repeated ones.
    """
    read = [entry for raw in entries if (entry := _read(raw, (publisher, title))).headline]
    found = identities(
        [
            Marks(
                entry.raw.guid,
                entry.canonical_url,
                text_hash(entry.headline, entry.summary),
                str(entry.raw.published_at or ""),
            )
            for entry in read
        ]
    )
    former = found  # the identities that version 0.1 would have used
    guids = [entry.raw.guid for entry in read if entry.raw.guid]
    if (
        len(guids) != len(set(guids))
        or any(
            entry.raw.former or entry.title != entry.headline or "<" in entry.title + entry.summary
            for entry in read
        )
        or any(identity.startswith("text:") and " " in identity for identity in found)
    ):  # else its rules would have found the same
        marks = []
        for entry in read:
            guid, url = entry.raw.former or (entry.raw.guid, entry.raw.url)
            # It took everything in angle brackets for markup.
            texts = [without_tags(text) for text in (entry.title, entry.summary)]
            marks.append(Marks(guid, canonical(url) if url else None, text_hash(*texts)))
        former = identities(marks, is_former=True)
    items: dict[str, Item] = {}
    for entry, identity, before in zip(read, found, former, strict=True):
        items.setdefault(identity, _item(entry, identity, before, publisher))
    upwards = tuple(reversed(items.values()))
    dated = [(item.published_at, item) for item in upwards if item.published_at]
    dated.sort(key=lambda one: one[0])  # stable: items of the same date keep their order
    return (*(item for _, item in dated), *(item for item in upwards if not item.published_at))


def name_of(html: str, *, limit: int = MAX_NAME) -> str:
    """A name or title from a feed as plain text on one line."""
    if len(html) <= limit and "<" not in html and "&" not in html and is_plain(html):
        return html  # the usual case
    return one_line(line_to_text(html[: limit * 20]), limit=limit)


def plain_line(text: str, *, limit: int = MAX_NAME) -> str:
    """The same for text that contains no markup by its format."""
    return one_line(decoded(text[: limit * 20]), limit=limit)


def categories_of(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct category names in order, at most `MAX_CATEGORIES`."""
    found = dict.fromkeys(name_of(name, limit=80) for name in names)
    return tuple(name for name in found if name)[:MAX_CATEGORIES]


def _read(raw: RawEntry, names: tuple[str, ...]) -> _CleanEntry:
    headline = raw.title
    # Google News, Bing and many papers append ` - Publisher` or ` | Publisher` to headlines
    for publisher in (raw.source, *names):
        rest, tail = headline[: -len(publisher)], headline[-len(publisher) :]
        if rest.endswith(_SEPARATORS) and tail.casefold() == publisher.casefold():
            headline = rest[:-3].rstrip() or headline
    # Google News has no text of articles: its description is a list of headlines
    is_relay = raw.url is not None and _RELAY in raw.url.lower() and host(raw.url) == _RELAY
    summary_html, summary = "", ""
    for text in () if is_relay else raw.texts:
        html = cut_html(text.html, MAX_BODY)
        html = html if text.is_text else unescaped(html)
        html = sanitise(html, text.base or raw.base, raw.url or "")
        summary_html = cut_html(strip_boilerplate(html), MAX_SUMMARY)
        summary = _plain(summary_html, text)
        if summary and summary != headline:
            break
    else:  # no text says more than the headline
        summary = ""
    if not summary or not has_markup(summary_html, summary):
        summary_html = ""  # would be half the size of an item, and say no more than its text
    title = headline
    if headline in (raw.url, *names) or _NO_TITLE.fullmatch(headline):
        words = summary
        if not words and raw.url is None and raw.texts:
            # a text that is all boilerplate is better than nothing
            words = _plain(cut_html(raw.texts[0].html, MAX_BODY), raw.texts[0])
        headline = headline_of(words) or headline or raw.url or ""
    url = canonical(raw.url) if raw.url else None
    return _CleanEntry(raw, headline, title or headline, summary_html, summary, url)


def _plain(html: str, text: RawText) -> str:
    if not html or html.isspace():
        return ""
    read = escaped_to_text if text.is_text else to_text
    return one_line(read(html), limit=MAX_SUMMARY)


def _item(entry: _CleanEntry, identity: str, former_identity: str, publisher: str) -> Item:
    raw = entry.raw
    shown_by = raw.source or publisher
    shows = next((text for text in raw.texts if "<img" in text.html.lower()), RawText(""))
    return Item(
        identity=identity,
        guid=one_line(raw.guid, limit=500) or None,
        url=raw.url,
        canonical_url=entry.canonical_url,
        headline=entry.headline,
        summary_html=entry.summary_html,
        summary=entry.summary,
        author=raw.author,
        publisher=shown_by,
        published_at=raw.published_at,
        updated_at=raw.updated_at,
        language=raw.language,
        rights=raw.rights,
        categories=raw.categories,
        content_hash=text_hash(
            entry.headline, entry.summary_html or entry.summary, raw.url or "", raw.author, shown_by
        ),
        raw_hash=raw.raw_hash,
        former_identities=(former_identity,) if former_identity != identity else (),
        media=media_of(raw.files, cut_html(shows.html, MAX_BODY), shows.base or raw.base),
    )
