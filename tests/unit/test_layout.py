"""The first pass over an XML feed."""

from __future__ import annotations

import pytest

from aggregator.errors import UnsupportedFormat
from aggregator.parsing.layout import (
    MAX_ATTRIBUTES,
    MAX_AUTHOR,
    MAX_CATEGORIES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MalformedXml,
    scan,
)
from aggregator.parsing.newest import MAX_ITEMS
from tests.documents import atom, entry, rdf, rss


def cut(body: bytes) -> bytes:
    """The document without what the layout drops."""
    for start, end in reversed(scan(body).drops):
        body = body[:start] + body[end:]
    return body


def test_items_are_found_to_the_byte() -> None:
    body = rss(entry("é & ü".replace("&", "&amp;")), entry("B", more="<![CDATA[</item><item>]]>"))

    found = scan(body).items

    assert [body[item.start : item.end][:6] for item in found] == [b"<item>", b"<item>"]
    assert all(body[item.start : item.end].endswith(b"</item>") for item in found)


def test_items_name_their_guid_and_link() -> None:
    body = rss(entry(link=" https://n.example/1 ", more="<guid> abc </guid><guid>no</guid>"))
    item = scan(body).items[0]

    assert (item.guid, item.link) == ("abc", "https://n.example/1")


def test_atom_entries_name_their_id_and_alternate_link() -> None:
    links = '<link rel="self" href="https://n.example/s"/><link href="https://n.example/1"/>'
    item = scan(atom(f"<id>x</id>{links}<source><id>other</id></source>")).items[0]

    assert (item.guid, item.link) == ("x", "https://n.example/1")


def test_rdf_items_are_named_by_their_subject() -> None:
    assert scan(rdf("<title>A</title>")).items[0].guid == "https://news.example/1"


def test_ids_of_other_namespaces_are_not_the_items() -> None:
    body = rss(entry(more='<x:id xmlns:x="urn:x">1</x:id><guid></guid>'))

    assert scan(body).items[0].guid == ""


def test_an_empty_item_ends_with_its_tag() -> None:
    body = b"<rss><channel><item a=\"1>2\" b='/>'/><item/></channel></rss>"

    found = scan(body).items

    assert [body[item.start : item.end] for item in found] == [
        b"<item a=\"1>2\" b='/>'/>",
        b"<item/>",
    ]


def test_items_within_items_are_seen() -> None:
    body = (
        b"<rss><channel><item><title>A</title><item><title>B</title></item></item></channel></rss>"
    )

    found = scan(body)

    assert found.nested
    assert len(found.items) == 1


def test_endless_authors_are_dropped() -> None:
    body = rss(entry(more=f"<author>{'a@' * MAX_AUTHOR}</author><dc:creator>Jane</dc:creator>"))

    assert b"<author>" not in cut(body)
    assert b"Jane" in cut(body)


def test_categories_beyond_the_limit_are_dropped() -> None:
    tags = "".join(f"<category>c{n}</category>" for n in range(MAX_CATEGORIES + 5))
    atom_tags = "".join(f'<category term="c{n}"/>' for n in range(MAX_CATEGORIES + 5))

    assert cut(rss(entry(more=tags))).count(b"<category>") == MAX_CATEGORIES
    assert cut(atom(f"<id>1</id>{atom_tags}")).count(b"<category") == MAX_CATEGORIES


def test_an_endless_category_is_dropped() -> None:
    assert b"<category>" not in cut(rss(entry(more=f"<category>{'x' * 1000}</category>")))


def test_items_beyond_the_limit_are_dropped() -> None:
    found = scan(rss(*["<title>A</title>"] * (MAX_ITEMS + 3)))

    assert len(found.items) == MAX_ITEMS
    assert found.left_out == 3
    assert len(found.drops) == 3


def test_a_title_of_the_channel_is_no_matter() -> None:
    body = rss(entry(), channel="<dc:title>Dublin</dc:title>")

    assert scan(body).drops == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<a>" * (MAX_DEPTH + 1), "deep"),
        (b"<rss>" + b"<a/>" * MAX_ELEMENTS + b"</rss>", "elements"),
        (
            b"<rss " + b" ".join(b"a%d='1'" % n for n in range(MAX_ATTRIBUTES + 1)) + b"/>",
            "attributes",
        ),
        (
            b"<rss " + b" ".join(b"xmlns:a%d='u'" % n for n in range(MAX_ATTRIBUTES + 1)) + b"/>",
            "namespaces",
        ),
    ],
)
def test_limits(body: bytes, says: str) -> None:
    with pytest.raises(UnsupportedFormat, match=says):
        scan(body)


def test_broken_xml_says_where_it_breaks() -> None:
    with pytest.raises(MalformedXml) as fault:
        scan(b"<rss><a></rss>")

    assert fault.value.offset == 10
    assert not fault.value.trailing


def test_text_after_the_document_is_told_from_a_break_within() -> None:
    with pytest.raises(MalformedXml) as fault:
        scan(b"<rss/><html>")

    assert fault.value.offset == 6
    assert fault.value.trailing
