"""Pages are whole, without scripts, readable by machines and people, in both directions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from aggregator.model import Image, Media, TermHit
from aggregator.publishing import pages
from aggregator.publishing.pages import (
    SearchForm,
    Site,
    TopicCard,
    TopOfDay,
)
from aggregator.publishing.render_document import Day
from aggregator.publishing.style import style, style_hash
from aggregator.views import HeadlineChange, SearchHit, TopicReason
from tests.views import AT, make_entry, make_feed, make_health, make_source, make_story_page

SITE = Site("Example site", base_url="https://news.example.org/")
LIVE = Site("Example site", base_url="https://news.example.org/", live=True)
FIVE = ("Dawn", "Geo", "Wire", "Post", "Times")
URDU = "امریکا اور پاکستان کے مذاکرات"


class Outline(HTMLParser):
    """Tags with attributes, the text, and whether all elements are closed in order."""

    VOID = ("meta", "link", "input", "br", "img")

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def hrefs(self) -> list[str]:
        return [str(one["href"]) for one in self.all("a")]


def read(page: bytes) -> Outline:
    outline = Outline(page)
    assert outline.open == []
    return outline


def every_page(site: Site) -> dict[str, bytes]:
    geo = make_source("Geo", headline=URDU, language="ur")
    feed = make_feed(make_entry(2, geo), make_entry(1), months=("2026-03",), has_digest=True,
                     days=("2026-03-01", "2026-02-27"))  # fmt: skip
    return {
        "topic": pages.topic_page(feed, site),
        "day": pages.day_page(
            feed, Day("2026-03-01", AT, feed.entries, 3), site, earlier="2026-02-27"
        ),
        "empty topic": pages.topic_page(make_feed(), site),
        "story": pages.story_page(make_story_page(geo), site),
        "left": pages.left_page(site, survivor=None),
        "merged": pages.left_page(site, survivor="story2"),
        "index": pages.index_page(
            [TopicCard("news", "The news", 2, (make_entry(1, geo),))],
            site,
            top=TopOfDay("2026-03-01", (make_entry(1, geo), make_entry(2))),
        ),
        "empty index": pages.index_page([TopicCard("news", "The news", 0, ())], site),
        "feeds": pages.feeds_page(
            [
                (make_health(next_due=AT, items=12), ""),
                (
                    make_health(name="Members Desk", shown_url="", last_success=None, failures=1),
                    "timeout, once",
                ),
            ],
            site,
        ),
        "search": pages.search_page(
            SearchForm(
                "talks",
                topic="news",
                label="country=pk",
                topics=(("news", "The news"), ("off", "Other")),
                sources=("Dawn", "Geo"),
                labels=("country=in", "country=pk"),
            ),
            [
                SearchHit("Talks held", "https://dawn.example/1", AT, "They met.", FIVE, "story1"),
                SearchHit("Talks end", None, AT, "", ("Geo",), None),
            ],
            site,
            parameters="q=talks&topic=news",
            complete=False,
        ),
        "no search": pages.search_page(SearchForm(), [], site),
        "refused search": pages.search_page(SearchForm("x"), [], site, problem="'y' is no day"),
        "message": pages.message_page("Not Found", "There is nothing here.", site),
    }


@pytest.mark.parametrize("site", [SITE, LIVE, Site("Bare", language="", opml=False, noindex=True)])
def test_every_page_is_one_document_without_scripts(site: Site) -> None:
    for name, page in every_page(site).items():
        outline = read(page)
        names = [tag for tag, _ in outline.tags]

        assert page.startswith(b"<!DOCTYPE html>"), name
        assert names.count("h1") == names.count("main") == names.count("title") == 1, name
        assert not {"script", "iframe", "img", "object"} & set(names), name
        assert not any(key.startswith("on") for _, found in outline.tags for key in found), name
        assert outline.all("html")[0]["lang"], name


def test_every_page_allows_only_its_own_style() -> None:
    style = re.search(rb"<style>(.*?)</style>", every_page(SITE)["topic"], re.S)
    assert style is not None

    policy = pages.content_security_policy()

    assert policy.startswith("default-src 'none'")
    assert style_hash() in policy
    assert "'unsafe-inline'" not in policy


def test_pictures_are_shown_where_the_site_wants_them() -> None:
    lead = make_source(media=Media(Image("https://img.example/a.jpg")))
    entry = make_entry(1, lead=lead)
    site = replace(SITE, images=True)

    for page in (
        pages.topic_page(make_feed(entry, make_entry(2)), site),
        pages.story_page(make_story_page(entry=entry), site),
    ):
        (image,) = read(page).all("img")
        assert image["src"] == "https://img.example/a.jpg"
        assert image["loading"] == "lazy"
        assert image["referrerpolicy"] == "no-referrer"
        assert b"img-src 'self' https:;" in page.replace(b"&#39;", b"'")
    assert b"<img" not in pages.topic_page(make_feed(entry), SITE)
    assert "https:" not in pages.content_security_policy()


@pytest.mark.parametrize("site", [SITE, LIVE])
def test_every_time_has_a_zone_and_is_readable_by_machines(site: Site) -> None:
    for name, page in every_page(site).items():
        body = page.decode().partition("<body>")[2]
        marked = re.findall(r'<time datetime="([^"]*)">(.*?)</time>', body)
        rest = re.sub(r"<time .*?</time>", "", body)

        assert all(datetime.fromisoformat(when) for when, _ in marked)
        assert all("UTC" in shown for _, shown in marked if ":" in shown), name
        assert not re.search(r"\b\d{1,2}:\d{2}\b", rest), name
    assert "<time" in every_page(site)["story"].decode()


def test_pages_are_the_same_for_the_same_values() -> None:
    assert every_page(SITE) == every_page(SITE)


def test_every_page_tells_search_engines_and_those_who_link_it_what_it_is() -> None:
    for name, page in every_page(SITE).items():
        outline = read(page)
        said = {str(one.get("property") or one.get("name")): str(one.get("content"))
                for one in outline.all("meta")}  # fmt: skip

        assert 10 < len(said["description"]) <= 210, name
        assert said["og:description"] == said["description"]
        assert said["og:title"] in outline.text
        assert said["og:site_name"] == "Example site"
        (icon,) = [one for one in outline.all("link") if one["rel"] == "icon"]
        assert icon["href"] == ("../" if name in ("story", "left", "merged") else "") + "icon.svg"
    address = "https://news.example.org/stories/story1.html"
    story = read(every_page(SITE)["story"])
    assert {"property": "og:url", "content": address} in story.all("meta")
    assert {"rel": "canonical", "href": address} in story.all("link")
    assert b"og:url" not in every_page(LIVE)["search"] + every_page(LIVE)["message"]


def test_pictures_of_stories_are_named_to_those_who_link_them() -> None:
    lead = make_source(media=Media(Image("https://img.example/a.jpg")))
    page = make_story_page(entry=make_entry(1, lead=lead))
    named = {"property": "og:image", "content": "https://img.example/a.jpg"}

    assert named in read(pages.story_page(page, replace(SITE, images=True))).all("meta")
    assert named not in read(pages.story_page(page, SITE)).all("meta")


def test_the_keyboard_reaches_the_content_first() -> None:
    for page in every_page(LIVE).values():
        outline = read(page)

        assert outline.hrefs()[0] == "#main"
        assert outline.all("main") == [{"id": "main"}]


def test_only_served_pages_have_search_and_health() -> None:
    static, live = every_page(SITE), every_page(LIVE)

    assert b"<form" not in static["topic"] + static["index"] + static["story"]
    assert b"<form" in live["topic"]
    assert "feeds" in read(live["index"]).hrefs()
    assert "../search" in read(live["story"]).hrefs()


def test_a_story_is_followed_where_its_feed_is_served() -> None:
    static, live = every_page(SITE)["story"], every_page(LIVE)["story"]

    assert b"Follow this story" not in static
    assert "story1.atom" in read(live).hrefs()
    assert [one["href"] for one in read(live).all("link") if one["rel"] == "alternate"] == [
        "story1.atom"
    ]


def test_feeds_are_found_from_the_topic_page() -> None:
    found = read(every_page(SITE)["topic"]).all("link")

    assert [(one["type"], one["href"]) for one in found if one["rel"] == "alternate"] == [
        ("application/atom+xml", "news.atom"),
        ("application/rss+xml", "news.rss"),
        ("application/feed+json", "news.json"),
        ("application/atom+xml", "news-digest.atom"),
    ]
    hub = Site("Example site", hub="https://hub.example/")
    linked = read(pages.topic_page(make_feed(), hub)).all("link")
    assert {"rel": "hub", "href": "https://hub.example/"} in linked


def test_the_topic_page_shows_stories_by_day_with_their_other_publishers() -> None:
    night = make_entry(20)
    outline = read(pages.topic_page(make_feed(night, make_entry(1, make_source("Geo"))), SITE))

    days = [one["id"] for one in outline.all("h2")]

    assert days == ["d2026-03-02", "d2026-03-01"]
    assert "Last updated 1 March 2026, 09:30 UTC." in outline.text
    assert "Also covered by Geo" in outline.text
    assert "Here because of Islamabad, talks · All 2 reports and reasons" in outline.text
    assert "stories/story1.html" in outline.hrefs()


def test_by_weight_the_topic_page_has_no_days() -> None:
    widely = make_entry(1, make_source("Geo"), make_source("APP"))
    site = replace(SITE, order="weight")
    outline = read(pages.topic_page(make_feed(make_entry(9), widely), site))

    assert [one["id"] for one in outline.all("h2")] == ["stories"]
    assert outline.text.index("round 1") < outline.text.index("round 9")
    assert "1\N{NO-BREAK SPACE}Mar\N{NO-BREAK SPACE}2026 10:30" in outline.text
    assert "No stories yet" in read(pages.topic_page(make_feed(), site)).text


@pytest.mark.parametrize("order", ["time", "weight"])
def test_each_day_of_the_digest_feed_has_its_place_on_the_topic_page(order: str) -> None:
    days = ("2026-03-01", "2026-02-28")  # the older one has no story among the newest
    feed = replace(make_feed(make_entry(1)), days=days, has_pages=True)
    outline = read(pages.topic_page(feed, replace(SITE, order=order)))

    places = [str(one["id"]) for one in (*outline.all("h2"), *outline.all("li")) if "id" in one]

    assert sorted(set(places) - {"stories", "days"}) == ["d2026-02-28", "d2026-03-01"]
    assert len(places) == len(set(places))


def test_the_top_of_the_day_heads_the_index() -> None:
    top = TopOfDay("2026-03-01", (make_entry(1, make_source("Geo")), make_entry(2)))
    page = pages.index_page([TopicCard("news", "The news", 0, ())], SITE, top=top)
    outline = read(page)

    assert [one["id"] for one in outline.all("h2")] == ["top", "t-news"]
    assert "Top of the day, 1 March 2026" in outline.text
    assert "2 reports, 2 independent: Talks held in Islamabad, round 1" in outline.text
    assert "Dawn: Talks held in Islamabad, round 2" in outline.text
    assert "stories/story1.html" in outline.hrefs()


def test_a_publisher_is_named_once_in_the_order_of_time() -> None:
    lead = make_source("Dawn")
    others = [make_source(name, url=url) for name, url in (
        ("Geo", "https://geo.example/1"), ("APP", None), ("GEO", "https://geo.example/2"),
        ("dawn", "https://dawn.example/2"), ("Jang", "javascript:x"),
    )]  # fmt: skip
    entry = make_entry(1, *others, lead=lead)

    page = pages.topic_page(make_feed(entry), SITE).decode()

    assert "Also covered by Geo, APP, Jang" in read(page.encode()).text
    assert 'href="https://geo.example/1" rel="noopener noreferrer"' in page
    assert "<span title=" in page
    assert "geo.example/2" not in page


def test_a_story_without_words_or_links_stands_on_the_page_of_its_topic_all_the_same() -> None:
    lead = make_source(headline="", url=None)
    entry = make_entry(1, make_source("Geo", url=None), lead=lead, summary="", terms=())
    page = pages.topic_page(make_feed(entry), SITE).decode()

    assert '<span dir="ltr" lang="en">Untitled</span>' in page
    assert 'Also covered by <span title="Talks held in Islamabad, says Geo">' in page
    assert 'class="summary"' not in page
    assert "Here because of" not in page


def test_links_to_sources_tell_them_nothing_about_the_reader() -> None:
    outline = read(every_page(SITE)["story"])

    outward = [one for one in outline.all("a") if str(one["href"]).startswith("https:")]

    assert outward
    assert all(one["rel"] == "noopener noreferrer" for one in outward)
    assert {"name": "referrer", "content": "no-referrer"} in outline.all("meta")


def test_right_to_left_headlines_are_marked_as_such() -> None:
    outline = read(every_page(SITE)["story"])

    urdu = [one for one in outline.all("a") if one.get("lang") == "ur"]

    assert urdu
    assert all(one["dir"] == "rtl" for one in urdu)


def test_only_urdu_is_set_in_urdu_faces() -> None:
    rules = [rule for rule in style().split("}") if "Nastaliq" in rule]  # it has Latin digits, too

    assert rules
    assert all(rule.strip().startswith("[lang|=ur]") for rule in rules)


def test_terms_and_rights_keep_their_direction_without_moving_the_table() -> None:
    lead = make_source(rights=URDU)
    reason = TopicReason("news", "News", 0.9, 0.5, (TermHit(URDU, "headline", 1.0),))
    outline = read(pages.story_page(
        make_story_page(entry=make_entry(1, lead=lead), topics=(reason,)), SITE))  # fmt: skip

    rtl = [tag for tag, found in outline.tags if found.get("dir") == "rtl"]

    assert rtl == ["p", "span"]


def test_the_story_page_tells_wordings_reasons_and_changes() -> None:
    page = pages.story_page(make_story_page(make_source("Geo")), SITE)
    outline = read(page)

    assert "2 reports of this story" in outline.text
    assert "The same event in other words\nScore 0.90; five words shared" in outline.text
    assert "1 March 2026, 10:30 UTC · Dawn changed its headline" in outline.text
    assert "Score 0.90; 0.50 is enough." in outline.text
    assert "Talks planned for May" in outline.text
    assert "Words that differ from the headline above" in outline.text
    assert b"<ins>says Geo</ins>" in page
    assert b"<del>round 1</del>" in page


def test_the_story_page_tells_its_steps_in_the_order_of_time() -> None:
    page = make_story_page(make_source("Geo", published_at=AT + timedelta(hours=3)))
    rewritten = HeadlineChange("Summit off: oil falls", AT + timedelta(hours=2))
    lead = replace(page.items[0], earlier=(*page.items[0].earlier, rewritten))
    page = replace(page, items=(lead, page.items[1]))
    text = " ".join(read(pages.story_page(page, SITE)).text.split())

    steps = [
        "2 reports of this story, step by step",
        "09:30 UTC · a related story Talks planned for May",
        "10:30 UTC · Dawn Talks to be held",
        "10:30 UTC · Dawn changed its headline Summit off: oil falls Talks to be held",
        "11:30 UTC · Dawn changed its headline Talks held in Islamabad, round 1",
        "12:30 UTC · Geo Talks held in Islamabad, says Geo",
    ]
    assert sorted(steps, key=text.index) == steps


def test_only_one_report_is_the_first_whatever_was_merged() -> None:
    page = make_story_page(make_source("Geo"), make_source("Wire"))
    first, second, third = (replace(item, rule="new") for item in page.items)

    text = read(pages.story_page(replace(page, items=(first, second, third)), SITE)).text
    assert text.count("The first report of it") == 1
    assert text.count("A story of its own at first") == 2
    found = replace(page, items=(replace(first, rule="exact"), second, third))
    assert "The first report seen here" in read(pages.story_page(found, SITE)).text


def test_a_story_of_one_report_is_told_as_such() -> None:
    page = make_story_page(related=(), topics=())

    text = read(pages.story_page(page, SITE)).text
    assert "The report" in text
    assert "Words that differ" not in text


def test_a_story_without_words_has_a_title_all_the_same() -> None:
    page = make_story_page(entry=make_entry(1, headline="", summary=""))

    outline = read(pages.story_page(page, SITE))

    assert {"property": "og:title", "content": "Untitled"} in outline.all("meta")
    assert {"name": "description", "content": "Untitled"} in outline.all("meta")


def test_rights_authors_and_changes_stand_on_the_story_page() -> None:
    lead = make_source(author="Jane Doe", rights="© Dawn", url=None)
    entry = make_entry(1, lead=lead, url=None, updated_at=AT.replace(year=2027))
    page = make_story_page(entry=entry)

    text = read(pages.story_page(page, SITE)).text

    assert "Dawn, Jane Doe" in text
    assert "© Dawn" in text
    assert "changed 1 March 2027" in text


def test_seconds_that_keep_entries_apart_are_no_change() -> None:
    entry = make_entry(1)
    page = make_story_page(entry=replace(entry, updated_at=entry.updated_at + timedelta(minutes=7)))

    assert "· changed" not in read(pages.story_page(page, SITE)).text


def test_a_story_that_left_says_where_it_went() -> None:
    assert "story2.html" in read(every_page(SITE)["merged"]).hrefs()
    assert "withdrawn" in read(every_page(SITE)["left"]).text


def test_pages_at_any_address_link_from_the_root() -> None:
    rooted = Site("Example site", live=True, root="/news/")

    assert "/news/search" in read(pages.message_page("Gone", "Gone.", rooted)).hrefs()


def test_markup_in_any_field_is_shown_as_text() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>\x00\u202e'
    source = make_source(evil, headline=evil, url="javascript:alert(1)", author=evil, rights=evil)
    entry = make_entry(1, lead=source, headline=evil, summary=evil, terms=(evil,), language=evil)
    for page in (
        pages.topic_page(make_feed(entry, title=evil), LIVE),
        pages.story_page(make_story_page(entry=entry), LIVE),
        pages.search_page(
            SearchForm(
                evil,
                evil,
                evil,
                evil,
                evil,
                evil,
                evil,
                topics=((evil, evil),),
                sources=(evil,),
                labels=(evil,),
            ),
            [SearchHit(evil, evil, AT, evil, (evil,) * 5, evil)],
            LIVE,
            parameters="q=x",
            problem="",
        ),
    ):
        tags = {tag for tag, _ in read(page).tags}

        assert not {"script", "img"} & tags
        assert b"javascript" not in page
        assert b"\x00" not in page
        assert "\u202e".encode() not in page


def test_titles_stay_short_however_they_are_written() -> None:
    for headline in ("'" * 200, "He said 'no' & \"yes\" " * 9, "words " * 40, "short"):
        page = pages.story_page(make_story_page(entry=make_entry(1, headline=headline)), SITE)

        title = re.search(rb"<title>(.*)</title>", page)

        assert title is not None
        assert 5 <= len(title[1].decode()) <= 70


def test_letters_and_their_marks_are_written_as_one() -> None:
    entry = make_entry(1, headline="United Sta\u0301tes and Pakistan")

    assert "United Státes" in pages.topic_page(make_feed(entry), SITE).decode()


def test_wordings_are_compared_word_by_word_without_case() -> None:
    assert pages.differences("Talks held today", "talks HELD today") == ()
    assert pages.differences("Talks held", "Talks not held") == (
        ("same", "Talks"),
        ("added", "not"),
        ("same", "held"),
    )
    assert pages.differences("Five killed", "Six killed") == (
        ("missing", "Five"),
        ("added", "Six"),
        ("same", "killed"),
    )
    assert pages.differences("Talks held today", "Talks held") == (
        ("same", "Talks held"),
        ("missing", "today"),
    )


def test_wordings_with_little_in_common_are_not_compared() -> None:
    assert pages.differences("Talks held in Islamabad", URDU) == ()


def test_a_term_stands_once_with_all_its_places() -> None:
    terms = (
        TermHit("army", "summary", 0.5),
        TermHit("talks", "headline", 1.0),
        TermHit("army", "headline", 1.0),
    )

    assert pages.found_terms(terms) == (
        ("army", "summary, headline", 1.5),
        ("talks", "headline", 1.0),
    )
