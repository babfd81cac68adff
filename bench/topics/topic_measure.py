"""Measures the shipped topic: F1 and average precision, false alarms of an open stream, speed.

python bench/topics/topic_measure.py [--show]    figures; with the rows that went wrong
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import perf_counter

from topic_rows import BORDERLINE, OFF, ON, Row, kept_aside, labelled, stream, written

from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge
from aggregator.topics.query import Topic, compile_topic


def main(arguments: Sequence[str]) -> None:
    """Prints one line a set."""
    topic = compile_topic(TopicSettings("us-pakistan-security"))
    show = "--show" in arguments
    sets = {
        "written to fit": written(),
        "written to measure": kept_aside(),
        "dev": labelled("topic/dev.jsonl"),
        "Urdu and Hindi": labelled("topic/dev_stretch_ur_hi.jsonl"),
        "real": labelled("dedup/real.jsonl"),
    }
    for name, rows in sets.items():
        _tell(name, topic, rows, show=show)
    titles = stream()
    began = perf_counter()
    for row in titles:
        judge(topic, (row.text,))
    seconds = perf_counter() - began
    alarms = _tell("stream", topic, titles, show=show)
    print(f"false alarms per 10,000 titles: {alarms * 10_000 / len(titles):.2f}")
    print(f"items a second: {len(titles) / seconds:,.0f}")


def _tell(name: str, topic: Topic, rows: Sequence[Row], *, show: bool) -> int:
    """Prints the figures of one set; the number of false alarms."""
    judged = [(judge(topic, (row.text,)), row) for row in rows]
    counted = [(one, row) for one, row in judged if row.label != BORDERLINE]
    alarms = [(one, row) for one, row in counted if one.accepted and row.label == OFF]
    missed = [(one, row) for one, row in counted if not one.accepted and row.label == ON]
    print(
        f"{name}: {len(counted)} rows, {sum(row.label == ON for _, row in counted)} belong,"
        f" {len(alarms)} false alarms, {len(missed)} missed,"
        f" F1 {f1([(one.accepted, row.label == ON) for one, row in counted]):.3f},"
        f" AP {average_precision([(one.score, row.label == ON) for one, row in counted]):.3f};"
        f" {sum(one.accepted for one, row in judged if row.label == BORDERLINE)} borderline let in"
    )
    for kind, wrong in (("false alarm", alarms), ("missed", missed)):
        for one, row in sorted(wrong, key=lambda pair: -pair[0].score) if show else ():
            print(f"  {kind} {one.score:.2f}  {row.text.headline[:120]} | {row.text.summary[:60]}")
    return len(alarms)


def f1(accepted: Sequence[tuple[bool, bool]]) -> float:
    """F1 over pairs (accepted, belongs)."""
    right = sum(one and belongs for one, belongs in accepted)
    wrong = sum(one != belongs for one, belongs in accepted)
    return 2 * right / (2 * right + wrong) if right else 0.0


def average_precision(scored: Sequence[tuple[float, bool]]) -> float:
    """Mean of the precision at each row that belongs, best score first."""
    found, total = 0, 0.0
    for rank, (_, belongs) in enumerate(sorted(scored, key=lambda pair: -pair[0]), start=1):
        if belongs:
            found += 1
            total += found / rank
    return total / found if found else 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
