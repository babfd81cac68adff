"""`aggregator search`."""

from __future__ import annotations

import pytest

from tests.command_line import FIRMS, Command


@pytest.mark.parametrize("query", ["missile firms", "BALLISTIC"])
def test_search_finds_items_by_words(fetched: Command, query: str) -> None:
    (hit,) = fetched("search", query, "--json").document()

    assert set(hit) >= {"item", "story", "headline", "url", "published", "feed"}
    assert hit["headline"] == FIRMS
    assert FIRMS in fetched("search", query).out


@pytest.mark.parametrize(
    "query", ['"', "a AND", "x*) OR (", "counter-terrorism", "\u0000", "NEAR("]
)
def test_any_search_is_safe(fetched: Command, query: str) -> None:
    done = fetched("search", query, "--json")

    assert done.code in (0, 1)
    assert isinstance(done.document(), list)
    assert done.err == ""
