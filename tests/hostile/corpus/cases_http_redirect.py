"""HTTP: redirects and headers that name other places."""
# ruff: noqa: E501 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import CANARY_TEXT, item, rss, server

G = "http"
_R = "rejected: the redirect is not followed"
server(
    "http-redirect-loop",
    G,
    "rejected: too many redirects",
    "error",
    "redirect_loop",
    items=0,
    max_requests=40,
)
server(
    "http-redirect-self",
    G,
    "rejected: too many redirects",
    "error",
    "redirect",
    args={"to": "@SELF@"},
    items=0,
    max_requests=40,
)
server(
    "http-redirect-growing",
    G,
    "rejected: too many redirects",
    "error",
    "redirect_growing",
    items=0,
    max_requests=40,
)
for _id, _to in [
    ("file", "file:///etc/passwd"),
    ("ftp", "ftp://127.0.0.1/x"),
    ("gopher", "gopher://127.0.0.1:6379/_INFO"),
    ("data", "data:text/xml,<rss/>"),
    ("javascript", "javascript:alert(1)"),
    ("unix", "unix:///var/run/docker.sock"),
    ("jar", "jar:http://127.0.0.1!/x"),
    ("empty", ""),
    ("space", " "),
    ("bad-port", "http://127.0.0.1:99999/"),
    ("bad-ipv6", "http://[::1"),
    ("no-host", "http:///x"),
    ("nfkc", "http://exa\u2100mple.com/"),
    ("nul", "http://127.0.0.1:1/\\0"),
]:
    server(
        "http-redirect-" + _id,
        G,
        _R,
        "error",
        "redirect",
        args={"to": _to},
        items=0,
        forbid=["root:x:"],
    )
server(
    "http-redirect-missing",
    G,
    "rejected: no Location",
    "error",
    "redirect",
    args={"to": None},
    items=0,
)
server(
    "http-redirect-private",
    G,
    _R + " to another loopback port, which is not on the allow list",
    "error",
    "redirect",
    args={"to": "@CANARY@/http-redirect-private"},
    items=0,
    not_requested=["http-redirect-private"],
    forbid=[CANARY_TEXT],
)
for _id, _form in [
    ("localhost", "http://localhost:@CPORT@/_canary/"),
    ("decimal", "http://2130706433:@CPORT@/_canary/"),
    ("hex", "http://0x7f000001:@CPORT@/_canary/"),
    ("octal", "http://0177.0.0.1:@CPORT@/_canary/"),
    ("short", "http://127.1:@CPORT@/_canary/"),
    ("zero", "http://0.0.0.0:@CPORT@/_canary/"),
    ("mapped", "http://[::ffff:127.0.0.1]:@CPORT@/_canary/"),
    ("userinfo", "http://example.com@127.0.0.1:@CPORT@/_canary/"),
    ("upper", "HTTP://LOCALHOST.:@CPORT@/_canary/"),
    ("schemeless", "//127.0.0.1:@CPORT@/_canary/"),
    ("backslash", "http:\\\\127.0.0.1:@CPORT@\\_canary\\"),
]:
    server(
        "http-redirect-private-" + _id,
        G,
        _R + " (another spelling of a private address)",
        "error",
        "redirect",
        args={"to": _form + "http-redirect-private-" + _id},
        items=0,
        not_requested=["http-redirect-private-" + _id],
        forbid=[CANARY_TEXT],
    )
server(
    "http-redirect-private-second-hop",
    G,
    _R + ": each hop is checked, not only the first",
    "error",
    "redirect",
    args={"to": "@BASE@/c/http-redirect-private"},
    items=0,
    not_requested=["http-redirect-private"],
    forbid=[CANARY_TEXT],
)
server(
    "http-redirect-query-crlf",
    G,
    "rejected, or the line break is percent-encoded: no header is injected",
    "either",
    "redirect",
    args={"to": "@BASE@/c/_ok?x=%0d%0aX-Injected:%201"},
    no_request_header=["x-injected"],
)
server(
    "http-redirect-long",
    G,
    "rejected: URL too long",
    "error",
    "redirect",
    args={"to": "@BASE@/c/_ok?" + "a" * 100_000},
    items=0,
)
server(
    "http-redirect-credentials",
    G,
    "credentials and cookies configured for the feed's origin are not sent to another origin",
    "error",
    "redirect",
    args={"to": "@CANARY@/http-redirect-credentials"},
    items=0,
    no_canary_header=["authorization", "cookie"],
)
server(
    "http-301-moved",
    G,
    "item stored; the configured URL may be updated to the new one, old items are kept, nothing is stored twice",
    "items",
    "redirect",
    args={"to": "@BASE@/c/_ok", "status": 301},
    fetches=2,
    items=1,
)
server(
    "http-308-moved",
    G,
    "as http-301-moved",
    "items",
    "redirect",
    args={"to": "@BASE@/c/_ok", "status": 308},
    fetches=2,
    items=1,
)
server(
    "http-302-temporary",
    G,
    "item stored; the configured URL stays",
    "items",
    "redirect",
    args={"to": "@BASE@/c/_ok", "status": 302},
    fetches=2,
    items=1,
    url_kept=True,
)
server(
    "http-301-once-hijack",
    G,
    "one 301 to a captive portal: the configured URL is not replaced by it; the third fetch succeeds at the old URL",
    "items",
    "steps",
    args={
        "steps": [
            {"feed": "home"},
            {"status": 301, "headers": {"Location": "@BASE@/c/http-html-login"}},
            {"feed": "home"},
        ]
    },
    fetches=3,
    items=1,
    url_kept=True,
)
server(
    "http-301-to-other-feed",
    G,
    "two configured feeds end at one URL: each item is stored once in the published feed",
    "items",
    "redirect",
    args={"to": "@BASE@/good/a.rss", "status": 301},
    fetches=1,
)
server(
    "http-300",
    G,
    "failed: several choices",
    "error",
    "steps",
    args={"steps": [{"status": 300, "text": "<a href=x>x</a>"}]},
    items=0,
)
server(
    "http-refresh-header",
    G,
    "item stored; Refresh is not followed",
    "items",
    "steps",
    args={
        "steps": [
            {"headers": {"Refresh": "0; url=@CANARY@/http-refresh-header"}, "feed": "refresh"}
        ]
    },
    items=1,
    not_requested=["http-refresh-header"],
)
server(
    "http-link-header-hub",
    G,
    "item stored; no WebSub hub on a private address is contacted",
    "items",
    "steps",
    args={
        "steps": [
            {"headers": {"Link": '<@CANARY@/http-link-header-hub>; rel="hub"'}, "feed": "hub"}
        ]
    },
    items=1,
    not_requested=["http-link-header-hub"],
)
server(
    "http-content-location",
    G,
    "item stored; relative links resolve against the request's own URL or an http(s) Content-Location, never javascript:",
    "items",
    "steps",
    args={
        "steps": [
            {
                "headers": {"Content-Location": "javascript:alert(1)//"},
                "text": rss(item("cl", "rel/1", "cl")),
            }
        ]
    },
    items=1,
    forbid=["javascript:"],
)
server(
    "http-disposition",
    G,
    "item stored; the file name is not used",
    "items",
    "steps",
    args={
        "steps": [
            {
                "headers": {"Content-Disposition": 'attachment; filename="../../../tmp/pwned"'},
                "feed": "disp",
            }
        ]
    },
    items=1,
    no_file="pwned",
)
