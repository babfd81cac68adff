"""Which stored item an entry is, and what stands of it: the edges, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from aggregator.ingest.edits import settle, true_date
from aggregator.ingest.recognition import KnownItems, recognise, renamed, version
from aggregator.model import Item, KnownItem
from tests.newsroom import BLAST, NOW, TALKS, make_item

PAGE = "https://dawn.example/a"


def stored(item: Item, number: int = 1) -> KnownItem:
    """The item as the database has it."""
    return KnownItem(
        item_id=number, identity=item.identity, headline=item.headline, summary=item.summary,
        summary_html=item.summary_html, url=item.url, canonical_url=item.canonical_url,
        author=item.author, publisher=item.publisher, published_at=item.published_at,
        first_seen_at=NOW, content_hash=item.content_hash, first_headline=None,
    )  # fmt: skip


def post(headline: str = BLAST, identity: str = "1", **other: object) -> Item:
    return replace(make_item(headline, identity=identity, url=PAGE), **other)


def test_an_item_is_told_by_one_entry_at_most() -> None:
    known = stored(post())
    entries = {"1": post(summary="More of it."), "2": post(identity="2")}

    found = recognise(entries, KnownItems({"1": (known,)}, (known,)))

    assert (found["1"].item, found["1"].verdict.kind) == (known, "same")
    assert "2" not in found


def test_an_entry_whose_item_another_one_tells_is_new() -> None:
    known = stored(post())
    six = post(BLAST.replace("five", "six"))

    found = recognise({"1": six, "2": post(identity="2")}, KnownItems({"1": (known,)}, (known,)))

    assert found["2"].is_moved
    assert found["1"].verdict.reasons == ("another entry of the document tells that item",)
    assert renamed(six).identity not in (six.identity, renamed(post()).identity)


def test_what_an_unparsed_entry_tells_is_not_told_by_another() -> None:
    known = stored(post())

    found = recognise({"2": post(identity="2")}, KnownItems({}, (known,), held=frozenset({1})))

    assert found == {}


def test_in_a_delta_nothing_has_gone_for_certain() -> None:
    known = stored(post())
    edited = {"2": post(BLAST.replace("five", "six"), "2", published_at=NOW + timedelta(hours=1))}

    assert recognise(edited, KnownItems({}, (known,)))["2"].verdict.kind == "edit"
    assert recognise(edited, KnownItems({}, (known,), is_delta=True)) == {}


def test_a_date_that_cannot_be_true_says_nothing() -> None:
    known = stored(post(published_at=NOW + timedelta(days=700)))

    assert version(known).at is None
    assert version(stored(post())).at == NOW
    assert version(post(published_at=None)).at is None


def test_a_true_date_is_not_after_the_first_sight() -> None:
    def true(before: datetime | None, given: datetime | None) -> datetime | None:
        return true_date(before, given, first_seen_at=NOW)

    old, soon, late = NOW - timedelta(days=900), NOW + timedelta(hours=2), NOW + timedelta(days=9)
    assert true(NOW, None) == true(NOW, NOW) == true(NOW, late) == true(NOW, soon) == NOW
    assert true(None, soon) == true(old, soon) == true(late, soon) == soon
    assert true(None, late) is None
    assert true(NOW, old) == old
    assert true(datetime(2020, 1, 1, tzinfo=UTC), NOW) == NOW


def test_an_edit_changes_part_by_part_what_was_not_said_before() -> None:
    known = stored(post(summary="First."))
    nothing = settle(known, post(summary="First."), ())
    both = settle(known, post(TALKS, summary="Second."), ())
    assert both is not None

    back = settle(stored(both.item), post(summary="Third."), {part for part in both.replaced})

    assert nothing is None
    assert [part for part, _ in both.replaced] == ["headline", "text"]
    assert back is not None
    assert (back.item.headline, back.item.summary) == (TALKS, "Third.")
