"""Checks of a product's outputs against a case of the hostile corpus.  Standard library only.

    problems = check_output(data, "feed.atom")            one published file: well-formed and inert
    problems = check_case(case, outputs, log, before=())  everything of case["checks"] that can be
                                                          told from outputs and the server's log
A problem is one line of text; an empty list means clean.  What depends on the product's own
storage (items, titles, links, clusters, backoff, max_s, max_mb) is for the product's test to check.
"""
# ruff: noqa: C901, PLR0912, PLW2901, RUF012, S314, SIM102, UP031 - one walk per format; the
# standard library reads what it is given because a strict reader is the point
# mypy: ignore-errors

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from html.parser import HTMLParser

ACTIVE_TAGS = set(
    [
        "script",
        "style",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "form",
        "input",
        "button",
        "select",
        "textarea",
        "option",
        "base",
        "meta",
        "link",
        "svg",
        "math",
        "template",
        "noscript",
        "xmp",
        "plaintext",
        "listing",
        "title",
        "noembed",
        "noframes",
        "portal",
        "fencedframe",
        "isindex",
        "marquee",
        "dialog",
        "slot",
        "foreignobject",
        "animate",
        "animatetransform",
        "set",
        "use",
        "image",
        "video",
        "audio",
        "source",
        "track",
        "param",
        "layer",
        "ilayer",
        "bgsound",
        "keygen",
    ]
)
URL_ATTRS = set(
    [
        "href",
        "src",
        "action",
        "formaction",
        "background",
        "poster",
        "cite",
        "data",
        "longdesc",
        "codebase",
        "classid",
        "ping",
        "xlink:href",
        "srcset",
        "lowsrc",
        "dynsrc",
        "icon",
        "manifest",
        "usemap",
    ]
)
SAFE_SCHEMES = ("http", "https", "mailto")
BAD_STYLE = re.compile(
    r"url\s*\(|expression|behavior|-moz-binding|@import|position\s*:|javascript|\\", re.I
)
DANGEROUS = ("javascript", "vbscript", "data", "file", "blob", "about", "view-source")
SCHEME = re.compile(r"^([a-z][a-z0-9+.\-]*):", re.I)
STRIP = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
# allowed by XML 1.0, yet no text of an item should carry them: C1 controls, bidi overrides
UNWANTED = re.compile("[\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


def bad_url(value: str, identifier: bool = False) -> bool:
    """A URL that must not be in an output. Identifiers (guid, id) may be urn: or tag: URIs."""
    text = STRIP.sub("", html.unescape(value or ""))
    m = SCHEME.match(text)
    if not m:
        return False
    scheme = m.group(1).lower()
    return scheme in DANGEROUS if identifier else scheme not in SAFE_SCHEMES


class _Fragment(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = [n for n, _ in attrs]
        get = {n: (v or "") for n, v in attrs}
        if tag in ACTIVE_TAGS or ":" in tag or "-" in tag:
            self.problems.append("active element <%s>" % tag)
        for name, value in attrs:
            value = value or ""
            if name.startswith("on") or name in (
                "srcdoc",
                "ping",
                "formaction",
                "is",
                "popover",
                "autofocus",
            ):
                self.problems.append("active attribute %s on <%s>" % (name, tag))
            if name in URL_ATTRS and name != "srcset" and bad_url(value):
                self.problems.append("dangerous URL %r in %s of <%s>" % (value[:60], name, tag))
            if name == "srcset" and any(
                bad_url(part.strip().split(" ")[0]) for part in value.split(",")
            ):
                self.problems.append("dangerous URL in srcset of <%s>" % tag)
            if name == "style" and BAD_STYLE.search(value):
                self.problems.append("dangerous style %r" % value[:60])
        if tag == "img" and (
            "1" in (get.get("width"), get.get("height"))
            or "0" in (get.get("width"), get.get("height"))
            or "display:none" in get.get("style", "").replace(" ", "")
        ):
            self.problems.append("tracking pixel %r" % get.get("src", "")[:60])
        if len(names) != len(set(names)):
            self.problems.append("attribute given twice on <%s>" % tag)

    def handle_pi(self, data):
        self.problems.append("processing instruction in HTML")

    def handle_comment(self, data):
        self.problems.append("comment kept in HTML")


def fragment_problems(text: str) -> list[str]:
    if "<" not in text:  # no tag, and none begun
        return []
    p = _Fragment()
    try:
        p.feed(text)
        p.close()
    except (AssertionError, RecursionError) as exc:
        return ["HTML does not parse: %s" % exc]
    out = list(p.problems)
    if re.search(r"<[a-z!/?][^<>]*$", text, re.I):
        out.append("an unclosed tag at the end swallows what follows")
    if (
        re.search(
            r"<\s*/?\s*(script|iframe|object|embed|svg|math|style|base|meta|form)\b", text, re.I
        )
        and not out
    ):
        out.append("active element hidden from a simple parser")
    return out


def text_problems(text: str, where: str) -> list[str]:
    """A field that readers show as plain text, though some decode it once or twice more."""
    out = []
    for level in range(3):
        out += ["%s, decoded %d times: %s" % (where, level, p) for p in fragment_problems(text)]
        if out:
            break
        decoded = html.unescape(text)
        if decoded == text:
            break
        text = decoded
    m = UNWANTED.search(text)
    if m:
        out.append("%s: control or bidi character U+%04X" % (where, ord(m.group())))
    return out


PLAIN = {
    "title",
    "creator",
    "author",
    "name",
    "category",
    "managingEditor",
    "webMaster",
    "copyright",
    "rights",
    "generator",
    "credit",
    "keywords",
}
MARKUP = {"description", "encoded", "content", "summary", "subtitle", "tagline", "info"}
LINKS = {"link", "guid", "id", "comments", "docs", "uri", "icon", "logo", "url"}


def _xml_problems(data: bytes, images: bool) -> list[str]:
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError, RecursionError) as exc:
        return ["not well-formed: %s" % exc]
    out: list[str] = []
    if re.search(rb"<!DOCTYPE|<!ENTITY", data):
        out.append("DOCTYPE or ENTITY in an output")
    for el in root.iter():
        if not isinstance(el.tag, str):
            continue
        name = el.tag.rsplit("}", 1)[-1]
        text = "".join(el.itertext()) if name in PLAIN | MARKUP else (el.text or "")
        kind = el.get("type", "")
        if name in PLAIN:
            if kind == "html":
                out += ["%s: %s" % (name, p) for p in fragment_problems(text)]
            else:
                out += text_problems(text, name)
        elif name in MARKUP:
            if kind == "xhtml":
                out += [
                    "%s: %s" % (name, p)
                    for p in fragment_problems(ET.tostring(el, encoding="unicode", method="html"))
                    if not p.startswith("active element <ns") and ":" not in p.split("<")[-1]
                ]
                inner = {
                    c.tag.rsplit("}", 1)[-1].lower() for c in el.iter() if isinstance(c.tag, str)
                } & (ACTIVE_TAGS - {"title"})
                out += ["%s: active element <%s>" % (name, t) for t in inner]
            elif kind == "text":
                out += text_problems(text, name)
            else:
                out += ["%s: %s" % (name, p) for p in fragment_problems(text)]
        elif name in LINKS and text.strip() and bad_url(text, name in ("id", "guid")):
            out.append("%s: dangerous URL %r" % (name, text[:60]))
        for attr, value in el.attrib.items():
            local = attr.rsplit("}", 1)[-1]
            if (
                local
                in ("href", "src", "url", "uri", "resource", "about", "base", "scheme", "domain")
                and bad_url(value)
                and not re.match(r"\s*(urn|tag):", value)
            ):
                out.append("%s/@%s: dangerous URL %r" % (name, local, value[:60]))
            if local in ("term", "label", "title", "text"):
                out += text_problems(value, "%s/@%s" % (name, local))
    return out


def _json_problems(data: bytes) -> list[str]:
    try:
        doc = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        return ["not JSON: %s" % exc]
    out: list[str] = []

    def walk(value, key):
        if isinstance(value, dict):
            for k, v in value.items():
                walk(v, k)
        elif isinstance(value, list):
            for v in value:
                walk(v, key)
        elif isinstance(value, str):
            if any(0xD800 <= ord(c) < 0xE000 for c in value):
                out.append("%s: lone surrogate" % key)
            if key == "content_html":
                out.extend("%s: %s" % (key, p) for p in fragment_problems(value))
            elif key in ("title", "name", "summary", "description", "tags"):
                out.extend(text_problems(value, key))
            elif key.endswith("url") or key in (
                "image",
                "icon",
                "favicon",
                "avatar",
                "banner_image",
            ):
                if bad_url(value):
                    out.append("%s: dangerous URL %r" % (key, value[:60]))

    walk(doc, "")
    return out


class _Page(_Fragment):
    """A whole page of the product: its own head, styles and forms are its business."""

    OWN = {
        "meta",
        "link",
        "title",
        "style",
        "form",
        "input",
        "button",
        "base",
        "select",
        "option",
        "textarea",
        "script",
    }

    def __init__(self, allow):
        super().__init__()
        self.allow = allow

    def handle_comment(self, data):
        pass

    def handle_starttag(self, tag, attrs):
        before = len(self.problems)
        super().handle_starttag(tag, attrs)
        if tag in self.allow:
            self.problems = self.problems[:before] + [
                p for p in self.problems[before:] if not p.startswith("active element")
            ]


def check_output(
    data: bytes, name: str = "", images: bool = True, page_tags=("meta", "link", "title", "style")
) -> list[str]:
    """One published file.  The kind is taken from its first bytes."""
    head = data.lstrip()[:200].lower()
    if head[:1] in (b"{", b"["):
        out = _json_problems(data)
    elif head.startswith(b"<!doctype html") or head.startswith(b"<html"):
        try:
            p = _Page(set(page_tags))
            p.feed(data.decode("utf-8"))
            out = p.problems
        except UnicodeDecodeError as exc:
            out = ["not UTF-8: %s" % exc]
    elif head[:1] == b"<":
        out = _xml_problems(data, images)
    else:
        out = []
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as exc:
            out.append("not UTF-8: %s" % exc)
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]", data):
        out.append("a character that XML 1.0 does not allow (or a terminal escape)")
    return ["%s: %s" % (name, p) if name else p for p in out]


