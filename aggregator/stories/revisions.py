"""Whether a changed entry is still the stored item, or reports another event.

Feeds break the promise of stable identities: a slot always has guid `1`, guids are numbered from
the top, live pages keep their link. So page, headline and date decide together. The vetoes of
matching apply here, too: what they keep apart as two items must not become one by an edit.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from rapidfuzz.fuzz import ratio

from aggregator.html import without_tags
from aggregator.stories import wording
from aggregator.stories.features import Features, read
from aggregator.stories.lexicon import rarities, weigh
from aggregator.stories.likeness import alike, gap_hours
from aggregator.stories.vetoes import vetoes
from aggregator.stories.wording import SAME_TEXT, SAYS_MUCH, is_form, says_much, starts, text_share
from aggregator.text import headline_of, is_reread

NEAR_HOURS = 6.0  # as `Matcher.same_issue_hours`: further apart, a repeated title is another issue
PIECE_HOURS = 1.0  # from here on another number is no correction but the next part of a series
EVENT_HOURS = 72.0  # as `Matcher.same_wording_hours`: further apart, other words are other news
SHARED = 0.75  # share of the heavier wording's weight from which a change of words is an edit
STILL_SHARED = 0.5  # the same for an item's first and last wording, after several edits
CONTAINED, ROUNDED_OFF = 0.95, 0.5  # of the lighter and the heavier: words were added or cut
LEAST_TEXT = 20  # characters; posts that share a shorter beginning may be two
FEW_WORDS = 2  # that may be added to any headline, however short: a label, "sharply"
SAME_LETTERS = 0.9  # of all letters, in order: for typing errors and scripts without spaces
# Numbers of the parts of a series: "episode 12", "Advisory Number 4", "#12", "NA-120", "PK301".
_SERIES = re.compile(
    r"(?:(#|№|\b(?:episode|ep|draw|day|week|no|number|part|vol|volume|issue|round|season|chapter"
    r"|bulletin|edition|folge|teil)\b\.?\s*)"
    r"|\b(?!(?:rs|usd?|eur|inr|pkr|gbp)(?![a-z]))([a-z]{1,4})-?)(\d+(?:[.-]\d+)*)",
    re.I,
)
_TOLL_TEXT = "arrest cas displac drown homeless hurt infect kill miss rescue trap victim"
_TOLL = frozenset(_TOLL_TEXT.split())  # terms for counts that change as reports come in
_PAGES = {"same": "the same page", "other": "another page", "unknown": "no page to compare"}
_TEXTS = {"same": "the same text", "other": "another text"}


class Version(Struct, frozen=True):
    """A version of an entry. `page`: its canonical URL; `at`: its publication date."""

    headline: str
    page: str | None = None
    at: datetime | None = None
    summary: str = ""
    publisher: str = ""


class Verdict(Struct, frozen=True):
    """`same` (nothing significant changed), `edit` (of the same item) or `new` (another event)."""

    kind: str
    reasons: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether the entry is another item."""
        return self.kind == "new"


class _Likeness(Struct, frozen=True):
    """How two headlines compare: the same `words`, one `cut` off, `close`, or `other`."""

    kind: str
    reason: str


class _Change(Struct, frozen=True):
    """The comparison of two versions."""

    likeness: _Likeness
    page: str  # same | other | unknown
    hours: float | None  # between their dates
    text: str  # same | other | unknown
    says_much: bool
    series: str  # why it is another part of a series, if it is
    refigured: bool  # only figures differ, and they are no toll
    replaced: bool  # each headline has a word that the other has not, in no spelling
    is_form: bool  # the texts are one form, filled in twice


def judge(stored: Version, entry: Version, *, first: str = "") -> Verdict:
    """Whether an entry is still the stored item with its identity.

    `first`: the item's first headline, if it was edited: many small edits must not lead, step by
    step, to another event.
    """
    change = _change(stored, entry)
    is_new = _is_other(change)
    return _verdict(change, "" if is_new else _drift(stored, entry, first), is_new=is_new)


def judge_moved(
    stored: Version,
    entry: Version,
    *,
    first: str = "",
    is_shared: bool = False,
    most_hours: float | None = None,
) -> Verdict:
    """Whether an entry is a stored item that has another identity.

    The item's own identity has left the document, or was used for another event since.
    `is_shared`: other entries of the document link to the page, too. Only page and headline are
    left to go by, so a repeated title with another text is another issue, as is one that returns
    more than `most_hours` later.
    """
    change = _change(stored, entry)
    words, hours = change.likeness.kind == "words", change.hours or 0.0
    later = hours > NEAR_HOURS
    certain = change.text == "same" or (change.hours is not None and hours * 60 <= 1)
    vague = change.page == "unknown" or is_shared or (not change.says_much and later)
    back = most_hours is not None and hours > most_hours
    is_new = (
        change.page == "other"
        or _is_other(change)
        or (words and later and change.text == "other")
        or ((vague or back) and not certain)
    )
    return _verdict(change, "" if is_new else _drift(stored, entry, first), is_new=is_new)


