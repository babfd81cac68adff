"""The picture, sound and film of an entry, as they may stand in a published file. Pure."""

from __future__ import annotations

from aggregator.model import Enclosure, Image
from aggregator.publishing.render_text import safe_url
from aggregator.views import PublishedEntry


def image_of(entry: PublishedEntry) -> Image | None:
    """The lead's picture, or that of the source that stands next to lead: by rank, then by time."""
    if entry.lead.media.image is not None:
        return _safe(entry.lead.media.image)
    found = [
        (-source.rank, source.published_at, source.media.image)
        for source in entry.sources
        if source.media.image is not None
    ]
    return _safe(min(found, key=lambda one: one[:2])[2]) if found else None


def enclosures_of(entry: PublishedEntry) -> tuple[Enclosure, ...]:
    """The lead's sound and film."""
    return tuple(one for one in entry.lead.media.enclosures if safe_url(one.url) == one.url)


def _safe(image: Image) -> Image | None:
    return image if safe_url(image.url) == image.url else None
