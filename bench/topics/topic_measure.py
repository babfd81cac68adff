"""Measures the shipped topic: F1 and average precision, false alarms of an open stream, speed.

python -m bench.topics.topic_measure [--show]    figures; with the rows that went wrong
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from time import process_time

from aggregator.model import TopicDecision
from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge
from aggregator.topics.query import compile_topic
from bench.topics.topic_rows import (
    BORDERLINE,
    HERE,
    OFF,
    ON,
    SHARED,
    Row,
    kept_aside,
    labelled,
    stream,
    written,
)


def main(arguments: Sequence[str]) -> int:
    """Prints one line a set; 0, or 1 where a floor is not held."""
    topic = compile_topic(TopicSettings("us-pakistan-security"))
    show = "--show" in arguments
    figures: dict[str, float] = {}
    sets = {"fitted": written(), "written": kept_aside()}
    if SHARED.is_dir():
        sets |= {
            "dev": labelled("topic/dev.jsonl"),
            "stretch": labelled("topic/dev_stretch_ur_hi.jsonl"),
            "real": labelled("dedup/real.jsonl"),
            "stream": stream(),
        }
    else:
        print(f"{SHARED} is absent: only headlines written for this project are measured")
    for name, rows in sets.items():
        began = process_time()
        judged = [(judge(topic, (row.text,)), row) for row in rows]
        speed = len(rows) / (process_time() - began)
        figures |= {f"{name} {key}": value for key, value in _figures(judged).items()}
        print(f"{name}: {len(rows)} rows, {speed:,.0f} a CPU second")
        for key, value in _figures(judged).items():
            print(f"  {key} {value:.3f}")
        if show:
            _show(judged)
    return _below_floors(figures)


def _figures(judged: Sequence[tuple[TopicDecision, Row]]) -> dict[str, float]:
    counted = [(one, row) for one, row in judged if row.label != BORDERLINE]
    alarms = sum(one.accepted and row.label == OFF for one, row in counted)
    return {
        "F1": f1([(one.accepted, row.label == ON) for one, row in counted]),
        "AP": average_precision([(one.score, row.label == ON) for one, row in counted]),
        "false alarms in 10,000": alarms * 10_000 / len(judged),
    }


def _show(judged: Sequence[tuple[TopicDecision, Row]]) -> None:
    """Prints what went wrong, the surest first."""
    for one, row in sorted(judged, key=lambda pair: -pair[0].score):
        if row.label != BORDERLINE and one.accepted != (row.label == ON):
            kind = "false alarm" if one.accepted else "missed"
            text = row.text
            print(f"    {kind} {one.score:.2f}  {text.headline[:120]} | {text.summary[:60]}")


def _below_floors(figures: dict[str, float]) -> int:
    floors = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))
    low = [
        f"{name} is {figures[name]:.3f}, its floor {floor}"
        for name, floor in floors["at least"].items()
        if figures.get(name, floor) < floor
    ]
    high = [
        f"{name} is {figures[name]:.3f}, at most {most} is allowed"
        for name, most in floors["at most"].items()
        if figures.get(name, most) > most
    ]
    for line in (*low, *high):
        print(line)
    return 1 if low or high else 0


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
    sys.exit(main(sys.argv[1:]))
