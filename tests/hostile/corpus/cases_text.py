"""Text that other layers might interpret, and text that disturbs matching."""
# ruff: noqa: E501 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

import json

from tests.hostile.corpus.builders import feed, item, rss

G = "text"
for _id, _t in [
    ("sql", "Robert'); DROP TABLE items;-- \" OR 1=1"),
    ("fts", 'NEAR("x", 3) AND title:* OR ^a -b "unclosed'),
    ("like", "100% _under_ [a-z] \\% _"),
    ("format", "{0.__class__.__mro__} %s %n %(x)s $HOME `id` $(id)"),
    ("shell", "; touch pwned; $(touch pwned) `touch pwned` | touch pwned &"),
    ("csv-formula", '=HYPERLINK("http://evil.example","x")'),
    ("csv-formula-at", "@SUM(1+1)*cmd|' /C calc'!A0"),
    ("jndi", "${jndi:ldap://127.0.0.1/x}"),
    ("null-word", "NULL"),
    ("none-word", "None"),
    ("true-word", "true"),
    ("number-word", "1e309"),
    ("yaml", "!!python/object/apply:os.system ['touch pwned']"),
    ("json", '\\u003cscript\\u003e\\u2028"}],{"x":1'),
    ("markdown", "[x](javascript:alert(1)) ![y](http://tracker.example/p)"),
    ("rst", ".. include:: /etc/passwd"),
    ("emoji", "\U0001f1f5\U0001f1f0 \U0001f468\u200d\U0001f469\u200d\U0001f467 ok"),
    (
        "urdu",
        "\u067e\u0627\u06a9\u0633\u062a\u0627\u0646 \u0627\u0648\u0631 \u0627\u0645\u0631\u06cc\u06a9\u06c1",
    ),
    ("backslashes", "\\\\n \\0 \\x00 \\"),
]:
    feed(
        "text-" + _id,
        G,
        "stored with exactly this title (whitespace may be normalised, invisible joiners may go); nothing is executed",
        "items",
        rss(item(_t)),
        items=1,
        titles=[_t],
        titles_loose=_id in ("emoji", "urdu"),
        no_file="pwned",
        inert=_id != "json",
    )
feed(
    "text-path-name",
    G,
    "item and feed names never become paths",
    "items",
    rss(item("../../../tmp/pwned", guid="../../pwned"), title="..\\..\\pwned"),
    items=1,
    no_file="pwned",
)
feed(
    "text-ansi",
    G,
    "terminal output of the product contains no ESC or other control characters (JSON Feed can carry them)",
    "items",
    json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "t",
            "items": [
                {
                    "id": "1",
                    "url": "http://example.com/1",
                    "title": "a\u001b]0;pwned\u0007b\u001b[2Jc\u009b31md\be",
                    "content_text": "x",
                }
            ],
        }
    ),
    ext="json",
    items=1,
    forbid_bytes=["1b", "07", "08", "c29b"],
)
for _id, _t, _why in [
    ("dots", "...", "a title of dots alone is not the prefix of every story"),
    (
        "short-prefix",
        "U.S...",
        "a cut-off title of one or two words does not swallow unrelated stories",
    ),
    ("stopwords", "The of and to in", "a title of stop words alone matches nothing"),
    ("repeat", "Pakistan " * 400, "a long repetition does not match everything and costs little"),
    (
        "all-keywords",
        "U.S. Pakistan counterterrorism dialogue Islamabad security talks army police India Afghanistan border attack",
        "a keyword-stuffed title does not merge unrelated stories",
    ),
    ("regex", "(((a+)+)+$ [z-a] \\", "text is never used as a pattern"),
    ("regex-redos", "a" * 50_000 + "!", "no pattern backtracks on it"),
    ("brackets", "(" * 20_000, "no pattern backtracks on it"),
    ("ellipses", "\u2026" * 20_000, "stripping of ellipses is linear"),
]:
    feed(
        "dedup-" + _id,
        G,
        "three items stay apart: " + _why,
        "items",
        rss(
            item(_t, "http://example.com/h", "h"),
            item(
                "U.S. and Pakistan hold talks on trade in Washington", "http://example.com/a", "a"
            ),
            item("Pakistan army reports border clash near Chaman", "http://example.com/b", "b"),
        ),
        items=3,
        clusters=3,
        max_s=10,
        max_mb=150,
    )
SEED = "United States and Pakistan Affirm Anti-Terror Efforts at Joint Counterterrorism Dialogue in Islamabad"
for _id, _t in [
    (
        "zero-width",
        "United Sta\u200btes and Pak\u200distan Aff\u2060irm Anti-Terror Ef\ufeffforts at Joint Counterterrorism Dialogue in Islamabad",
    ),
    ("soft-hyphen", SEED.replace("terrorism", "terror\u00adism")),
    ("nbsp", SEED.replace(" ", "\u00a0")),
    ("fullwidth", "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in SEED)),
    ("homoglyph", SEED.replace("a", "\u0430").replace("e", "\u0435").replace("o", "\u043e")),
    ("case", SEED.upper()),
    ("dashes", SEED.replace("-", "\u2011")),
    ("source-suffix", SEED + " - Dawn.com"),
    ("prefix", "BREAKING: " + SEED),
    ("cut", SEED[:70] + "..."),
    ("cut-ellipsis", SEED[:70].rsplit(" ", 1)[0] + "\u2026"),
    ("entity", SEED.replace("and", "&amp;and".replace("&amp;and", "a&#110;d"))),
    ("nfd-marks", SEED.replace("a", "a\u0301", 1)),
    ("bidi", "\u202a" + SEED + "\u202c"),
    ("emoji-suffix", SEED + " \U0001f1f5\U0001f1f0"),
    ("whitespace", "  " + SEED.replace(" ", "  \n ") + "\t"),
]:
    feed(
        "dedup-variant-" + _id,
        G,
        "two items, ONE entry of the published feed: a disguised copy of the same headline",
        "items",
        rss(item(SEED, "http://a.example/1", "a"), item(_t, "http://b.example/2", "b")),
        clusters=1,
        items=[1, 2],
    )
