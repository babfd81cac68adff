"""Feeds in all formats: valid, deterministic, with every source in its role."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from aggregator.model import Enclosure, Image, Media
from aggregator.publishing import render_xml
from aggregator.publishing.formats import FORMATS, is_written
from aggregator.publishing.render_document import (
    Day,
    archive_document,
    digest_document,
    topic_document,
)
from aggregator.settings import PublishSettings
from aggregator.views import PublishedEntry, PublishedSource, RelatedStory
from tests.views import AT, ATOM, make_entry, make_feed, make_source, render, tree

DC = "{http://purl.org/dc/elements/1.1/}"
FH = "{http://purl.org/syndication/history/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
URDU = "امریکا اور پاکستان کے مذاکرات"


def atom_of(*entries: PublishedEntry, **changes: Any) -> ET.Element:
    return tree(render(make_feed(*entries, **changes), ["atom"])["atom"])


def rss_of(*entries: PublishedEntry, **changes: Any) -> ET.Element:
    found = tree(render(make_feed(*entries, **changes), ["rss"])["rss"]).find("channel")
    assert found is not None
    return found


def json_of(*entries: PublishedEntry, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(make_feed(*entries, **changes), ["json"])["json"])
    return found


def links(element: ET.Element) -> list[tuple[str | None, str | None]]:
    return [(link.get("rel"), link.get("href")) for link in element.findall(f"{ATOM}link")]


def test_the_same_feed_gives_the_same_bytes() -> None:
    feed = make_feed(make_entry(2, make_source("Geo")), make_entry(1))

    assert render(feed) == render(feed)


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_entries_that_are_written_a_few_at_a_time_are_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Media(image=Image("https://dawn.example/a.jpg"))
    feed = make_feed(*(make_entry(n, lead=make_source(media=picture)) for n in range(1, 6)))
    whole = render(feed, [name])

    monkeypatch.setattr(render_xml, "_AT_ONCE", 2)

    assert render(feed, [name]) == whole


def test_only_asked_and_known_formats_are_rendered() -> None:
    assert set(render(make_feed(), ["rss", "html", "opml"])) == {"rss"}


def test_the_atom_feed_names_itself_its_page_its_hub_and_its_archive() -> None:
    feed = atom_of(make_entry(), hub="https://hub.example/", months=("2026-02", "2026-03"))

    assert links(feed) == [
        ("self", "https://news.example.org/news.atom"),
        ("hub", "https://hub.example/"),
        ("prev-archive", "https://news.example.org/news-2026-03.atom"),
        ("alternate", "https://news.example.org/news.html"),
    ]
    assert feed.findtext(f"{ATOM}id") == "tag:news.example.org,2026-01-01:topic/news"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Example site"
    assert feed.get(LANG) == "en"


def test_without_an_address_only_what_is_known_is_linked() -> None:
    feed = make_feed(make_entry(), base_url=None, months=("2026-03",))
    files = render(feed)
    entry = tree(files["atom"]).find(f"{ATOM}entry")

    assert links(tree(files["atom"])) == []
    assert entry is not None
    assert links(entry) == [("alternate", "https://dawn.example/talks")]
    assert tree(files["rss"]).findtext("channel/link") == "http://127.0.0.1:8080/"
    assert "feed_url" not in json.loads(files["json"])


def test_the_feed_is_as_new_as_its_newest_change() -> None:
    changed = make_entry(1, updated_at=AT + timedelta(days=3))

    feed = atom_of(make_entry(2), changed)

    assert feed.findtext(f"{ATOM}updated") == "2026-03-04T09:30:00+00:00"


def test_an_empty_feed_is_whole_in_every_format() -> None:
    assert atom_of().findtext(f"{ATOM}updated") == "2026-03-01T09:30:00+00:00"
    assert rss_of().findtext("title") == "The news"
    assert json_of()["items"] == []


def test_every_source_is_a_link_with_its_role_and_a_line_of_the_content() -> None:
    geo = make_source("Geo", headline="Geo says so")
    jang = make_source("Jang", headline=URDU, language="ur", url="https://jang.example/a?b=1&c=2")
    entry = atom_of(make_entry(1, geo, jang)).find(f"{ATOM}entry")
    assert entry is not None
    content = entry.findtext(f"{ATOM}content") or ""

    assert links(entry) == [
        ("alternate", "https://dawn.example/talks"),
        ("related", "https://news.example.org/stories/story1.html"),
        ("related", "https://geo.example/talks"),
        ("related", "https://jang.example/a?b=1&c=2"),
    ]
    assert "3 reports, 3 independent; first: Dawn." in content
    assert '<a href="https://geo.example/talks" dir="ltr" lang="en">Geo says so</a>' in content
    assert f'dir="rtl" lang="ur">{URDU}</a> (1 March 2026, 09:30 UTC)' in content


def test_the_lead_is_the_source_with_id_title_and_time() -> None:
    source = atom_of(make_entry()).find(f"{ATOM}entry/{ATOM}source")
    assert source is not None

    assert source.findtext(f"{ATOM}id") == "https://dawn.example/feed"
    assert source.findtext(f"{ATOM}title") == "Dawn: all news"
    assert source.findtext(f"{ATOM}updated") == "2026-03-01T10:30:00+00:00"
    assert rss_of(make_entry()).find("item/source").get("url") == "https://dawn.example/feed"  # type: ignore[union-attr]


def test_a_private_feed_is_told_by_name_only() -> None:
    private = make_source("Members Desk", feed_url=None, feed_title="")
    entry = make_entry(1, lead=private)

    source = atom_of(entry).find(f"{ATOM}entry/{ATOM}source")

    assert source is not None
    assert source.findtext(f"{ATOM}title") == "Members Desk"
    assert source.findtext(f"{ATOM}id", "").endswith("topic/news/source/members-desk")
    assert links(source) == []
    assert rss_of(entry).find("item/source") is None


def test_a_source_without_a_name_is_left_out() -> None:
    nameless = make_source("", feed_title="")

    assert atom_of(make_entry(1, lead=nameless)).find(f"{ATOM}entry/{ATOM}source") is None


def test_a_feed_address_without_a_path_is_written_in_its_canonical_form() -> None:
    entry = make_entry(1, lead=make_source(feed_url="https://dawn.example"))

    assert atom_of(entry).findtext(f"{ATOM}entry/{ATOM}source/{ATOM}id") == "https://dawn.example/"


def test_p35_author_and_rights_of_the_lead_are_kept_without_mail_addresses() -> None:
    lead = make_source(author="jane@paper.example (Jane Doe)", rights="© Dawn")
    entry = atom_of(make_entry(1, lead=lead)).find(f"{ATOM}entry")
    item = rss_of(make_entry(1, lead=lead)).find("item")

    assert entry is not None
    assert item is not None
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Jane Doe (Dawn)"
    assert entry.findtext(f"{ATOM}rights") == "© Dawn"
    assert entry.findtext(f"{ATOM}source/{ATOM}rights") == "© Dawn"
    assert item.findtext(f"{DC}creator") == "Jane Doe (Dawn)"
    assert item.findtext(f"{DC}rights") == "© Dawn"


def test_an_entry_without_author_is_its_publishers() -> None:
    assert atom_of(make_entry()).findtext(f"{ATOM}entry/{ATOM}author/{ATOM}name") == "Dawn"
    nobody = make_entry(1, lead=make_source("", author="a@b.example"))
    assert atom_of(nobody).findtext(f"{ATOM}entry/{ATOM}author/{ATOM}name") == "Example site"


def test_rss_has_guid_date_categories_and_full_content() -> None:
    entry = make_entry(1, make_source("Geo"))
    channel = rss_of(entry, hub="https://hub.example/", months=("2026-03",))
    item = channel.find("item")
    assert item is not None

    assert channel.findtext("link") == "https://news.example.org/news.html"
    assert [link.get("rel") for link in channel.findall(f"{ATOM}link")] == ["self", "hub"]
    assert channel.findtext("ttl") == "10"
    assert item.findtext("guid") == "tag:news.example.org,2026-01-01:story1"
    assert item.find("guid").get("isPermaLink") == "false"  # type: ignore[union-attr]
    assert parsedate_to_datetime(item.findtext("pubDate", "")) == AT + timedelta(hours=1)
    assert [one.text for one in item.findall("category")] == ["Islamabad", "talks"]
    assert "2 reports, 2 independent" in item.findtext("description", "")


def test_signs_that_mean_something_in_xml_come_back_as_they_were() -> None:
    said = """Q&A "5 < 6 > 4" isn't &quot; markup"""
    lead = make_source(rights=said, url="https://dawn.example/?a=1&b=2")
    other = make_source("Q&A", url="https://geo.example/?a=1&b=2", headline=said)
    entry, item = make_entry(1, other, lead=lead, terms=(said,)), 'Q&A "5 < 6 > 4" isn\'t " markup'
    in_atom, in_rss = atom_of(entry).find(f"{ATOM}entry"), rss_of(entry).find("item")
    assert in_atom is not None
    assert in_rss is not None

    assert in_atom.find(f"{ATOM}category").get("term") == item  # type: ignore[union-attr]
    assert in_atom.findtext(f"{ATOM}source/{ATOM}rights") == item
    assert f"Q&A: {item}" in [link.get("title") for link in in_atom.findall(f"{ATOM}link")]
    assert ("related", "https://geo.example/?a=1&b=2") in links(in_atom)
    assert in_rss.findtext("category") == in_rss.findtext(f"{DC}rights") == item


