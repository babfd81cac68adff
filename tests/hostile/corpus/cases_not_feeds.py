"""Answers that are no feed, and feeds under a wrong media type."""
# ruff: noqa: E501 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

import random

from tests.hostile.corpus.builders import CANARY_TEXT, ONE, RSS_T, feed, item, rss

G = "not-a-feed"
NAF = "rejected: the error says what came (HTML, empty, binary, JSON ...); nothing stored"
feed(
    "http-html-login",
    G,
    NAF,
    "error",
    "<!doctype html><html><head><title>Sign in to WiFi</title></head><body><form><input name=u></form></body></html>",
    ext="html",
    items=0,
)
feed(
    "http-html-as-rss",
    G,
    NAF + " (served as application/rss+xml)",
    "error",
    "<!doctype html><html><head><title>404</title></head><body>Not found</body></html>",
    items=0,
)
feed(
    "http-html-with-feed-links",
    G,
    "rejected, perhaps with a hint at the linked feed; the linked feed is not fetched by itself",
    "error",
    '<html><head><link rel="alternate" type="application/rss+xml" href="@CANARY@/http-html-with-feed-links"></head></html>',
    ext="html",
    items=0,
    not_requested=["http-html-with-feed-links"],
)
feed(
    "http-meta-refresh",
    G,
    "rejected; not followed",
    "error",
    '<meta http-equiv="refresh" content="0;url=@CANARY@/http-meta-refresh">',
    ext="html",
    items=0,
    not_requested=["http-meta-refresh"],
)
feed("http-empty-body", G, NAF, "error", b"", items=0)
feed(
    "http-body-is-path",
    G,
    "rejected: not a feed; the body is data, never a file name (some parsers open it)",
    "error",
    b"/etc/passwd",
    items=0,
    forbid=["root:x:"],
)
feed(
    "http-body-is-url",
    G,
    "rejected: not a feed; the body is data, never an address (some parsers fetch it)",
    "error",
    "@CANARY@/http-body-is-url",
    items=0,
    not_requested=["http-body-is-url"],
    forbid=[CANARY_TEXT],
)
feed("http-whitespace-body", G, NAF, "error", b" \n\t" * 1000, items=0)
feed(
    "http-pdf",
    G,
    NAF,
    "error",
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n",
    ctype="application/pdf",
    ext="pdf",
    items=0,
)
feed(
    "http-pdf-as-rss",
    G,
    NAF,
    "error",
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n",
    ext="pdf",
    ctype=RSS_T,
    items=0,
)
feed(
    "http-noise",
    G,
    NAF,
    "error",
    random.Random(7).randbytes(200_000),
    ctype="application/rss+xml",
    ext="bin",
    items=0,
    max_s=10,
)
feed(
    "http-noise-angle",
    G,
    NAF,
    "error",
    lambda env: bytes(random.Random(8).choice(b"<>&;/\"'=! -[]abc") for _ in range(200_000)),
    ctype="text/xml",
    ext="bin",
    items=0,
    max_s=20,
)
feed("http-angle-storm", G, NAF, "error", b"<" * 500_000, items=0, max_s=20, max_mb=200)
feed(
    "http-doctype-storm",
    G,
    NAF,
    "error",
    b"<!DOCTYPE x [" + b"<!ENTITY " * 100_000,
    items=0,
    max_s=20,
    max_mb=200,
)
feed("http-comment-storm", G, NAF, "error", b"<!--" * 200_000, items=0, max_s=20, max_mb=200)
feed("http-tag-storm", G, NAF, "error", b"<a " * 300_000, items=0, max_s=20, max_mb=200)
feed(
    "http-text-plain-feed",
    G,
    ONE + " (the wrong type for a real feed is common)",
    "items",
    rss(item("plain type")),
    ctype="text/plain",
    items=1,
    titles=["plain type"],
)
feed(
    "http-octet-stream-feed",
    G,
    ONE,
    "items",
    rss(item("octet")),
    ctype="application/octet-stream",
    items=1,
    titles=["octet"],
)
feed(
    "http-text-html-feed",
    G,
    ONE,
    "items",
    rss(item("html type")),
    ctype="text/html",
    items=1,
    titles=["html type"],
)
feed(
    "http-no-type-feed",
    G,
    ONE,
    "items",
    rss(item("no type")),
    ctype="",
    items=1,
    titles=["no type"],
)
feed(
    "http-type-garbage",
    G,
    ONE,
    "items",
    rss(item("gtype")),
    ctype=';;;,,/"',
    items=1,
    titles=["gtype"],
)
feed(
    "http-json-error",
    G,
    NAF,
    "error",
    '{"error": {"code": 403, "message": "quota"}}',
    ctype="application/json",
    ext="json",
    items=0,
)
feed(
    "http-image-svg",
    G,
    NAF,
    "error",
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    ctype="image/svg+xml",
    items=0,
)
feed(
    "http-sitemap",
    G,
    NAF,
    "error",
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://example.com/</loc></url></urlset>',
    ctype="text/xml",
    items=0,
)
feed(
    "http-opml-as-feed",
    G,
    NAF,
    "error",
    '<?xml version="1.0"?><opml version="2.0"><head/><body><outline text="x" xmlUrl="@CANARY@/http-opml-as-feed"/></body></opml>',
    ctype="text/xml",
    items=0,
    not_requested=["http-opml-as-feed"],
)
