"""The shape of a case, and builders of the documents that cases are made of."""
# ruff: noqa: E501, UP031, PLR0917 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

DATE = "Tue, 12 Aug 2025 10:00:00 +0000"
ISO = "2025-08-12T10:00:00Z"
RSS_T = "application/rss+xml"
ATOM_T = "application/atom+xml"
JSON_T = "application/feed+json"
CANARY_TEXT = "canary-body-must-never-appear"
MB = 1 << 20


@dataclass
class Env:
    """Where the corpus is being served; bodies are built for it."""

    base: str = "http://127.0.0.1:8099"
    canary: str = "http://127.0.0.1:8098/_canary"
    cap_bytes: int = 64 * MB  # for bodies that would never end


Body = bytes | Iterator[bytes]
Maker = Callable[[Env], Body]


@dataclass
class Case:
    id: str
    kind: str
    group: str
    expect: str
    outcome: str  # error items either unchanged gone wait refused
    checks: dict = field(default_factory=dict)
    make: Maker | None = None  # kind feed/opml/config: the bytes
    status: int = 200
    headers: dict = field(default_factory=dict)
    ext: str = "xml"
    big: bool = False  # over 1 MiB
    behaviour: str = ""  # kind server: a name in BEHAVIOURS
    args: dict = field(default_factory=dict)
    feeds: list = field(default_factory=list)  # several feeds, in the order they are fetched
    fetches: int = 1  # how often the product has to poll for the expectation
    text: Any = None  # kind url/resolver/query


CASES: list[Case] = []
BY_ID: dict[str, Case] = {}


def add(case: Case) -> Case:
    if case.id in BY_ID:
        raise ValueError("duplicate case id " + case.id)
    CASES.append(case)
    BY_ID[case.id] = case
    return case


# --- document builders ---------------------------------------------------------------------


def item(
    title="Item",
    link="http://example.com/1",
    guid="tag:example.com,2025:1",
    desc="text",
    date=DATE,
    extra="",
    raw_title=None,
    raw_desc=None,
    raw_guid=None,
    raw_link=None,
) -> str:
    """One RSS item.  raw_* is put in as it is; a None value leaves the element out."""
    out = ["<item>"]
    if raw_title is not None or title is not None:
        out.append("<title>%s</title>" % (raw_title if raw_title is not None else escape(title)))
    if raw_link is not None or link is not None:
        out.append("<link>%s</link>" % (raw_link if raw_link is not None else escape(link)))
    if raw_guid is not None:
        out.append(raw_guid)
    elif guid is not None:
        out.append('<guid isPermaLink="false">%s</guid>' % escape(guid))
    if date is not None:
        out.append("<pubDate>%s</pubDate>" % escape(date))
    if raw_desc is not None or desc is not None:
        out.append(
            "<description>%s</description>" % (raw_desc if raw_desc is not None else escape(desc))
        )
    out.append(extra + "</item>")
    return "".join(out)


NS = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def rss(
    *items: str,
    title="Hostile",
    head="",
    decl='<?xml version="1.0" encoding="UTF-8"?>\n',
    doctype="",
    raw_title=None,
) -> str:
    return (
        '%s%s<rss version="2.0" %s><channel><title>%s</title><link>http://example.com/</link>'
        "<description>corpus</description>%s%s</channel></rss>\n"
        % (
            decl,
            doctype,
            NS,
            raw_title if raw_title is not None else escape(title),
            head,
            "".join(items),
        )
    )


def atom(
    *entries: str, head="", attrs="", decl='<?xml version="1.0" encoding="UTF-8"?>\n', doctype=""
) -> str:
    return (
        '%s%s<feed xmlns="http://www.w3.org/2005/Atom" %s><id>tag:example.com,2025:feed</id><title>Hostile</title>'
        "<updated>%s</updated><author><name>corpus</name></author>%s%s</feed>\n"
        % (decl, doctype, attrs, ISO, head, "".join(entries))
    )


def entry(title="Entry", link="http://example.com/1", id="tag:example.com,2025:1", inner="") -> str:
    return "<entry><id>%s</id><title>%s</title><updated>%s</updated>%s%s</entry>" % (
        escape(id),
        escape(title),
        ISO,
        "<link href=%s/>" % quoteattr(link) if link is not None else "",
        inner,
    )


def u8(text: str | Callable[[Env], str]) -> Maker:
    def make(env: Env) -> bytes:
        s = text(env) if callable(text) else text
        return (s.replace("@BASE@", env.base).replace("@CANARY@", env.canary)).encode(
            "utf-8", "surrogatepass"
        )

    return make


def stream(parts: Callable[[Env], Iterable[str | bytes]]) -> Maker:
    def make(env: Env) -> Iterator[bytes]:
        for p in parts(env):
            yield p.encode() if isinstance(p, str) else p

    return make


def feed(
    id,
    group,
    expect,
    outcome,
    body,
    *,
    ctype=None,
    headers=None,
    status=200,
    ext="xml",
    big=False,
    fetches=1,
    **checks,
) -> Case:
    if ctype is None:
        ctype = {"xml": RSS_T, "atom": ATOM_T, "json": JSON_T, "html": "text/html"}.get(
            ext, "application/octet-stream"
        )
    h = {"Content-Type": ctype} if ctype else {}
    h.update(headers or {})
    make = (
        body if callable(body) else (u8(body) if isinstance(body, str) else (lambda env, b=body: b))
    )
    return add(
        Case(id, "feed", group, expect, outcome, checks, make, status, h, ext, big, fetches=fetches)
    )


def server(id, group, expect, outcome, behaviour, *, args=None, fetches=1, **checks) -> Case:
    return add(
        Case(
            id,
            "server",
            group,
            expect,
            outcome,
            checks,
            behaviour=behaviour,
            args=args or {},
            fetches=fetches,
        )
    )


def canary(case_id: str) -> str:
    return "@CANARY@/" + case_id


REJECT = "fetch counts as failed with an error that names the cause; nothing stored; other feeds unaffected"
INERT = "item stored; no script, handler, frame, form, plug-in, style sheet, dangerous URL or tracking pixel in any output"
ONE = "the one item is stored"
