"""Addresses of one page that are minted anew at each request: sessions, random numbers. Pure."""

from __future__ import annotations

import re

from aggregator.urls import is_signed, without_tracking

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
