"""The first revision of a published entry, and later ones. Pure.

Feed readers recognise an entry by its id, date, title and link, so these are stable: title and link
change only if the title was truncated, its own source corrected it, or its source may no longer be
shown; `updated` moves only if a reader would learn something new.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from aggregator.model import CurrentStory, LeadItem, PublishedRow, Withdrawal
from aggregator.text import is_reread, misread
from aggregator.urls import without_tracking

_WORD = re.compile(r"\w+")
_APOSTROPHE = re.compile("['’]")  # lost where bytes are not in the character set of their feed
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Below this share of common words a summary counts as rewritten. By judgement, not measured: added
# bylines, "updated at" lines and moved sentences stay above it.
_SAME_SUMMARY = 0.6


def first_revision(
    story: CurrentStory, *, topic: str, now: datetime, clean_links: bool = True
) -> PublishedRow | None:
    """The row of a story that a topic has accepted; None if the story cannot be shown.

    The day of its digest is not set yet. `clean_links`: tracking parameters are removed from the
    entry's links, in this and every later revision.
    """
    if story.hidden or story.merged or not story.accepted or not story.items:
        return None
    lead = _lead(story)[0]
    at = min(story.inherited_at or lead.published_at, now)
    row = PublishedRow(
        topic=topic,
        story_id=story.story_id,
        **_of_lead(story, clean=clean_links),
        published_at=at,
        updated_at=at,
        digest_day="",
        content_hash="",
        clean_links=clean_links,
    )
    return replace(row, content_hash=_content_hash(row, story))


def revise(
    row: PublishedRow, story: CurrentStory, *, now: datetime, update_on_source: bool = False
) -> PublishedRow:
    """The row as of `now`; an equal row if nothing that it shows has changed."""
    if reason := _reason_to_withdraw(row, story):
        return replace(row, withdrawn=reason)
    lead = next((item for item in story.items if item.item_id == row.lead_item_id), None)
    revised = row
    if lead is None:
        revised = replace(row, **_of_lead(story, clean=row.clean_links))
    elif lead.headline != row.lead_headline:
        revised = _corrected(row, story, lead)
    elif row.truncated:
        # a complete headline, if there is one, replaces a truncated one
        best, headline, _ = _lead(story)
        if not best.truncated and headline != row.headline:
            revised = replace(row, **_of_lead(story, clean=row.clean_links))
    if lead is not None and revised.lead_item_id == lead.item_id:
        revised = replace(revised, summary=lead.summary)
    content_hash = _content_hash(revised, story)
    # the missing end of a truncated headline is not news
    is_completed = row.truncated and not revised.truncated
    # nor are its words, where they were only read in a wrong character set
    is_reworded = _words(row.headline) != _words(revised.headline) and not is_reread(
        row.headline, revised.headline
    )
    material = (
        (is_reworded and not is_completed)
        or _is_rewritten(row.summary, revised.summary)
        or (update_on_source and content_hash != row.content_hash)
    )
    return replace(
        revised,
        withdrawn="",
        content_hash=content_hash,
        updated_at=max(now, row.updated_at) if material else row.updated_at,
    )


def _lead(story: CurrentStory) -> tuple[LeadItem, str, str | None]:
    for item in story.items:
        if item.item_id == story.lead_item_id:
            return item, story.headline, story.url
    best = min(
        story.items, key=lambda item: (item.truncated, -item.rank, item.published_at, item.item_id)
    )
    return best, best.headline, best.url


def _reason_to_withdraw(row: PublishedRow, story: CurrentStory) -> str:
    if story.merged:
        return Withdrawal.MERGED
    if story.hidden:
        return Withdrawal.HIDDEN
    if not story.items:
        return Withdrawal.SOURCE
    if row.withdrawn == Withdrawal.REJECTED and not story.accepted:
        return Withdrawal.REJECTED
    return ""


def _of_lead(story: CurrentStory, *, clean: bool) -> dict[str, Any]:
    """What a row shows of its lead."""
    lead, headline, url = _lead(story)
    return {
        "headline": headline,
        "url": _link(url, clean=clean),
        "lead_item_id": lead.item_id,
        "lead_headline": lead.headline,
        "truncated": lead.truncated,
        "summary": lead.summary,
    }


def _corrected(row: PublishedRow, story: CurrentStory, lead: LeadItem) -> PublishedRow:
    """The row after its source changed the headline; a shortened headline is no correction."""
    if lead.truncated and not row.truncated:
        return row
    headline = lead.headline
    if story.lead_item_id == lead.item_id:
        headline = story.headline
        if headline == row.headline:
            return row  # the corrected headline has not been matched yet
    return replace(
        row,
        headline=headline,
        url=_link(lead.url, clean=row.clean_links),
        lead_headline=lead.headline,
        truncated=lead.truncated,
    )


def _link(url: str | None, *, clean: bool) -> str | None:
    return without_tracking(url) if url and clean else url


def _is_rewritten(old: str, new: str) -> bool:
    """Whether a summary changed in substance: other numbers, or mostly other words.

    In substance nothing changed where the old one was merely read in a wrong character set.
    """
    before, after = set(_words(old)), set(_words(new))
    if old == new or not before or not after:
        return False
    if not old.isascii() and not before.isdisjoint(misread_words := set(_words(misread(new)))):
        after = max(after, misread_words, key=lambda words: len(words & before))
    shared = len(before & after) / min(len(before), len(after))
    has_other_numbers = set(_NUMBER.findall(old)) != set(_NUMBER.findall(new))
    return shared < (0.9 if has_other_numbers else _SAME_SUMMARY)


def _words(text: str) -> list[str]:
    # letters and their accents in one sign or in two
    return _WORD.findall(_APOSTROPHE.sub("", unicodedata.normalize("NFC", text).casefold()))


def _content_hash(row: PublishedRow, story: CurrentStory) -> str:
    """A hash of all that a reader sees of the entry."""
    sources = sorted(
        {
            f"{item.publisher}\t{_link(item.url, clean=row.clean_links) or item.headline}"
            for item in story.items
        }
    )
    text = "\n".join((row.headline, row.url or "", row.summary, *sources))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