def test_signs_that_xml_forbids_never_reach_a_document() -> None:
    document = topic_document(make_feed(make_entry()))
    odd = replace(document.entries[0], terms=("a\x01b\ufffec\nd",), rights="a\x01b")
    parsed = tree(render_xml.rss(replace(document, entries=(odd,))))

    assert parsed.findtext("channel/item/category") == "abc\nd"


def test_the_date_of_an_item_is_as_the_standard_library_writes_it() -> None:
    for at in (AT, datetime(2025, 12, 31, 23, 5, 9, 123, tzinfo=timezone(timedelta(hours=-5)))):
        item = rss_of(replace(make_entry(), published_at=at)).find("item")
        assert item is not None
        assert item.findtext("pubDate") == format_datetime(at.astimezone(UTC))


def test_terms_that_differ_in_case_or_a_stop_are_one_category() -> None:
    entry = make_entry(terms=("State Dept", "State Dept.", "Army", "army", "\x00", "."))

    assert json_of(entry)["items"][0]["tags"] == ["State Dept", "Army"]


def test_json_feed_names_all_sources_and_has_no_nulls() -> None:
    feed = json_of(make_entry(1, make_source("Geo", url=None)), hub="https://hub.example/")
    item = feed["items"][0]

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://news.example.org/news.json"
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert item["date_published"] == item["date_modified"] == "2026-03-01T10:30:00Z"
    assert item["_aggregator"]["sources"] == [
        {
            "publisher": "Dawn",
            "title": "Talks held in Islamabad, round 1",
            "url": "https://dawn.example/talks",
            "date_published": "2026-03-01T10:30:00Z",
        },
        {
            "publisher": "Geo",
            "title": "Talks held in Islamabad, says Geo",
            "date_published": "2026-03-01T09:30:00Z",
        },
    ]
    assert "null" not in json.dumps(feed)


