"""XML: entities, depth and breadth."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from xml.sax.saxutils import escape

from tests.hostile.corpus.builders import (
    CANARY_TEXT,
    MB,
    atom,
    canary,
    entry,
    feed,
    item,
    rss,
    stream,
)

G = "xml"
feed(
    "xml-xxe-file",
    G,
    "rejected, or stored with the entity left out; no file content in any output",
    "either",
    rss(
        item(raw_title="leak &x;"),
        doctype='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n',
    ),
    forbid=["root:x:", "root:*:"],
)
feed(
    "xml-xxe-file-content",
    G,
    "as xml-xxe-file, entity in content:encoded",
    "either",
    rss(
        item(extra="<content:encoded>&x;</content:encoded>"),
        doctype='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n',
    ),
    forbid=["root:x:", "root:*:"],
)
for _id, _dt, _ref in [
    ("xml-xxe-http", '<!DOCTYPE rss [<!ENTITY x SYSTEM "%s">]>', "&x;"),
    ("xml-xxe-public", '<!DOCTYPE rss [<!ENTITY x PUBLIC "-//X//Y" "%s">]>', "&x;"),
    ("xml-xxe-parameter", '<!DOCTYPE rss [<!ENTITY %% p SYSTEM "%s"> %%p;]>', ""),
    ("xml-xxe-external-dtd", '<!DOCTYPE rss SYSTEM "%s">', ""),
    (
        "xml-xxe-netscape-dtd",
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "%s">',
        "",
    ),
]:
    feed(
        _id,
        G,
        "no request leaves for the external entity; rejected or stored without its text",
        "either",
        rss(item(raw_title="title " + _ref), doctype=_dt % canary(_id) + "\n"),
        not_requested=[_id],
        forbid=[CANARY_TEXT],
    )
feed(
    "xml-xxe-utf16",
    G,
    "as xml-xxe-http: UTF-16 must not hide the DOCTYPE from a byte-level filter",
    "either",
    lambda env: rss(
        item(raw_title="t &x;"),
        decl='<?xml version="1.0" encoding="UTF-16"?>\n',
        doctype='<!DOCTYPE rss [<!ENTITY x SYSTEM "%s/xml-xxe-utf16">]>' % env.canary,
    ).encode("utf-16"),
    not_requested=["xml-xxe-utf16"],
    forbid=[CANARY_TEXT],
)


def lol(depth=9, width=10, base="lol"):
    ents = ['<!ENTITY l0 "%s">' % base]
    ents += ['<!ENTITY l%d "%s">' % (i, ("&l%d;" % (i - 1)) * width) for i in range(1, depth + 1)]
    return "<!DOCTYPE rss [" + "".join(ents) + "]>\n"


BOMB = "rejected or stored without the expansion, quickly and in little memory"
feed(
    "xml-billion-laughs",
    G,
    BOMB,
    "either",
    rss(item(raw_title="&l9;"), doctype=lol()),
    max_s=5,
    max_mb=100,
)
feed(
    "xml-billion-laughs-attribute",
    G,
    BOMB,
    "either",
    rss(
        item(extra='<enclosure url="http://example.com/&l9;" length="1" type="a/b"/>'),
        doctype=lol(),
    ),
    max_s=5,
    max_mb=100,
)
feed(
    "xml-billion-laughs-utf16",
    G,
    BOMB,
    "either",
    lambda env: rss(
        item(raw_title="&l9;"), decl='<?xml version="1.0" encoding="UTF-16"?>', doctype=lol()
    ).encode("utf-16"),
    max_s=5,
    max_mb=100,
)
feed(
    "xml-billion-laughs-ebcdic",
    G,
    BOMB,
    "either",
    lambda env: rss(
        item(raw_title="&l9;"), decl='<?xml version="1.0" encoding="cp037"?>', doctype=lol()
    ).encode("cp037"),
    max_s=5,
    max_mb=100,
)
feed(
    "xml-doctype-deep-model",
    G,
    "rejected or stored; a deep content model in the DTD does not overflow a stack",
    "either",
    rss(
        item(),
        doctype="<!DOCTYPE rss [<!ELEMENT rss " + "(" * 50_000 + "channel" + ")" * 50_000 + ">]>\n",
    ),
    max_s=5,
    max_mb=200,
)
feed(
    "xml-billion-laughs-parameter",
    G,
    BOMB,
    "either",
    rss(
        item(),
        doctype='<!DOCTYPE rss [<!ENTITY % a "aaaaaaaaaa"><!ENTITY % b "<!ENTITY c \'%a;%a;%a;\'>"> %b;]>\n',
    ),
    max_s=5,
    max_mb=100,
)
feed(
    "xml-quadratic-blowup",
    G,
    BOMB,
    "either",
    rss(
        item(raw_title="&q;" * 5000),
        doctype='<!DOCTYPE rss [<!ENTITY q "%s">]>\n' % ("q" * 100_000),
    ),
    max_s=5,
    max_mb=100,
)
feed(
    "xml-entity-recursion",
    G,
    "rejected: an entity that contains itself",
    "either",
    rss(item(raw_title="&a;"), doctype='<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]>\n'),
    max_s=5,
)
feed(
    "xml-entity-benign",
    G,
    "rejected or stored; a small internal entity is harmless but need not be expanded",
    "either",
    rss(item(raw_title="by &org;"), doctype='<!DOCTYPE rss [<!ENTITY org "AFP">]>\n'),
)
DEEP = "rejected or stored without the deep part; no crash of the process (stack, recursion limit)"
feed(
    "xml-deep-100k",
    G,
    DEEP,
    "either",
    rss(item(extra="<x>" * 100_000 + "</x>" * 100_000)),
    max_s=10,
    max_mb=200,
)
feed(
    "xml-deep-unclosed-100k",
    G,
    DEEP,
    "either",
    rss(item(extra="<x>" * 100_000)),
    max_s=10,
    max_mb=200,
)
feed(
    "xml-deep-html-100k",
    G,
    DEEP,
    "either",
    rss(item(raw_desc=escape("<div>" * 100_000 + "deep" + "</div>" * 100_000))),
    max_s=15,
    max_mb=300,
)
feed(
    "xml-deep-html-unclosed",
    G,
    DEEP,
    "either",
    rss(item(raw_desc=escape("<b><i><a href=x>" * 50_000))),
    max_s=15,
    max_mb=300,
)
feed(
    "xml-deep-xhtml-50k",
    G,
    DEEP,
    "either",
    atom(
        entry(
            inner='<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">%s</div></content>'
            % ("<b>" * 50_000 + "x" + "</b>" * 50_000)
        )
    ),
    ext="atom",
    max_s=15,
    max_mb=300,
)
feed(
    "xml-many-attributes",
    G,
    "rejected or stored; not quadratic in the number of attributes",
    "either",
    rss(item(extra="<x %s/>" % " ".join('a%d="1"' % i for i in range(50_000)))),
    max_s=10,
    max_mb=200,
)
feed(
    "xml-many-namespaces",
    G,
    "rejected or stored; not quadratic in the number of namespaces",
    "either",
    rss(item(extra="<x %s/>" % " ".join('xmlns:n%d="urn:%d"' % (i, i) for i in range(10_000)))),
    max_s=10,
    max_mb=200,
)
feed(
    "xml-many-elements",
    G,
    "rejected or stored; 500,000 unknown empty elements",
    "either",
    stream(
        lambda env: (
            [rss(item(extra="@@")).split("@@")[0]]
            + ["<x/>" * 50_000] * 10
            + [rss(item(extra="@@")).split("@@")[1]]
        )
    ),
    big=True,
    max_s=20,
    max_mb=300,
)
feed(
    "xml-huge-attribute",
    G,
    "rejected or stored with a bounded value",
    "either",
    rss(item(extra='<media:content url="http://example.com/%s"/>' % ("a" * 8_000_000))),
    big=True,
    max_s=15,
    max_mb=300,
)
feed(
    "xml-huge-comment",
    G,
    "the item is stored or the size limit names itself",
    "either",
    stream(
        lambda env: (
            [rss(item(extra="<!--@@-->")).split("@@")[0]]
            + ["c" * MB] * 8
            + [rss(item(extra="<!--@@-->")).split("@@")[1]]
        )
    ),
    big=True,
    max_s=15,
    max_mb=300,
)
feed(
    "xml-long-name",
    G,
    "rejected or stored; a 1 MB element name",
    "either",
    rss(item(extra="<%s/>" % ("n" * 1_000_000))),
    max_s=10,
    max_mb=200,
)
