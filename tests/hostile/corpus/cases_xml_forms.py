"""XML: odd, broken and foreign structure."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import CANARY_TEXT, ISO, ONE, atom, entry, feed, item, rss

G = "xml"
feed(
    "xml-stylesheet-pi",
    G,
    "item stored; the stylesheet is neither fetched nor copied to an output",
    "items",
    rss(
        item(),
        decl='<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="@CANARY@/xml-stylesheet-pi"?>',
    ),
    items=1,
    not_requested=["xml-stylesheet-pi"],
    forbid=["xml-stylesheet-pi"],
)
feed(
    "xml-pi-php",
    G,
    "item stored; processing instructions never reach an output",
    "items",
    rss(item(extra="<?php system('id'); ?>")),
    items=1,
    forbid=["<?php", "system("],
)
feed(
    "xml-xinclude",
    G,
    "item stored; nothing is included",
    "items",
    rss(
        item(
            extra='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="@CANARY@/xml-xinclude" parse="text"/>'
        )
    ),
    items=1,
    not_requested=["xml-xinclude"],
    forbid=[CANARY_TEXT],
)
feed(
    "xml-version-1.1",
    G,
    "rejected or stored with the control characters removed",
    "either",
    rss(item(raw_title="one&#x1;one"), decl='<?xml version="1.1"?>'),
    forbid_bytes=["01"],
)
feed(
    "xml-version-9.9", G, "rejected or stored", "either", rss(item(), decl='<?xml version="9.9"?>')
)
feed(
    "xml-no-declaration",
    G,
    ONE,
    "items",
    rss(item(title="no decl"), decl=""),
    items=1,
    titles=["no decl"],
)
feed(
    "xml-wrong-namespace",
    G,
    "rejected with 'not a feed', or the entry is stored",
    "either",
    atom(entry()).replace("http://www.w3.org/2005/Atom", "http://www.w3.org/2005/Atomm"),
    ext="atom",
)
feed(
    "xml-prefixed-atom",
    G,
    ONE + " (Atom with a namespace prefix on every element)",
    "items",
    '<?xml version="1.0"?><a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:id>tag:x,2025:f</a:id><a:title>f</a:title>'
    "<a:updated>%s</a:updated><a:entry><a:id>tag:x,2025:1</a:id><a:title>prefixed</a:title><a:updated>%s</a:updated>"
    '<a:link href="http://example.com/1"/></a:entry></a:feed>' % (ISO, ISO),
    ext="atom",
    items=1,
    titles=["prefixed"],
)
feed(
    "xml-rss-default-namespace",
    G,
    ONE,
    "items",
    rss(item(title="ns")).replace(
        '<rss version="2.0"', '<rss xmlns="http://backend.userland.com/rss2" version="2.0"'
    ),
    items=1,
    titles=["ns"],
)
feed(
    "xml-reserved-prefix",
    G,
    "rejected or stored; no crash",
    "either",
    rss(item(extra='<x xmlns:xml="urn:bad" xmlns:xmlns="urn:w"/>')),
)
feed(
    "xml-undeclared-prefix",
    G,
    ONE + " (a prefix without a declaration is common in the wild)",
    "either",
    rss(item(title="undeclared", extra="<slash:comments>3</slash:comments>")),
    titles_if_any=["undeclared"],
)
feed(
    "xml-cdata-end",
    G,
    "title text is 'a]]>b'",
    "items",
    rss(item(raw_title="<![CDATA[a]]]]><![CDATA[>b]]>")),
    items=1,
    titles=["a]]>b"],
)
feed(
    "xml-cdata-unclosed",
    G,
    "rejected, or items before the break only",
    "either",
    rss(item(title="before")).replace("</channel>", "<item><title><![CDATA[never closed</channel>"),
    titles_if_any=["before"],
)
feed(
    "xml-truncated",
    G,
    "a warning about the broken XML; items complete before the break may be stored",
    "either",
    rss(*[item("t%d" % i, "http://example.com/%d" % i, "g%d" % i) for i in range(20)])[:2500],
    items=[0, 13],
)
feed(
    "xml-mismatched-tags",
    G,
    "rejected or stored; a warning",
    "either",
    rss(item(extra="<a><b></a></b>")),
)
feed(
    "xml-bare-ampersand",
    G,
    "item stored with title 'AT&T & Dawn' (recovery), or rejected with a clear error",
    "either",
    rss(item(raw_title="AT&T & Dawn")),
    titles_if_any=["AT&T & Dawn"],
)
feed(
    "xml-html-entities",
    G,
    "item stored with title 'caf\u00e9\u00a0\u2026' or with NBSP as space",
    "either",
    rss(item(raw_title="caf&eacute;&nbsp;&hellip;")),
)
feed(
    "xml-leading-whitespace",
    G,
    ONE,
    "items",
    "\n\n  \t" + rss(item(title="lead")),
    items=1,
    titles=["lead"],
)
feed(
    "xml-leading-text",
    G,
    "rejected, or the item is stored with a warning",
    "either",
    "Warning: mysql_connect() failed in index.php on line 3<br />\n"
    + rss(item(title="junk first")),
)
feed(
    "xml-trailing-html",
    G,
    "item stored with a warning, or rejected",
    "either",
    rss(item(title="tail")) + "<script>alert(1)</script><!-- cached -->",
    titles_if_any=["tail"],
    forbid=["alert(1)"],
)
feed(
    "xml-two-roots",
    G,
    "first document's item only, or rejected",
    "either",
    rss(item("first", guid="1")) + rss(item("second", "http://example.com/2", "2"), decl=""),
    items=[0, 1],
)
feed(
    "xml-empty-root",
    G,
    "rejected as not a feed, or accepted with no items",
    "either",
    '<?xml version="1.0"?><rss/>',
    items=0,
)
feed("xml-empty-channel", G, "success with no items", "unchanged", rss(), items=0)
feed(
    "xml-rss-inside-html",
    G,
    "rejected: HTML, not a feed",
    "either",
    "<html><body>" + rss(item(), decl="") + "</body></html>",
    ctype="text/html",
)
feed(
    "xml-svg-root",
    G,
    "rejected: not a feed",
    "error",
    '<svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg>',
    items=0,
)
feed(
    "xml-soap-root",
    G,
    "rejected: not a feed",
    "error",
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>',
    ctype="application/xml",
    items=0,
)
feed(
    "xml-base-javascript",
    G,
    "item stored; its link is dropped or http(s), never javascript:",
    "items",
    atom(entry(link="alert(1)"), attrs='xml:base="javascript:"'),
    ext="atom",
    items=1,
    inert=True,
    forbid=["javascript:"],
)
feed(
    "xml-base-data",
    G,
    "item stored; its link is dropped or http(s), never data:",
    "items",
    atom(entry(link="x"), attrs='xml:base="data:text/html,"'),
    ext="atom",
    items=1,
    inert=True,
    forbid=["data:text"],
)
feed("xml-same-item-twice", G, "one item", "items", rss(item(), item()), items=1)
feed(
    "xml-channel-repeated",
    G,
    "both channels' items, or the first's; no crash",
    "either",
    rss(item("c1", guid="1")).replace(
        "</channel>",
        "</channel><channel><title>two</title>%s</channel>"
        % item("c2", "http://example.com/2", "2"),
    ),
)
