"""Any correction and its undo leave every row, and every published byte, as they were."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import UsageError
from aggregator.ingest import corrections
from aggregator.publishing.publish import publish
from aggregator.settings import Config, PublishSettings, TopicSettings
from aggregator.storage import maintenance
from aggregator.storage.corrections import links
from aggregator.storage.store import Store, open_store
from aggregator.storage.stories import story_of_item
from tests.examples import part
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item

LATER = NOW + timedelta(hours=2)
HEADLINES = (
    BLAST,
    BLAST_CUT,
    "Bomb blast kills seven at vegetable market in Quetta, police say",
    TALKS,
    "Finance ministers of Japan and Brazil sign a textile tariff agreement",
    WEATHER,
    "Quetta: heavy snowfall closes mountain schools",
)
_FEEDS = ("dawn", "geo", "wire")
_ROWS = {
    "variant": "id",
    "evidence": "item_id, story_id",
    "story_key": "key, day, story_id",
    "decision": "story_id, topic",
}

entries = st.lists(
    st.tuples(st.sampled_from(_FEEDS), st.sampled_from(HEADLINES), st.integers(0, 90)),
    min_size=2,
    max_size=7,
)
steps = st.lists(
    st.tuples(st.sampled_from(("merge", "split", "hide")), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=3,
)


def rows_of(store: Store, *, upto: int) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that matching, topics and publishing go by; stories up to a number.

    A story that a split opened stays as a redirect: its address was public.
    """
    found = {
        name: store.tuples(f"SELECT * FROM {name} ORDER BY {order}")
        for name, order in _ROWS.items()
    }
    found["item"] = store.tuples("SELECT id, variant_id, refresh FROM item ORDER BY id")
    found["story"] = store.tuples("SELECT * FROM story WHERE id <= ? ORDER BY id", (upto,))
    found["published"] = store.tuples(
        "SELECT * FROM published WHERE story_id <= ? AND withdrawn <> 'replay'"
        " ORDER BY topic, story_id", (upto,)
    )  # fmt: skip
    return found


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def correct(room: Newsroom, kind: str, first: int, second: int) -> int | None:
    """Makes the correction that these numbers choose; None where there is none to make."""
    uids = sorted(room.stories())
    ids = [row[0] for row in room.store.rows("SELECT id FROM item ORDER BY id")]
    try:
        if kind == "merge":
            made = corrections.merge(
                room.store, room.rules, now=LATER,
                first=uids[first % len(uids)], second=uids[second % len(uids)],
            )  # fmt: skip
        elif kind == "split":
            item = f"i{ids[first % len(ids)]}"
            made = corrections.split(room.store, room.rules, item=item, now=LATER)
        else:
            made = corrections.hide(room.store, story=uids[first % len(uids)], now=LATER)
    except UsageError:
        return None
    return made.correction_id


@part(1 / 4)
@given(entries=entries, steps=steps, order=st.permutations(range(3)))
def test_corrections_undone_in_any_order_leave_rows_and_files_as_they_were(
    entries: list[tuple[str, str, int]], steps: list[tuple[str, int, int]], order: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_store(None) as store:
        room = Newsroom(store)
        for number, (feed, headline, minutes) in enumerate(entries):
            at = NOW + timedelta(minutes=minutes)
            room.poll(feed, make_item(headline, identity=f"{number}", at=at))
        room.match()
        query = {"rules": [{"any": ["quetta"], "weight": 1}]}
        config = Config(
            output=Path(folder),
            topics=(TopicSettings("news", query=query),),
            publish=PublishSettings(formats=("atom", "html")),
        )
        publish(store, config, NOW)
        upto = store.value("SELECT max(id) FROM story")
        before, files = rows_of(store, upto=upto), files_of(Path(folder))

        made = []
        for minute, step in enumerate(steps):
            made.append(correct(room, *step))
            publish(store, config, LATER + timedelta(minutes=minute))
        for minute, number in enumerate(order):
            if number < len(made) and (correction_id := made[number]) is not None:
                corrections.undo(store, room.rules, correction_id=correction_id, now=LATER)
            for link in links(store):
                first, second = (story_of_item(store, item) for item in (link.item_a, link.item_b))
                assert (first == second) == (link.kind == "join")
            publish(store, config, LATER + timedelta(hours=1, minutes=minute))

        assert rows_of(store, upto=upto) == before
        after = files_of(Path(folder))
        assert {name: after.get(name) for name in files} == files
        assert all(name.startswith("stories/") for name in after.keys() - files.keys())
        assert maintenance.check(store) == ()
