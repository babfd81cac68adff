"""Configuration files."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

import random

from tests.hostile.corpus.builders import Case, add, u8

G = "config"
FY = "feeds:\n  - name: good\n    url: @BASE@/good/a.rss\n"


def config(id, expect, outcome, text, **checks):
    add(
        Case(
            id,
            "config",
            G,
            expect,
            outcome,
            checks,
            u8(text) if isinstance(text, str) else text,
            ext="yaml",
        )
    )


_CE = "exit status non-zero with a message that names the file and what is wrong (and where); no traceback; no feed polled"
config(
    "yaml-python-tag",
    _CE + "; nothing is executed",
    "error",
    "feeds: !!python/object/apply:os.system ['touch pwned']\n",
    no_file="pwned",
)
config(
    "yaml-python-new",
    _CE + "; nothing is executed",
    "error",
    "feeds:\n  - !!python/object/new:subprocess.Popen [['touch','pwned']]\n",
    no_file="pwned",
)
config(
    "yaml-python-name",
    _CE,
    "error",
    "feeds:\n  - name: !!python/name:os.system\n    url: @BASE@/good/a.rss\n",
)
config("yaml-custom-tag", _CE, "error", "feeds: !include /etc/passwd\n")
config(
    "yaml-anchor-bomb",
    _CE + "; quick and in little memory",
    "error",
    "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        "%s: &%s [%s]\n" % (chr(98 + i), chr(98 + i), ",".join(["*" + chr(97 + i)] * 10))
        for i in range(9)
    )
    + "feeds: *j\n",
    max_s=10,
    max_mb=200,
)
config(
    "yaml-merge-bomb",
    "error or loaded; quick",
    "either",
    "a: &a {x: 1}\n"
    + "".join(
        "%s: &%s {<<: [%s]}\n" % (chr(98 + i), chr(98 + i), ",".join(["*" + chr(97 + i)] * 10))
        for i in range(7)
    )
    + FY,
    max_s=10,
    max_mb=200,
)
config("yaml-recursive-alias", _CE, "error", "feeds: &f\n  - *f\n", max_s=5)
config("yaml-recursive-map", _CE, "error", "feeds:\n  - &m\n    name: x\n    url: *m\n", max_s=5)
config(
    "yaml-deep",
    _CE + " (no RecursionError traceback)",
    "error",
    "feeds: " + "[" * 20_000 + "]" * 20_000 + "\n",
    max_s=20,
)
config("yaml-tabs", _CE, "error", "feeds:\n\t- name: x\n\t  url: y\n")
config("yaml-nul", _CE, "error", 'feeds:\n  - name: "a\0b"\n    url: @BASE@/good/a.rss\n')
config(
    "yaml-nul-escape",
    "error, or loaded with the NUL removed",
    "either",
    'feeds:\n  - name: "a\\0b\\e[2J"\n    url: @BASE@/good/a.rss\n',
)
config("yaml-binary", _CE, "error", lambda env: random.Random(10).randbytes(20_000))
config(
    "yaml-latin1",
    _CE,
    "error",
    lambda env: "feeds:\n  - name: caf\u00e9\n    url: http://127.0.0.1/\n".encode("latin-1"),
)
config(
    "yaml-utf16",
    "loaded or refused with a message",
    "either",
    lambda env: (FY.replace("@BASE@", env.base)).encode("utf-16"),
)
config("yaml-bom", "loaded: one feed", "items", "\ufeff" + FY, feeds=1)
config("yaml-empty", "refused or 'no feeds configured'", "either", "")
config("yaml-only-comment", "refused or 'no feeds configured'", "either", "# nothing\n")
for _id, _t in [
    ("scalar", "just text\n"),
    ("list", "- a\n- b\n"),
    ("number", "42\n"),
    ("feeds-null", "feeds:\n"),
    ("feeds-string", "feeds: http://example.com/\n"),
    ("feeds-map", "feeds: {a: 1}\n"),
    ("feed-null", "feeds:\n  -\n"),
    ("feed-number", "feeds:\n  - 42\n"),
    ("url-missing", "feeds:\n  - name: x\n"),
    ("url-number", "feeds:\n  - name: x\n    url: 42\n"),
    ("url-list", "feeds:\n  - name: x\n    url: [a, b]\n"),
    ("url-null", "feeds:\n  - name: x\n    url:\n"),
    ("url-empty", "feeds:\n  - name: x\n    url: ''\n"),
    ("url-space", "feeds:\n  - name: x\n    url: 'http://a b/'\n"),
    ("multi-document", FY + "---\n" + FY),
]:
    config("yaml-" + _id, _CE, "error", _t)
for _id, _u in [
    ("file", "file:///etc/passwd"),
    ("ftp", "ftp://127.0.0.1/x"),
    ("javascript", "javascript:alert(1)"),
    ("data", "data:text/xml,<rss/>"),
    ("path", "/etc/passwd"),
    ("no-host", "http:///x"),
    ("bad-port", "http://127.0.0.1:99999/"),
    ("bad-ipv6", "http://[::1"),
    ("crlf", "http://127.0.0.1/\\r\\nX-Injected: 1"),
    ("nfkc", "http://exa\\u2100mple.com/"),
]:
    config(
        "yaml-url-" + _id,
        _CE,
        "error",
        'feeds:\n  - name: x\n    url: "%s"\n' % _u,
        no_request_header=["x-injected"],
    )
config(
    "yaml-url-userinfo",
    "accepted as basic auth, or refused; the password never appears in logs, status output or published feeds",
    "either",
    'feeds:\n  - name: x\n    url: "http://user:s3cr3t-pass@127.0.0.1:1/x"\n',
    forbid=["s3cr3t-pass"],
)
config(
    "yaml-duplicate-keys", "refused, or a warning that names the key", "either", "feeds: []\n" + FY
)
config(
    "yaml-duplicate-urls",
    "one feed polled once, or refused with a message",
    "either",
    FY + "  - name: again\n    url: @BASE@/good/a.rss\n",
)
config(
    "yaml-duplicate-names",
    "both kept apart, or refused with a message",
    "either",
    FY + "  - name: good\n    url: @BASE@/good/b.rss\n",
)
config(
    "yaml-unknown-key",
    "refused or warned: the message names the key 'intervall'",
    "either",
    FY.rstrip("\n") + "\n    intervall: 5\n",
)
for _id, _iv in [
    ("zero", "0"),
    ("negative", "-5"),
    ("text", "soon"),
    ("inf", ".inf"),
    ("nan", ".nan"),
    ("huge", "99999999999999999999"),
    ("list", "[1]"),
    ("bool", "yes"),
    ("null", "~"),
    ("float", "0.0000001"),
    ("sexagesimal", "1:30"),
    ("octal", "010"),
    ("date", "2025-08-12"),
]:
    config(
        "yaml-interval-" + _id,
        "refused with a message that names the key, or a documented meaning; never a busy loop, never a crash of the scheduler",
        "either",
        FY.rstrip("\n") + "\n    interval: %s\n" % _iv,
    )
for (
    _id,
    _n,
) in [
    ("norway", "no"),
    ("number", "42"),
    ("date", "2025-08-12"),
    ("null", "~"),
    ("empty", "''"),
    ("list", "[a]"),
    ("long", "n" * 100_000),
    ("traversal", "../../../tmp/pwned"),
    ("absolute", "/tmp/pwned"),
    ("nul-device", "CON"),
    ("newline", '"a\\nb"'),
    ("ansi", '"\\e[2Jx"'),
    ("markup", '"<script>alert(1)</script>"'),
    ("unicode", '"\\u202egpj"'),
    ("env", "${HOME}"),
    ("percent", '"%(x)s %s {0}"'),
]:
    config(
        "yaml-name-" + _id,
        "refused with a message, or taken as text; never a path, never markup, never formatted",
        "either",
        "feeds:\n  - name: %s\n    url: @BASE@/good/a.rss\n" % _n,
        no_file="pwned",
        inert=True,
    )
config(
    "yaml-10k-feeds",
    "loaded; start-up stays quick and polls are spread and bounded in number at one time",
    "items",
    "feeds:\n"
    + "".join("  - name: f%d\n    url: @BASE@/good/a.rss?n=%d\n" % (i, i) for i in range(10_000)),
    max_s=60,
    max_mb=400,
)
config(
    "yaml-include-regex-redos",
    "a pattern from the configuration cannot hang the run (time-limited, or documented as trusted)",
    "either",
    FY + "include: ['(a+)+$']\nkeywords: ['(a+)+$']\n",
    max_s=20,
)