def judge_replaced(
    stored: Version, entry: Version, *, first: str = "", is_one_of_many: bool = False
) -> Verdict:
    """Whether an entry is a stored item that left the document when this one appeared.

    It has another identity and another page: the site moved to another domain, renamed its pages,
    or puts a token into each link. Only headline, date and text are left to go by.
    `is_one_of_many`: other headlines went and came with this one, so the site itself changed.
    """
    change = _change(stored, entry)
    words = change.likeness.kind == "words" and change.says_much
    same_text = bool(entry.summary) and stored.summary == entry.summary
    if (
        is_one_of_many
        and words
        and (same_text or (change.hours is None and change.text != "other"))
    ):
        is_same = True
    elif stored.at is None and entry.at is None:
        is_same = words and same_text
    else:
        same_date = change.hours is not None and change.hours * 60 <= 1
        is_same = same_date and (
            (words and change.text != "other")
            or (same_text and change.likeness.kind != "other" and not change.series)
        )
    return _verdict(change, _drift(stored, entry, first) if is_same else "", is_new=not is_same)


def loses_title(stored_text: str, headline: str, text: str) -> bool:
    """Whether a headline is just the beginning of the same text: the title is gone or empty."""
    return bool(text) and text == stored_text and headline == headline_of(text)


def cuts_off(stored: str, headline: str, publisher: str = "") -> bool:
    """Whether a headline is only the cut-off beginning of the stored one."""
    before, after = _read(stored, publisher), _read(headline, publisher)
    return after.truncated and not before.truncated and starts(after, before)


def _verdict(change: _Change, drift: str, *, is_new: bool) -> Verdict:
    """The verdict, with reasons for people: headline, page, date, text."""
    reasons = [change.likeness.reason, _PAGES[change.page]]
    if change.hours is not None:
        moved = f"dates {change.hours:.1f} hours apart" if change.hours else "the same date"
        reasons.append(moved)
    if change.text in _TEXTS:
        reasons.append(_TEXTS[change.text])
    if change.series:
        reasons.append(change.series)
    if is_new or drift:
        return Verdict("new", (*reasons, drift) if drift else tuple(reasons))
    same = change.likeness.kind == "words" and change.page != "other"
    return Verdict("same" if same else "edit", tuple(reasons))


def _change(stored: Version, entry: Version) -> _Change:
    before = _read(stored.headline, stored.publisher)
    after = _read(entry.headline, entry.publisher)
    page = "unknown"
    if stored.page is not None and entry.page is not None:
        page = "same" if stored.page == entry.page else "other"
    share, text = text_share(stored.summary, entry.summary), "unknown"
    if share is not None:
        text = "same" if share >= SAME_TEXT else "other"
    left_a = sorted(before.bag - before.numbers - after.bag)
    left_b = sorted(after.bag - after.numbers - before.bag)
    same_letters = (
        stored.headline == entry.headline
        # version 0.1 took text in angle brackets for markup, and so do some feeds at times
        or ("<" in entry.headline and without_tags(entry.headline) == stored.headline)
        or loses_title(stored.summary, entry.headline, entry.summary)
        or is_reread(stored.headline, entry.headline)
        or _goes_on(stored, entry)
        or _goes_on(entry, stored)
    )
    return _Change(
        likeness=_likeness(before, after, same_letters=same_letters),
        page=page,
        hours=gap_hours(stored.at, entry.at),
        text=text,
        says_much=says_much(before) and says_much(after),
        series=_series(before.headline, after.headline),
        refigured=before.numbers != after.numbers
        and before.bag - before.numbers == after.bag - after.numbers
        and before.bag.isdisjoint(_TOLL),
        replaced=bool(left_a and left_b) and not any(alike(x, y) for x in left_a for y in left_b),
        is_form=is_form(stored.summary, entry.summary),
    )


def _goes_on(short: Version, long: Version) -> bool:
    """Whether two entries without titles have texts of which one only goes on with the other."""
    return (
        len(short.summary) >= LEAST_TEXT
        and long.summary.startswith(short.summary)
        and (
            short.headline == headline_of(short.summary)
            and long.headline == headline_of(long.summary)
        )
    )


