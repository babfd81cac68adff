"""Whether two wordings are the same, cut off, or repeated for another event."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from aggregator.stories.features import Features, text_terms
from aggregator.stories.lexicon import weigh

LEAST_BEGINNING = 4  # words that a cut-off headline must have
SAYS_MUCH = 3  # distinct terms; fewer may be said of anything
SAYS_MUCH_LETTERS = 8  # the same for scripts without spaces between words
FORMULA = 24.0  # weight (idf) of the words without figures, below which they are a formula
SAME_TEXT = 0.6  # share of the words of the shorter of two summaries
RELATED_TEXT = 0.3  # share that reports of one event by two outlets have in common
ISSUE_HOURS = 6.0  # how long an outlet may repeat a headline for the same event
UNTOLD_HOURS = 24.0  # the same if there are no texts to compare
_WEEKDAYS_TEXT = "monday tuesday wednesday thursday friday saturday sunday"
_WEEKDAYS = frozenset(_WEEKDAYS_TEXT.split())


class Report(Protocol):
    """What is needed of an item to judge its wording."""

    @property
    def features(self) -> Features: ...

    @property
    def feed_id(self) -> int: ...

    @property
    def publisher(self) -> str: ...

    @property
    def canonical_url(self) -> str | None: ...


def starts(cut: Features, full: Features) -> bool:
    """Whether a cut-off headline is the beginning of another; its last word may be cut off."""
    length = len(cut.words)
    if not cut.truncated or length < LEAST_BEGINNING or len(full.words) < length:
        return False
    if cut.words == full.words[:length]:
        return True
    last = cut.words[-1]
    may_be_cut = length > LEAST_BEGINNING and not last[0].isdigit()
    begins = may_be_cut and full.words[length - 1].startswith(last)
    return begins and full.words[: length - 1] == cut.words[:-1]


def is_repeated(a: Report, b: Report, hours: float | None) -> bool:
    """Whether two items with the same wording (one `fingerprint`) report two events.

    Never if they have the same page. If one outlet uses the same words for another page hours
    later, with another text or with other days or figures in it, that is other news. From two
    outlets, a short headline or a formula ("Missing person", "v2.0.0", "Magnitude 5.1 earthquake
    strikes") is the same event only if the texts agree beyond these words.
    """
    if a.canonical_url is not None and a.canonical_url == b.canonical_url:
        return False
    if a.publisher and b.publisher:
        one_outlet = a.publisher.casefold() == b.publisher.casefold()
    elif a.feed_id and b.feed_id:
        one_outlet = a.feed_id == b.feed_id
    else:
        return False
    one, other = a.features.summary, b.features.summary
    if not one_outlet:
        said = a.features.bag | b.features.bag  # both texts repeat what the headlines say
        beyond = text_share(one, other, beyond=said)
        return is_formula(a.features) and (beyond is None or beyond < RELATED_TEXT)
    share = text_share(one, other)
    if a.canonical_url is None or b.canonical_url is None:
        return False
    if (share or 0.0) >= SAME_TEXT and not is_form(one, other):
        return False
    apart = (hours or 0.0) > (UNTOLD_HOURS if share is None else ISSUE_HOURS)
    return apart or (is_formula(a.features) and share is not None)


def says_much(features: Features) -> bool:
    """Whether a headline has words enough to be of one event, and none of a recurring title."""
    return not features.recurring and (len(features.bag) >= SAYS_MUCH or _is_long(features))


def _is_long(features: Features) -> bool:
    """Whether it has letters enough of a script without spaces: kana or Han."""
    headline = features.headline
    if headline.isascii():
        return False
    letters = sum(
        "\u3041" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"
        for char in headline
    )
    return letters >= SAYS_MUCH_LETTERS


def is_formula(features: Features) -> bool:
    """Whether a headline is short, or names nobody and no place, so that it fits many events."""
    if not says_much(features):
        return True
    if features.names or features.places or features.lands or _is_long(features):
        return False
    return weigh(features.bag - features.numbers) < FORMULA


def is_form(one: str, other: str) -> bool:
    """Whether two texts are the same form, filled in with other weekdays or figures.

    Prices, markets and the weather are reported like this, day after day.
    """
    terms, others = _terms(one), _terms(other)
    return all(
        any(term in _WEEKDAYS or any(map(str.isdigit, term)) for term in left)
        for left in (terms - others, others - terms)
    )


def text_share(one: str, other: str, *, beyond: frozenset[str] = frozenset()) -> float | None:
    """The share of the shorter summary's terms that the other has; None if one has no terms.

    The terms in `beyond` do not count.
    """
    if one and one == other:
        return 1.0
    terms, others = _terms(one) - beyond, _terms(other) - beyond
    if not terms or not others:
        return None
    return len(terms & others) / min(len(terms), len(others))


def forget() -> None:
    """Clears the cache of texts."""
    _terms.cache_clear()


@lru_cache(maxsize=256)  # a stored text is compared with several entries
def _terms(text: str) -> frozenset[str]:
    return text_terms(text)
