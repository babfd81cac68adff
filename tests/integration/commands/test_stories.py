"""`aggregator stories ...`: what readers get, and corrections."""

from __future__ import annotations

from pathlib import Path

from aggregator.storage.store import open_store
from tests.command_line import FIRMS, TALKS, TOPIC, Command, listed, stories


def test_the_list_shows_what_readers_get(fetched: Command) -> None:
    found = stories(fetched)

    assert set(found) == {TALKS, FIRMS}
    talks = found[TALKS]
    assert set(talks) >= {"id", "headline", "url", "published", "updated", "sources", "topics"}
    assert [source["feed"] for source in talks["sources"]] == ["Feed 1", "Feed 2"]
    assert type(talks["independent"]) is int
    assert 1 <= talks["independent"] <= 2
    assert talks["coverage"] == {}
    assert TALKS in fetched("stories", "list", "--since", "3650d", "--topic", TOPIC).out
    assert stories(fetched, "--topic", TOPIC) == found
    assert fetched("stories", "list", "--json").document() == []  # a week, by default


def test_unknown_topics_and_ages_are_usage_errors(fetched: Command) -> None:
    assert fetched("stories", "list", "--topic", "x").code == 2
    assert fetched("stories", "list", "--near", "x").code == 2
    assert "has no unit" in fetched("stories", "list", "--since", "7").err


def test_near_lists_what_just_missed(fetched: Command) -> None:
    assert stories(fetched, "--near", TOPIC) == {}  # "Lahore" alone counts for nothing
    with open_store(Path("db/aggregator.db")) as store:
        store.execute(
            "UPDATE decision SET score=0.02, terms=? WHERE NOT accepted",
            ('[{"term": "Lahore", "field": "headline", "weight": 0.4, "rules": []}]',),
        )
    near = stories(fetched, "--near", TOPIC)

    assert TALKS not in near
    assert set(near["Lahore wins the cup"]["missed"]) == {"topic", "score", "threshold", "terms"}
    told = fetched("stories", "list", "--since", "3650d", "--near", TOPIC).out
    assert f"{TOPIC} 0.02 of 0.5" in told


def test_a_story_is_shown_with_its_sources(fetched: Command) -> None:
    uid = stories(fetched)[TALKS]["id"]

    assert fetched("stories", "show", uid, "--json").document()["id"] == uid
    told = fetched("stories", "show", uid)
    assert "2 reports, " in told.out
    assert "independent: " in told.out
    assert "https://b.example/n1/story" in told.out
    assert fetched("stories", "show", "nonsense").code == 1


def test_corrections_are_stored_listed_and_undone(fetched: Command) -> None:
    found = stories(fetched)
    talks, firms = found[TALKS], found[FIRMS]

    assert fetched("stories", "hide", firms["id"]).code == 0
    assert set(stories(fetched)) == {TALKS}
    assert FIRMS not in Path(f"public/{TOPIC}.atom").read_text()
    assert fetched("stories", "undo", "1").code == 0
    assert FIRMS in Path(f"public/{TOPIC}.atom").read_text()

    assert fetched("stories", "split", talks["sources"][1]["item"]).code == 0
    assert len(listed(fetched)) == 3
    assert fetched("stories", "merge", talks["id"], firms["id"]).code == 0
    assert len(listed(fetched)) == 2

    made = fetched("stories", "corrections", "--json").document()
    assert [one["kind"] for one in made] == ["hide", "apart", "join"]
    assert made[0]["undone"] is not None
    assert "apart" in fetched("stories", "corrections").out
    assert fetched("stories", "undo", "9").code == 1
    assert fetched("stories", "split", "nonsense").code == 2


def test_a_correction_says_which_entries_came_and_went(fetched: Command) -> None:
    found = stories(fetched)
    talks, firms = found[TALKS], found[FIRMS]
    item = talks["sources"][0]["item"]

    hidden = fetched("stories", "hide", talks["id"]).out
    split = fetched("stories", "split", talks["sources"][1]["item"]).out
    both = fetched("stories", "hide", item).err
    refused = fetched("stories", "merge", firms["id"], talks["id"])
    undone = fetched("stories", "undo", "1").out

    assert hidden == (
        "correction 1 (hide) stored; 'aggregator stories undo 1' takes it back\n"
        f"  - {TOPIC}: {TALKS}\n"
    )
    assert split.startswith(
        f"correction 2 (apart) stored; 'aggregator stories undo 2' takes it back\n  + {TOPIC}: "
    )
    assert "hidden already" in both
    assert refused.code == 2
    assert "would leave every feed with it" in refused.err
    assert undone == f"correction 1 (hide) undone\n  + {TOPIC}: {TALKS}\n"


def test_a_story_that_is_hidden_twice_stays_so_when_one_is_undone(fetched: Command) -> None:
    found = stories(fetched)
    talks, firms = found[TALKS], found[FIRMS]
    both = talks["id"], firms["id"]
    for arguments in (("hide", both[0]), ("hide", both[1]), ("merge", *both)):
        assert fetched("stories", *arguments).code == 0

    undone = fetched("stories", "undo", "1").out

    assert undone == (
        "correction 1 (hide) undone\n  the story stays hidden: correction 2 hides it, too\n"
    )
