"""Search strings."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import Case, add

G = "query"
for _i, _q in enumerate(
    [
        '"',
        '""',
        "'",
        "*",
        "a*",
        "*a",
        "(",
        ")",
        "(((",
        "AND",
        "a AND",
        "OR OR OR",
        "NOT",
        "NOT a",
        "NEAR",
        "NEAR(",
        'NEAR("a" "b", 2)',
        "NEAR(a b, 99999999999999999999)",
        "title:",
        "title:x",
        "nosuch:x",
        "^a",
        "-a",
        "+a",
        "a - b",
        "{a b}",
        "a:b:c",
        "\\",
        "%",
        "_",
        "\0",
        "a\0b",
        "\u200b",
        "\u202e",
        "\U0001f1f5\U0001f1f0",
        "\u067e\u0627\u06a9\u0633\u062a\u0627\u0646",
        "x" * 100_000,
        '"' * 10_000,
        "a OR " * 5000 + "a",
        "'; DROP TABLE items;--",
        "1; ATTACH DATABASE 'pwned' AS p",
        "load_extension('x')",
        "?",
        "?1",
        ":name",
        "@x",
        "$y",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "../../pwned",
        " ",
        "",
    ]
):
    add(
        Case(
            "query-%02d" % _i,
            "query",
            G,
            "a list of results (perhaps empty) or a clear message; never a traceback, an SQL error, or a changed database; the string is shown escaped",
            "either",
            {"max_s": 5, "inert": True, "no_file": "pwned"},
            text=_q,
        )
    )