def test_every_format_tells_how_many_sources_are_independent_and_why() -> None:
    feeds = [(("country", "pk"),), (("country", "pk"),), (("country", "us"), ("kind", "<b>"))]
    labelled = [
        make_source(name, author=author, labels=labels)
        for name, author, labels in zip(
            ("Geo", "Jang", "Post"), ("AFP", "AFP", ""), feeds, strict=True
        )
    ]
    entry = make_entry(1, *labelled)
    counted = "4 reports, 3 independent; first: Dawn. country: PK 2, US 1. kind: ‹b› 1."

    extension = json_of(entry)["items"][0]["_aggregator"]
    assert (extension["independent"], extension["first"]) == (3, "Dawn")
    assert extension["coverage"] == {"country": {"pk": 2, "us": 1}, "kind": {"‹b›": 1}}
    assert [one.get("origin", "") for one in extension["sources"]] == [
        "", "text of AFP (author)", "text of AFP (author)", "",
    ]  # fmt: skip
    for content in (
        atom_of(entry).findtext(f"{ATOM}entry/{ATOM}content", ""),
        rss_of(entry).findtext("item/description", ""),
    ):
        assert f"<p>{counted}</p>" in content
        assert "; text of AFP (author))" in content


def test_every_format_names_related_stories_by_their_page_or_their_lead() -> None:
    known = RelatedStory("story7", "Talks <b>planned</b>", AT, "https://dawn.example/7", "tag:x:7")
    entry = make_entry(1, related=(known, RelatedStory("story8", "Talks put off", AT)))
    at = "(1 March 2026, 09:30 UTC)"
    headline = "Talks ‹b›planned‹/b›"

    def content(**changes: Any) -> str:
        return atom_of(entry, **changes).findtext(f"{ATOM}entry/{ATOM}content", "")

    page = "https://news.example.org/stories/story7.html"
    assert (
        f'<p>More on this:</p><ul><li><a href="{page}" dir="ltr">{headline}</a> {at}</li>'
    ) in content()
    alone = content(has_pages=False)
    assert f'<a href="https://dawn.example/7" dir="ltr">{headline}</a> {at}' in alone
    assert f'<span dir="ltr">Talks put off</span> {at}' in alone
    assert content() in rss_of(entry).findtext("item/description", "")
    related = json_of(entry, has_pages=False)["items"][0]["_aggregator"]["related"]
    time = "2026-03-01T09:30:00Z"
    assert related == [
        {"id": "tag:x:7", "title": headline, "url": "https://dawn.example/7",
         "date_published": time},
        {"id": "", "title": "Talks put off", "date_published": time},
    ]  # fmt: skip


