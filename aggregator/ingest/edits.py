"""Which parts of an edited entry replace those of the stored item. Pure.

A version that was shown before is not a correction: otherwise servers that disagree, or pages that
test two headlines, would change an entry at every poll. Nor is a version that only says less, where
a paywall or a relay has come before the source, or one that only counts its readers anew.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.ingest.tokens import is_same_link
from aggregator.model import Item, KnownItem
from aggregator.stories.counters import differ_in_counters
from aggregator.stories.folding import ELLIPSIS
from aggregator.stories.revisions import cuts_off, loses_title
from aggregator.text import misread, text_hash

SOON = timedelta(days=1)  # tolerance for clocks and time zones: such a future date may be true

_WORDS = ("headline", "text")
_PARTS = (
    ("headline", ("headline",)),
    ("text", ("summary", "summary_html")),
    ("link", ("url", "canonical_url")),
    ("author", ("author",)),
    ("publisher", ("publisher",)),
)


class Edit(Struct, frozen=True):
    """The item as it will be stored, and the hashes of the replaced parts."""

    item: Item
    replaced: tuple[tuple[str, str], ...]


def settle(known: KnownItem, item: Item, earlier: Collection[tuple[str, str]]) -> Edit | None:
    """Decides, part by part, what an edit changes; None if it changes nothing.

    `earlier`: (part, hash) of earlier versions of the item's parts.
    """
    kept: dict[str, object] = {}
    replaced = []
    for part, names in _PARTS:
        before = [getattr(known, name) for name in names]
        after = [getattr(item, name) for name in names]
        if before == after:
            continue
        if (
            (part, _hash(after)) in earlier
            or _is_less(part, known, item)
            or (part in _WORDS and _is_as_good(getattr(known, names[0]), getattr(item, names[0])))
        ):
            kept |= zip(names, before, strict=True)
        else:
            replaced.append((part, _hash(before)))
    at = true_date(known.published_at, item.published_at, first_seen_at=known.first_seen_at)
    if at != known.published_at and ("date", _hash([at])) in earlier:
        at = known.published_at
    if at != known.published_at:
        replaced.append(("date", _hash([known.published_at])))
    return Edit(replace(item, published_at=at, **kept), tuple(replaced)) if replaced else None


def true_date(
    stored: datetime | None, given: datetime | None, *, first_seen_at: datetime
) -> datetime | None:
    """The date to keep for an item whose feed now gives another one.

    Nothing is published after it was first seen: a later date marks an update, and feeds that
    stamp each poll would make old news new. It counts only if there is no stored date, or if that
    is more than a day off.
    """
    if given is None or given == stored or given > first_seen_at + SOON:
        return stored
    is_update = given > first_seen_at and stored is not None and given > stored
    if is_update and stored is not None and abs(stored - first_seen_at) <= SOON:
        return stored
    return given


def _is_less(part: str, known: KnownItem, item: Item) -> bool:
    """Whether a part is missing, or is only the beginning of what is stored, or a link as good."""
    if part == "headline":
        return cuts_off(known.headline, item.headline, item.publisher) or loses_title(
            known.summary, item.headline, item.summary
        )
    if part == "text":
        stored, text = known.summary, item.summary
        begun = ELLIPSIS.sub("", text)
        return not text or (begun != text and len(begun) < len(stored) and stored.startswith(begun))
    return part == "link" and (item.url is None or is_same_link(known.url, item.url))


def _is_as_good(before: str, after: str) -> bool:
    """Whether words say what was said, with counters of now or in a wrong character set."""
    is_misread = not before.isascii() and misread(before) == after
    return is_misread or differ_in_counters(before, after)


def _hash(values: list[object]) -> str:
    return text_hash(*(str(value or "") for value in values))
