"""XML made fit for a parser."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from aggregator.errors import NotAFeed
from aggregator.parsing.clock import named_zone, offset_zone
from aggregator.parsing.xmltext import mended, root_name, without_prolog


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<rss/>", "rss"),
        ("<?xml version='1.0'?><!-- <no> --><rdf:RDF>", "rdf:RDF"),
        ("<!DOCTYPE rss [<!ENTITY x 'y'>]><rss>", "rss"),
        ("<!-- <rss> never closed", ""),
        ("no element", ""),
        ("<>", ""),
    ],
)
def test_the_root_is_the_first_element(text: str, name: str) -> None:
    assert root_name(text) == name


def test_a_text_without_elements_is_no_feed() -> None:
    with pytest.raises(NotAFeed, match="no XML element") as caught:
        without_prolog("plain words")

    assert "plain words" not in caught.value.detail  # it may repeat a key


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("<a>&amp; &lt; &quot;</a>", "<a>&amp; &lt; &quot;</a>"),
        ("<a>&</a>", "<a>&amp;</a>"),
        ("<a>&eacute;&nope;</a>", "<a>é&amp;nope;</a>"),
        ("<a>&#65;&#x41;&#0;&#xB;&#xD800;&#1114112;</a>", "<a>&#65;&#x41;</a>"),
        ("<a>&#99999999;</a>", "<a>&amp;#99999999;</a>"),
        ("<a>&LT;b&GT; &AMP; &nvlt;</a>", "<a>&lt;b&gt; &amp; &lt;⃒</a>"),
        ("<a>5 < 6, I <3 it <= <b>so</b></a>", "<a>5 &lt; 6, I &lt;3 it &lt;= <b>so</b></a>"),
        ("<a>if a<b</a>", "<a>if a&lt;b</a>"),
        ("<a>x</a", "<a>x</a"),
        ('<a><b c="x<y">z</b></a>', '<a><b c="x<y">z</b></a>'),
        ("<a><![CDATA[a<b<c]]></a>", "<a><![CDATA[a<b<c]]></a>"),
        ("<a>&#55357;&#56832;&#xD83D;&#xDE00;</a>", "<a>😀😀</a>"),
        ("<a>&#55357;&#55357; &#56832;</a>", "<a> </a>"),
        ("<a>&#55000;&#57000;</a>", "<a>&#55000;</a>"),
        ("<a><![CDATA[&]]><!-- & --></a>", "<a><![CDATA[&]]><!-- & --></a>"),
        ("<a><![CDATA[&", "<a><![CDATA[&"),
        (
            '<a><dc:x/><y:z xmlns:b="c"/></a>',
            '<a xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:y="urn:undeclared:y">'
            '<dc:x/><y:z xmlns:b="c"/></a>',
        ),
        ("<x:a/>", '<x:a xmlns:x="urn:undeclared:x"/>'),
    ],
)
def test_common_faults_are_mended(text: str, sound: str) -> None:
    assert mended(text) == sound


def test_prefixes_without_end_are_not_declared() -> None:
    text = "<a>" + "".join(f"<p{n}:x/>" for n in range(60)) + "</a>"

    assert mended(text) == text


def test_what_is_no_offset_is_utc() -> None:
    assert offset_zone("soon") is UTC
    assert offset_zone("+5").utcoffset(None) == timedelta(hours=5)


def test_what_is_no_zone_is_none() -> None:
    assert named_zone("noon") is None
    assert named_zone("../../etc/passwd") is None