def test_an_archive_of_a_month_before_the_upgrade_keeps_its_form() -> None:
    lead = make_source(author="Jane Doe")
    entry = make_entry(1, make_source("Geo"), lead=lead, related=(RelatedStory("x", "More", AT),))
    feed = make_feed(entry, months=("2026-03",))

    def archive(since: str) -> str:
        document = archive_document(replace(feed, archive_form_since=since), month="2026-03")
        return FORMATS["atom"].render(document).decode()

    assert "2 sources:" in archive("2026-04")
    assert "Jane Doe (Dawn)" not in archive("2026-04")
    assert "More on this" not in archive("2026-04")
    for since in ("", "2026-03"):
        assert "2 reports, 2 independent" in archive(since)
        assert "Jane Doe (Dawn)" in archive(since)


def test_each_item_of_a_json_feed_stands_on_a_line_of_its_own() -> None:
    entry = make_entry(
        1, make_source("Geo", url=None), headline='Talks "end" \\ no\tdeal', terms=()
    )
    written = render(make_feed(entry, make_entry(2, headline=URDU)), ["json"])["json"].decode()
    head, first, second, end = written.splitlines()

    assert head.endswith('"items": [')
    assert json.loads(first.removesuffix(",")) == json.loads(written)["items"][0]
    assert json.loads(second)["title"] == URDU
    assert end == "]}"
    assert json.loads(render(make_feed(), ["json"])["json"])["items"] == []


