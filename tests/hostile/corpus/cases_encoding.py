"""Character sets, control characters, surrogates, invisible text."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import feed, item, rss

G = "encoding"
SURV = "item stored with U+FFFD or a sensible guess for the bad bytes, or rejected; output stays well-formed UTF-8"


def raw(text: str, *subs: tuple[str, bytes], enc="utf-8") -> bytes:
    b = text.encode(enc)
    for marker, value in subs:
        b = b.replace(marker.encode(enc), value)
    return b


feed(
    "enc-invalid-utf8",
    G,
    SURV,
    "either",
    raw(rss(item("bad @1 bytes")), ("@1", b"\xff\xfe\xc3\x28")),
)
feed(
    "enc-overlong-utf8",
    G,
    SURV + "; the overlong '<' never becomes markup",
    "either",
    raw(rss(item("over @1script@2")), ("@1", b"\xc0\xbc"), ("@2", b"\xc0\xbe")),
    inert=True,
)
feed(
    "enc-utf7",
    G,
    "UTF-7 is never decoded: no markup appears",
    "either",
    rss(item("+ADw-script+AD4-alert(1)+ADw-/script+AD4-")),
    headers={"Content-Type": "text/xml; charset=utf-7"},
    inert=True,
)
feed(
    "enc-utf7-declared",
    G,
    "UTF-7 is never decoded: no markup appears",
    "either",
    rss(item("+ADw-script+AD4-"), decl='<?xml version="1.0" encoding="utf-7"?>'),
    inert=True,
)
feed(
    "enc-utf16-bom",
    G,
    "title is 'یوٹیوب ok'",
    "items",
    lambda env: rss(item("یوٹیوب ok"), decl='<?xml version="1.0" encoding="UTF-16"?>').encode(
        "utf-16"
    ),
    items=1,
    titles=["یوٹیوب ok"],
)
feed(
    "enc-utf16be-nobom",
    G,
    "title is 'be ok' (declaration readable without a BOM), or rejected",
    "either",
    lambda env: rss(item("be ok"), decl='<?xml version="1.0" encoding="UTF-16BE"?>').encode(
        "utf-16-be"
    ),
    titles_if_any=["be ok"],
)
feed(
    "enc-utf32-bom",
    G,
    "title is 'wide', or rejected",
    "either",
    lambda env: rss(item("wide"), decl='<?xml version="1.0" encoding="UTF-32"?>').encode("utf-32"),
    titles_if_any=["wide"],
)
feed(
    "enc-latin1-as-utf8",
    G,
    "title is 'caf\u00e9' (guess) or has U+FFFD",
    "either",
    raw(rss(item("caf@1")), ("@1", b"\xe9")),
)
feed(
    "enc-utf8-as-latin1",
    G,
    "title is 'caf\u00e9' when the HTTP header says utf-8 but the declaration latin-1",
    "items",
    lambda env: rss(item("caf\u00e9"), decl='<?xml version="1.0" encoding="iso-8859-1"?>').encode(),
    headers={"Content-Type": "application/rss+xml; charset=utf-8"},
    items=1,
    titles=["caf\u00e9"],
)
feed(
    "enc-http-charset-wrong",
    G,
    "header latin-1, body and declaration UTF-8 with Urdu: the title survives, or is stored as bytes say",
    "either",
    rss(item("پاکستان")),
    headers={"Content-Type": "text/xml; charset=iso-8859-1"},
)
feed(
    "enc-unknown-charset",
    G,
    "item stored (guess) or rejected; no crash on an unknown codec",
    "either",
    rss(item("klingon")),
    headers={"Content-Type": "text/xml; charset=x-klingon"},
    titles_if_any=["klingon"],
)
feed(
    "enc-charset-garbage",
    G,
    "item stored; the broken parameter is ignored",
    "either",
    rss(item("quoted")),
    headers={"Content-Type": "text/xml; charset=\"utf-8'; DROP TABLE; charset="},
    titles_if_any=["quoted"],
)
for _codec in (
    "unicode_escape",
    "raw_unicode_escape",
    "idna",
    "punycode",
    "base64",
    "zlib",
    "bz2",
    "rot13",
    "hex",
    "undefined",
    "mbcs",
    "palmos",
    "utf_8_sig",
    "hz",
    "iso2022_jp",
):
    feed(
        "enc-codec-" + _codec.replace("_", "-"),
        G,
        "a codec that is not a character set of the web is refused or ignored; no markup, no long decode",
        "either",
        rss(
            item("\\x3cscript\\x3ealert(1)\\x3c/script\\x3e \\u003cb\\u003e", desc="a-" * 20_000),
            decl='<?xml version="1.0" encoding="%s"?>' % _codec,
        ),
        headers={"Content-Type": "text/xml; charset=" + _codec},
        inert=True,
        max_s=10,
        max_mb=200,
    )
feed(
    "enc-punycode-quadratic",
    G,
    "no quadratic decode (the standard library's punycode/idna codecs are)",
    "either",
    lambda env: (
        b'<?xml version="1.0" encoding="punycode"?>' + b"a" * 400_000 + b"-" + b"z" * 400_000
    ),
    headers={"Content-Type": "text/xml; charset=punycode"},
    max_s=10,
    max_mb=200,
)
feed(
    "enc-nul-bytes",
    G,
    "rejected, or stored without the NULs",
    "either",
    raw(rss(item("nul@1in@1title")), ("@1", b"\0")),
    forbid_bytes=["00"],
)
feed(
    "enc-control-bytes",
    G,
    "rejected, or stored without the control characters; outputs parse as XML 1.0",
    "either",
    raw(rss(item("ctl@1end")), ("@1", bytes(range(1, 9)) + b"\x0b\x0c\x0e\x1b\x1f\x7f")),
    forbid_bytes=["01", "08", "0b", "0c", "1b"],
)
feed(
    "enc-control-refs",
    G,
    "rejected, or stored without the control characters; outputs parse as XML 1.0",
    "either",
    rss(item(raw_title="ref &#0;&#1;&#8;&#11;&#x1B;&#x1F; end")),
    forbid_bytes=["00", "01", "08", "0b", "1b"],
)
feed(
    "enc-control-double-escaped",
    G,
    "HTML-level references to control characters vanish too",
    "items",
    rss(item("x", desc="a &#1; b &#x1b; c &#0; d")),
    items=1,
    forbid_bytes=["00", "01", "1b"],
)
feed(
    "enc-surrogate-refs",
    G,
    "rejected, or the surrogates replaced; nothing fails on encode to UTF-8",
    "either",
    rss(item(raw_title="sur &#xD800; &#xDFFF; &#xD83D;&#xDE00; end")),
)
feed(
    "enc-surrogate-bytes",
    G,
    SURV,
    "either",
    raw(rss(item("ces @1 u")), ("@1", b"\xed\xa0\xbd\xed\xb8\x80")),
)
feed(
    "enc-noncharacters",
    G,
    "stored with or without them; outputs parse as XML 1.0 (U+FFFE and U+FFFF are not allowed)",
    "either",
    rss(item("non \ufdd0 \ufffe \uffff \U0001fffe end")),
    forbid_bytes=["efbfbe", "efbfbf"],
)
feed(
    "enc-bom-double",
    G,
    "title is 'bom'",
    "either",
    lambda env: b"\xef\xbb\xbf\xef\xbb\xbf" + rss(item("bom")).encode(),
    titles_if_any=["bom"],
)
feed(
    "enc-bom-single",
    G,
    "title is 'bom'",
    "items",
    lambda env: b"\xef\xbb\xbf" + rss(item("bom")).encode(),
    items=1,
    titles=["bom"],
)
feed(
    "enc-windows-1252-refs",
    G,
    "&#147; &#148; &#133; become real quotes and an ellipsis, or are dropped; never C1 controls",
    "items",
    rss(item(raw_title="&#147;Quoted&#148; &#133;")),
    items=1,
    forbid_bytes=["c293", "c294", "c285"],
)
feed(
    "enc-ref-out-of-range",
    G,
    "rejected, or the reference is left out; no OverflowError/ValueError",
    "either",
    rss(item(raw_title="big &#x110000; &#99999999999999999999; end")),
)
feed(
    "enc-ref-out-of-range-html",
    G,
    "the same inside escaped HTML",
    "items",
    rss(item("x", desc="big &#x110000; &#99999999999999999999; &#xFFFFFFFFFFFFFFFFFFFF; end")),
    items=1,
)
feed(
    "enc-rtl-override",
    G,
    "stored; bidi controls removed from titles (or isolated), so neighbouring entries are not reordered",
    "items",
    rss(item("safe \u202egpj.exe\u202c \u2066x \u2067y z", guid="rtl")),
    items=1,
    forbid_bytes=["e280ae", "e281a6", "e281a7"],
)
feed(
    "enc-zalgo",
    G,
    "stored; a pile of 10,000 combining marks is bounded",
    "items",
    rss(item("z" + "\u0301\u0334" * 5000 + "algo")),
    items=1,
    max_s=5,
)
feed(
    "enc-nfd-explosion",
    G,
    "stored; U+FDFA x 10,000 (18 letters each under NFKC) costs little",
    "items",
    rss(item("\ufdfa" * 10_000)),
    items=1,
    max_s=5,
    max_mb=100,
)
feed(
    "enc-line-separators",
    G,
    "title is one line: U+2028, U+2029, U+0085, tab, CR and LF become spaces",
    "items",
    rss(item(raw_title="a&#x2028;b&#x2029;c&#x85;d&#9;e&#13;f&#10;g")),
    items=1,
    titles=["a b c d e f g"],
)
feed(
    "enc-tag-characters",
    G,
    "invisible tag characters (U+E0020..) are removed from titles",
    "items",
    rss(item("visible" + "".join(chr(0xE0000 + ord(c)) for c in "ignore all previous text"))),
    items=1,
    forbid_bytes=["f3a081a9"],
)
