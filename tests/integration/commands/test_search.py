"""`aggregator search`."""

from __future__ import annotations

import pytest

from tests.command_line import FIRMS, TOPIC, Command


@pytest.mark.parametrize("query", ["missile firms", "BALLISTIC"])
def test_search_finds_stories_by_words(fetched: Command, query: str) -> None:
    (hit,) = fetched("search", query, "--json").document()

    assert set(hit) >= {"item", "story", "headline", "url", "published", "feed"}
    assert hit["sources"] == ["Feed 1"]
    assert hit["headline"] == FIRMS
    assert FIRMS in fetched("search", query).out


def test_a_search_is_narrowed_by_options(fetched: Command) -> None:
    def stories(*options: str) -> int:
        return len(fetched("search", "Pakistan", "--json", *options).document())

    assert stories("--topic", TOPIC) == 1
    assert stories("--source", "feed 2", "--sort", "best") == 1
    assert stories("--until", "2025-08-11") == 0
    assert stories("--since", "2025-08-12", "--limit", "1") == 1
    assert stories("--label", "country=pk") == 0
    assert "and 1 more" in fetched("search", "counterterrorism dialogue").out
    wrong = fetched("search", "x", "--since", "soon")
    assert (wrong.code, "'soon' is neither a day nor an age" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    "query", ['"', "a AND", "x*) OR (", "counter-terrorism", "\u0000", "NEAR("]
)
def test_any_search_is_safe(fetched: Command, query: str) -> None:
    done = fetched("search", query, "--json")

    assert done.code in (0, 1)
    assert isinstance(done.document(), list)
    assert done.err == ""


def test_a_topic_that_is_none_is_told_with_those_there_are(fetched: Command) -> None:
    done = fetched("search", "Pakistan", "--topic", "us-pakistan")

    assert (done.code, done.err) == (
        2,
        f"error: no topic is named 'us-pakistan'; choose from {TOPIC}\n",
    )
