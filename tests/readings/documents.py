"""Documents that version 0.1 read otherwise than later releases do: links, ids, titles, texts."""

from __future__ import annotations

from tests.documents import atom, entry, json_feed, rss

BASE = "https://base.example/2026/"
LONG = "Delegates at the long table wait for the second report of the day, in a picture of March."


def _entry(hour: int, headline: str, inner: str, base: str = "") -> str:
    attribute = f' xml:base="{base}"' if base else ""
    date = f"<updated>2026-03-01T0{hour}:00:00Z</updated>"
    return f"<entry{attribute}>{inner}<title>{headline}</title>{date}</entry>"


def _atom(*entries: str) -> bytes:
    return atom(feed="".join(entries))


DOCUMENTS = {
    "bases": _atom(
        _entry(1, "First report from the harbour of Gwadar", "<id>1</id><link href='1'/>"),
        _entry(2, "Second report on wheat in Punjab", "<id>2</id><link href='2'/>", BASE),
        _entry(3, "Third report about schools in Lahore", "<id>3</id><link href='3'/>"),
        _entry(4, "Fourth report: rain closes roads", "<id>x/4</id><link href='4'/>"),
    ),
    "no ids": _atom(
        _entry(1, "Glacier report warns Gilgit valleys", "<link href='glacier'/>"),
        _entry(2, "Hospital report from Multan delayed", "<link href='/hospital'/>"),
        _entry(3, "Cricket board report leaked in Dubai", "<link href='cricket'/>", BASE),
        _entry(4, "Telecom report counts masts in Quetta", "<link href='telecom'/>"),
    ),
    "one id": _atom(
        _entry(1, "Census report finds lost village", "<id>same</id><link href='census'/>"),
        _entry(2, "Dam report is late again", "<id>same</id><link href='dam'/>"),
    ),
    "brackets": rss(
        "<title>Compiler report on std::vector&lt;int&gt; growth</title>",
        "<title><![CDATA[Browser report: the <dialog> element]]></title>",
        entry("Report on Map&lt;String, List&lt;Integer&gt;&gt; speed", "https://n.example/map"),
        "<title>Mail report</title><description>Said &lt;dsmirnov&gt; at noon</description>",
    ),
    "captions": rss(
        entry("Summit report from Doha", "https://n.example/doha",
              "<description>Both sides met.</description>"
              f"<media:content><media:description>{LONG}</media:description></media:content>"),
        entry("Flood report for Sindh", "https://n.example/sindh",
              "<description>Water falls.</description>"
              f"<related><title>Other</title><description>{LONG}</description></related>"),
    ),
    "links in texts": rss(
        entry("Train report from Rohri", "https://n.example/rohri",
              "<description>&lt;p&gt;Look &lt;a href='/map'&gt;here&lt;/a&gt;.&lt;/p&gt;"
              "</description>"),
    ),
    "text": json_feed(
        {"id": "a", "title": "Type report: Option<T> explained",
         "content_text": "How <i>T</i> works", "date_published": "2026-03-01T01:00:00Z"},
        {"content_text": "A short report on <angle> brackets, without a title"},
    ),
}  # fmt: skip
# What a parser can only read as far as possible has no raw hashes.
DOCUMENTS["broken"] = (
    DOCUMENTS["bases"]
    .replace(b"https://base.", b"https://broken.")
    .replace(b"</entry></feed>", b"</entry><entry>")
)
