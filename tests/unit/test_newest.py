"""Which entries of a document with more than can be read are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.parsing.delta import cut_known
from aggregator.parsing.layout import scan
from aggregator.parsing.newest import MAX_ITEMS, date_of, newest
from tests.documents import atom, rdf, rss

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=day) for day in range(6)]


@pytest.mark.parametrize(
    ("dates", "places"),
    [
        (DAYS, (3, 4, 5)),
        (DAYS[::-1], (0, 1, 2)),
        ([DAYS[n] for n in (2, 5, 0, 4, 1, 3)], (1, 3, 5)),
        ([None] * 6, (0, 1, 2)),
        ([None, None, DAYS[3], DAYS[2], DAYS[1], DAYS[0]], (0, 1, 2)),
        ([DAYS[0], DAYS[1], None, DAYS[2], None, None], (3, 4, 5)),
        ([DAYS[1]] * 6, (0, 1, 2)),
        ([DAYS[0], *[DAYS[1]] * 5], (3, 4, 5)),
        ([*[DAYS[1]] * 5, DAYS[0]], (0, 1, 2)),
        (DAYS[:2], (0, 1)),
        ([], ()),
    ],
)
def test_the_newest_are_read(dates: list[datetime | None], places: tuple[int, ...]) -> None:
    assert newest(dates, 3) == places


@given(st.lists(st.one_of(st.none(), st.sampled_from(DAYS)), max_size=20), st.integers(1, 8))
def test_nothing_newer_than_what_is_read_is_left_out(
    dates: list[datetime | None], limit: int
) -> None:
    read = newest(dates, limit)

    assert list(read) == sorted(set(read))
    assert len(read) == min(limit, len(dates))
    left_out = {date for place, date in enumerate(dates) if date and place not in read}
    kept = [dates[place] or START for place in read if dates[place]]
    if left_out and kept and None not in dates:
        assert max(left_out) <= min(kept)


@pytest.mark.parametrize(
    ("element", "date"),
    [
        (b"<item><pubDate>Thu, 02 Jan 2025 00:00:00 GMT</pubDate></item>", DAYS[1]),
        (b"<entry><a:published>2025-01-02T00:00:00Z</a:published></entry>", DAYS[1]),
        (b"<item><dc:date><![CDATA[2025-01-02]]></dc:date></item>", DAYS[1]),
        (b'<entry><updated x="y"> 2025-01-02T00:00:00Z </updated></entry>', DAYS[1]),
        (b"<item><pubDate>some day</pubDate></item>", None),
        (b"<item><pubDate/></item>", None),
        (b"<item><mydate>2025-01-02</mydate></item>", None),
    ],
)
def test_an_entry_has_the_first_date_of_its_element(element: bytes, date: datetime | None) -> None:
    assert date_of(element) == date


FORMS = (
    (rss, "<title>{n}</title><guid>{n}</guid><pubDate>{day}</pubDate>"),
    (rdf, "<title>{n}</title><dc:date>{day}</dc:date>"),
    (atom, "<id>{n}</id><title>{n}</title><updated>{day}</updated>"),
)


@pytest.mark.parametrize(("make", "form"), FORMS, ids=["rss", "rdf", "atom"])
@pytest.mark.parametrize("is_ascending", [True, False])
def test_the_newest_of_a_long_document_are_read_in_either_order(
    make: object, form: str, is_ascending: bool
) -> None:
    assert callable(make)
    count = MAX_ITEMS + 30
    texts = [form.format(n=n, day=START + timedelta(hours=n)) for n in range(count)]
    document = make(*(texts if is_ascending else reversed(texts)))

    found = scan(document)

    kept = b"".join(document[item.start : item.end] for item in found.items)
    assert (len(found.items), found.left_out) == (MAX_ITEMS, 30)
    assert b"<title>30</title>" in kept
    assert b"<title>29</title>" not in kept
    cut = cut_known(document, found, context="", known=frozenset())
    assert len(scan(cut.document).items) == MAX_ITEMS


def test_entries_of_a_long_document_keep_their_hash_when_it_grows() -> None:
    texts = [
        f"<title>{n}</title><guid>{n}</guid><pubDate>{START + timedelta(hours=n)}</pubDate>"
        for n in range(MAX_ITEMS + 5)
    ]
    before, after = rss(*texts[:-1]), rss(*texts)

    hashes = [
        cut_known(document, scan(document), context="", known=frozenset()).hashes
        for document in (before, after)
    ]

    assert hashes[0][1:] == hashes[1][:-1]
