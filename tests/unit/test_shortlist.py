"""Which stories an item is compared with, or held against."""

from __future__ import annotations

from datetime import timedelta

from aggregator.ingest.shortlist import Likeliest, SharedKeys, Shortlist
from aggregator.storage.store import open_store

DAY = 20_000
RARE, TELLING = "rare", "telling"
FIRST, SECOND, THIRD = 1, 2, 3  # stored stories; the third shares too little to be compared


def test_a_story_that_may_be_related_is_so_where_the_batch_added_to_all_of_them() -> None:
    shared = SharedKeys(
        day=DAY,
        keys=(RARE, TELLING),
        weights=(11.0, 5.0),
        stored=({FIRST: DAY, SECOND: DAY}, {THIRD: DAY}),
        scores={FIRST: 11.0, SECOND: 11.0, THIRD: 5.0},
        ranked=[(-1.0, -SECOND), (-1.0, -FIRST), (5.0, -THIRD)],
    )
    with open_store(None) as store:
        shortlist = Shortlist(store, timedelta(days=3))
        before = shortlist.likeliest(shared)
        for story in (FIRST, SECOND):
            shortlist.note(story, DAY, [RARE])
        shortlist.note(THIRD, DAY, [TELLING])

        assert before == Likeliest(compared=(SECOND, FIRST), related=(THIRD,))
        assert shortlist.likeliest(shared) == before
