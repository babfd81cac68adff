"""Lists of subscriptions."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

import random
from xml.sax.saxutils import quoteattr

from tests.hostile.corpus.builders import Case, add, u8
from tests.hostile.corpus.cases_xml import lol

G = "opml"


def opml(body: str, doctype="", head="<title>subs</title>") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n%s<opml version="2.0"><head>%s</head><body>%s</body></opml>'
        % (doctype, head, body)
    )


def ol(url: str, text="Feed", extra="") -> str:
    return '<outline type="rss" text=%s xmlUrl=%s %s/>' % (quoteattr(text), quoteattr(url), extra)


def opml_case(id, expect, outcome, body, **checks):
    add(
        Case(
            id,
            "opml",
            G,
            expect,
            outcome,
            checks,
            u8(body) if isinstance(body, str) else body,
            ext="opml",
            headers={"Content-Type": "text/x-opml"},
        )
    )


_OB = "import refused with a message, or the good outlines taken; nothing outside is read; quick"
opml_case(
    "opml-xxe-file",
    _OB,
    "either",
    opml(
        ol("@BASE@/good/a.rss", "x") + '<outline text="y">&x;</outline>',
        '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ),
    forbid=["root:x:"],
)
opml_case(
    "opml-xxe-http",
    _OB,
    "either",
    opml(ol("@BASE@/good/a.rss"), '<!DOCTYPE opml SYSTEM "@CANARY@/opml-xxe-http">'),
    not_requested=["opml-xxe-http"],
)
opml_case(
    "opml-laughs",
    _OB,
    "either",
    opml('<outline text="&l9;"/>', lol().replace("DOCTYPE rss", "DOCTYPE opml")),
    max_s=5,
    max_mb=100,
)
opml_case(
    "opml-deep",
    _OB,
    "either",
    opml('<outline text="f">' * 20_000 + ol("@BASE@/good/a.rss") + "</outline>" * 20_000),
    max_s=10,
    max_mb=150,
)
opml_case(
    "opml-100k",
    "imported up to a limit, or refused; bounded",
    "either",
    lambda env: opml(
        "".join(ol("http://example.com/f/%d" % i, "Feed %d" % i) for i in range(100_000))
    ).encode(),
    max_s=60,
    max_mb=500,
)
opml_case(
    "opml-schemes",
    "only http(s) feeds are taken; each refused one is named",
    "items",
    opml(
        ol("@BASE@/good/a.rss", "good")
        + ol("javascript:alert(1)", "js")
        + ol("file:///etc/passwd", "file")
        + ol("ftp://127.0.0.1/x", "ftp")
        + ol("", "empty")
        + ol("data:text/xml,<rss/>", "data")
        + ol("//127.0.0.1/x", "schemeless")
        + ol("http://[::1", "ipv6")
    ),
    feeds=1,
)
opml_case(
    "opml-duplicates",
    "one feed",
    "items",
    opml(
        ol("@BASE@/good/a.rss", "one") * 3
        + ol("@BASE@/good/a.rss#frag", "frag")
        + "<outline text='folder'>%s</outline>" % ol("@BASE@/good/a.rss", "again")
    ),
    feeds=1,
)
opml_case(
    "opml-include",
    "an include outline is not fetched",
    "either",
    opml(
        '<outline type="include" text="x" url="@CANARY@/opml-include"/>' + ol("@BASE@/good/a.rss")
    ),
    not_requested=["opml-include"],
)
opml_case(
    "opml-script-title",
    "text is plain in every output",
    "items",
    opml(
        ol("@BASE@/good/a.rss", "<script>alert(1)</script>"),
        head="<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>",
    ),
    inert=True,
    feeds=1,
)
opml_case(
    "opml-traversal-title",
    "names never become paths",
    "items",
    opml(ol("@BASE@/good/a.rss", "../../../tmp/pwned")),
    no_file="pwned",
    feeds=1,
)
opml_case(
    "opml-yaml-breakout",
    "the imported name is quoted in feeds.yaml: the file still loads and holds one feed",
    "items",
    opml(ol("@BASE@/good/a.rss", "x\"\n- url: file:///etc/passwd\n  name: '&a *a !!python/none")),
    feeds=1,
)
opml_case(
    "opml-no-body",
    "refused with a message",
    "error",
    '<?xml version="1.0"?><opml version="2.0"><head/></opml>',
)
opml_case(
    "opml-html",
    "refused with a message",
    "error",
    "<!doctype html><html><body>not opml</body></html>",
)
opml_case("opml-empty", "refused with a message", "error", b"".decode())
opml_case(
    "opml-binary", "refused with a message", "error", lambda env: random.Random(9).randbytes(50_000)
)
opml_case(
    "opml-case-attributes",
    "xmlurl / XMLURL / url spellings: taken or named as skipped",
    "either",
    opml(
        '<outline text="a" xmlurl="@BASE@/good/a.rss"/><outline title="b" XMLURL="@BASE@/good/b.rss"/>'
    ),
)
opml_case(
    "opml-utf16",
    "taken or refused",
    "either",
    lambda env: opml(ol(env.base + "/good/a.rss")).replace("UTF-8", "UTF-16").encode("utf-16"),
)
