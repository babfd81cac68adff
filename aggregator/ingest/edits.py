"""Which parts of an edited entry replace those of the stored item. Pure.

A version that was shown before is not a correction: otherwise servers that disagree, or pages that
test two headlines, would change an entry at every poll. Nor is a version that only says less, where
a paywall or a relay has come before the source, or one that only counts its readers anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model import Item, KnownItem
from aggregator.stories.counters import differ_in_counters
from aggregator.stories.folding import ELLIPSIS
from aggregator.stories.revisions import cuts_off, loses_title
from aggregator.text import misread, text_hash
from aggregator.urls import is_signed, without_tracking

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


# Addresses of one page may be minted anew at each request: sessions, random numbers.
# Parameters of sessions and against caches; and values that no person chose.
_MINTED_TEXT = """
    rand random rnd t ts time timestamp nocache cache cb cachebuster _ sid session sessionid
    session_id phpsessid jsessionid aspsessionid cfid cftoken token hash
"""
_MINTED = frozenset(_MINTED_TEXT.split())
_MINTED_VALUE = re.compile(r"(?=.*\d)(?=.*[a-z])[\w.~-]{8,}|\d{9,}|0?\.\d+", re.I)
_SESSION = re.compile(r";\w*sess\w*=[^/?#;]*", re.I)


def without_query(url: str | None) -> str | None:
    """The part of a URL before its parameters, without those of a session in its path."""
    return url and _SESSION.sub("", url.partition("?")[0])


def differ_in_tokens(url: str | None, other: str | None) -> bool:
    """Whether two URLs differ, and only in values that are minted at each request.

    Two articles may differ in no more (`?id=65f1c0ffee`), so whoever asks needs further marks.
    """
    if url is None or other is None or url == other or without_query(url) != without_query(other):
        return False
    parts, others = (text.partition("?")[2].split("&") for text in (url, other))
    return len(parts) == len(others) and all(
        one == two or (_is_minted(one) and _is_minted(two) and _name(one) == _name(two))
        for one, two in zip(parts, others, strict=True)
    )


def is_same_link(url: str | None, other: str) -> bool:
    """Whether two links differ only in how a reader came to the page, or in what is minted.

    Links that are signed do not count: a signature expires.
    """
    if url is None:
        return False
    one, two = without_tracking(url), without_tracking(other)
    return one == two or (differ_in_tokens(one, two) and not is_signed(two))


def _is_minted(parameter: str) -> bool:
    _, _, value = parameter.partition("=")
    return _name(parameter) in _MINTED or _MINTED_VALUE.fullmatch(value) is not None


def _name(parameter: str) -> str:
    return parameter.partition("=")[0].lower()
