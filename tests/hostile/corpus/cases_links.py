"""Links that must not reach an output as they are."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from xml.sax.saxutils import quoteattr

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
for _id, _l in [
    ("scheme", "javascript:alert(1)"),
    ("data", "data:image/svg+xml,<svg onload=alert(1)>"),
    ("plain-http", "http://pic.example/a.jpg"),
    ("loopback", "https://127.0.0.1/admin.png"),
    ("metadata", "https://169.254.169.254/latest.png"),
    ("router", "https://192.168.1.1/reboot.png"),
    ("mapped", "https://[::ffff:192.168.1.1]/reboot.png"),
    ("short-ipv4", "https://127.1/admin.png"),
    ("local-name", "https://printer.local/status.png"),
    ("port", "https://pic.example:6379/a.png"),
    ("userinfo", "https://reader:key@pic.example/a.png"),
    ("userinfo-tab", "https:/\t/reader:key@pic.example/a.png"),
    ("backslash", "https:\\\\reader:key@pic.example\\a.png"),
    ("pixel", "https://pic.example/open/pixel.gif?reader=1"),
    ("breakout", 'https://pic.example/a.png" onerror="alert(1)'),
    ("long", "https://pic.example/%s.png" % ("a" * 100_000)),
    ("bad-ipv6", "https://[::1/a.png"),
]:
    feed(
        "picture-" + _id,
        G,
        "item stored; no output holds an address that could harm or count who reads it",
        "items",
        rss(
            item(
                "U.S. and Pakistan hold counterterrorism talks, picture " + _id,
                "http://example.com/picture-" + _id,
                guid="tag:example.com,2025:picture-" + _id,
                desc="<p>Talks.</p><img src=%s>" % quoteattr(_l),
                extra="<media:thumbnail url=%s/><media:content medium='image' url=%s/>"
                "<enclosure url=%s type='audio/mpeg' length='1'/>" % ((quoteattr(_l),) * 3),
            )
        ),
        items=1,
        inert=True,
        forbid=[
            'media:thumbnail url="http:',
            "127.0.0.1/admin",
            "169.254.169.254/latest",
            "192.168.1.1/reboot",
            "::ffff:192",
            "https://127.1",
            "printer.local/status",
            "pic.example:6379",
            "reader:key@",
            "open/pixel.gif",
            " onerror",  # percent-encoded, it cannot end an attribute
            "a" * 5000,
        ],
        max_s=5,
    )