def test_feeds_lead_to_no_page_where_none_is_written() -> None:
    day = Day("2026-03-01", AT, (make_entry(),), 3)
    feed = make_feed(make_entry(1, url=None), has_pages=False)

    for document in (topic_document(feed), digest_document(feed, [day])):
        for kind, written in ((kind, one.render(document)) for kind, one in FORMATS.items()):
            assert b".html" not in written, kind
    assert topic_document(feed).entries[0].url is None


def test_times_of_other_zones_and_fractions_are_written_in_utc() -> None:
    odd = datetime(2026, 3, 1, 15, 0, 0, 999, tzinfo=timezone(timedelta(hours=5)))
    entry = make_entry(1, published_at=odd, updated_at=odd)

    atom = atom_of(entry).find(f"{ATOM}entry")

    assert atom is not None
    assert atom.findtext(f"{ATOM}updated") == "2026-03-01T10:00:00+00:00"
    assert atom.findtext(f"{ATOM}published") == "2026-03-01T10:00:00+00:00"


def test_an_entry_without_headline_or_link_does_not_break_the_feed() -> None:
    empty = make_source("Dawn", headline="\x00", url="javascript:x")
    bad = make_entry(1, lead=empty, headline="  ", url=None, summary="", language="")
    good = make_entry(2)

    files = render(make_feed(good, bad, base_url=None))

    titles = [one.text for one in tree(files["atom"]).iter(f"{ATOM}title")]
    assert "Untitled" in titles
    assert good.headline in titles
    assert b"javascript" not in b"".join(files.values())


def test_a_story_without_a_link_of_its_own_leads_to_its_page() -> None:
    entry = make_entry(1, url=None)

    assert json_of(entry)["items"][0]["url"] == "https://news.example.org/stories/story1.html"


def test_one_link_is_named_once() -> None:
    twice = make_source("Geo", url="https://dawn.example/talks")
    entry = atom_of(make_entry(1, twice)).find(f"{ATOM}entry")

    assert entry is not None
    assert [href for _, href in links(entry)].count("https://dawn.example/talks") == 1


def test_p35_excerpts_keep_the_limit_of_the_site() -> None:
    entry = make_entry(1, summary="word " * 200)

    short = json_of(entry, excerpt=50)["items"][0]
    none = json_of(entry, excerpt=0)["items"][0]

    assert len(short["summary"]) <= 50
    assert "summary" not in none


def test_archives_lead_from_month_to_month_and_to_the_feed() -> None:
    feed = make_feed(make_entry(), months=("2026-01", "2026-02", "2026-03"))

    middle = tree(FORMATS["atom"].render(archive_document(feed, month="2026-02")))
    first = tree(FORMATS["atom"].render(archive_document(feed, month="2026-01")))
    last = tree(FORMATS["atom"].render(archive_document(feed, month="2026-03")))

    assert middle.find(f"{FH}archive") is not None
    assert middle.findtext(f"{ATOM}id") == feed.feed_id
    assert dict(links(middle)) == {
        "self": "https://news.example.org/news-2026-02.atom",
        "current": "https://news.example.org/news.atom",
        "prev-archive": "https://news.example.org/news-2026-01.atom",
        "next-archive": "https://news.example.org/news-2026-03.atom",
        "alternate": "https://news.example.org/news.html",
    }
    assert "prev-archive" not in dict(links(first))
    assert "next-archive" not in dict(links(last))
    alone = archive_document(replace(feed, base_url=None), month="2026-02")
    assert links(tree(FORMATS["atom"].render(alone))) == []


def test_a_digest_has_an_entry_for_each_day_with_its_stories() -> None:
    feed = make_feed(hub="https://hub.example/")
    bare = make_entry(3, url=None, summary="")
    closed = datetime(2026, 3, 2, tzinfo=UTC)

    document = digest_document(feed, [Day("2026-03-01", closed, (make_entry(2), bare), 2)])
    atom = tree(FORMATS["atom"].render(document))
    entry = atom.find(f"{ATOM}entry")

    assert entry is not None
    assert atom.findtext(f"{ATOM}id") == f"{feed.feed_id}/digest"
    assert entry.findtext(f"{ATOM}id") == f"{feed.feed_id}/digest/2026-03-01"
    assert entry.findtext(f"{ATOM}title") == "The news: 1 March 2026"
    assert entry.findtext(f"{ATOM}updated") == "2026-03-02T00:00:00+00:00"
    assert (entry.findtext(f"{ATOM}content") or "").count("<h3") == 2
    assert "more" not in document.entries[0].content_html


