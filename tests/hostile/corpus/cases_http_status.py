"""HTTP: statuses, Retry-After, validators, answers that change."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import item, rss, server

G = "http"
server(
    "http-204",
    G,
    "success or error, no items, items of before kept",
    "either",
    "steps",
    args={"steps": [{"feed": "keep204"}, {"status": 204}]},
    fetches=2,
    items=1,
)
server(
    "http-205-206",
    G,
    "a partial answer (206) that was not asked for is not taken as the feed",
    "either",
    "steps",
    args={
        "steps": [{"status": 206, "headers": {"Content-Range": "bytes 0-99/9999"}, "feed": "part"}]
    },
)
for _st, _exp, _out in [
    (401, "failed: needs a login; backed off", "error"),
    (402, "failed", "error"),
    (403, "failed; backed off", "error"),
    (404, "failed; after repeats backed off", "error"),
    (418, "failed", "error"),
    (451, "failed", "error"),
    (500, "failed; a feed in an error's body is not read", "error"),
    (502, "failed", "error"),
    (503, "failed; backed off", "error"),
]:
    server(
        "http-%d" % _st,
        G,
        _exp,
        _out,
        "steps",
        args={"steps": [{"status": _st, "feed": "error body %d" % _st}]},
        items=0,
    )
server(
    "http-410",
    G,
    "failed; polled once more after a day, and then marked as gone; its items stay",
    "wait",
    "steps",
    args={"steps": [{"status": 410, "feed": "error body 410"}]},
    items=0,
    backoff=[86400, 2 * 86400],
)
for _id, _val, _lo, _hi, _why in [
    ("seconds", "120", 120, 3600, "no poll for at least 120 s"),
    ("huge", "99999999999999999999", 60, 30 * 86400, "clamped to 30 days, no OverflowError"),
    ("negative", "-100", 0, 86400, "treated as absent: ordinary back-off"),
    ("garbage", "soon, maybe", 0, 86400, "treated as absent: ordinary back-off"),
    ("float", "1.5e3", 0, 86400, "treated as absent or 1500 s; no crash"),
    ("empty", "", 0, 86400, "treated as absent"),
    ("nan", "NaN", 0, 86400, "treated as absent: never NaN in the schedule"),
    ("unicode", "\u0661\u0662\u0660", 0, 86400, "Arabic digits: treated as absent; no crash"),
    (
        "date-future",
        "Fri, 31 Dec 2199 23:59:59 GMT",
        60,
        30 * 86400,
        "an HTTP date: clamped to 30 days",
    ),
    (
        "date-past",
        "Mon, 01 Jan 1990 00:00:00 GMT",
        0,
        86400,
        "in the past: ordinary back-off, no negative delay",
    ),
    (
        "date-overflow",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        0,
        30 * 86400,
        "treated as absent; no OverflowError",
    ),
]:
    server(
        "http-429-" + _id,
        G,
        "failed, backed off: " + _why,
        "wait",
        "steps",
        args={"steps": [{"status": 429, "headers": {"Retry-After": _val}}]},
        items=0,
        backoff=[_lo, _hi],
    )
server(
    "http-304-first",
    G,
    "304 to an unconditional request: failed (or no items), retried without validators; no crash",
    "either",
    "steps",
    args={"steps": [{"status": 304}]},
    items=0,
)
server(
    "http-304-body",
    G,
    "the 304's stray body is never parsed and never read as the next answer",
    "unchanged",
    "stray_304",
    fetches=3,
    items=1,
)
server(
    "http-304-forever-stale",
    G,
    "after the stored items are lost or a version changes, a full fetch is possible (a documented way)",
    "unchanged",
    "steps",
    args={"steps": [{"headers": {"ETag": '"a"'}, "feed": "stale"}, {"status": 304}]},
    fetches=3,
    items=1,
)
server(
    "http-ignores-conditional",
    G,
    "200 with the same body every time: no new or changed items",
    "unchanged",
    "steps",
    args={"steps": [{"headers": {"ETag": '"same"'}, "feed": "same"}]},
    fetches=3,
    items=1,
)
server(
    "http-etag-changes-body-same",
    G,
    "a new ETag each time over the same body: no new or changed items",
    "unchanged",
    "etag_churn",
    fetches=3,
    items=1,
)
for _id, _tag in [
    ("weak", 'W/"abc"'),
    ("unquoted", "abc"),
    ("latin1", '"\u00e9\u00ff"'),
    ("quotes", '"a"b"'),
    ("star", "*"),
    ("list", '"a", "b"'),
    ("empty", ""),
    ("percent", '"%s%d%n"'),
    ("tab", '"a\tb"'),
    ("nul", '"a\\0b"'),
]:
    server(
        "http-etag-" + _id,
        G,
        "item stored; the second request sends the tag back byte for byte or not at all; no crash",
        "items",
        "steps",
        args={"steps": [{"headers": {"ETag": _tag}, "feed": "etag " + _id}]},
        fetches=2,
        items=1,
    )
for _id, _lm in [
    ("garbage", "yesterday"),
    ("future", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ("overflow", "Fri, 31 Dec 99999 99:99:99 GMT"),
    ("int", "0"),
]:
    server(
        "http-last-modified-" + _id,
        G,
        "item stored; the second request sends it back unchanged or not at all; no crash",
        "items",
        "steps",
        args={"steps": [{"headers": {"Last-Modified": _lm}, "feed": "lm " + _id}]},
        fetches=2,
        items=1,
    )
for _id, _cc in [
    ("huge", "max-age=99999999999999999999"),
    ("negative", "max-age=-1"),
    ("garbage", "max-age=NaN, ,=,;"),
    ("decade", "max-age=315360000"),
]:
    server(
        "http-cache-control-" + _id,
        G,
        "item stored; the next poll stays within the product's own bounds",
        "items",
        "steps",
        args={
            "steps": [
                {
                    "headers": {"Cache-Control": _cc, "Expires": "Fri, 31 Dec 9999 23:59:59 GMT"},
                    "feed": "cc",
                }
            ]
        },
        items=1,
        backoff=[0, 7 * 86400],
    )
server(
    "http-date-skew",
    G,
    "item stored; the server's clock in 2099 changes nothing here",
    "items",
    "steps",
    args={
        "steps": [
            {"headers": {"Date": "Fri, 31 Dec 2099 00:00:00 GMT", "Age": "-5"}, "feed": "skew"}
        ]
    },
    items=1,
)
server(
    "http-keepalive-poison",
    G,
    "bytes after the body are never read as the answer to the next request",
    "items",
    "poison",
    fetches=2,
    items=[1, 2],
    forbid=["poisoned"],
)
server(
    "http-flap",
    G,
    "200/500 in turn: items kept, the error cleared on each success",
    "items",
    "steps",
    args={"steps": [{"feed": "flap"}, {"status": 500}, {"feed": "flap"}, {"status": 500}]},
    fetches=4,
    items=1,
)
server(
    "http-turns-to-html",
    G,
    "second answer is an HTML login page: failed with 'HTML, not a feed'; the item of before stays",
    "error",
    "steps",
    args={
        "steps": [
            {"feed": "before"},
            {
                "headers": {"Content-Type": "text/html"},
                "text": "<!doctype html><title>Sign in</title><form><input type=password></form>",
            },
        ]
    },
    fetches=2,
    items=1,
)
server(
    "http-turns-empty",
    G,
    "second answer has no items: success; the item of before stays",
    "unchanged",
    "steps",
    args={"steps": [{"feed": "before"}, {"text": rss()}]},
    fetches=2,
    items=1,
)
server(
    "http-turns-to-other-feed",
    G,
    "second answer is another feed (expired domain): its items come in as new, older items stay, nothing crashes",
    "items",
    "steps",
    args={
        "steps": [
            {"feed": "before"},
            {"text": rss(item("Casino!", "http://casino.example/1", "casino"), title="Casino")},
        ]
    },
    fetches=2,
    items=[1, 2],
)
