"""Documents that real sites published yield their entries."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from aggregator.errors import NotAFeed
from aggregator.model import Item, ParseTask
from aggregator.parsing.document import parse
from tests.readings.write import DIGESTS, digest

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "real"
# Entries that stand in a document twice, word for word or under one link.
REPEATED = {
    "arminreiter-Rss20LeFigaro.xml": 1,
    "danmactough-illegally-nested.xml": 10,
    "miniflux-no-encoding-ISO-8859-1.xml": 1,
    "ranchero-software-scriptingNews.rss": 2,
}


def rows() -> list[dict[str, str]]:
    index = FOLDER / "index.tsv"
    if not index.is_file():
        return []
    with index.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def readings() -> dict[str, set[str]]:
    """Digests of the identities and raw hashes that version 0.1 found, by document."""
    lines = (line.split() for line in DIGESTS.read_text(encoding="utf-8").splitlines())
    return {name: set(digests) for name, *digests in lines}


def task(name: str, known: frozenset[str] = frozenset()) -> ParseTask:
    return ParseTask((FOLDER / name).read_bytes(), {}, "https://news.example/feed", "News", known)


def names(item: Item) -> tuple[str, ...]:
    """What an entry may be known by."""
    return (item.identity, item.raw_hash, *item.former_identities)


pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no real documents beside this checkout"
)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_real_documents_yield_their_entries(row: dict[str, str]) -> None:
    name, kind = row["file"], row["format (feedparser)"]
    if kind.startswith("gzip") or name.endswith("ScriptingNews.json"):
        with pytest.raises(NotAFeed):
            parse(task(name))
        return

    found = parse(task(name))

    assert found.format.startswith("json" if kind == "jsonfeed" else kind)
    expected = int(row["entries"]) or 20  # the index does not count those of JSON Feeds
    assert len(found.items) == expected - REPEATED.get(name, 0)
    assert all(item.headline and item.identity for item in found.items)
    assert len({item.identity for item in found.items}) == len(found.items)
    before = readings()[name]  # of version 0.1: no entry may be new after an upgrade
    assert [item for item in found.items if not before & set(map(digest, names(item)))] == []
    known = frozenset(item.raw_hash for item in found.items[::2] if item.raw_hash)
    part = parse(task(name, known))  # without the entries that an earlier poll brought
    assert part.items == tuple(item for item in found.items if item.raw_hash not in part.known)
