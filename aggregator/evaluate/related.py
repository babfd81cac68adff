"""Labelled rows and the pairs of their stories that are related: how many the links find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec

from aggregator.errors import UsageError
from aggregator.evaluate import matched_store
from aggregator.evaluate.rows import Row, story_of
from aggregator.ingest.rules import Rules
from aggregator.storage.related import links_of

StoryPair = tuple[str, str]  # two labels, in order


def read_pairs(file: Path, rows_file: Path) -> tuple[StoryPair, ...]:
    """The pairs that a JSON document lists under the name of a rows' file, without its ending.

    Raises UsageError where the document is none of `{"NAME": [["STORY", "STORY"], ...]}` or lists
    nothing under that name.
    """
    try:
        listed = msgspec.json.decode(file.read_bytes(), type=dict[str, list[tuple[str, str]]])
    except msgspec.DecodeError as error:
        raise UsageError(f'{file}: {error}; write {{"NAME": [["STORY", "STORY"], …]}}') from error
    found = listed.get(rows_file.stem)
    if found is None:
        raise UsageError(
            f"{file}: lists no pairs for {rows_file.stem!r}, the name of the rows' file"
        )
    return tuple(dict.fromkeys(_in_order(a, b) for a, b in found if a != b))


def related(rows: Sequence[Row], pairs: Collection[StoryPair], *, rules: Rules) -> dict[str, Any]:
    """How well the links between the stories found agree with the listed pairs.

    A found story stands for the label of most of its rows, the first of equals. `recall`: of the
    listed pairs of which both labels have a story of their own, the share that is linked.
    `precision`: of the linked pairs of labels that both are in the list, the share that is
    listed; of other links nothing is known. Raises UsageError for rows without title or story,
    and for pairs of labels that no row has.
    """
    labels = [str(story_of(row)) for row in rows]
    ends = frozenset(one for pair in pairs for one in pair)
    if unknown := sorted(ends - set(labels)):
        raise UsageError(f"no row has the story {unknown[0]!r} of the pairs")
    with matched_store(rows, rules) as (store, found):
        linked = links_of(store, set(found))
    counted: dict[int, Counter[str]] = {}
    for story_id, one in zip(found, labels, strict=True):
        counted.setdefault(story_id, Counter())[one] += 1
    label = {story_id: count.most_common(1)[0][0] for story_id, count in counted.items()}
    shown = {
        _in_order(label[one], label[link.story_id])
        for one, others in linked.items()
        for link in others
        if label[one] != label[link.story_id]
    }
    apart = [pair for pair in pairs if set(pair) <= set(label.values())]
    judged = shown & {_in_order(a, b) for a in ends for b in ends}
    right = len(judged & set(pairs))
    return {
        "pairs": len(apart),
        "linked": right,
        "recall": right / len(apart) if apart else 0.0,
        "precision": right / len(judged) if judged else 0.0,
        "judged": len(judged),
        "links": sum(map(len, linked.values())) // 2,
        "most_links": max(map(len, linked.values()), default=0),
    }


def _in_order(a: str, b: str) -> StoryPair:
    return (a, b) if a <= b else (b, a)
