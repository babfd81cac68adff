"""A story on the page of its topic or day, as HTML. Pure.

Without a template, which takes three times as long: a page may have thousands of stories.
"""

from __future__ import annotations

import unicodedata

from aggregator.model import Image
from aggregator.publishing.render_content import UNTITLED, other_publishers, shown_stamp
from aggregator.publishing.render_origins import entry_origins
from aggregator.publishing.render_text import attributes, categories, escape, excerpt, safe_url
from aggregator.text import xml_safe
from aggregator.times import time_text
from aggregator.views import PublishedEntry

_REL = 'rel="noopener noreferrer"'
_TERMS = 6  # at most, that are named


def story_on_page(
    entry: PublishedEntry, *, day: str, excerpt_limit: int, image: Image | None
) -> str:
    """The story; with the time only if it is of `day` (YYYY-MM-DD), else with the date, too."""
    headline, at = _shown(entry.headline), time_text(entry.published_at)
    when = f"{at[11:16]} UTC" if at[:10] == day else shown_stamp(entry.published_at)
    words = f"{attributes(entry.headline, language=entry.language)}>{headline or UNTITLED}"
    href = safe_url(entry.url)
    linked = f'<a href="{_shown(href)}" {_REL}{words}</a>' if href else f"<span{words}</span>"
    picture = ""  # a box whose size does not depend on it
    if image is not None:
        picture = (
            f'<img class="thumb" src="{_shown(image.url)}" alt="" loading="lazy" decoding="async"'
            ' referrerpolicy="no-referrer">\n'
        )
    parts = [
        f"<article>\n{picture}<h3>{linked}</h3>\n"
        f'<p class="meta"><bdi>{_shown(entry.lead.publisher or entry.lead.feed)}</bdi> · '
        f'<time datetime="{at}">{when}</time></p>\n'
    ]
    if summary := excerpt(entry.summary, limit=excerpt_limit):
        direction = attributes(summary, language=entry.language)
        parts.append(f'<p class="summary"{direction}>{_shown(summary)}</p>\n')
    others = ", ".join(
        f"""<a href="{_shown(href)}" {_REL} title="{_shown(source.headline)}">"""
        f"<bdi>{_shown(source.publisher or source.feed)}</bdi></a>"
        if href
        else f'<span title="{_shown(source.headline)}">'
        f"<bdi>{_shown(source.publisher or source.feed)}</bdi></span>"
        for source, href in other_publishers(entry)
    )
    if others:
        parts.append(f'<p class="also">Also covered by {others}</p>\n')
    if origins := entry_origins(entry).in_words:
        parts.append(f'<p class="also"><bdi>{_shown(origins)}</bdi></p>\n')
    terms = [f"<bdi>{_shown(term)}</bdi>" for term in categories(entry.terms)[:_TERMS]]
    reasons = f"Here because of {', '.join(terms)}" if entry.terms else ""
    label = f"All {entry.reports} reports" if entry.reports > 1 else "Source"
    parts.append(
        f'<p class="why">{reasons}<span class="more">{" · " if entry.terms else ""}'
        f'<a href="stories/{_shown(entry.story)}.html">{label} and reasons'
        f'<span class="hidden">: {headline}</span></a></span></p>\n</article>'
    )
    return "".join(parts)


def printed(text: str) -> str:
    """The text without characters that no page should contain."""
    safe = text if text.isprintable() else xml_safe(text)
    # in normalization form C (W3C, Character Model: String Matching)
    return safe if safe.isascii() else unicodedata.normalize("NFC", safe)


def _shown(text: str) -> str:
    """The text for HTML, in elements and double-quoted attributes, as templates escape it."""
    return escape(printed(text)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
