"""The table of output formats: a published feed -> the bytes of its files. Pure.

Same feed, same bytes, whatever the clock. A new format is a function and a row in RENDERERS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from aggregator.publishing.render_document import Document, topic_document
from aggregator.publishing.render_json import json_feed
from aggregator.publishing.render_xml import atom, rss
from aggregator.views import PublishedFeed

RENDERERS: Mapping[str, Callable[[Document], bytes]] = {
    "atom": atom,
    "rss": rss,
    "json": json_feed,
}


def render(feed: PublishedFeed, formats: Iterable[str]) -> dict[str, bytes]:
    """The topic feed in those of `formats` that are feed formats."""
    document = topic_document(feed)
    return {name: RENDERERS[name](document) for name in formats if name in RENDERERS}
