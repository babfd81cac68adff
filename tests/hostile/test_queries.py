"""Hostile search strings, in storage, on the command line and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.cli.root import run
from aggregator.serving import live
from aggregator.serving.search_request import SearchRequest
from aggregator.settings import Config
from aggregator.storage.search import search
from aggregator.storage.store import Store, open_store
from aggregator.views import SearchFilter
from tests.hostile.corpus.cases import Case, of_kind
from tests.hostile.corpus.check import check_output
from tests.hostile.verdict import PAGE_TAGS
from tests.newsroom import BLAST, TALKS, WEATHER, Newsroom, make_item


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("queries")


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Store]:
    with open_store(folder / "news.db") as opened:
        room = Newsroom(opened)
        room.poll("dawn", *(make_item(headline) for headline in (BLAST, TALKS, WEATHER)))
        room.match()
        yield opened


def _content(store: Store) -> list[tuple[object, ...]]:
    return [tuple(row) for row in store.rows("SELECT * FROM item ORDER BY id")]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in of_kind("query")])
def test_any_search_string_gives_a_list(
    case: Case, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(folder)
    before = _content(store)

    hits = search(store, case.text).hits
    closest = search(store, case.text, best_first=True).hits
    wanted = SearchRequest(case.text, source=case.text, since="7d")
    page = live.search(store, Config(), wanted, SearchFilter(source=case.text))
    feed = live.search_atom(store, Config(), wanted, SearchFilter())

    assert len(hits) <= len(before)
    assert {hit.item_id for hit in closest} == {hit.item_id for hit in hits}
    assert check_output(page, "page", page_tags=PAGE_TAGS) == []
    assert b"<script>" not in page
    assert check_output(feed, "atom") == []
    if "\0" not in case.text:  # no shell can pass one
        code = run(["--db", "news.db", "search", "--", case.text])
        said = capsys.readouterr()
        assert code in (0, 1)
        assert "internal error" not in said.err
        assert check_output((said.out + said.err).encode(), "said") == []
    assert _content(store) == before
    assert not list(folder.rglob("*pwned*"))


def test_a_word_is_found_whatever_stands_around_it(store: Store) -> None:
    found = {hit.headline for hit in search(store, '"Quetta" NEAR(police').hits}

    assert search(store, "quetta").hits[0].headline == BLAST
    assert found <= {BLAST}
