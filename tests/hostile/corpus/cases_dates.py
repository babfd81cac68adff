"""Dates that are wrong, odd or out of range."""

# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import atom, entry, feed, item, rss

G = "dates"
for _id, _d, _exp in [
    (
        "9999",
        "Fri, 31 Dec 9999 23:59:59 +0000",
        "clamped to the fetch time (or flagged): it never stays on top of the feed",
    ),
    (
        "future",
        "Mon, 12 Aug 2035 10:00:00 +0000",
        "clamped to the fetch time (or flagged): it never stays on top of the feed",
    ),
    ("1970", "Thu, 01 Jan 1970 00:00:00 +0000", "stored; treated as unknown or kept; no crash"),
    ("0000", "Sat, 00 Jan 0000 00:00:00 +0000", "stored as undated"),
    ("negative", "-62135596801", "stored as undated or before 1970; no OverflowError/OSError"),
    ("bc", "-0044-03-15T12:00:00Z", "stored as undated"),
    ("year-5-digits", "Tue, 12 Aug 99999 10:00:00 +0000", "stored as undated; no OverflowError"),
    (
        "year-huge",
        "9" * 400 + "-01-01T00:00:00Z",
        "stored as undated; no ValueError past the parser",
    ),
    ("epoch-ms", "1754992800000", "stored as undated, or as 2025-08-12"),
    ("garbage", "sometime last week", "stored as undated"),
    ("empty", "", "stored as undated"),
    ("relative", "2 hours ago", "stored as undated or near the fetch time"),
    ("day-32", "Wed, 32 Aug 2025 25:61:61 +0000", "stored as undated"),
    ("leap-second", "Sat, 31 Dec 2016 23:59:60 GMT", "stored; date is 2016-12-31 or 2017-01-01"),
    ("feb-30", "2025-02-30T00:00:00Z", "stored as undated or early March"),
    ("zone-9999", "Tue, 12 Aug 2025 10:00:00 +9999", "stored; offset clamped or undated"),
    ("zone-name", "Tue, 12 Aug 2025 10:00:00 Asia/Karachi", "stored; 05:00 UTC, or undated"),
    (
        "zone-pkt",
        "Tue, 12 Aug 2025 10:00:00 PKT",
        "stored; 05:00 UTC, or undated; never read as 10:00 in the server's own zone",
    ),
    ("locale", "mar., 12 ao\u00fbt 2025 10:00:00 +0000", "stored as undated, or as 2025-08-12"),
    (
        "urdu-digits",
        "Tue, \u06f1\u06f2 Aug \u06f2\u06f0\u06f2\u06f5 10:00:00 +0000",
        "stored as undated, or as 2025-08-12; no crash",
    ),
    ("digits-100k", "1" * 100_000, "stored as undated, quickly"),
    (
        "spaces-100k",
        "2025-08-12" + " " * 100_000 + "x",
        "stored as undated, quickly (no regular-expression blow-up)",
    ),
    ("markup", "<b>Tue, 12 Aug 2025 10:00:00 +0000</b>", "stored; no markup in outputs"),
    ("nan", "NaN", "stored as undated"),
    ("inf", "inf", "stored as undated"),
    ("hex", "0x7fffffffffffffff", "stored as undated"),
]:
    feed(
        "date-" + _id,
        G,
        _exp,
        "items",
        rss(item("dated " + _id, date=_d)),
        items=1,
        max_s=5,
        dates_sane=True,
    )
feed(
    "date-many",
    G,
    "stored; repeated and conflicting dates",
    "items",
    rss(
        item(
            "many",
            extra="<pubDate>garbage</pubDate><dc:date>2025-08-12</dc:date><atom:updated>9999-01-01T00:00:00Z</atom:updated>",
        )
    ),
    items=1,
    dates_sane=True,
)
feed(
    "date-atom-backwards",
    G,
    "stored; updated lies before published",
    "items",
    atom(entry("back", inner="<published>2030-01-01T00:00:00Z</published>")),
    ext="atom",
    items=1,
    dates_sane=True,
)
