"""What relative links are relative to (RFC 3986, RFC 4287, XML Base), and ids that are relative."""

from __future__ import annotations

import pytest

from tests.documents import FEED_URL, atom, entry, items, json_feed, only, rss

BASE = "https://base.example/2026/"
FEED = "https://news.example/feeds/"  # the folder of FEED_URL


def based(body: bytes, base: str, *, element: bytes = b"<feed ") -> bytes:
    """The document with an `xml:base` on its root."""
    return body.replace(element, element + f'xml:base="{base}" '.encode())


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("a", f"{FEED}a"),
        ("./a", f"{FEED}a"),
        ("../a", "https://news.example/a"),
        ("/a", "https://news.example/a"),
        ("//other.example/a", "https://other.example/a"),
        ("?id=1", f"{FEED_URL}?id=1"),
    ],
)
def test_links_of_atom_are_relative_to_the_document(link: str, url: str) -> None:
    site = '<link rel="alternate" href="https://blog.example/deep/down/"/>'
    inner = f'<id>1</id><title>T</title><link href="{link}"/>'

    assert only(atom(inner, feed=site)).url == url


@pytest.mark.parametrize(
    ("outer", "inner", "url"),
    [
        (BASE, "", f"{BASE}a"),
        ("", BASE, f"{BASE}a"),
        (BASE, "sub/", f"{BASE}sub/a"),
        ("/2026/", "sub/", "https://news.example/2026/sub/a"),
        ("2026/", "../sub/", f"{FEED}sub/a"),
        (BASE, "https://inner.example/", "https://inner.example/a"),
        ("", "javascript:alert(1)//", f"{FEED}a"),
    ],
)
def test_bases_are_relative_to_each_other(outer: str, inner: str, url: str) -> None:
    attribute = f' xml:base="{inner}"' if inner else ""
    body = atom('<id>1</id><title>T</title><link href="a"/>')
    body = body.replace(b"<entry>", f"<entry{attribute}>".encode())

    assert only(based(body, outer) if outer else body).url == url


NEIGHBOURS = (
    f'<entry xml:base="{BASE}"><id>x</id><title>X</title><link href="x"/></entry>',
    f'<entry><id>x</id><title>X</title><link xml:base="{BASE}" href="x"/></entry>',
    f'<entry><id>x</id><title>X</title><summary xml:base="{BASE}">Words</summary></entry>',
    f'<entry><id>x</id><title>X</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/'
    f'xhtml" xml:base="{BASE}">Words</div></content></entry>',
    f'<author xml:base="{BASE}"><name>Jane</name></author>',
)


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
@pytest.mark.parametrize("base", ["", "https://news.example/root/"])
def test_the_base_of_a_neighbour_holds_for_it_alone(neighbour: str, base: str) -> None:
    inner = '<id>one</id><title>T</title><link href="a"/>'
    alone = based(atom(inner), base) if base else atom(inner)

    for where in (b"<entry>", b"</feed>"):
        beside = alone.replace(where, neighbour.encode() + where, 1)
        found = [item for item in items(beside) if item.headline == "T"]
        assert [(one.identity, one.url) for one in found] == [
            (one.identity, one.url) for one in items(alone)
        ]


@pytest.mark.parametrize("written", ["1", "post/1", "/post/1", "#1", "?p=1", "../1"])
@pytest.mark.parametrize("base", [BASE, "https://moved.example/"])
def test_an_id_is_what_is_written(written: str, base: str) -> None:
    inner = f'<id>{written}</id><title>T</title><link href="https://news.example/1"/>'
    plain = only(atom(inner))

    assert plain.identity == only(based(atom(inner), base)).identity == f"guid:{written}"
    in_rss = rss(entry(more=f"<guid>{written}</guid>"))
    assert only(based(in_rss, base, element=b"<rss ")).identity == plain.identity


def test_an_id_that_no_base_can_be_joined_with_stands_for_itself() -> None:
    inner = '<id>http://[::1</id><title>T</title><link href="a"/>'

    assert only(based(atom(inner), BASE)).former_identities == ()


def test_links_of_rss_are_relative_to_the_site_where_no_base_is_given() -> None:
    body = rss("<title>T</title><link>a</link>", site="https://site.example/news/")

    assert only(body).url == "https://site.example/news/a"
    assert only(based(body, BASE, element=b"<rss ")).url == f"{BASE}a"


def linked(href: str) -> str:
    return f"&lt;p&gt;See &lt;a href='{href}'&gt;it&lt;/a&gt;.&lt;/p&gt;"


