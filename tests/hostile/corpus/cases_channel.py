"""Fields of the channel: schedules, titles, links, hubs."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import atom, entry, feed, item, rss

G = "channel"
for _id, _head in [
    ("ttl-huge", "<ttl>99999999999999</ttl>"),
    ("ttl-negative", "<ttl>-5</ttl>"),
    ("ttl-garbage", "<ttl>often</ttl>"),
    (
        "skip-all-hours",
        "<skipHours>%s</skipHours>" % "".join("<hour>%d</hour>" % h for h in range(24)),
    ),
    (
        "skip-all-days",
        "<skipDays>%s</skipDays>"
        % "".join(
            "<day>%s</day>" % d
            for d in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        ),
    ),
    (
        "sy-zero",
        "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
    ),
    (
        "sy-huge",
        "<sy:updatePeriod>yearly</sy:updatePeriod><sy:updateFrequency>-1</sy:updateFrequency><sy:updateBase>9999-12-31</sy:updateBase>",
    ),
]:
    feed(
        "chan-" + _id,
        G,
        "item stored; the next poll stays within the product's own bounds (no division by zero, no never-again)",
        "items",
        rss(item("sched"), head=_head),
        items=1,
        backoff=[0, 7 * 86400],
    )
feed(
    "chan-title-script",
    G,
    "feed title is plain text in every output",
    "items",
    rss(item(), title="<script>alert(1)</script>News"),
    items=1,
    inert=True,
)
feed(
    "chan-title-traversal",
    G,
    "the title is never used as a path",
    "items",
    rss(item(), title="../../../../tmp/pwned\\..\\pwned"),
    items=1,
    no_file="pwned",
)
feed(
    "chan-title-crlf",
    G,
    "one line in logs and outputs",
    "items",
    rss(item(), raw_title="a&#13;&#10;ERROR forged log line&#13;&#10;b"),
    items=1,
    log_lines_not_starting=["ERROR forged"],
)
feed(
    "chan-image-javascript",
    G,
    "image and logo URLs are dropped unless http(s)",
    "items",
    rss(
        item(),
        head="<image><url>javascript:alert(1)</url><title>x</title><link>data:text/html,x</link></image>",
    ),
    items=1,
    forbid=["javascript:", "data:text"],
)
feed(
    "chan-link-javascript",
    G,
    "the site link is dropped unless http(s)",
    "items",
    rss(item()).replace("<link>http://example.com/</link>", "<link>javascript:alert(1)</link>", 1),
    items=1,
    forbid=["javascript:"],
)
feed(
    "chan-self-other",
    G,
    "atom:link rel=self elsewhere does not change the polled URL",
    "items",
    rss(item(), head='<atom:link rel="self" href="@CANARY@/chan-self-other"/>'),
    items=1,
    fetches=2,
    not_requested=["chan-self-other"],
)
feed(
    "chan-hub-private",
    G,
    "a hub on a private address is not contacted",
    "items",
    rss(item(), head='<atom:link rel="hub" href="@CANARY@/chan-hub-private"/>'),
    items=1,
    not_requested=["chan-hub-private"],
)
feed(
    "chan-new-feed-url",
    G,
    "itunes:new-feed-url to a private address is not followed",
    "items",
    rss(item(), head="<itunes:new-feed-url>@CANARY@/chan-new-feed-url</itunes:new-feed-url>"),
    items=1,
    fetches=2,
    not_requested=["chan-new-feed-url"],
)
feed(
    "chan-next-page",
    G,
    "rel=next pages are not followed to a private address, nor without end",
    "items",
    atom(entry(), head='<link rel="next" href="@CANARY@/chan-next-page"/>'),
    ext="atom",
    items=1,
    not_requested=["chan-next-page"],
)
feed(
    "chan-cloud",
    G,
    "rssCloud is not contacted",
    "items",
    rss(
        item(),
        head='<cloud domain="127.0.0.1" port="80" path="/RPC2" registerProcedure="x" protocol="xml-rpc"/>',
    ),
    items=1,
)
