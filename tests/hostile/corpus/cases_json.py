"""JSON Feed: wrong types, odd numbers, depth, markup."""
# ruff: noqa: UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

import json

from tests.hostile.corpus.builders import INERT, ISO, feed

G = "json"
JOK = {
    "id": "1",
    "url": "http://example.com/1",
    "title": "ok",
    "content_text": "x",
    "date_published": ISO,
}


def jf(items=None, **kw) -> dict:
    d = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Hostile",
        "items": [JOK] if items is None else items,
    }
    d.update(kw)
    return d


JE = "rejected or stored; no crash (TypeError, KeyError, RecursionError, ValueError, OverflowError)"
for _id, _doc in [
    ("items-object", jf({"a": JOK})),
    ("items-null", jf(None) | {"items": None}),
    ("items-string", jf("items")),
    ("items-numbers", jf([1, None, True, "x", [JOK]])),
    ("title-types", jf([dict(JOK, title=[1, {"a": 2}])], title={"x": 1})),
    ("id-number", jf([dict(JOK, id=42), dict(JOK, id=42.0, url="http://example.com/2")])),
    ("id-missing", jf([{"title": "no id"}])),
    (
        "url-types",
        jf([dict(JOK, url=5), dict(JOK, id="2", url=None), dict(JOK, id="3", url=["http://x"])]),
    ),
    ("dates", jf([dict(JOK, date_published=1754992800, date_modified={"a": 1})])),
    (
        "authors-types",
        jf([dict(JOK, authors="AFP"), dict(JOK, id="2", authors=[1, None, {"name": 5}])]),
    ),
    ("tags-types", jf([dict(JOK, tags="x"), dict(JOK, id="2", tags=[1, None, ["y"]])])),
    (
        "attachments-types",
        jf(
            [
                dict(JOK, attachments={"url": 1}),
                dict(
                    JOK,
                    id="2",
                    attachments=[
                        {"url": "javascript:alert(1)", "mime_type": 5, "size_in_bytes": -1e308}
                    ],
                ),
            ]
        ),
    ),
    ("version-missing", {"title": "x", "items": [JOK]}),
    ("version-wrong", jf(version="https://jsonfeed.org/version/99")),
    ("root-array", [JOK]),
    ("root-string", "feed"),
    ("root-null", None),
    ("root-number", 1),
    (
        "proto",
        jf(
            [
                dict(
                    JOK,
                    **{"__proto__": {"x": 1}, "constructor": {"prototype": 1}, "__class__": "os"},
                )
            ]
        ),
    ),
]:
    feed("json-" + _id, G, JE, "either", json.dumps(_doc), ext="json", inert=True)
for _id, _txt in [
    ("deep-array", "[" * 100_000),
    ("deep-object", '{"a":' * 100_000),
    (
        "deep-closed",
        '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[],"_x":'
        + "[" * 50_000
        + "]" * 50_000
        + "}",
    ),
    (
        "huge-int",
        '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":%s}]}'
        % ("9" * 100_000),
    ),
    (
        "huge-exponent",
        '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":1e999999999}]}',
    ),
    (
        "nan",
        '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":NaN,"url":Infinity}]}',
    ),
    (
        "duplicate-keys",
        '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[],"items":[%s],"title":"y"}'
        % json.dumps(JOK),
    ),
    ("trailing-comma", json.dumps(jf())[:-1] + ",}"),
    ("trailing-garbage", json.dumps(jf()) + "<script>alert(1)</script>"),
    ("truncated", json.dumps(jf())[:-20]),
    ("comments", "// x\n" + json.dumps(jf())),
    ("single-quotes", str(jf())),
    ("bom", "\ufeff" + json.dumps(jf())),
    ("callback", "cb(" + json.dumps(jf()) + ");"),
    ("xssi-prefix", ")]}'\n" + json.dumps(jf())),
    ("lone-surrogate", json.dumps(jf([dict(JOK, title="bad \ud800 end", id="\udfff")]))),
    ("nul", json.dumps(jf([dict(JOK, title="nul \u0000 \u0001 \uffff end")]))),
]:
    feed(
        "json-" + _id,
        G,
        JE,
        "either",
        _txt,
        ext="json",
        inert=True,
        max_s=10,
        max_mb=150,
        forbid_bytes=["00", "01"] if _id == "nul" else [],
    )
feed(
    "json-utf16",
    G,
    "stored or rejected",
    "either",
    lambda env: json.dumps(jf()).encode("utf-16"),
    ext="json",
)
feed(
    "json-xss",
    G,
    INERT,
    "items",
    json.dumps(
        jf(
            [
                dict(
                    JOK,
                    title="<script>alert(1)</script>t",
                    content_html="<img src=x onerror=alert(1)>ok",
                    summary="<svg onload=alert(1)>",
                    image="javascript:alert(1)",
                    external_url="data:text/html,x",
                    authors=[{"name": "<b onclick=alert(1)>A</b>", "url": "javascript:alert(1)"}],
                    tags=["<script>"],
                )
            ]
        )
    ),
    ext="json",
    items=1,
    inert=True,
    forbid=["javascript:", "data:text"],
)
feed(
    "json-next-url",
    G,
    "next_url to a private address is not followed",
    "items",
    json.dumps(
        jf(
            next_url="@CANARY@/json-next-url",
            hubs=[{"type": "WebSub", "url": "@CANARY@/json-next-url"}],
        )
    ),
    ext="json",
    items=1,
    not_requested=["json-next-url"],
)
feed(
    "json-wrong-type-header",
    G,
    "stored: a JSON Feed served as text/plain",
    "either",
    json.dumps(jf()),
    ext="json",
    ctype="text/plain",
)
