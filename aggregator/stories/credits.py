"""Credit lines of news agencies: whose text a report says that it is. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

# An agency, further names in credit lines, and its own sites.
_AGENCIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Reuters", ("Thomson Reuters",), ("reuters.com",)),
    ("AFP", ("Agence France-Presse", "Agence France Presse"), ("afp.com",)),
    ("AP", ("Associated Press", "The Associated Press", "AP News"), ("apnews.com",)),
    ("PTI", ("Press Trust of India",), ("ptinews.com",)),
    ("ANI", ("Asian News International", "ANI News"), ("aninews.in",)),
    ("IANS", ("Indo-Asian News Service",), ("ians.in",)),
    ("UNI", ("United News of India",), ("uniindia.com",)),
    ("APP", ("Associated Press of Pakistan",), ("app.com.pk",)),
    ("Xinhua", ("Xinhua News Agency",), ("xinhuanet.com", "news.cn")),
    ("Anadolu", ("Anadolu Agency", "Anadolu Ajansı"), ("aa.com.tr",)),
    ("dpa", ("Deutsche Presse-Agentur",), ("dpa.com",)),
    ("EFE", ("Agencia EFE",), ("efe.com",)),
    ("ANSA", (), ("ansa.it",)),
    ("TASS", (), ("tass.com", "tass.ru")),
    ("Interfax", (), ("interfax.com", "interfax.ru")),
    ("Kyodo", ("Kyodo News",), ("kyodonews.net",)),
    ("Jiji Press", (), ("jiji.com",)),
    ("Yonhap", ("Yonhap News Agency",), ("yna.co.kr",)),
    ("Bernama", (), ("bernama.com",)),
    ("UPI", ("United Press International",), ("upi.com",)),
    ("PA Media", ("Press Association", "PA News Agency"), ("pa.media",)),
    ("The Canadian Press", ("Canadian Press",), ("thecanadianpress.com",)),
    ("AAP", ("Australian Associated Press",), ("aap.com.au",)),
)
# Initials with another meaning in a text: a party, a state.
_AMBIGUOUS = frozenset({"AAP", "UNI", "PTI"})
_NAMES = {name.casefold(): agency for agency, names, _ in _AGENCIES for name in (agency, *names)}
_INITIALS = frozenset(agency for agency, _, _ in _AGENCIES if agency.isupper())
_SITES = {site: agency for agency, _, sites in _AGENCIES for site in sites}
# "Jane Doe, AFP", "By Reuters", "ANI | New Delhi", "AFP/Dawn"
_BETWEEN = re.compile(r"\s*(?:[,;|/()\[\]•·]|\s[-–—]\s|\b(?:by|and|with|for|via)\b)\s*", re.I)
_NAMED = "|".join(
    sorted({re.escape(name) for agency, names, _ in _AGENCIES for name in (agency, *names)},
           key=len, reverse=True)
)  # fmt: skip
_START = 120  # characters in which a dateline ends
_END = 80
# "ISLAMABAD, Aug 12 (Reuters) - ", "DUBAI, United Arab Emirates (AP) — ", "AFP - "
_DATELINE = re.compile(
    rf"(?:[^.!?()]{{1,80}}[ :,])?\((?P<in>{_NAMED})\)\s*(?:[-–—:]|\Z)"
    rf"|(?P<plain>{_NAMED})\s*[-–—]\s"
)
# "... on Monday. (AFP)", "- Reuters", "With inputs from PTI"
_SIGNED = re.compile(
    rf"(?:[.!?…”\"’']\s*\((?P<in>{_NAMED})\)|[-–—]\s?(?P<dash>{_NAMED})"
    rf"|\b[Ww]ith inputs? from (?P<inputs>{_NAMED}))[.\s)]*\Z",
)


class Credit(Struct, frozen=True):
    """The agency whose text a report is, and where it is credited."""

    agency: str
    place: str  # author | source | site | dateline | last line


def credit_of(*, author: str, publisher: str, site: str, summary: str) -> Credit | None:
    """The agency that a report credits as its author; None if there is none.

    `site`: the registrable domain of its link. Words such as "told Reuters" are not a credit.
    """
    if site in _SITES:
        return Credit(_SITES[site], "site")
    for text, place in ((publisher, "source"), (author, "author")):
        if agency := _named(text[:300]):
            return Credit(agency, place)
    found = _DATELINE.match(summary[:_START])
    if found and (agency := _agency(found["in"] or found["plain"], in_text=True)):
        return Credit(agency, "dateline")
    found = _SIGNED.search(summary[-_END:])
    named = found and (found["in"] or found["dash"] or found["inputs"])
    if named and (agency := _agency(named, in_text=not (found and found["inputs"]))):
        return Credit(agency, "last line")
    return None


@lru_cache(maxsize=2_000)  # many reports, few publishers
def _named(text: str) -> str:
    """The first agency in a name or a line of names."""
    parts = (text, *_BETWEEN.split(text))
    return next((agency for part in parts if (agency := _agency(part))), "")


def _agency(name: str, *, in_text: bool = False) -> str:
    """The agency with this name; initials are case-sensitive: "app" is a program."""
    words = " ".join(name.split())
    agency = _NAMES.get(words.casefold(), "")
    if agency in _INITIALS and len(words) <= len(agency) and words != agency:
        return ""
    return "" if in_text and words in _AMBIGUOUS else agency
