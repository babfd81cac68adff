"""Values that more than one format holds: addresses, times, languages, types, HTML content."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from tests.hostile.corpus.check import ACTIVE_TAGS

_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
)
# RFC 4151: authority (a host or a mail address), a date, and what is specific.
_TAG_URI = re.compile(
    r"tag:(?:[\w.-]+@)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r",\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?"
    r":(?:[A-Za-z0-9._~:@!$&'()*+,;=/?-]|%[0-9A-Fa-f]{2})*(?:#\S*)?",
    re.ASCII,
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_RFC822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})"
)
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(?:; ?charset=[a-z0-9-]+)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_PRIVATE = re.compile(r"(?:0|10|127|169\.254|192\.168)\.|.*\.(?:local|internal)$")
_VOID = ("br", "hr", "img", "wbr")
# What escaped markup in plain text looks like: readers that decode twice would show it.
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|<!--|&(?:#\w+|\w+);")


def uri_problem(value: str | None) -> str | None:
    """What is wrong with an address that must be an absolute URI."""
    if not value or not _URI.fullmatch(value):
        return f"no absolute URI: {value!r}"
    if value.startswith("tag:") and not _TAG_URI.fullmatch(value):
        return f"no tag URI: {value!r}"
    return None


def link_problem(value: str | None) -> str | None:
    """What is wrong with an address that people follow."""
    problem = uri_problem(value)
    if problem is None and value is not None:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            problem = f"no web address: {value!r}"
        elif "@" in parts.netloc:
            problem = f"userinfo in {value!r}"
    return problem


def public_problem(value: str | None) -> str | None:
    """What is wrong with the address of a picture, sound or film, which readers ask unasked."""
    problem = link_problem(value)
    if problem is None and value is not None:
        parts = urlsplit(value)
        if parts.scheme != "https" or parts.port not in (None, 443):
            problem = f"not of https and its port: {value!r}"
        elif "." not in (parts.hostname or "") or _PRIVATE.match(parts.hostname or ""):
            problem = f"not of a public host: {value!r}"
    return problem


def moment(text: str | None) -> datetime | None:
    """An RFC 3339 time with a zone, at a plausible date; None for anything else."""
    if text is None or not _RFC3339.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.year >= 1970 else None


def mail_date(text: str | None) -> datetime | None:
    """An RFC 822 date with four digits of the year, a zone, and the right day of the week."""
    if text is None or not _RFC822.fullmatch(text):
        return None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at if f"{at:%a}" == text[:3] and at.year >= 1970 else None


def is_language(text: str | None) -> bool:
    """Whether the text has the form of a BCP 47 tag."""
    return bool(text) and _LANGUAGE.fullmatch(text or "") is not None


def is_media_type(text: str | None) -> bool:
    """Whether the text is a media type."""
    return bool(text) and _MEDIA_TYPE.fullmatch(text or "") is not None


def text_problem(text: str | None) -> str | None:
    """What is wrong with a text that must be neither empty nor markup."""
    if not (text or "").strip():
        return "empty"
    if text != (text or "").strip():
        return f"space around {text!r}"
    markup = _MARKUP.search(text or "")
    return f"markup in {text!r}" if markup else None


def repeated(values: Iterable[str | None]) -> list[str]:
    """The values that stand more than once."""
    return [str(value) for value, count in Counter(values).items() if count > 1]


def content_problems(content: str) -> Iterator[str]:
    """What is wrong with the HTML of an entry: unsafe, broken, or not to be resolved."""
    found = _Content()
    found.feed(content)
    found.close()
    yield from found.problems
    if found.open:
        yield f"elements are not closed: {found.open}"
    if not found.text.strip():
        yield "no text"


class _Content(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE_TAGS:
            self.problems.append(f"unsafe element <{tag}>")
        if tag == "p" and "p" in self.open:
            self.problems.append("a paragraph in a paragraph")
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.problems.append(f"unsafe attribute {name}")
            if name in ("href", "src") and (problem := link_problem(value)):
                self.problems.append(problem)
            if name == "lang" and not is_language(value):
                self.problems.append(f"no language: {value!r}")
            if name == "dir" and value not in ("ltr", "rtl"):
                self.problems.append(f"no direction: {value!r}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> ends what is not open")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"a declaration: {decl!r}")
