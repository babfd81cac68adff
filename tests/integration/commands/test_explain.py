"""`aggregator explain`."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import TALKS, TOPIC, Command, configure, entry, stories
from tests.samples import rss
from tests.servers import WebServer


def test_explain_takes_items_and_stories(fetched: Command) -> None:
    talks = stories(fetched)[TALKS]

    by_story = fetched("explain", talks["id"], "--json").document()
    by_item = fetched("explain", talks["sources"][1]["item"], "--json").document()

    assert by_story["story"] == by_item["story"] == talks["id"]
    assert by_item["item"] == talks["sources"][1]["item"]
    assert set(by_item) >= {"item", "story", "variants", "rejected", "topics"}
    assert "on topic" in fetched("explain", talks["id"]).out
    assert fetched("explain", "i999999").code == 1


def test_explain_tells_the_few_reasons_in_80_columns_and_all_on_demand(fetched: Command) -> None:
    for story in stories(fetched).values():
        few = fetched("explain", story["id"]).out
        everything = fetched("explain", story["id"], "--all").out

        assert max(map(len, (few + everything).splitlines())) <= 80
        assert "opened the story" in few
        assert len(everything) >= len(few)
        assert "cosine" not in few


def test_that_a_feed_is_on_topic_is_told_among_the_few_reasons(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    path = Path("feeds.yaml")
    path.write_text(path.read_text().replace("name: Feed 1", "name: Feed 1, on_topic: true"))
    command("fetch")

    (story,) = stories(command).values()
    lines = command("explain", story["id"]).out.splitlines()

    decision = lines.index(next(line for line in lines if line.startswith(f"{TOPIC}: on topic")))
    assert lines[decision + 1] == "  +0.5  trusted feed  (feed)"