def target(summary_html: str) -> str | None:
    return summary_html.partition('href="')[2].partition('"')[0] or None


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("b", f"{FEED}b"),
        ("../b", "https://news.example/b"),
        ("/b?c=1", "https://news.example/b?c=1"),
        ("//other.example/b", "https://other.example/b"),
        (" /b ", "https://news.example/b"),
        ("#note", "https://page.example/1#note"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:desk@news.example", "mailto:desk@news.example"),
    ],
)
def test_links_in_a_text_of_atom_keep_their_address(href: str, url: str | None) -> None:
    inner = '<id>1</id><title>T</title><link href="https://page.example/1"/>'
    body = atom(f'{inner}<content type="html">{linked(href)}</content>')

    assert target(only(body).summary_html) == url
    if url is not None and url.startswith("https://news.example/feeds"):
        assert target(only(based(body, BASE)).summary_html) == f"{BASE}b"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("b", "https://page.example/2026/b"),
        ("/b", "https://page.example/b"),
        ("#note", "https://page.example/2026/1#note"),
        ("?page=2", "https://page.example/2026/1?page=2"),
    ],
)
def test_links_in_other_texts_are_relative_to_the_page(href: str, url: str) -> None:
    page = "https://page.example/2026/1"
    in_rss = rss(entry(link=page, more=f"<description>{linked(href)}</description>"))
    in_json = json_feed({"id": "1", "url": page, "title": "T",
                         "content_html": f"<p>See <a href='{href}'>it</a>.</p>"})  # fmt: skip

    assert target(only(in_rss).summary_html) == target(only(in_json).summary_html) == url
    with_base = only(based(in_rss, BASE, element=b"<rss ")).summary_html
    expected = {"b": f"{BASE}b", "/b": "https://base.example/b", "?page=2": f"{BASE}?page=2"}
    assert target(with_base) == expected.get(href, url)


@pytest.mark.parametrize("name", ["content", "summary"])
@pytest.mark.parametrize(
    ("outer", "inner", "url"),
    [
        ("", BASE, f"{BASE}b"),
        (BASE, "https://inner.example/", "https://inner.example/b"),
        (BASE, "sub/", f"{BASE}sub/b"),
        ("", "/2026/", "https://news.example/2026/b"),
        (BASE, "javascript:alert(1)//", f"{BASE}b"),
    ],
)
def test_a_text_may_have_a_base_of_its_own(name: str, outer: str, inner: str, url: str) -> None:
    text = f'<{name} type="html" xml:base="{inner}">{linked("b")}</{name}>'
    body = atom(f'<id>1</id><title>T</title><link href="https://page.example/1"/>{text}')

    found = only(based(body, outer) if outer else body)

    assert (found.url, target(found.summary_html)) == ("https://page.example/1", url)


@pytest.mark.parametrize(
    ("bases", "href", "url"),
    [
        ((BASE, ""), "b", f"{BASE}b"),
        (("", BASE), "b", f"{BASE}b"),
        ((BASE, "sub/"), "b", f"{BASE}sub/b"),
        ((BASE, "https://inner.example/"), "/b", "https://inner.example/b"),
        (("/2026/", ""), "b", "https://news.example/2026/b"),
        ((BASE, ""), "#note", "https://page.example/1#note"),
        ((BASE, "sub/"), "https://other.example/b", "https://other.example/b"),
        ((BASE, "javascript:alert(1)//"), "b", f"{BASE}b"),
        (("http://[::1", ""), "b", f"{FEED}b"),
    ],
)
@pytest.mark.parametrize("outer", ["", "https://outer.example/feeds/"])
def test_elements_of_a_text_may_have_bases(
    bases: tuple[str, str], href: str, url: str, outer: str
) -> None:
    div, paragraph = (f' xml:base="{base}"' if base else "" for base in bases)
    inner = (
        '<id>1</id><title>T</title><link href="https://page.example/1"/><content type="xhtml">'
        f'<div xmlns="http://www.w3.org/1999/xhtml"{div}><p{paragraph}>'
        f'See <a href="{href}">it</a></p></div></content>'
    )
    body = atom(inner)

    found = only(based(body, outer) if outer else body).summary_html

    moved = url.replace(FEED, outer).replace("https://news.example/", "https://outer.example/")
    assert target(found) == (moved if outer else url)


def test_a_base_within_a_text_ends_there() -> None:
    inner = (
        '<id>1</id><title>T</title><link href="https://page.example/1"/><content type="xhtml">'
        f'<div xmlns="http://www.w3.org/1999/xhtml"><p xml:base="{BASE}">One</p>'
        '<p>See <a href="b">it</a></p></div></content>'
    )

    assert target(only(atom(inner)).summary_html) == f"{FEED}b"


def test_without_a_page_links_in_a_text_are_relative_to_the_site() -> None:
    body = rss(f"<title>T</title><description>{linked('b')}</description>")

    assert target(only(body).summary_html) == "https://news.example/b"


TEXTS = (
    "Only some words here.",
    "Share on Facebook",
    "Advertisement",
    "Subscribe to our newsletter",
    "Read more: floods in the north",
    "More: three killed in the blast",
)


@pytest.mark.parametrize("text", TEXTS)
def test_an_entry_of_text_alone_is_an_item(text: str) -> None:
    documents = (
        rss(f"<description>{text}</description>"),
        rss(f"<content:encoded>{text}</content:encoded>"),
        rss(f"<media:description>{text}</media:description>"),
        atom(f"<content>{text}</content>"),
        atom(f"<summary type='html'>&lt;p&gt;{text}&lt;/p&gt;</summary>"),
        json_feed({"content_text": text}),
        json_feed({"content_html": f"<p>{text}</p>"}),
        json_feed({"summary": text}),
    )
    found = [only(document) for document in documents]

    assert {item.headline for item in found} == {text}
    assert len({item.identity for item in found[:3]}) == 1
    assert only(documents[0]).identity == found[0].identity
    assert only(rss(f"<description>{text}!</description>")).identity != found[0].identity
