"""What is fixed of a story when it is published, and what may change it later. Pure.

Readers key their memory on an entry's id, date, title and link, so these stand still: the title
and link change only when the title was cut off, when its own source corrected it, or when its
source may no longer be shown; `updated` moves only when a reader would learn something new.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from msgspec.structs import replace

from aggregator.model import CurrentStory, LeadItem, PublishedRow, Withdrawal

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Below this share of common words a summary tells something else. Measured on nothing finer than
# sense: added bylines, "updated at" lines and moved sentences stay above it.
_SAME_SUMMARY = 0.6


def first_revision(standing: CurrentStory, *, topic: str, now: datetime) -> PublishedRow | None:
    """What is fixed now that a topic accepted the story; None when it cannot be shown.

    The day of its digest is still open: see `in_digest`.
    """
    if standing.hidden or standing.merged or not standing.accepted or not standing.items:
        return None
    lead, headline, url = _lead(standing)
    known = standing.inherited_at or lead.published_at
    at = min(known, now)
    row = PublishedRow(
        topic=topic,
        story_id=standing.story_id,
        headline=headline,
        url=url,
        lead_item_id=lead.item_id,
        lead_headline=lead.headline,
        truncated=lead.truncated,
        summary=lead.summary,
        published_at=at,
        updated_at=at,
        digest_day="",
        content_hash="",
    )
    return replace(row, content_hash=_seen(row, standing))


def in_digest(row: PublishedRow, day: str) -> PublishedRow:
    """The row with the day (YYYY-MM-DD) in whose digest it stands for ever."""
    return replace(row, digest_day=day)


def updated(row: PublishedRow, at: datetime) -> PublishedRow:
    """The row with another `updated`."""
    return replace(row, updated_at=at)


def revise(
    row: PublishedRow, standing: CurrentStory, *, now: datetime, update_on_source: bool = False
) -> PublishedRow:
    """The row as it must stand now; the same row when nothing that it shows has changed."""
    withdrawn = _withdrawn(row, standing)
    if withdrawn:
        return replace(row, withdrawn=withdrawn)
    lead = next((item for item in standing.items if item.item_id == row.lead_item_id), None)
    if lead is None:
        revised = _new_lead(row, standing)
    elif lead.headline != row.lead_headline:
        revised = _corrected(row, standing, lead)
    elif row.truncated:
        revised = _completed(row, standing)
    else:
        revised = row
    if lead is not None and revised.lead_item_id == lead.item_id:
        revised = replace(revised, summary=lead.summary)
    seen = _seen(revised, standing)
    material = (
        _completes(row, revised)
        or _says_other(row.summary, revised.summary)
        or (update_on_source and seen != row.content_hash)
    )
    return replace(
        revised,
        withdrawn="",
        content_hash=seen,
        updated_at=max(now, row.updated_at) if material else row.updated_at,
    )


def _lead(standing: CurrentStory) -> tuple[LeadItem, str, str | None]:
    for item in standing.items:
        if item.item_id == standing.lead_item_id:
            return item, standing.headline, standing.url
    best = min(
        standing.items,
        key=lambda item: (item.truncated, -item.rank, item.published_at, item.item_id),
    )
    return best, best.headline, best.url


def _withdrawn(row: PublishedRow, standing: CurrentStory) -> str:
    if standing.merged:
        return Withdrawal.MERGED
    if standing.hidden:
        return Withdrawal.HIDDEN
    if not standing.items:
        return Withdrawal.SOURCE
    if row.withdrawn == Withdrawal.REJECTED and not standing.accepted:
        return Withdrawal.REJECTED
    return ""


def _new_lead(row: PublishedRow, standing: CurrentStory) -> PublishedRow:
    lead, headline, url = _lead(standing)
    return replace(
        row,
        headline=headline,
        url=url,
        lead_item_id=lead.item_id,
        lead_headline=lead.headline,
        truncated=lead.truncated,
        summary=lead.summary,
    )


def _corrected(row: PublishedRow, standing: CurrentStory, lead: LeadItem) -> PublishedRow:
    """The lead's source changed its own words; a correction that cuts them off is none."""
    if lead.truncated and not row.truncated:
        return row
    headline = lead.headline
    if standing.lead_item_id == lead.item_id:
        headline = standing.headline
        if headline == row.headline:
            return row  # not yet matched again with its new words
    return replace(
        row,
        headline=headline,
        url=lead.url,
        lead_headline=lead.headline,
        truncated=lead.truncated,
    )


def _completed(row: PublishedRow, standing: CurrentStory) -> PublishedRow:
    """A headline that was cut off gives way to a whole one."""
    lead, headline, _ = _lead(standing)
    if lead.truncated or headline == row.headline:
        return row
    return _new_lead(row, standing)


def _completes(row: PublishedRow, revised: PublishedRow) -> bool:
    """Whether the headline says something else; the end of one that was cut off is not new."""
    if row.truncated and not revised.truncated:
        return False
    return _words(row.headline) != _words(revised.headline)


def _says_other(old: str, new: str) -> bool:
    """Whether a summary changed in substance: other numbers, or mostly other words."""
    if not old or not new or old == new:
        return False
    if set(_NUMBER.findall(old)) != set(_NUMBER.findall(new)) and _share(old, new) < 0.9:
        return True
    return _share(old, new) < _SAME_SUMMARY


def _share(old: str, new: str) -> float:
    before, after = set(_words(old)), set(_words(new))
    if not before or not after:
        return 1.0
    return len(before & after) / min(len(before), len(after))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _seen(row: PublishedRow, standing: CurrentStory) -> str:
    """A hash of what a reader sees."""
    sources = sorted({f"{item.publisher}\t{item.url or item.headline}" for item in standing.items})
    text = "\n".join((row.headline, row.url or "", row.summary, *sources))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