def test_an_entry_of_a_digest_keeps_the_link_that_it_was_published_with() -> None:
    days = [Day(f"2026-03-0{number}", AT, (make_entry(2),), 1) for number in (1, 2)]

    def links(since: str | None) -> list[str | None]:
        feed = make_feed(day_links_since=since)
        return [entry.url for entry in digest_document(feed, days).entries]

    former = ["https://news.example.org/news.html#d2026-03-01",
              "https://news.example.org/news.html#d2026-03-02"]  # fmt: skip
    pages = ["https://news.example.org/news-2026-03-01.html",
             "https://news.example.org/news-2026-03-02.html"]  # fmt: skip
    assert links(None) == links("2026-03-02") == former
    assert links("2026-03-01") == [former[0], pages[1]]
    assert links("") == pages


def test_a_day_of_a_flood_says_how_much_it_leaves_out_and_where_to_look() -> None:
    feed, closed = make_feed(), datetime(2026, 3, 2, tzinfo=UTC)
    one, many = (Day("2026-03-01", closed, (make_entry(2),), count) for count in (2, 1900))
    alone = digest_document(replace(feed, base_url=None), [many]).entries[0]

    document = digest_document(feed, [one, many])

    link = '<p><a href="https://news.example.org/news.html">And {}</a>.</p>'
    assert document.entries[0].content_html.endswith(link.format("1 more story"))
    assert document.entries[1].content_html.endswith(link.format("1899 more stories"))
    assert alone.content_html.endswith("<p>And 1899 more stories.</p>")
    assert alone.url is None


def test_our_own_files_have_an_address_only_where_the_site_has_one() -> None:
    assert topic_document(make_feed()).url("news.atom") == "https://news.example.org/news.atom"
    assert topic_document(make_feed(base_url=None)).url("news.atom") is None


@pytest.mark.parametrize("icon", ["https://news.example.org/icon.png", None])
def test_the_icon_is_named_where_there_is_one(icon: str | None) -> None:
    assert atom_of(icon=icon).findtext(f"{ATOM}icon") == icon
    assert json_of(icon=icon).get("icon") == icon


def test_no_interval_is_told_when_none_is_known() -> None:
    assert rss_of(ttl_minutes=0).find("ttl") is None


MEDIA = "{http://search.yahoo.com/mrss/}"
PICTURE = Image("https://img.example/a.jpg", 240, 160)
SOUND = Enclosure("https://img.example/a.mp3", "audio/mpeg", 12)
FILM = Enclosure("https://img.example/b.mp4", "video/mp4")


def test_the_leads_picture_sound_and_film_are_passed_on_in_every_format() -> None:
    lead = make_source(media=Media(PICTURE, (SOUND, FILM)))
    entry = make_entry(1, make_source("Geo", media=Media(Image("https://b.example/"))), lead=lead)

    atom = atom_of(entry).find(f"{ATOM}entry")
    item = rss_of(entry).find("item")
    told = json_of(entry)["items"][0]

    assert atom is not None
    assert item is not None
    size = {"url": PICTURE.url, "width": "240", "height": "160"}
    assert [one.attrib for one in atom.findall(f"{MEDIA}thumbnail")] == [size]
    assert [one.attrib for one in item.findall(f"{MEDIA}thumbnail")] == [size]
    assert [one.attrib for one in atom.findall(f"{ATOM}link[@rel='enclosure']")] == [
        {"rel": "enclosure", "href": SOUND.url, "type": SOUND.type, "length": "12"},
        {"rel": "enclosure", "href": FILM.url, "type": FILM.type},
    ]
    assert [one.attrib for one in item.findall("enclosure")] == [
        {"url": SOUND.url, "type": SOUND.type, "length": "12"}
    ]
    assert told["image"] == PICTURE.url
    assert told["attachments"] == [
        {"url": SOUND.url, "mime_type": SOUND.type, "size_in_bytes": 12},
        {"url": FILM.url, "mime_type": FILM.type},
    ]


