"""Feed documents for tests, written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a sample feed; `date` as the format wants it."""

    title: str
    date: str  # RFC 822 in RSS
    link: str
    summary: str = ""


def rss(title: str, entries: Iterable[Entry], *, site: str = "https://paper.example/") -> str:
    """An RSS 2.0 document."""
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{escape(entry.link)}</link>"
        f"<guid>{escape(entry.link)}</guid><pubDate>{entry.date}</pubDate>"
        f"<description>{escape(entry.summary)}</description></item>"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>{site}</link><description>A sample</description>"
        f"{items}</channel></rss>"
    )
