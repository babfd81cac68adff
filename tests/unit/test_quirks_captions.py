"""What stands within an entry and is not its own: captions, galleries, related articles."""

from __future__ import annotations

import pytest

from tests.documents import atom, entry, json_feed, only, rdf, rss

OWN = "Both sides met."
LONGER = "A picture of the delegates at the long table, who had been waiting there since noon."
CONTAINERS = (
    "<media:description>{}</media:description>",
    "<media:content><media:description type='html'>{}</media:description></media:content>",
    "<media:group><media:content/><media:description>{}</media:description></media:group>",
    "<media:thumbnail url='x'/><media:description type='plain'>{}</media:description>",
    "<gallery><image><url>x</url><description>{}</description></image></gallery>",
    "<related><description>{}</description></related>",
    "<related><article><summary>{}</summary></article></related>",
    "<comments><comment><description>{}</description></comment></comments>",
    "<comments><content:encoded>{}</content:encoded></comments>",
    "<image><title>Logo</title><description>{}</description></image>",
    "<photos><photo><dc:description>{}</dc:description></photo></photos>",
    "<player><itunes:summary>{}</itunes:summary></player>",
    "<slides><slide lang='en'><abstract>{}</abstract></slide></slides>",
)


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_items_own_text_wins_over_longer_ones_within_it(container: str) -> None:
    within = container.format(LONGER)
    for form in (
        "<description>{}</description>",
        "<content:encoded>{}</content:encoded>",
        "<itunes:summary>{}</itunes:summary>",
        "<description>&lt;div&gt;{}&lt;/div&gt;</description>",
        "<description><div>{}</div></description>",
    ):
        own = form.format(OWN)
        assert only(rss(entry(more=within + own))).summary == OWN, form
        assert only(rss(entry(more=own + within))).summary == OWN, form


@pytest.mark.parametrize("container", CONTAINERS)
def test_other_formats_know_their_own_text_too(container: str) -> None:
    within = container.format(LONGER)
    namespaces = (
        'xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    )
    in_atom = atom(f"<id>1</id><title>T</title>{within}<summary>{OWN}</summary>")
    in_rdf = rdf(f"<title>T</title>{within}<description>{OWN}</description>")

    assert only(in_atom.replace(b"<feed ", f"<feed {namespaces}".encode())).summary == OWN
    assert only(in_rdf.replace(b"<rdf:RDF ", f"<rdf:RDF {namespaces}".encode())).summary == OWN


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_broken_document_is_read_by_the_same_rule(container: str) -> None:
    more = f"<description>{OWN}</description>{container.format(LONGER)}"
    body = rss(entry(more=more)).replace(b"</channel></rss>", b"<broken")

    assert only(body).summary == OWN


@pytest.mark.parametrize("container", CONTAINERS[:4])
@pytest.mark.parametrize(
    "own", ["", "<description/>", "<description>&lt;img src='x'&gt;</description>"]
)
def test_a_caption_stands_in_where_the_item_has_no_words(container: str, own: str) -> None:
    assert only(rss(entry(more=own + container.format(LONGER)))).summary == LONGER


@pytest.mark.parametrize("container", CONTAINERS[5:9])
def test_the_texts_of_others_never_stand_in(container: str) -> None:
    assert only(rss(entry(more=container.format(LONGER)))).summary == ""


def test_the_longest_caption_stands_in() -> None:
    captions = "".join(CONTAINERS[0].format(words) for words in ("Short.", LONGER, "At the end."))

    assert only(rss(entry(more=captions))).summary == LONGER


WORDLESS = (
    f"<figure><img src='https://pictures.example/{'delegates' * 9}.jpg'></figure>",
    f"<figure><img src='x'><figcaption>{LONGER}</figcaption></figure>",
    f"<iframe src='https://films.example/embed/{'v' * 60}'></iframe>",
    f"<p>Read more: <a href='x'>{LONGER}</a></p>",
    f"<p><img src='https://pictures.example/{'table' * 20}.jpg'>AFP</p>",
    "<script>count(1, 2, 3, 4, 5, 6)</script>",
    "<p>A headline</p>",
)


@pytest.mark.parametrize("html", WORDLESS)
def test_the_excerpt_stands_in_where_the_content_has_no_words(html: str) -> None:
    own = f"<description>{OWN}</description>"
    documents = (
        rss(entry(more=f"{own}<content:encoded><![CDATA[{html}]]></content:encoded>")),
        atom(f"<id>1</id><title>A headline</title><summary>{OWN}</summary>"
             f"<content type='html'><![CDATA[{html}]]></content>"),
    )  # fmt: skip
    for document in documents:
        assert only(document).summary == OWN
    if "AFP" not in html:  # JSON Feed's content goes before its summary, however short
        for key in ("content_text", "summary"):
            said = {"id": "1", "title": "A headline", "content_html": html, key: OWN}
            assert only(json_feed(said)).summary == OWN


def test_the_picture_of_a_content_without_words_is_the_entrys() -> None:
    picture = "&lt;img src='https://pictures.example/table.jpg'&gt;"
    more = f"<description>{OWN}</description><content:encoded>{picture}</content:encoded>"

    image = only(rss(entry(more=more))).media.image

    assert image is not None
    assert image.url == "https://pictures.example/table.jpg"


@pytest.mark.parametrize(
    "within",
    [
        "<title>Other</title>",
        "<link>https://other.example/</link>",
        "<atom:link rel='alternate' href='https://other.example/'/>",
        "<guid>other</guid>",
        "<pubDate>Mon, 01 Jan 2001 00:00:00 GMT</pubDate>",
        "<dc:date>2001-01-01</dc:date>",
        "<author>Somebody Else</author>",
        "<dc:creator>Somebody Else</dc:creator>",
    ],
)
@pytest.mark.parametrize("name", ["related", "comments", "gallery"])
def test_title_link_date_and_author_are_those_of_the_item_alone(within: str, name: str) -> None:
    nested = f"<{name}><one>{within}</one></{name}>"
    alone = only(rss(entry()))

    for inner in (entry() + nested, nested + entry()):
        found = only(rss(inner))
        assert (found.identity, found.headline, found.url) == (
            alone.identity, alone.headline, alone.url
        )  # fmt: skip
        assert (found.published_at, found.author) == (alone.published_at, "")


def test_texts_of_attachments_in_json_are_not_the_items() -> None:
    attachment = {"url": "https://news.example/x.jpg", "title": LONGER, "summary": LONGER}

    item = only(json_feed({"id": "1", "title": "T", "summary": OWN, "attachments": [attachment]}))

    assert item.summary == OWN
