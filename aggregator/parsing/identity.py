"""The identity of an entry from poll to poll: one rule, applied to a whole document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from aggregator.text import text_hash
from aggregator.urls import canonical, is_web

MAX_IDENTITY = 300  # characters; longer ones are hashed, to keep indexes small

# Parameters with which some systems make a permalink different every time.
_CHURN = re.compile(
    r"(?<=[?&])(?:t|ts|time|timestamp|rnd|rand|random|nocache|cb|_)=[\w.-]*(?:&|\Z)"
)


class Marks(Struct, frozen=True):
    """What may identify an entry: its guid as written, its canonical URL, a hash of its text.

    `date` as text; empty if it has none.
    """

    guid: str
    canonical_url: str | None
    text_hash: str
    date: str = ""


def identities(entries: Sequence[Marks], *, is_former: bool = False) -> tuple[str, ...]:
    """One identity per entry, in order; equal entries get equal identities.

    * The guid, if no other entry of the document has it.
    * Otherwise the guid with the canonical URL; with the text instead, if there is no URL, or if
      other entries have both and the guid is no permalink, but "N/A" or the like.
    * Without a guid, the canonical URL if it is unique; else a hash of title and content, with the
      date if several have these: episodes of a programme that differ in nothing else.

    A guid that is a permalink is normalised like a URL, so that a move to https or an added time
    stamp makes nothing new. `is_former`: by the rules of version 0.1, which used no dates, and the
    text of entries with the same guid only if there is no URL.
    """
    guids = [folded_guid(entry.guid) for entry in entries]
    guid_uses = Counter(guids)
    url_uses = Counter(entry.canonical_url for entry in entries)
    texts: dict[tuple[str, str | None], set[str]] = {}
    dates: dict[str, set[str]] = {}
    for guid, entry in zip(guids, entries, strict=True):
        texts.setdefault((guid, entry.canonical_url), set()).add(entry.text_hash)
        if not guid:
            dates.setdefault(entry.text_hash, set()).add(entry.date)
    found = []
    for guid, entry in zip(guids, entries, strict=True):
        if guid and guid_uses[guid] == 1:
            identity = f"guid:{guid}"
        elif guid:
            is_one = is_former or is_web(guid) or len(texts[guid, entry.canonical_url]) == 1
            page = entry.canonical_url if is_one else None
            identity = f"guid:{guid} {page or entry.text_hash}"
        elif entry.canonical_url and url_uses[entry.canonical_url] == 1:
            identity = f"url:{entry.canonical_url}"
        elif is_former or len(dates[entry.text_hash]) == 1:
            identity = f"text:{entry.text_hash}"
        else:
            identity = f"text:{entry.text_hash} {entry.date}"
        is_long = len(identity) > MAX_IDENTITY
        found.append(f"{identity[:40]}#{text_hash(identity)}" if is_long else identity)
    return tuple(found)


def folded_guid(guid: str) -> str:
    """The guid for comparison: without extra white space, and a permalink normalised."""
    guid = " ".join(guid.split())
    if not is_web(guid):
        return guid
    return canonical(_CHURN.sub("", guid)) or guid
