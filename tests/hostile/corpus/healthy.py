"""Healthy feeds, polled next to the hostile ones."""
# ruff: noqa: UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import atom, entry, item, rss

GOOD = {
    "a.rss": rss(
        *[
            item(
                "Good news %d from A about topic %s" % (i, "abcde"[i]),
                "http://a.example/good/%d" % i,
                "good-a-%d" % i,
            )
            for i in range(5)
        ],
        title="Good A",
    ),
    "b.rss": rss(
        *[
            item(
                "Quiet report %d of B on subject %s" % (i, "vwxyz"[i]),
                "http://b.example/good/%d" % i,
                "good-b-%d" % i,
            )
            for i in range(5)
        ],
        title="Good B",
    ),
    "c.atom": atom(
        *[
            entry(
                "Steady entry %d of C, part %s" % (i, "klmno"[i]),
                "http://c.example/good/%d" % i,
                "tag:c.example,2025:%d" % i,
            )
            for i in range(5)
        ]
    ),
    "hijacked.rss": rss(
        item(
            "Original story from A",
            "http://a.example/story",
            "tag:a.example,2025:story",
            "The original text of A.",
        ),
        title="A",
    ),
}
