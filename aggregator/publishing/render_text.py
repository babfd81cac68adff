"""Text, links and media as a published file may contain them: inert in every reader. Pure."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from aggregator.model import Enclosure, Image
from aggregator.text import cut, direction, one_line
from aggregator.views import PublishedEntry, PublishedSource

# What HTML takes for a tag, and what sloppy readers take for one.
_TAG = re.compile(
    r"<[a-zA-Z/!?]|<\s*/?\s*(?:script|iframe|object|embed|svg|math|style|base|meta|form)\b", re.I
)
_PLAIN_URL = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:[/?][A-Za-z0-9._~:/?@!$&()*+,;=%-]*)?"
)
_CHECKED = re.compile(r"""https://[^\x00-\x20"<>\\\x7f-\U0010ffff]+""")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# BCP 47: language, script, region, variant; longer languages ("english") are in no registry.
_LANGUAGE = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-[A-Za-z0-9]{5,8})?", re.ASCII
)
_OPEN = re.compile(r"<(?![\s\d])")  # text that follows could make it a tag
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_SPECIAL = re.compile(r"""[&<>"']""")
_DECODINGS = 4  # some readers decode a plain title once or twice too often


def plain(text: str, *, limit: int = 1000) -> str:
    """One line of text that stays text even if a reader decodes it again as HTML.

    Entities that a source encoded once too often are decoded. A headline may mention `<b>` or
    `&lt;script&gt;`, and some readers decode titles twice and render the result: the angle brackets
    of such a text become typographic ones.
    """
    line = one_line(text, limit=limit)
    if "<" not in line and "&" not in line:
        return line
    line = one_line(_ENTITY.sub(lambda found: html.unescape(found[0]), line), limit=limit)
    decoded = line
    for _ in range(_DECODINGS):
        if _TAG.search(decoded) or one_line(decoded, limit=limit) != decoded:
            return _flattened(line, limit=limit)
        following = html.unescape(decoded)
        if following == decoded:
            return _OPEN.sub("‹", line)
        decoded = following
    return _flattened(line, limit=limit)


def _flattened(line: str, *, limit: int) -> str:
    for _ in range(_DECODINGS * 4):
        following = html.unescape(line)
        if following == line:
            break
        line = following
    else:
        line = line.replace("&", "＆")
    return one_line(line.replace("<", "‹").replace(">", "›"), limit=limit)


@lru_cache(maxsize=2_000)
def name(text: str) -> str:
    """The name of a publisher, a feed or a person as plain text; cached, as the same few recur."""
    return plain(text, limit=200)


def publisher_of(source: PublishedSource) -> str:
    """The name of a source for readers, as plain text: its publisher, else its feed."""
    return name(source.publisher) or name(source.feed)


def excerpt(text: str, *, limit: int) -> str:
    """A summary as plain text of at most `limit` characters."""
    return cut(plain(text, limit=max(limit * 2, 200)), limit) if limit > 0 else ""


@lru_cache(maxsize=2_000)  # every format and page shows the same links
def safe_url(url: str | None) -> str | None:
    """The URL as an absolute ASCII http(s) URI without userinfo, or None if it is not valid."""
    if not url:
        return None
    if _PLAIN_URL.fullmatch(url) and not _LONE_PERCENT.search(url):
        return url
    try:
        line = _LONE_PERCENT.sub("%25", one_line(url, limit=4000))
        parts = urlsplit(line.replace(" ", "%20"))
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9.:_-]+", host):
        return None
    authority = f"[{host}]" if ":" in host else host
    authority += f":{port}" if port is not None else ""
    rest = quote(parts.path, safe="/:@!$&()*+,;=%~") or "/"
    if parts.query:
        rest += "?" + quote(parts.query, safe="/:@!$&()*+,;=%~?")
    if parts.fragment:
        rest += "#" + quote(parts.fragment, safe="/:@!$&()*+,;=%~?")
    return f"{parts.scheme}://{authority}{rest}"


@lru_cache(maxsize=500)
def language_tag(language: str) -> str:
    """The language tag in the form of BCP 47, or "" if it is not valid."""
    tag = language.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""


def escape(text: str) -> str:
    """Text for HTML, in elements and in double-quoted attributes."""
    return html.escape(text, quote=True) if _SPECIAL.search(text) else text


def attributes(text: str, *, language: str) -> str:
    """`dir` and `lang` attributes for an element that holds this text."""
    tag = language_tag(language)
    return f' dir="{direction(text)}"' + (f' lang="{tag}"' if tag else "")


@lru_cache(maxsize=5_000)
def categories(terms: tuple[str, ...]) -> tuple[str, ...]:
    """Terms as categories, each once, ignoring case and a final full stop ("State Dept.")."""
    found: dict[str, str] = {}
    for term in terms:
        name = plain(term, limit=60)
        key = name.rstrip(".").casefold()
        if key:
            found.setdefault(key, name)
    return tuple(found.values())


def image_of(entry: PublishedEntry) -> Image | None:
    """The lead's picture, else that of the next best source: by rank, then by time."""
    if entry.lead.media.image is not None:
        return _safe(entry.lead.media.image)
    found = [
        (-source.rank, source.published_at, source.media.image)
        for source in entry.sources
        if source.media.image is not None
    ]
    return _safe(min(found, key=lambda one: one[:2])[2]) if found else None


def enclosures_of(entry: PublishedEntry) -> tuple[Enclosure, ...]:
    """The audio and video files of the lead."""
    found = ((one, _checked(one.url)) for one in entry.lead.media.enclosures)
    return tuple(replace(one, url=url) for one, url in found if url)


def _safe(image: Image) -> Image | None:
    url = _checked(image.url)
    return replace(image, url=url) if url else None


def _checked(url: str) -> str | None:
    """The address as links are written; None for one that `hosts.public_https` never gives."""
    return safe_url(url) if _CHECKED.fullmatch(url) else None
