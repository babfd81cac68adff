"""Which entry is which: guids, links, hijacks, floods."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import (
    ISO,
    RSS_T,
    Case,
    add,
    atom,
    entry,
    feed,
    item,
    rss,
    server,
    u8,
)

G = "identity"
feed(
    "id-dup-guids",
    G,
    "ten different articles under one guid: kept apart (by link) or one stored; never a crash; polling again adds nothing",
    "items",
    rss(
        *[
            item("Different story %d" % i, "http://example.com/s/%d" % i, "same-guid")
            for i in range(10)
        ]
    ),
    items=[1, 10],
    fetches=2,
)
feed(
    "id-no-guid",
    G,
    "two items, identity from the link; polling again adds nothing",
    "items",
    rss(
        item("A story", "http://example.com/a", None),
        item("B story is other", "http://example.com/b", None),
    ),
    items=2,
    fetches=2,
)
feed(
    "id-title-only",
    G,
    "one item, identity from its text; polling again adds nothing",
    "items",
    rss("<item><title>Only a title</title></item>"),
    items=1,
    fetches=2,
)
feed(
    "id-empty-item",
    G,
    "the empty items are skipped, the good one is stored",
    "items",
    rss("<item/>", "<item></item>", item("good")),
    items=1,
    titles=["good"],
)
feed(
    "id-empty-guid",
    G,
    "empty guids do not make the items one",
    "items",
    rss(
        item("First story here", "http://example.com/1", ""),
        item("Second, other story", "http://example.com/2", ""),
    ),
    items=2,
)
feed(
    "id-guid-whitespace",
    G,
    "guid compared after trimming: one item",
    "items",
    rss(item("S", guid="g1"), item("S", guid=" g1\n")),
    items=1,
)
feed(
    "id-guid-javascript-permalink",
    G,
    "a guid is used as link only when it is http(s)",
    "items",
    rss(item("perma", None, raw_guid='<guid isPermaLink="true">javascript:alert(1)</guid>')),
    items=1,
    forbid_links=["javascript:"],
)
feed(
    "id-guid-relative-permalink",
    G,
    "stored; no crash on a relative permalink",
    "items",
    rss(item("perma", None, raw_guid="<guid>42</guid>")),
    items=1,
)
server(
    "id-guid-churn",
    G,
    "same link and title, a new guid on each poll: one item, not three",
    "items",
    "guid_churn",
    fetches=3,
    items=1,
)
server(
    "id-title-churn",
    G,
    "same guid, title edited on each poll: one item, updated in place; the published entry keeps its id",
    "items",
    "title_churn",
    fetches=5,
    items=1,
)
server(
    "id-flood",
    G,
    "200 new items on each poll: capped per feed or kept, but other feeds' entries stay visible in the published feed",
    "items",
    "flood",
    fetches=3,
    items=[1, 600],
    max_s=60,
    good_feeds_visible=True,
)
server(
    "id-order-shuffle",
    G,
    "same items in another order: nothing changes",
    "unchanged",
    "shuffle",
    fetches=3,
    items=5,
)
for _id, _exp, _b in [
    (
        "id-hijack-guid",
        "feed B reuses A's guid with its own link and text: A's item is not overwritten or suppressed; both are kept apart",
        rss(item("Evil replacement", "http://evil.example/1", "tag:a.example,2025:story")),
    ),
    (
        "id-hijack-link",
        "feed B uses A's link with another title and guid: A's stored title and text stay",
        rss(item("Evil new headline about nothing", "http://a.example/story", "evil-guid")),
    ),
]:
    add(
        Case(
            _id,
            "feed",
            G,
            _exp,
            "items",
            {
                "titles_include": ["Original story from A"],
                "links_include": ["http://a.example/story"],
            },
            u8(_b),
            headers={"Content-Type": RSS_T},
            feeds=["/good/hijacked.rss", "/c/" + _id],
            fetches=2,
        )
    )
feed(
    "id-hijack-source",
    G,
    "atom:source / RSS source naming another outlet does not change which feed the item is filed under",
    "items",
    atom(
        entry(
            "sourced",
            inner="<source><id>tag:reuters.example,2025:f</id><title>Reuters</title><updated>%s</updated></source>"
            % ISO,
        )
    ),
    ext="atom",
    items=1,
)
add(
    Case(
        "id-suppress-by-title",
        "feed",
        G,
        "feed B copies A's headline, dated a day earlier, with its own link: A's link is still the entry's or among its sources; A's story is not lost",
        "items",
        {"links_include": ["http://a.example/story"]},
        u8(
            rss(
                item(
                    "Original story from A",
                    "http://evil.example/phish",
                    "evil-2",
                    date="Mon, 11 Aug 2025 10:00:00 +0000",
                )
            )
        ),
        headers={"Content-Type": RSS_T},
        feeds=["/c/id-suppress-by-title", "/good/hijacked.rss"],
        fetches=2,
    )
)