def test_the_next_best_source_gives_the_picture_that_the_lead_has_not() -> None:
    def source(name: str, *, rank: int, minute: int) -> PublishedSource:
        media = Media(Image(f"https://{name}.example/a.jpg"), (SOUND,))
        return make_source(name, rank=rank, published_at=AT.replace(minute=minute), media=media)

    others = [source("low", rank=1, minute=1), source("late", rank=5, minute=9),
              source("early", rank=5, minute=8), make_source("None", rank=9)]  # fmt: skip

    told = json_of(make_entry(1, *others))["items"][0]

    assert told["image"] == "https://early.example/a.jpg"
    assert "attachments" not in told


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/<b>"])
def test_an_address_that_was_not_checked_is_not_passed_on(url: str) -> None:
    media = Media(Image(url), (Enclosure(url, "audio/mpeg"),))

    told = json_of(make_entry(1, lead=make_source(media=media)))["items"][0]

    assert not {"image", "attachments"} & set(told)


def test_the_address_of_a_picture_is_written_as_links_are() -> None:
    url, written = "https://a.example/king's.jpg?w[]=9", "https://a.example/king%27s.jpg?w%5B%5D=9"
    media = Media(Image(url, 300), (Enclosure(url, "audio/mpeg"),))

    told = json_of(make_entry(1, lead=make_source(media=media)))["items"][0]

    assert told["image"] == told["attachments"][0]["url"] == written


def test_pictures_stay_out_where_the_site_wants_none_and_in_archives_of_another_form() -> None:
    entry = make_entry(1, lead=make_source(media=Media(PICTURE, (SOUND,))))
    feed = make_feed(entry, months=("2026-02", "2026-03"))
    former = replace(feed, archive_form_since="2026-04")

    assert "image" not in json_of(entry, has_media=False)["items"][0]
    old = FORMATS["atom"].render(archive_document(former, month="2026-03"))
    new = FORMATS["atom"].render(archive_document(feed, month="2026-03"))
    assert b"mrss" not in old
    assert new.count(b"xmlns:media") == 1  # of the entry: it can be patched
    assert b"<media:thumbnail" in new


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("news.atom", {"atom"}),
        ("news.rss", {"rss"}),
        ("news.json", {"json"}),
        ("news.html", {"html"}),
        ("news-digest.atom", {"atom", "digest"}),
        ("news-digest.md", {"atom", "digest"}),
        ("news-2026-03.atom", {"atom", "archive"}),
        ("news-2026-03-01.html", {"html", "digest"}),
    ],
)
def test_a_file_is_written_where_all_that_it_needs_is_on(name: str, needs: set[str]) -> None:
    formats = ("atom", "rss", "json", "html", "opml")
    everything = PublishSettings(formats=formats)

    assert is_written(everything, "news", name)
    for need in needs:
        if need in formats:
            less = replace(everything, formats=tuple(one for one in formats if one != need))
        else:
            less = replace(everything, **{need: False})
        assert not is_written(less, "news", name)


@pytest.mark.parametrize(
    "name",
    ["other.atom", "news.txt", "news-2026.atom", "news-2026-03.html", "news-2026-03-01.atom",
     "xnews-digest.md", "news-digest.html", "index.html", "news"],
)  # fmt: skip
def test_other_names_are_no_files_of_a_topic(name: str) -> None:
    assert not is_written(PublishSettings(), "news", name)
