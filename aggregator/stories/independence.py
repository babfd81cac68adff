"""How many sources of a story report independently, and the evidence for it. Pure.

Two sources are dependent if they belong to one publisher family or have the same text: that of a
news agency that both credit, or words that one copied from the other. The number of independent
sources is the largest number of sources of which no two are dependent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import Protocol

from msgspec import Struct

from aggregator.stories.credits import Credit, credit_of
from aggregator.text import text_hash
from aggregator.urls import host, registrable_domain

# Chosen by reading pairs of reports of one event (1,064 stories of real days): above these bounds
# there are 48 copies and hardly anything else; below begin statements that all reports quote.
LEAST_WORDS = 12  # of the shorter summary
SAME_SUMMARY = 0.75  # share of its runs of four words that are in the other summary
LEAST_HEADLINE = 9  # words; two desks may come up with the same shorter headline
SAME_HEADLINE = 0.85  # share of all pairs of neighbouring words that both have
MAX_COMPARED = 60  # distinct texts of one story that are compared with each other, the oldest
MAX_MATCHED = 300  # reports of one story that differ in family or text
_READ = 600  # characters of a summary that are compared

_WORD = re.compile(r"\w+(?:'\w+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_SAID = re.compile(r"“[^”]{1,600}”|\"[^\"]{1,600}\"|«[^»]{1,600}»")  # anybody may quote these
# Sites with many publishers, which are identified by name there.
_SHARED_SITES = frozenset(
    (
        *("google.com", "bing.com", "yahoo.com", "msn.com", "feedburner.com", "t.co", "bit.ly"),
        *("youtube.com", "facebook.com", "x.com", "twitter.com", "t.me", "reddit.com"),
        *("medium.com", "substack.com", "apple.news", "flipboard.com", "smartnews.com"),
    )
)


class Report(Protocol):
    """What is needed of a source of a story to find its origin."""

    @property
    def publisher(self) -> str: ...

    @property
    def headline(self) -> str: ...

    @property
    def url(self) -> str | None: ...

    @property
    def author(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def family(self) -> str: ...


class ReportOrigin(Struct, frozen=True, gc=False):
    """Where a report comes from."""

    family: str  # as configured, else the site, else the publisher's name
    credit: Credit | None = None
    same_family: int | None = None  # position of an earlier report of the family
    copy_of: int | None = None  # position of the earliest report with the same words


class Independence(Struct, frozen=True):
    """The origins of a story's reports, in order, and how many are independent."""

    origins: tuple[ReportOrigin, ...]
    independent: int


def independence(reports: Sequence[Report]) -> Independence:
    """Finds the origins of reports, and counts the independent ones; order does not matter."""
    sites = []
    for report in reports:
        site = registrable_domain(host(report.url)) if report.url else ""
        if (not site or site in _SHARED_SITES) and _DOMAIN.fullmatch(report.publisher):
            site = registrable_domain(report.publisher.lower())
        sites.append("" if site in _SHARED_SITES else site)
    families = _families(reports, sites)
    credits = [
        credit_of(author=one.author, publisher=one.publisher, site=site, summary=one.summary)
        for one, site in zip(reports, sites, strict=True)
    ]
    like = _like(reports) if len(set(families)) > 1 else ()
    copied = _groups(len(reports), like)
    earliest: dict[str, int] = {}
    origins = []
    for at, family in enumerate(families):
        first = earliest.setdefault(family, at)
        same_family = first if first != at else None
        copy_of = copied[at] if copied[at] != at else None
        origins.append(ReportOrigin(family, credits[at], same_family, copy_of))
    of_agency: dict[str, int] = {}  # agency -> the first report that credits it
    named = [(of_agency.setdefault(credit.agency, at), at)
             for at, credit in enumerate(credits) if credit is not None]  # fmt: skip
    texts = _groups(len(reports), [*like, *named])
    return Independence(tuple(origins), _most_apart(families, texts))


def origin_in_words(reports: Sequence[Report], at: int, origin: ReportOrigin) -> str:
    """Why a report is not independent of others, or may not be; "" if nothing suggests that."""
    said = []
    if origin.credit is not None:
        agency, place = origin.credit.agency, origin.credit.place
        is_agency = place in ("source", "site")
        said.append("a news agency's own" if is_agency else f"text of {agency} ({place})")
    if origin.copy_of is not None and origin.copy_of != origin.same_family:
        said.append(f"same words as {reports[origin.copy_of].publisher}")
    if origin.same_family is not None:
        name = reports[origin.same_family].publisher
        other = "" if name.casefold() == reports[at].publisher.casefold() else f" as {name}"
        said.append(f"same publisher{other}")
    return "; ".join(said)


