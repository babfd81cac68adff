"""Item-level delta: what was read before is not read again."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from aggregator.model import ParsedFeed
from tests.documents import FEED_URL, atom, entry, json_feed, rdf, read, rss


def entries(*names: str) -> list[str]:
    return [
        entry(name, f"https://news.example/{name}", f"<guid>https://news.example/{name}</guid>")
        for name in names
    ]


def atom_entries(*names: str) -> list[str]:
    return [f"<id>tag:{name}</id><title>{name}</title>" for name in names]


DOCUMENTS = {
    "rss": rss(*entries("a", "b", "c")),
    "rss without guids": rss(*(entry(name, f"https://news.example/{name}") for name in "abc")),
    "atom": atom(*atom_entries("a", "b", "c")),
    "rdf": rdf("<title>a</title>", "<title>b</title>", "<title>c</title>"),
    "json": json_feed(*({"id": name, "title": name} for name in "abc")),
}
DEPENDENT = {
    "one guid for all": rss(*(entry(n, f"https://n.example/{n}", "<guid>x</guid>") for n in "abc")),
    "the same item twice": rss(*entries("a", "b", "a")),
    "neither guid nor link": rss("<title>a</title>", "<title>b</title>"),
    "guids that fold to one": rss(
        "<title>a</title><guid>https://n.example/1</guid>",
        "<title>b</title><guid>http://www.n.example/1/</guid>",
    ),
    "an original link": rss(
        *(entry(n, f"https://n.example/{n}", "<feedburner:origLink>/x</feedburner:origLink>")
          for n in "ab")
    ),
    "json with one id": json_feed({"id": "1", "title": "a"}, {"id": "1", "title": "b"}),
    "items within items": b"<rss version='2.0'><channel><item><title>A</title><guid>1</guid><item>"
    b"<title>B</title><guid>2</guid></item></item></channel></rss>",
}  # fmt: skip


def hashes(found: ParsedFeed) -> list[str]:
    return [item.raw_hash for item in found.items]


@pytest.mark.parametrize("name", [*DOCUMENTS, *DEPENDENT])
def test_known_items_change_nothing_about_the_others(name: str) -> None:
    body = {**DOCUMENTS, **DEPENDENT}[name]
    whole = read(body)
    by_hash = {item.raw_hash: item for item in whole.items}

    for count in range(len(by_hash) + 1):
        for known in combinations(by_hash, count):
            part = read(body, known=frozenset(known))
            expected = [item for item in whole.items if item.raw_hash not in part.known]
            assert list(part.items) == expected
            assert set(part.known) <= set(known)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_known_items_are_not_read_again(name: str) -> None:
    whole = read(DOCUMENTS[name])
    known = frozenset(hashes(whole)[:2])

    part = read(DOCUMENTS[name], known=known)

    assert set(part.known) == known
    assert hashes(part) == hashes(whole)[2:]


@pytest.mark.parametrize("name", DEPENDENT)
def test_items_that_depend_on_each_other_are_all_read(name: str) -> None:
    whole = read(DEPENDENT[name])

    assert read(DEPENDENT[name], known=frozenset(hashes(whole))).known == ()


def test_a_document_in_which_all_is_known_is_still_a_feed() -> None:
    body = rss(*entries("a", "b"), channel="<ttl>5</ttl>")

    found = read(body, known=frozenset(hashes(read(body))))

    assert found.items == ()
    assert found.title == "News"
    assert found.hints.ttl_s == 300


def test_an_item_that_moves_down_keeps_its_hash() -> None:
    before, after = read(rss(*entries("a"))), read(rss(*entries("b", "a")))

    assert set(hashes(before)) < set(hashes(after))


@pytest.mark.parametrize(
    "volatile",
    [
        "<lastBuildDate>Tue, 12 Aug 2025 10:00:00 GMT</lastBuildDate>",
        "<!-- built in 3 ms -->",
        "<pubDate>Tue, 12 Aug 2025 10:00:00 GMT</pubDate>",
        "<dc:date>2025-08-12</dc:date>",
    ],
)
def test_the_time_of_the_build_changes_no_hash(volatile: str) -> None:
    plain, built = read(rss(*entries("a"))), read(rss(*entries("a"), channel=volatile))

    assert hashes(plain) == hashes(built)


@pytest.mark.parametrize(
    "inherited", ["<language>ur</language>", "<managingEditor>Jane</managingEditor>"]
)
def test_what_items_inherit_changes_their_hash(inherited: str) -> None:
    plain, other = read(rss(*entries("a"))), read(rss(*entries("a"), channel=inherited))

    assert hashes(plain) != hashes(other)


def test_the_address_of_a_document_changes_its_hashes() -> None:
    for body in (DOCUMENTS["rss"], DOCUMENTS["json"]):
        assert hashes(read(body)) != hashes(read(body, url=FEED_URL + "?other"))


def test_a_changed_item_has_another_hash() -> None:
    def hash_of(**item: Any) -> list[str]:
        return hashes(read(json_feed({"id": "1", "title": "a", **item})))

    assert hash_of() == hash_of()
    assert hash_of() != hash_of(summary="x")


def test_broken_documents_have_no_hashes_and_are_read_whole() -> None:
    broken = DOCUMENTS["rss"].replace(b"</channel></rss>", b"")

    found = read(broken, known=frozenset(hashes(read(DOCUMENTS["rss"]))))

    assert len(found.items) == 3
    assert found.known == ()
    assert hashes(found) == ["", "", ""]


def test_elements_that_only_look_like_items_are_not_cut() -> None:
    plain = rss(*entries("a", "b"))
    other = b'<x:item xmlns:x="urn:x"><guid>x</guid></x:item></channel>'
    known = frozenset(hashes(read(plain))[:1])

    found = read(plain.replace(b"</channel>", other), known=known)

    assert [item.headline for item in found.items] == ["b", "a"]
    assert found.known == ()
