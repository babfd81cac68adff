"""What an item is over time: documents read, stored, matched, as feeds really change them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from aggregator.cli.reasons import print_reasons
from aggregator.ingest.accept import accept
from aggregator.ingest.explain import explain
from aggregator.model import PollResult
from aggregator.storage import feeds, items, maintenance
from aggregator.storage.search import search
from aggregator.storage.store import Store, open_store
from aggregator.text import misread
from tests.documents import atom, json_feed, read, rss
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item
from tests.schemas.write import FOLDER

HOUR = timedelta(hours=1)
QUAKE = "Strong earthquake damages houses on the coast of Chile"
EVENTS = (BLAST, TALKS, WEATHER, QUAKE)
SITE = "https://dawn.example"


@dataclass(frozen=True)
class Post:
    """An entry as a feed writes it; without `at`, `link` or `guid` the element is missing."""

    title: str
    guid: str | None = "1"
    link: str | None = f"{SITE}/a"
    at: datetime | None = NOW
    text: str = ""

    def rss(self) -> str:
        return "".join(
            (
                f"<title>{escape(self.title)}</title>",
                f'<guid isPermaLink="false">{self.guid}</guid>' if self.guid is not None else "",
                f"<link>{escape(self.link)}</link>" if self.link is not None else "",
                f"<pubDate>{format_datetime(self.at)}</pubDate>" if self.at else "",
                f"<description>{escape(self.text)}</description>" if self.text else "",
            )
        )

    def atom(self) -> str:
        link = f'<link href="{self.link}"/>' if self.link else ""
        at = f"<published>{self.at.isoformat()}</published>" if self.at else ""
        return f"<title>{escape(self.title)}</title><id>{self.guid}</id>{link}{at}"

    def json(self) -> dict[str, str]:
        found = {"id": self.guid, "url": self.link, "title": self.title, "content_text": self.text}
        if self.at:
            found["date_published"] = self.at.isoformat()
        return {key: value for key, value in found.items() if value}


def as_rss(posts: Sequence[Post]) -> bytes:
    return rss(*(post.rss() for post in posts))


def as_atom(posts: Sequence[Post]) -> bytes:
    return atom(*(post.atom() for post in posts))


def as_json(posts: Sequence[Post]) -> bytes:
    return json_feed(*(post.json() for post in posts))


@dataclass
class Feed:
    """A feed whose documents go the way of a poll: parsed without what is known, then stored."""

    room: Newsroom
    name: str = "dawn"
    write: Callable[[Sequence[Post]], bytes] = as_rss
    now: datetime = NOW
    polls: list[PollResult] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.room.store

    def post(self, *posts: Post, after: timedelta = HOUR / 2) -> PollResult:
        """One poll; the next is `after` later."""
        state = feeds.state_by_key(self.store, f"https://{self.name}.example/feed")
        assert state is not None
        known = items.known_hashes(self.store, state.feed_id)
        parsed = read(self.write(posts), known=known)
        poll = PollResult(self.room.sources[self.name], state, parsed)
        (accepted,) = accept(self.store, (poll,), self.now)
        self.room.match(now=self.now)
        self.now += after
        self.polls.append(accepted)
        return accepted

    def told(self) -> list[str]:
        return [row[0] for row in self.store.rows("SELECT headline FROM item ORDER BY id")]

    def numbers(self) -> list[int]:
        return [one.new for one in self.polls]

    def rows(self) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.store.rows("SELECT * FROM item ORDER BY id")]


@pytest.fixture
def feed() -> Iterator[Feed]:
    with open_store(None) as store:
        yield Feed(Newsroom(store))
        assert maintenance.check(store) == ()


# --- an identity that tells another event ------------------------------------------------


@pytest.mark.parametrize("write", [as_rss, as_atom, as_json], ids=["rss", "atom", "json"])
@pytest.mark.parametrize(
    ("guid", "link", "at"),
    [
        ("1", "{n}", True),
        ("1", "live", True),
        ("latest", "{n}", False),
        ("N/A", "{n}", True),
        ("null", None, True),
        ("#", "live", False),
        ("urn:uuid:0", None, False),
    ],
    ids=["slot", "live page", "undated slot", "N/A", "null, no link", "# on a live page", "bare"],
)
def test_a_slot_that_tells_another_event_brings_a_new_item(
    feed: Feed,
    guid: str,
    link: str | None,
    at: bool,
    write: Callable[[Sequence[Post]], bytes],
) -> None:
    feed.write = write
    posts = [
        Post(event, guid, link and f"{SITE}/{link.format(n=n)}", NOW + n * HOUR if at else None)
        for n, event in enumerate(EVENTS)
    ]

    first_rows = []
    for post in posts:
        feed.post(post)
        feed.post(post)
        first_rows.append(feed.rows()[0])

    assert feed.numbers() == [1, 0] * len(EVENTS)
    assert feed.told() == list(EVENTS)
    assert len(feed.room.stories()) == len(EVENTS)
    assert len(set(first_rows)) == 1  # the old report stays as it was told
    assert [hit.headline for hit in search(feed.store, "Quetta").hits] == [BLAST]


def test_what_a_slot_told_long_ago_is_known_when_it_comes_back(feed: Feed) -> None:
    towns = ("Quetta", "Oslo", "Lima", "Accra", "Perth", "Osaka", "Turin", "Quito")
    posts = [
        Post(f"{town}: council elects another mayor", "1", f"{SITE}/{town}", NOW + n * HOUR)
        for n, town in enumerate(towns)
    ]

    for post in (*posts, posts[1], posts[2], posts[0], posts[-1]):
        feed.post(post)

    assert feed.numbers() == [1] * len(towns) + [0] * 4


@pytest.mark.parametrize("guid", [None, ""], ids=["no guid", "empty guid"])
def test_a_live_page_without_guid_brings_a_new_item_for_each_event(
    feed: Feed, guid: str | None
) -> None:
    for n, event in enumerate(EVENTS):
        feed.post(Post(event, guid, f"{SITE}/live", NOW + n * HOUR))

    assert feed.told() == list(EVENTS)


@pytest.mark.parametrize("link", ["{event}", "live", None], ids=["own", "shared", "none"])
@pytest.mark.parametrize("guid", ["{place}", "N/A", "#", "null"])
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
def test_ids_counted_from_the_top_or_shared_by_all_lose_and_double_nothing(
    feed: Feed, guid: str, link: str | None, dated: bool
) -> None:
    def document(first: int) -> list[Post]:
        return [
            Post(
                EVENTS[event],
                guid.format(place=place),
                link and f"{SITE}/{link.format(event=event)}",
                NOW - 5 * HOUR + event * HOUR if dated else None,
                f"What is known about number {event} of them.",
            )
            for place, event in enumerate(range(first, max(first - 2, -1), -1), start=1)
        ]

    for first in (1, 1, 2, 2, 3, 3, 2, 3):
        feed.post(*document(first))

    assert feed.numbers() == [2, 0, 1, 0, 1, 0, 0, 0]
    assert sorted(feed.told()) == sorted(EVENTS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BLAST, BLAST.replace("vegetable", "vegtable")),
        (BLAST, BLAST.replace("five", "nine")),
        (BLAST_CUT, BLAST),
        (BLAST, f"BREAKING: {BLAST}"),
        (BLAST, BLAST.upper()),
        (BLAST, f"{BLAST} - Dawn"),
        (TALKS, TALKS.replace("ministers", "minsters")),
        (WEATHER, f"{WEATHER}, Oslo"),
        ("В Киеве прогремел взрыв", "В Киеве прогремел взрыв, есть жертвы"),
    ],
    ids=["typo", "toll", "whole", "prefix", "case", "outlet", "typo 2", "suffix", "russian"],
)
def test_a_small_edit_is_the_same_item(feed: Feed, before: str, after: str) -> None:
    feed.post(Post(before))
    story = feed.room.stories()

    feed.post(Post(after, at=NOW))
    feed.post(Post(after, at=NOW))

    assert feed.numbers() == [1, 0, 0]
    assert feed.room.stories() == story


def test_many_small_edits_lead_to_no_other_event(feed: Feed) -> None:
    steps = (
        "Bomb blast kills five at vegetable market in Quetta",
        "Bomb blast kills five at vegetable market in Quetta, students march",
        "Blast at vegetable market in Quetta, students march over new fees",
        "Market in Quetta: students march over new fees at university",
        "Students march over new fees at university",
    )
    for step in steps:
        feed.post(Post(step))

    assert len(feed.told()) > 1
    assert "Quetta" in feed.told()[0]
    assert feed.told()[-1] == steps[-1]


def test_an_edit_defaces_no_entry_and_merges_no_stories(feed: Feed) -> None:
    room = feed.room
    room.poll("geo", make_item(BLAST, identity="g"), make_item(TALKS, identity="t"))
    room.match()
    feed.post(Post(BLAST, at=NOW + HOUR))
    for uid in room.stories():
        room.publish(uid)

    def others() -> list[tuple[object, ...]]:
        rows = feed.store.rows(
            "SELECT s.uid, s.headline, s.lead_item_id, s.merged_into, i.headline FROM story s"
            " JOIN variant v ON v.story_id = s.id JOIN item i ON i.variant_id = v.id"
            " JOIN feed f ON f.id = i.feed_id WHERE f.name = 'geo' ORDER BY i.id"
        )
        return [tuple(row) for row in rows]

    before = others()
    for title in (TALKS, "Buy pills now, cheap and quick", WEATHER, BLAST.replace("five", "six")):
        feed.post(Post(title, at=NOW + HOUR))

    assert others() == before
    assert room.story("g") != room.story("t")


def test_the_decision_and_its_reasons_are_explained(
    feed: Feed, capsys: pytest.CaptureFixture[str]
) -> None:
    feed.post(Post(BLAST))
    feed.post(Post(BLAST.replace("five", "six")))
    feed.post(Post(TALKS, link=f"{SITE}/b", at=NOW + 3 * HOUR))
    feed.post(Post(TALKS, guid="new", link=f"{SITE}/b", at=NOW + 3 * HOUR))

    old, new = (explain(feed.store, feed.room.rules, item)["revisions"] for item in ("i1", "i2"))

    assert [(one["kind"], one["of"]) for one in old] == [("edit", None)]
    assert "the same page" in old[0]["reasons"]
    assert [(one["kind"], one["of"]) for one in new] == [("new", "i1"), ("moved", None)]
    assert {"another page", "dates 3.0 hours apart"} <= set(new[0]["reasons"])
    for item in ("i1", "i2"):
        print_reasons(explain(feed.store, feed.room.rules, item))
    printed = " ".join(capsys.readouterr().out.split())
    assert "i1: edited by its source, and the same item: shares " in printed
    assert "i2: not i1, whose identity it has: names brazil instead of quetta" in printed
    assert "i2: the same item under another identity: the same page" in printed
    story = feed.room.story("guid:1")
    assert explain(feed.store, feed.room.rules, story)["revisions"] == []


# --- guids that differ within one document -----------------------------------------------


@pytest.mark.parametrize(
    ("title", "link"),
    [
        ("Harbour morning news", f"{SITE}/show"),
        ("Weekly review", f"{SITE}/weekly"),
        ("Road closed", f"{SITE}/roads"),
        ("Two soldiers martyred in North Waziristan IED blast", f"{SITE}/security"),
    ],
)
def test_guids_that_differ_within_a_document_are_items_of_their_own(
    feed: Feed, title: str, link: str
) -> None:
    episodes = [
        Post(title, f"ep-{n}", link, NOW - (9 - n) * 24 * HOUR, f"{event}, and more of it.")
        for n, event in enumerate(EVENTS)
    ]

    feed.post(*episodes[:3])
    feed.post(*episodes[:3])
    feed.post(*episodes[1:])  # the first has left, and is not renamed
    feed.post(*episodes[1:])

    assert feed.numbers() == [3, 0, 1, 0]


@pytest.mark.parametrize(
    ("guid", "text", "dated"),
    [("ep-{n}", "", False), ("ep-{n}", "", True), (None, "", True), (None, "About {n}.", False)],
)
def test_episodes_of_one_page_and_headline_follow_each_other(
    feed: Feed, guid: str | None, text: str, dated: bool
) -> None:
    episodes = [
        Post("Harbour morning news", guid and guid.format(n=n), f"{SITE}/show",
             NOW - (9 - n) * 24 * HOUR if dated else None, text.format(n=n))
        for n in range(7)
    ]  # fmt: skip

    for newest in (4, 5, 6, 7):
        feed.post(*episodes[newest - 4 : newest][::-1])

    assert feed.numbers() == [4, 1, 1, 1]


# --- a guid that changed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ("{link}#0", "{link}#1", BLAST.replace("police", "officials")),
        ("a1", "b2", BLAST),
        ("{link}", "{link}?edition=2", BLAST.replace("five", "seven")),
        ("tag:dawn.example,2026:1", "tag:dawn.example,2026:1/corrected", f"{BLAST} - Dawn"),
        ("post-1", "", BLAST),
    ],
    ids=["fragment", "same words", "edition", "tag", "guid gone"],
)
def test_a_guid_that_changed_with_a_small_edit_is_one_item(
    feed: Feed, old: str, new: str, title: str
) -> None:
    link = f"{SITE}/news/articles/c1"
    other = Post(TALKS, "t", f"{SITE}/t")

    feed.post(Post(BLAST, old.format(link=link), link), other)
    feed.post(Post(title, new.format(link=link), link), other)
    feed.post(Post(title, new.format(link=link), link), other)
    last = feed.post(Post(f"{title} on Sunday", new.format(link=link), link), other)

    assert feed.numbers() == [2, 0, 0, 0]
    assert last.updated == 1  # the new guid is known, and edits under it are followed


# --- a guid and a link that changed at once ----------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://old.example/?p={n}", "https://new.example/2026/{n}/"),
        (f"{SITE}/News/{{n}}", f"{SITE}/news/{{n}}"),
        (f"{SITE}/{{n}}.html", f"{SITE}/{{n}}"),
        (f"{SITE}/a?id={{n}}&token=4f", f"{SITE}/a?id={{n}}&token=9c"),
        (f"{SITE}/a;jsessionid=1A?id={{n}}", f"{SITE}/a;jsessionid=2B?id={{n}}"),
    ],
    ids=["domain", "case", "ending", "token", "session"],
)
@pytest.mark.parametrize("guid", ["{link}", None], ids=["permalink", "no guid"])
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
def test_a_site_that_moves_brings_no_news(
    feed: Feed, old: str, new: str, guid: str | None, dated: bool
) -> None:
    def document(link: str) -> list[Post]:
        links = [link.format(n=n) for n in range(len(EVENTS))]
        return [
            Post(event, guid and guid.format(link=link), link, NOW - HOUR if dated else None,
                 f"What is known about number {n} of them.")
            for n, (event, link) in enumerate(zip(EVENTS, links, strict=True))
        ]  # fmt: skip

    for link in (old, new, new, old):
        feed.post(*document(link))

    assert feed.numbers() == [len(EVENTS), 0, 0, 0]
    link = old if "session" in old else new  # what was said before is no correction
    url = feed.store.value("SELECT url FROM item WHERE headline = ?", (BLAST,))
    assert url == link.format(n=0)


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ((None, None), ""),
        ((NOW, None), "What is known of it: {}."),
        ((NOW, NOW.replace(hour=0)), "What is known of it: {}."),
        ((NOW, NOW + 900 * HOUR), "What is known of it: {}."),
    ],
    ids=["headlines alone", "dates go", "dates lose their hour", "archive as of now"],
)
@pytest.mark.parametrize("link", ["https://new.example/{n}/", f"{SITE}/NEWS/{{n}}"])
@pytest.mark.parametrize("guid", ["urn:{n}", None])
def test_a_site_that_moves_with_all_its_headlines_brings_no_news(
    feed: Feed, guid: str | None, link: str, dates: Sequence[datetime | None], text: str
) -> None:
    for at, address in zip(dates, (f"{SITE}/news/{{n}}", link), strict=True):
        feed.post(*(
            Post(event, guid and address.format(n=n), address.format(n=n), at, text.format(event))
            for n, event in enumerate(EVENTS)
        ), after=901 * HOUR)  # fmt: skip

    assert feed.numbers() == [len(EVENTS), 0]


@pytest.mark.parametrize("dated", [True, False])
def test_headlines_that_come_back_each_day_are_other_issues(feed: Feed, dated: bool) -> None:
    towns = ("Lahore", "Karachi", "Quetta", "Multan")
    winds = ("calm, and the sky is clear", "strong from the sea; rain by noon", "light; some dust")
    for day, wind in enumerate(winds):
        at = NOW + day * 24 * HOUR if dated else None
        feed.post(*(
            Post(f"Harbour weather for {town}", f"{town}{day}", f"{SITE}/{town}/{day}", at,
                 f"The wind at {town} is {wind}.")
            for town in towns
        ), after=24 * HOUR)  # fmt: skip

    assert feed.numbers() == [4, 4, 4]


@pytest.mark.parametrize("guid", ["{link}", None, "N/A"])
@pytest.mark.parametrize("text", ["What is known of it: {}.", ""])
@pytest.mark.parametrize("dates", [(None,) * 4, (NOW,) * 4, (NOW, NOW + HOUR, NOW, NOW + HOUR)])
@pytest.mark.parametrize("query", ["rand={}", "id=7&sid={}", "x=4f{}9c2a71", "t=177236640{}"])
def test_links_that_are_minted_at_each_poll_bring_no_item_once_more(
    feed: Feed, query: str, dates: Sequence[datetime | None], text: str, guid: str | None
) -> None:
    for poll, date in enumerate(dates):
        links = [f"{SITE}/{n}?{query.format(poll)}" for n in range(len(EVENTS))]
        feed.post(
            *(
                Post(event, guid and guid.format(link=link), link, date, text.format(event))
                for event, link in zip(EVENTS, links, strict=True)
            )
        )

    assert feed.numbers() == [len(EVENTS), 0, 0, 0]
    assert [poll.updated for poll in feed.polls] == [0, 0, 0, 0]


def test_a_site_that_moves_over_an_empty_document_brings_no_news(feed: Feed) -> None:
    for link in ("https://old.example/{n}", None, "https://new.example/{n}"):
        feed.post(*(
            Post(event, link.format(n=n), link.format(n=n), NOW - HOUR)
            for n, event in enumerate(EVENTS) if link
        ))  # fmt: skip

    assert feed.numbers() == [len(EVENTS), 0, 0]


def test_parameters_that_choose_an_article_are_told_from_minted_ones(feed: Feed) -> None:
    for poll in range(3):
        links = [f"{SITE}/show?id=65f1c0ffee{poll}{n}" for n in range(2)]
        feed.post(*(Post(WEATHER, None, link, None) for link in links))

    assert feed.numbers() == [2, 2, 2]


@pytest.mark.parametrize(
    "entry",
    [
        Post(BLAST, "2", f"{SITE}/b", NOW + HOUR, "A text."),
        Post(BLAST, "2", f"{SITE}/b", None, "A text."),
        Post(BLAST, "2", f"{SITE}/b", NOW, "Hospitals report dozens of wounded people."),
        Post(TALKS, "2", f"{SITE}/b", NOW, "A text."),
        Post(BLAST.replace("five", "six"), "2", f"{SITE}/b", NOW, "A text, and more of it."),
    ],
    ids=["date", "no date", "text", "event", "edited, other text"],
)
def test_what_differs_in_more_than_its_names_is_new(feed: Feed, entry: Post) -> None:
    feed.post(Post(BLAST, text="A text."))

    assert feed.post(entry).new == 1


def test_what_stands_beside_its_double_is_new(feed: Feed) -> None:
    first = Post(BLAST, text="A text.")
    feed.post(first)

    assert feed.post(first, Post(BLAST, "2", f"{SITE}/b", text="A text.")).new == 1


# --- a wording seen before ---------------------------------------------------------------


@pytest.mark.parametrize(
    "versions",
    [
        [Post(BLAST), Post(BLAST.replace("five", "six"))],
        [Post(BLAST, text="One text of it."), Post(BLAST, text="Quite another account, really.")],
        [Post(BLAST), Post(BLAST, link=f"{SITE}/b")],
        [Post(BLAST), Post(BLAST, link=None)],
        [Post(BLAST), Post(BLAST, at=NOW - HOUR)],
        [Post(BLAST), Post(BLAST_CUT)],
        [Post(BLAST), Post(BLAST, guid="2")],
        [Post(BLAST), Post(TALKS)],
        [Post(BLAST), Post(BLAST.replace("five", "six")), Post(BLAST.replace("five", "ten"))],
    ],
    ids=[
        "headline",
        "text",
        "link",
        "no link",
        "date",
        "cut off",
        "guid",
        "event",
        "three headlines",
    ],
)
def test_versions_that_alternate_move_nothing_for_ever(feed: Feed, versions: list[Post]) -> None:
    for _ in range(2):
        for version in versions:
            feed.post(version)
    settled = feed.rows()
    history = (
        feed.store.rows("SELECT * FROM headline_change"),
        feed.store.rows("SELECT * FROM earlier"),
    )

    for _ in range(6):
        for version in versions:
            done = feed.post(version)
            assert (done.new, done.updated) == (0, 0)

    assert feed.rows() == settled
    assert feed.store.value("SELECT url FROM item") is not None
    assert history == (
        feed.store.rows("SELECT * FROM headline_change"),
        feed.store.rows("SELECT * FROM earlier"),
    )


def test_a_headline_that_alternates_still_takes_a_new_text(feed: Feed) -> None:
    other = BLAST.replace("five", "six")
    feed.post(Post(BLAST, text="First."))
    feed.post(Post(other, text="First."))

    feed.post(Post(BLAST, text="Hospitals report dozens of wounded."))

    assert feed.told() == [other]
    assert feed.store.value("SELECT summary FROM item") == "Hospitals report dozens of wounded."


WHOLE = "Police said the bomb went off at noon. He was charged. Hospitals call for blood."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True),
        ("<p>Subscribe to read the full article.</p>", True),
        ("<img src='x.jpg'>", True),
        ("Police said the bomb went off…", True),
        ("Police said the bomb went off at noon ...", True),
        ("<p>Police said the bomb&#8230;</p><p>Sign in to continue reading</p>", True),
        ("Police said the bomb went off at noon. Hospitals call for blood.", False),
        ("Police said the bomb went off at noon.", False),
        ("Officials said the bomb went off…", False),
        (f"{WHOLE} More soon ...", False),
    ],
)
def test_a_text_that_only_says_less_is_no_correction(feed: Feed, text: str, kept: bool) -> None:
    feed.post(Post(BLAST, text=WHOLE))
    before = feed.rows()

    done = feed.post(Post(BLAST, text=text))

    assert (done.updated == 0) is (feed.rows() == before) is kept


@pytest.mark.parametrize("title", ["", "Untitled", "...", "News of the World"])
@pytest.mark.parametrize("text", ["Ferry strike ends in Oslo harbour.", "Ferry strike ends. " * 20])
@pytest.mark.parametrize("stored", [BLAST, "Untitled"], ids=["titled", "stored before"])
def test_a_title_that_goes_makes_no_other_item(
    feed: Feed, title: str, text: str, stored: str
) -> None:
    feed.post(Post(BLAST, text=text), Post(TALKS, "2", f"{SITE}/b"))
    feed.store.execute("UPDATE item SET headline = ? WHERE headline = ?", (stored, BLAST))

    done = feed.post(Post(title, text=text), Post(TALKS, "2", f"{SITE}/b"))

    assert (done.new, done.updated) == (0, 0)
    assert stored in feed.told()


def test_a_post_without_title_that_goes_on_is_the_same_item(feed: Feed) -> None:
    text = "Just saw the ferry leave."
    for said in (text, f"{text} Edit: it was the night boat, with camels and drummers.", text):
        feed.post(Post("", text=said))
    feed.post(Post("", text="The strike at the port is over, says the union."))

    assert feed.numbers() == [1, 0, 0, 1]


def test_of_texts_that_differ_at_each_poll_a_bounded_number_is_kept(feed: Feed) -> None:
    for number in range(80):
        feed.post(Post(BLAST, text=f"Winds of {number} knots were measured."))

    assert feed.store.value("SELECT count(*) FROM earlier") == 64


@pytest.mark.parametrize(
    "counter",
    [
        *("{} hours ago", "{} views", "{} comments", "Updated 12:0{}", "{} घंटे पहले"),
        *("منذ {} ساعات", "{}小时前", "Likes: {}", "Last updated: 1 March 2026 12:0{}"),
    ],
)
def test_what_a_page_counts_is_no_correction(feed: Feed, counter: str) -> None:
    for text in ("{}", "Police said the bomb went off at noon. {}"):
        for number in range(3, 9):
            said = counter.format(number)
            feed.post(Post(f"{BLAST} ({said})", text=text.format(said)))

    assert feed.numbers() == [1] + [0] * 11
    assert sum(poll.updated for poll in feed.polls) == 1  # the other text
    assert feed.store.value("SELECT count(*) FROM headline_change") == 0


MISREAD = ("Café fermé à Nîmes", "В Киеве прогремел взрыв", "کوئٹہ میں دھماکا", "日本で地震")


@pytest.mark.parametrize("headline", MISREAD)
@pytest.mark.parametrize("guid", ["1", None])
def test_a_document_in_a_wrong_character_set_brings_no_news(
    feed: Feed, headline: str, guid: str | None
) -> None:
    wrong, right = (Post(said, guid, text=f"{said} …") for said in (misread(headline), headline))

    for post in (wrong, right, wrong, right):
        feed.post(post)

    assert feed.numbers() == [1, 0, 0, 0]
    assert [poll.updated for poll in feed.polls] == [0, 1, 0, 0]
    assert feed.told() == [headline]


# --- a corrected date --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (datetime(2020, 3, 1, tzinfo=UTC), NOW - HOUR),
        (datetime(2028, 3, 1, tzinfo=UTC), NOW - HOUR),
        (None, NOW - HOUR),
        (NOW - 3 * HOUR, NOW - 9 * HOUR),
        (NOW - 9 * HOUR, NOW - 3 * HOUR),
        (NOW + 20 * HOUR, NOW),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW + HOUR / 4),
    ],
    ids=["2020", "2028", "none", "earlier", "later", "tomorrow", "1970"],
)
def test_a_corrected_date_counts_for_the_item_and_its_story(
    feed: Feed, wrong: datetime | None, right: datetime
) -> None:
    feed.post(Post(BLAST, at=wrong))
    uid = feed.room.story("guid:1")
    feed.room.publish(uid, at=NOW)
    entry = [tuple(row) for row in feed.store.rows("SELECT * FROM published")]

    done = feed.post(Post(BLAST, at=right))

    row = feed.store.row(
        "SELECT i.published_at, s.first_item_at, s.last_item_at FROM item i, story s"
    )
    assert row is not None
    assert done.updated == 1
    assert {datetime.fromisoformat(at) for at in row} == {right}
    assert [tuple(row) for row in feed.store.rows("SELECT * FROM published")] == entry


@pytest.mark.parametrize("days", [2, 30, 4000])
def test_a_date_that_cannot_be_true_yet_keeps_an_item_out_of_no_story(
    feed: Feed, days: int
) -> None:
    post = Post(BLAST, at=NOW + days * 24 * HOUR)
    feed.room.poll("geo", make_item(BLAST, identity="g"))

    feed.post(post)
    feed.post(post, Post(TALKS, "2", f"{SITE}/t"))
    feed.now += 3 * 24 * HOUR
    feed.post(post)

    assert feed.numbers() == [1, 1, 0]
    assert feed.room.story("guid:1") == feed.room.story("g")
    assert feed.store.value("SELECT published_at FROM item WHERE identity = 'guid:1'") is None


@pytest.mark.parametrize("later", [HOUR / 4, 5 * HOUR, 30 * HOUR, 900 * HOUR])
def test_a_date_after_the_first_sight_marks_an_update(feed: Feed, later: timedelta) -> None:
    feed.post(Post(BLAST))

    done = feed.post(Post(BLAST, at=NOW + later))

    assert done.updated == 0
    assert feed.store.value("SELECT published_at FROM item") == "2026-03-01T12:00:00Z"


def test_a_date_with_a_fraction_is_the_stored_one(feed: Feed) -> None:
    at = NOW + timedelta(milliseconds=250)
    feed.write = as_json

    feed.post(Post(BLAST, at=at))
    done = feed.post(Post(BLAST, at=at, text=" "))

    assert (done.new, done.updated) == (0, 0)


# --- upgrades ---------------------------------------------------------------------------------


def test_after_an_upgrade_the_same_documents_add_and_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript((FOLDER / "m0002_terms.sql").read_text(encoding="utf-8"))
    with open_store(path) as store:
        room = Newsroom(store)
        before = [store.rows(f"SELECT * FROM {table}") for table in ("item", "published", "story")]
        documents = {
            "dawn": (make_item(BLAST, identity="a"), make_item(TALKS, identity="t")),
            "geo": (make_item(f"{BLAST} - Geo", identity="b"),),
            "wire": (make_item(WEATHER, identity="w"),),
        }

        done = [room.poll(name, *entries) for name, entries in documents.items()]
        room.match()

        after = [store.rows(f"SELECT * FROM {table}") for table in ("item", "published", "story")]
        assert [(one.new, one.updated) for one in done] == [(0, 0)] * 3
        assert after == before
        assert room.poll("dawn", make_item(QUAKE, identity="a")).new == 1
        assert maintenance.check(store) == ()