def coverage(labels: Iterable[Sequence[tuple[str, str]]]) -> dict[str, dict[str, int]]:
    """Label -> value -> how many reports have it, the most frequent first."""
    counts: dict[str, Counter[str]] = {}
    for one in labels:
        for name, value in one:
            counts.setdefault(name, Counter())[value] += 1
    return {
        name: dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
        for name, found in sorted(counts.items())
    }


def _families(reports: Sequence[Report], sites: Sequence[str]) -> list[str]:
    """The family of each report: the configured one, else that of its site.

    If only the publisher's name is known, as in news searches, the family is that of a report with
    this name, or on a site of this name.
    """
    found = [report.family.casefold() for report in reports]
    of_site = {site: family for site, family in zip(sites, found, strict=True) if family}
    of_site[""] = ""
    found = [family or of_site.get(site, site) for site, family in zip(sites, found, strict=True)]
    if all(found):
        return found
    named: dict[str, str] = {}
    for report, site, family in zip(reports, sites, found, strict=True):
        if family:
            for name in (_plain(report.publisher), site.partition(".")[0]):
                named.setdefault(name, family)
    named[""] = ""
    return [
        family or named.get(_plain(report.publisher), "") or report.publisher.casefold()
        for report, family in zip(reports, found, strict=True)
    ]


@lru_cache(maxsize=2_000)  # many reports, few publishers
def _plain(name: str) -> str:
    words = _WORD.findall(name.casefold())
    return "".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)


class _Words(Struct, frozen=True, gc=False):
    """Word pairs of a report's headline and word runs of its summary; empty if too few."""

    headline: frozenset[tuple[str, ...]]
    summary: frozenset[tuple[str, ...]]


# Hash of the texts -> the pairs of reports with the same words. Feeds, archives and pages all need
# the pairs of a story, and comparing its texts is most of the cost of its sources.
_known_pairs: dict[str, tuple[tuple[int, int], ...]] = {}
_MOST_KNOWN = 20_000  # stories; 4 MB


def _like(reports: Sequence[Report]) -> tuple[tuple[int, int], ...]:
    """The pairs of reports with the same words, by position."""
    key = text_hash(*(text for report in reports for text in (report.headline, report.summary)))
    found = _known_pairs.get(key)
    if found is None:
        if len(_known_pairs) >= _MOST_KNOWN:
            _known_pairs.clear()
        _known_pairs[key] = found = tuple(_compared(reports))
    return found


def _compared(reports: Sequence[Report]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    known: dict[tuple[str, str], tuple[int, _Words]] = {}
    for at, report in enumerate(reports):
        text = (report.headline, report.summary)
        if text in known:
            first, words = known[text]
            if words.headline or words.summary:
                pairs.append((first, at))
            continue
        words = _words_of(report)
        if len(known) < MAX_COMPARED:
            pairs += [(other, at) for other, theirs in known.values() if _same(words, theirs)]
        known[text] = (at, words)
    return pairs


def _words_of(report: Report) -> _Words:
    headline = _words(report.headline)
    summary = _words(_SAID.sub(" ", report.summary[:_READ])) if report.summary else []
    runs = zip(summary, summary[1:], summary[2:], summary[3:], strict=False)
    return _Words(
        frozenset(pairwise(headline) if len(headline) >= LEAST_HEADLINE else ()),
        frozenset(runs if len(summary) >= LEAST_WORDS else ()),
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("’", "'").casefold())


def _same(a: _Words, b: _Words) -> bool:
    if a.summary and b.summary:
        shorter = min(len(a.summary), len(b.summary))
        if len(a.summary & b.summary) >= SAME_SUMMARY * shorter:
            return True
    if not (a.headline and b.headline):
        return False
    shared = len(a.headline & b.headline)
    return shared >= SAME_HEADLINE * (len(a.headline) + len(b.headline) - shared)


def _groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """For each of `count` positions, the first one that pairs connect it with."""
    if not pairs:
        return list(range(count))
    root = list(range(count))

    def top(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    for one, other in pairs:
        first, second = sorted((top(one), top(other)))
        root[second] = first
    return [top(at) for at in range(count)]


def _most_apart(families: Sequence[str], texts: Sequence[int]) -> int:
    """The largest number of reports of which no two have a family or a text in common.

    A maximum matching of families and texts (Kuhn's augmenting paths), with each report as an edge;
    at most `MAX_MATCHED` of them.
    """
    if len(set(families)) == len(set(texts)) == len(families):  # most stories
        return min(len(families), MAX_MATCHED)
    edges: dict[str, set[int]] = {}
    for family, text in islice(dict.fromkeys(zip(families, texts, strict=True)), MAX_MATCHED):
        edges.setdefault(family, set()).add(text)
    taken: dict[int, str] = {}

    def place(family: str, tried: set[int]) -> bool:
        for text in sorted(edges[family] - tried):
            tried.add(text)
            if text not in taken or place(taken[text], tried):
                taken[text] = family
                return True
        return False

    return sum(place(family, set()) for family in sorted(edges))