def _series(before: str, after: str) -> str:
    """The reason if a label has different numbers in two headlines, else ""."""
    numbers: list[dict[str, set[str]]] = [{}, {}]
    for found, headline in zip(numbers, (before, after), strict=True):
        for label, code, number in _SERIES.findall(headline.lower()):
            found.setdefault((label or code).strip(" ."), set()).add(number)
    for label, old in numbers[0].items():
        new = numbers[1].get(label)
        if new and new.isdisjoint(old):
            return f"{label} {min(new)} instead of {min(old)}"
    return ""


def _is_other(change: _Change) -> bool:
    """Whether page, headline and date together show that it is another event."""
    words, later = change.likeness.kind == "words", (change.hours or 0.0) > NEAR_HOURS
    other_text = change.text == "other"
    if (
        change.likeness.kind == "other"
        or (change.series and (other_text or (change.hours or 0.0) >= PIECE_HOURS))
        or (later and change.refigured and (other_text or change.is_form))
        or (later and change.replaced and not words and other_text)
        or (later and change.is_form and not change.says_much)
    ):
        return True
    if change.text == "same" and words:
        return False
    certain = words and change.says_much
    if change.page == "other":
        unmoved = (change.hours or 0.0) * 60 <= 1
        return later or not (unmoved or certain)
    if later and change.page == "unknown":
        return not certain or change.text == "other"
    if later and not change.says_much:
        return change.text == "other"
    return not words and (change.hours or 0.0) > EVENT_HOURS


def _drift(stored: Version, entry: Version, first: str) -> str:
    """The reason if an entry is too far from the item's first headline, else "".

    If the stored headline is too far already, an older release accepted it.
    """
    if not first or first == stored.headline:
        return ""
    begun, before, after = (
        _read(headline, entry.publisher) for headline in (first, stored.headline, entry.headline)
    )
    if _likeness(begun, before, least=STILL_SHARED).kind == "other":
        return ""
    led_away = _likeness(begun, after, least=STILL_SHARED)
    return f"its first headline was other: {led_away.reason}" if led_away.kind == "other" else ""


def _likeness(
    a: Features, b: Features, *, same_letters: bool = False, least: float = SHARED
) -> _Likeness:
    if same_letters or (a.fingerprint and a.fingerprint == b.fingerprint):
        return _Likeness("words", "the same words")
    few = abs(len(a.words) - len(b.words)) <= FEW_WORDS
    fewer, more = sorted((a.words, b.words), key=len)
    rest = iter(more)  # all words of the shorter, in order: "Shehbaz Sharif" for "Sharif"
    is_longer = few and bool(fewer) and all(word in rest for word in fewer)
    found = vetoes(a, b, None)
    if is_longer:  # a name was completed ("Imran Khan"), none was replaced
        found = tuple(veto for veto in found if veto != "veto_swapped")
    if found:
        return _Likeness("other", f"kept apart by {', '.join(found)}")
    left_a = sorted((a.names | a.places | a.lands) - b.bag - b.lands)
    left_b = sorted((b.names | b.places | b.lands) - a.bag - a.lands)
    is_replaced = bool(left_a and left_b) and not is_longer
    if is_replaced and not any(alike(x, y) for x in left_a for y in left_b):
        return _Likeness("other", f"names {left_b[0]} instead of {left_a[0]}")
    if not a.acts <= b.bag and not b.acts <= a.bag:
        return _Likeness("other", "tells of another act")
    if starts(a, b) or starts(b, a):
        return _Likeness("cut", "one is the cut-off beginning of the other")
    # The shared weight. Figures are left out if there are enough other words: a toll may grow.
    bag_a, bag_b = a.bag - a.numbers, b.bag - b.numbers
    if min(len(bag_a), len(bag_b)) < SAYS_MUCH:
        bag_a, bag_b = a.bag, b.bag
    shared = bag_a & bag_b
    misspelt = {x: y for x in sorted(bag_a - shared) for y in sorted(bag_b - shared) if alike(x, y)}
    spellings = zip(rarities(misspelt.keys()), rarities(misspelt.values()), strict=True)
    both = weigh(shared) + sum(map(min, spellings))
    light, heavy = (both / one if one else 0.0 for one in sorted((weigh(bag_a), weigh(bag_b))))
    letters = ratio(a.plain, b.plain) / 100
    close = heavy >= least or letters >= SAME_LETTERS
    added = is_longer or (light >= CONTAINED and (heavy >= ROUNDED_OFF or few))
    reason = f"shares {heavy:.0%} of its words' weight, {letters:.0%} of its letters"
    return _Likeness("close" if close or added else "other", reason)


def forget() -> None:
    """Clears the caches of headlines and texts."""
    _read.cache_clear()
    wording.forget()


@lru_cache(maxsize=2048)  # a stored headline is compared with several entries
def _read(headline: str, publisher: str) -> Features:
    return read(headline, publisher=publisher)