def _ids(value):
    return [value] if isinstance(value, str) else list(value)


@lru_cache(maxsize=1000)
def _lower(data: bytes) -> bytes:
    """Cases that share a run share its outputs."""
    return data.lower()


def check_case(case: dict, outputs: dict[str, bytes], log: list[dict]) -> list[str]:
    """What outputs and the server's log tell of a case; `check_output` is for each output alone.

    outputs: file name -> bytes of everything that was published or printed.
    """
    checks, out = case.get("checks", {}), []
    looks = any(checks.get(key) for key in ("forbid", "forbid_bytes", "forbid_links"))
    for name, data in outputs.items() if looks else ():
        low = _lower(data)
        for bad in checks.get("forbid", []):
            if bad.lower().encode() in low:
                out.append("%s: contains %r" % (name, bad))
        for bad in checks.get("forbid_bytes", []):
            if bytes.fromhex(bad) in data:
                out.append("%s: contains the bytes %s" % (name, bad))
        for bad in checks.get("forbid_links", []):
            if bad.lower().encode() in low and re.search(
                rb"(?:href|src|url)\s*[\"'=:]+\s*[\"']?\s*" + re.escape(bad.encode()), data, re.I
            ):
                out.append("%s: a link starts with %s" % (name, bad))
    for cid in _ids(checks.get("not_requested", [])):
        hits = [
            r
            for r in log
            if r["port"] == "canary" and re.search(r"/%s(?![\w.-])" % re.escape(cid), r["target"])
        ]
        if hits:
            out.append("the canary was asked: %s" % hits[0]["target"])
    mine = [r for r in log if r["port"] == "main" and ("/c/%s" % case["id"]) in r["target"]]
    for header in _ids(checks.get("no_request_header", [])):
        if any(header in r["headers"] for r in log):
            out.append("request header %s was sent" % header)
    for header in _ids(checks.get("no_canary_header", [])):
        if any(header in r["headers"] for r in log if r["port"] == "canary"):
            out.append("request header %s was sent to another origin" % header)
    if "max_requests" in checks and len(mine) > checks["max_requests"]:
        out.append("%d requests, at most %d" % (len(mine), checks["max_requests"]))
    return out
