"""Links that must not reach an output as they are."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import feed, item, rss

G = "links"
LINK = "item stored; the link is dropped (or the item skipped): only http and https links reach an output"
for _id, _l in [
    ("javascript", "javascript:alert(1)"),
    ("javascript-case", "JaVaScRiPt:alert(1)"),
    ("javascript-tab", "java\tscript:alert(1)"),
    ("javascript-newline", "java\nscript:alert(1)"),
    ("javascript-space", "  javascript:alert(1)"),
    ("javascript-ctl", "\u0085\u00a0javascript:alert(1)"),
    ("javascript-entity", "javascript&#58;alert(1)"),
    ("javascript-colon-entity", "javascript&colon;alert(1)"),
    ("vbscript", "vbscript:msgbox(1)"),
    ("data-html", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="),
    ("data-svg", "data:image/svg+xml,<svg onload=alert(1)>"),
    ("file", "file:///etc/passwd"),
    ("blob", "blob:http://x/1"),
    ("view-source", "view-source:http://x"),
    ("about", "about:blank"),
    ("intent", "intent://scan/#Intent;scheme=zxing;end"),
    ("feed-scheme", "feed:javascript:alert(1)"),
    ("mailto", "mailto:a@example.com"),
    ("tel", "tel:+123"),
    ("magnet", "magnet:?xt=urn:btih:x"),
]:
    feed(
        "link-" + _id,
        G,
        LINK,
        "either",
        rss(item("link " + _id, _l)),
        inert=True,
        forbid_links=[
            "javascript:",
            "vbscript:",
            "data:",
            "file:",
            "blob:",
            "intent:",
            "view-source:",
            "about:",
            "feed:",
        ],
    )
for _id, _l in [
    ("bad-port", "http://example.com:99999/x"),
    ("bad-port-text", "http://example.com:abc/x"),
    ("bad-ipv6", "http://[::1"),
    ("bad-ipv6-zone", "http://[fe80::1%25]/"),
    ("nfkc", "http://exa\u2100mple.com/"),
    ("no-host", "http:///path"),
    ("only-scheme", "http://"),
    ("space", "http://exa mple.com/a b"),
    ("quote", 'http://example.com/"onmouseover="alert(1)'),
    ("angle", "http://example.com/<script>alert(1)</script>"),
    ("crlf", "http://example.com/\r\nSet-Cookie: a=b"),
    ("nul", "http://example.com/%00"),
    ("idn-homograph", "http://d\u0430wn.com/story"),
    ("label-64", "http://%s.com/" % ("a" * 64)),
    ("label-unicode-long", "http://%s.com/" % ("\u00fc" * 5000)),
    ("percent-broken", "http://example.com/%zz%"),
    ("dots", "http://example.com/" + "../" * 5000),
    ("relative", "/story/1"),
    ("protocol-relative", "//example.com/story"),
    ("fragment-only", "#x"),
    ("query-only", "?id=1"),
    ("userinfo", "http://bank.example@evil.example/"),
    ("backslash", "http:\\\\example.com\\x"),
    ("params-10k", "http://example.com/?" + "&".join("p%d=1" % i for i in range(10_000))),
]:
    feed(
        "link-" + _id,
        G,
        "item stored with a usable http(s) link or none; no ValueError past the parser, no markup, no injected header",
        "either",
        rss(item("link " + _id, _l)),
        inert=True,
        max_s=5,
    )
feed(
    "link-enclosure-hostile",
    G,
    "the enclosure is dropped or cleaned: http(s) only, length a non-negative integer, type a plain media type",
    "items",
    rss(
        item(
            "enc",
            extra='<enclosure url="javascript:alert(1)" length="-1" type="text/html&quot;&gt;&lt;script&gt;"/><enclosure url="http://example.com/a.mp3" length="NaN" type=""/>'
            '<enclosure url="http://example.com/b.mp3" length="%s" type="audio/mpeg"/><enclosure/>'
            % ("9" * 5000),
        )
    ),
    items=1,
    inert=True,
    forbid=["javascript:"],
)
feed(
    "link-comments-hostile",
    G,
    "comment links are http(s) or dropped",
    "items",
    rss(item("c", extra="<comments>javascript:alert(1)</comments>")),
    items=1,
    forbid=["javascript:"],
)
