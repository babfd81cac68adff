"""A story is followed step by step: ids and dates that stay, safe text, related stories."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from aggregator.publishing.formats import ATOM as FORMAT
from aggregator.publishing.render_story import MOST, story_document
from aggregator.views import HeadlineChange, PublishedEntry, PublishedFeed, StoryItem, StoryPage
from tests.validity.atom import atom_problems
from tests.views import AT, ATOM, make_entry, make_feed, make_source, make_story_page, tree

TAG = "tag:news.example.org,2026-01-01"
FEED = make_feed(topic="stories/story1", feed_id=f"{TAG}:stories/story1", hub="https://hub.example")


def rendered(
    page: StoryPage, *related: PublishedEntry, feed: PublishedFeed = FEED
) -> list[ET.Element]:
    """The entries of the valid feed of a story."""
    data = FORMAT.render(story_document(feed, page, related=related))
    address = f"{feed.base_url}stories/story1.atom" if feed.base_url else None
    assert list(atom_problems(data, address)) == []
    return tree(data).findall(f"{ATOM}entry")


def values(entries: list[ET.Element], name: str) -> list[str | None]:
    return [entry.findtext(f"{ATOM}{name}") for entry in entries]


def test_each_step_is_an_entry_the_newest_first() -> None:
    page = make_story_page(make_source("Geo", published_at=AT + timedelta(hours=3), rights="© Geo"))
    related = make_entry(9, entry_id=f"{TAG}:story9")

    entries = rendered(page, related)

    assert values(entries, "id") == [
        f"{TAG}:story9", f"{TAG}:item/2", f"{TAG}:item/1/headline/1", f"{TAG}:item/1",
    ]  # fmt: skip
    assert values(entries, "title") == [
        "Talks held in Islamabad, round 9",
        "Geo: Talks held in Islamabad, says Geo",
        "Dawn changed its headline: Talks held in Islamabad, round 1",
        "Dawn: Talks to be held",
    ]
    content = entries[1].findtext(f"{ATOM}content", "")
    assert "https://news.example.org/stories/story1.html#i2" in content
    changed = entries[2].findtext(f"{ATOM}content", "")
    assert '<del dir="ltr" lang="en">Talks to be held</del>' in changed


def test_no_step_that_comes_later_moves_another() -> None:
    items = [
        StoryItem(number, make_source(name, published_at=AT), "new", 1.0, "")
        for number, name in enumerate(("Dawn", "Geo", "APP"), 1)
    ]
    page = make_story_page(items=tuple(items[:2]))

    before, after = (rendered(one) for one in (page, replace(page, items=tuple(items))))

    assert {ET.tostring(entry) for entry in before} < {ET.tostring(entry) for entry in after}
    assert [(at or "")[17:19] for at in values(after, "updated")] == ["02", "01", "00"]


def test_a_merge_keeps_the_ids_of_the_steps() -> None:
    page = make_story_page()
    other = replace(page, entry=replace(page.entry, story="story2", entry_id=f"{TAG}:story2"))

    assert values(rendered(page), "id") == values(rendered(other), "id")


def test_only_the_newest_steps_are_told_and_a_story_without_any_is_valid() -> None:
    items = tuple(
        StoryItem(number, make_source(published_at=AT + timedelta(hours=number)), "new", 1.0, "")
        for number in range(MOST + 5)
    )
    entries = rendered(make_story_page(items=items, related=()))

    assert (len(entries), entries[0].findtext(f"{ATOM}id")) == (MOST, f"{TAG}:item/{MOST + 4}")
    assert rendered(make_story_page(items=(), related=())) == []


def test_without_an_address_steps_lead_to_their_sources_alone() -> None:
    unnamed = make_source(feed="", publisher="", headline="", url=None)
    page = make_story_page(items=(StoryItem(1, unnamed, "new", 1.0, ""),))

    (entry,) = rendered(page, feed=replace(FEED, base_url=None))

    assert entry.findtext(f"{ATOM}title") == "A source: Untitled"
    assert entry.find(f"{ATOM}link") is None


def test_hostile_text_stays_text() -> None:
    hostile = "]]><script>alert(1)</script>\u202e"
    source = make_source(hostile, headline=hostile, url="javascript:x", rights=hostile,
                         summary=hostile, language=hostile)  # fmt: skip
    change = HeadlineChange(hostile, AT)
    item = StoryItem(1, source, hostile, 1.0, hostile, earlier=(change,))

    for entry in rendered(make_story_page(items=(item,))):
        assert "<script" not in ET.tostring(entry, encoding="unicode").replace("&lt;", "<")
        assert "javascript:" not in ET.tostring(entry, encoding="unicode")
