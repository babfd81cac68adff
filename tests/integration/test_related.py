"""Related stories: linked both ways, measured, shown on pages and in `explain`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import UsageError
from aggregator.evaluate.related import read_pairs, related
from aggregator.ingest.explain import explain
from aggregator.ingest.rules import load_rules
from aggregator.publishing.reasons import signals_in_words
from aggregator.settings import Config
from aggregator.storage import decisions, stories, story_pages
from aggregator.storage.related import links_of, near
from aggregator.storage.store import open_store
from tests.commands import Home
from tests.newsroom import NOW, WEATHER, Newsroom, make_item, make_rules

RAID = "US forces capture Maduro in Caracas raid"
COURT = "Maduro pleads not guilty in New York court after Caracas raid"
CHINA = "China condemns US raid on Caracas and demands Maduro release"
GUIDE = "What to know about the Caracas raid and who could replace Maduro"
TERM = "caracas"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    store = open_store(tmp_path / "a.db")
    room = Newsroom(store, rules=make_rules(term=TERM))
    for hours, (name, headline) in enumerate(
        [("raid", RAID), ("court", COURT), ("china", CHINA), ("guide", GUIDE), ("snow", WEATHER)]
    ):
        at = NOW + timedelta(hours=hours)
        room.poll("dawn", make_item(headline, identity=name, at=at), now=at)
    room.match()
    yield room
    store.close()


def story_id(room: Newsroom, identity: str) -> int:
    found = stories.by_uid(room.store, room.story(identity))
    assert found is not None
    return found


def linked(room: Newsroom, identity: str) -> set[str]:
    """The stories that the one of an item is linked with, each by one of its items."""
    names = {room.story(one): one for one in ("raid", "court", "china", "guide", "snow")}
    found = links_of(room.store, {story_id(room, identity)})
    return {names[link.story] for links in found.values() for link in links}


@pytest.mark.parametrize("other", ["court", "china", "guide"])
def test_steps_reactions_and_explainers_are_linked_both_ways(room: Newsroom, other: str) -> None:
    assert other in linked(room, "raid")
    assert "raid" in linked(room, other)


def test_what_shares_no_telling_term_is_linked_with_nothing(room: Newsroom) -> None:
    assert linked(room, "snow") == set()
    assert "snow" not in linked(room, "raid")


THREAT = "Trump renews threat to take Greenland"
DENMARK = "Danish premier rules out any sale of Greenland"


def poll_greenland(room: Newsroom, *, hours: int) -> set[str]:
    """The stories that come to be linked with DENMARK, so many hours after THREAT."""
    later = NOW + timedelta(hours=hours)
    room.poll("dawn", make_item(THREAT, identity="threat"))
    room.poll("dawn", make_item(DENMARK, identity="denmark", at=later), now=later)
    room.match()
    links = links_of(room.store, {story_id(room, "denmark")}).values()
    return {link.headline for found in links for link in found}


def test_one_telling_term_is_enough_where_few_stories_share_more(room: Newsroom) -> None:
    assert poll_greenland(room, hours=5) == {THREAT}
    rejected = explain(room.store, room.rules, f"i{room.item_id('denmark')}")["rejected"]
    assert all(row["evidence"] == {} for row in rejected)  # the headlines were not compared


def test_one_telling_term_is_not_enough_days_later(room: Newsroom) -> None:
    assert poll_greenland(room, hours=72) == set()


def test_one_telling_term_is_not_enough_where_three_stories_share_more(room: Newsroom) -> None:
    for headline in (
        "Danish premier opens the new Legoland hotel",
        "Danish sale of frigates delayed again",
        "Sale of mine in Greenland falls through",
    ):
        room.poll("geo", make_item(headline))

    assert THREAT not in poll_greenland(room, hours=5)


def test_links_outlive_a_merge(room: Newsroom) -> None:
    china, guide = story_id(room, "china"), story_id(room, "guide")
    with room.store.transaction():
        stories.merge(room.store, china, guide)

    assert room.story("guide") == room.story("china")
    assert "raid" in linked(room, "china")
    (links,) = links_of(room.store, {story_id(room, "raid")}).values()
    assert room.story("china") in {link.story for link in links}
    assert len({link.story for link in links}) == len(links)


def test_a_hidden_story_is_linked_with_nothing(room: Newsroom) -> None:
    room.store.execute("UPDATE story SET hidden=1 WHERE id=?", (story_id(room, "raid"),))

    assert linked(room, "raid") == set()
    assert "raid" not in linked(room, "court")


def test_pages_link_the_published_ones_alone(room: Newsroom) -> None:
    for name in ("raid", "court"):
        room.publish(room.story(name))
    ids = [story_id(room, name) for name in ("raid", "court")]

    pages = story_pages.story_pages(room.store, ids, titles={"news": "News"})

    assert [[one.headline for one in pages[story].related] for story in ids] == [[COURT], [RAID]]
    assert near(room.store, ids[:1], topics=["news"]) == set(ids)


def test_the_page_of_what_left_is_no_longer_named_and_its_neighbours_are_written_again(
    room: Newsroom,
) -> None:
    for name in ("raid", "court"):
        room.publish(room.story(name))
    raid, court = story_id(room, "raid"), story_id(room, "court")
    room.store.execute("UPDATE published SET withdrawn='hidden' WHERE story_id=?", (raid,))

    pages = story_pages.story_pages(room.store, [court], titles={"news": "News"})

    assert pages[court].related == ()
    assert near(room.store, [raid], topics=["news"]) == {court}


def test_explain_names_related_stories_apart_from_rejected_ones(room: Newsroom) -> None:
    found = explain(room.store, room.rules, room.story("raid"))

    assert {one["headline"] for one in found["related"]} == {COURT, CHINA, GUIDE}
    assert all(set(one) == {"story", "headline", "strength"} for one in found["related"])
    for row in found["rejected"]:
        assert row["related"] == (row["headline"] in {COURT, CHINA, GUIDE})


def test_a_pair_that_waits_for_the_model_says_so(room: Newsroom) -> None:
    rejected = explain(room.store, room.rules, f"i{room.item_id('court')}")["rejected"]
    like = next(row["evidence"]["item"] for row in rejected if row["headline"] == RAID)
    pair = (min(like, room.item_id("court")), max(like, room.item_id("court")))
    with room.store.transaction():
        decisions.keep_logits(room.store, {pair: None})

    rejected = explain(room.store, room.rules, f"i{room.item_id('court')}")["rejected"]
    evidence = next(row["evidence"] for row in rejected if row["headline"] == RAID)

    assert evidence["model_waits"] is True
    assert "the model has yet to read this pair" in signals_in_words(evidence)


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        ({"same_page": 1.0}, ["the same page"]),
        ({"names_shared": 20.0, "names_apart": -1.0}, ["the same names"]),
        ({"hours": 3.2, "light": 30.0}, []),
        ({"lexical": 0.412, "model": 1.5},
         ["by words alone 0.41, and the model speaks for one story"]),
        ({"lexical": 0.6, "model": -2.0}, ["by words alone 0.60, and the model speaks against"]),
    ],
)  # fmt: skip
def test_the_signals_that_decided_are_told_in_words(
    evidence: dict[str, float], told: list[str]
) -> None:
    assert signals_in_words(evidence) == told


# --- evaluate related ----------------------------------------------------------------------

ROWS = [
    {"title": title, "story": story, "publisher": publisher, "date": f"2026-01-03T0{hour}:00:00Z"}
    for hour, (title, story, publisher) in enumerate(
        [
            (RAID, "raid", "Dawn"),
            (RAID, "raid", "Geo"),
            (COURT, "court", "Dawn"),
            (CHINA, "china", "Dawn"),
            (WEATHER, "snow", "Dawn"),
        ]
    )
]


def measured(*pairs: tuple[str, str]) -> dict[str, float]:
    return related(ROWS, pairs, rules=load_rules(Config(topics=())))


def test_listed_pairs_that_are_linked_count_for_recall() -> None:
    found = measured(("court", "raid"), ("raid", "snow"))

    assert found["pairs"] == 2
    assert found["linked"] == 1
    assert found["recall"] == 0.5
    assert found["precision"] == 1.0  # what is linked with a story of no pair is not judged
    assert 1 <= found["most_links"] <= 3
    assert found["links"] >= found["judged"] == 1


def test_links_between_listed_stories_that_are_no_pair_count_against_precision() -> None:
    found = measured(("court", "raid"), ("china", "snow"))

    assert found["recall"] == 0.5
    assert found["judged"] > found["linked"] == 1
    assert found["precision"] == 1 / found["judged"]


def test_no_pairs_are_no_fault() -> None:
    assert measured()["recall"] == measured()["precision"] == 0.0


def test_a_pair_of_no_row_is_told() -> None:
    with pytest.raises(UsageError, match="no row has the story 'nobody'"):
        measured(("raid", "nobody"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "write"),
        ('{"rows": [["a"]]}', "write"),
        ('{"rows": "ab"}', "write"),
        ("{", "write"),
        ('{"other": [["a", "b"]]}', "lists no pairs for 'rows'"),
    ],
)
def test_a_file_of_pairs_that_is_none_is_told(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "pairs.json"
    file.write_text(text)

    with pytest.raises(UsageError, match=message):
        read_pairs(file, Path("rows.jsonl"))


def test_the_command_prints_one_document_or_lines(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "day.jsonl").write_text("\n".join(map(json.dumps, ROWS)), "utf-8")
    pairs = json.dumps({"day": [["raid", "court"], ["court", "raid"]]})
    (tmp_path / "pairs.json").write_text(pairs, "utf-8")
    command = ("evaluate", "related", "day.jsonl", "--pairs", "pairs.json")

    document = home.run(*command, "--json").document()
    told = home.run(*command)

    assert document["pairs"] == document["linked"] == 1
    assert {"recall", "precision", "judged", "links", "most_links"} <= set(document)
    assert told.code == 0
    assert "recall: 1.000" in told.out
    assert home.run("evaluate", "related", "day.jsonl").code == 2


def test_the_command_measures_with_the_model_as_the_configuration_says(tmp_path: Path) -> None:
    home = Home(tmp_path)
    headlines = (
        ("Gunmen attack guest house used by Chinese in Kabul", "hotel"),
        ("Three attackers shot dead at Kabul hotel popular with Chinese visitors", "siege"),
    )
    rows = [
        {"title": title, "story": story, "publisher": story, "date": f"2026-01-03T0{hour}:00:00Z"}
        for hour, (title, story) in enumerate(headlines)
    ]
    (tmp_path / "day.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "pairs.json").write_text('{"day": [["hotel", "siege"]]}', "utf-8")

    def pairs_found_apart(model: str) -> object:
        (tmp_path / "feeds.yaml").write_text(f"stories: {{model: {model}}}\n", "utf-8")
        command = ("evaluate", "related", "day.jsonl", "--pairs", "pairs.json", "--json")
        return home.run(*command).document()["pairs"]

    assert pairs_found_apart("on") == 0  # the model says that both tell of one event
    assert pairs_found_apart("off") == 1
