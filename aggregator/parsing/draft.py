"""What all formats give of an entry, and the making of items from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from aggregator.html import cut_html, has_markup, sanitise, to_text
from aggregator.model import Item
from aggregator.parsing.furniture import strip_furniture
from aggregator.parsing.identity import Marks, identities
from aggregator.text import cut, is_plain, one_line, text_hash
from aggregator.urls import canonical, host

MAX_HEADLINE = 500  # characters
MAX_BODY = 12_000  # characters of HTML that are looked at
MAX_SUMMARY = 4_000  # characters of sanitised HTML that are kept
MAX_NAME = 150
MAX_CATEGORIES = 30
_SEPARATORS = (" - ", " – ", " — ", " | ")  # between a headline and a publisher's name
_RELAY = "news.google.com"
_UNDATED = datetime.max.replace(tzinfo=UTC)


class Draft(Struct, frozen=True):
    """An entry as its format gave it: markup as it came, dates and URLs already read."""

    guid: str = ""
    url: str | None = None
    title: str = ""  # HTML
    body: str = ""  # HTML
    author: str = ""
    source: str = ""  # the publisher that the entry itself names
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str = ""
    rights: str = ""
    categories: tuple[str, ...] = ()
    raw_hash: str = ""


class _Read(Struct, frozen=True):
    draft: Draft
    headline: str
    summary_html: str
    summary: str
    canonical_url: str | None


def items_of(drafts: Sequence[Draft], publisher: str, title: str = "") -> tuple[Item, ...]:
    """The items of one document, each identity once, in the order (published, identity).

    `publisher` is the feed's name with its reader, `title` the one that it gives itself. Entries
    without title, text and link are left out; so are repeats.
    """
    read = [entry for draft in drafts if (entry := _read(draft, (publisher, title))).headline]
    marks = [
        Marks(entry.draft.guid, entry.canonical_url, text_hash(entry.headline, entry.summary))
        for entry in read
    ]
    items: dict[str, Item] = {}
    for entry, identity in zip(read, identities(marks), strict=True):
        items.setdefault(identity, _item(entry, identity, publisher))
    return tuple(
        sorted(items.values(), key=lambda item: (item.published_at or _UNDATED, item.identity))
    )


def name_of(html: str, *, limit: int = MAX_NAME) -> str:
    """A name or title from a feed as plain text on one line."""
    if len(html) <= limit and "<" not in html and "&" not in html and is_plain(html):
        return html  # as most names are
    return one_line(to_text(html[: limit * 20]), limit=limit)


def categories_of(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct category names in order, at most `MAX_CATEGORIES`."""
    found = dict.fromkeys(name_of(name, limit=80) for name in names)
    return tuple(name for name in found if name)[:MAX_CATEGORIES]


def _read(draft: Draft, names: tuple[str, ...]) -> _Read:
    headline = name_of(draft.title, limit=MAX_HEADLINE)
    for name in (draft.source, *names):
        headline = _without_publisher(headline, name)
    summary_html = "" if _is_relay(draft.url) else _summary_html(draft.body)
    summary = one_line(to_text(summary_html), limit=MAX_SUMMARY) if summary_html else ""
    if summary == headline:
        summary = ""
    if not summary or not has_markup(summary_html, summary):
        summary_html = ""  # half of what an item takes, for nothing that its text does not say
    if not headline:
        headline = cut(summary, 120) if summary else (draft.url or "")
    url = canonical(draft.url) if draft.url else None
    return _Read(draft, headline, summary_html, summary, url)


def _summary_html(body: str) -> str:
    if not body or body.isspace():
        return ""
    return cut_html(strip_furniture(sanitise(cut_html(body, MAX_BODY))), MAX_SUMMARY)


def _without_publisher(headline: str, publisher: str) -> str:
    """Google News, Bing and many papers write ` - Publisher` or ` | Publisher` behind headlines."""
    rest, tail = headline[: -len(publisher)], headline[-len(publisher) :]
    if not rest.endswith(_SEPARATORS) or tail.casefold() != publisher.casefold():
        return headline
    return rest[:-3].rstrip() or headline


def _is_relay(url: str | None) -> bool:
    """Google News gives no text of an article: its description is a list of headlines."""
    return url is not None and _RELAY in url.lower() and host(url) == _RELAY


def _item(entry: _Read, identity: str, publisher: str) -> Item:
    draft = entry.draft
    shown_by = draft.source or publisher
    return Item(
        identity=identity,
        guid=one_line(draft.guid, limit=500) or None,
        url=draft.url,
        canonical_url=entry.canonical_url,
        headline=entry.headline,
        summary_html=entry.summary_html,
        summary=entry.summary,
        author=draft.author,
        publisher=shown_by,
        published_at=draft.published_at,
        updated_at=draft.updated_at,
        language=draft.language,
        rights=draft.rights,
        categories=draft.categories,
        content_hash=text_hash(
            entry.headline,
            entry.summary_html or entry.summary,
            draft.url or "",
            draft.author,
            shown_by,
        ),
        raw_hash=draft.raw_hash,
    )
