"""Fits the weights of `us-pakistan-security` and writes them into its readable query.

    python -m bench.topics.topic_train --check     cross-validated figures only
    python -m bench.topics.topic_train             writes the weights

Which conditions a rule has, and its prior weight (`priors.json`), is set by hand.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from aggregator.settings import TopicSettings
from aggregator.topics.decide import read_alone
from aggregator.topics.query import Topic, builtin_query, compile_topic
from bench.topics.topic_fit import Example, fit
from bench.topics.topic_measure import average_precision, f1
from bench.topics.topic_rows import BORDERLINE, HERE, OFF, ON, Row, labelled, stream, written

NAME = "us-pakistan-security"
QUERY = HERE.parents[1] / "aggregator" / "topics" / "builtin" / f"{NAME}.json"
FOLDS = 5
SHARES = {"dev": 1.0, "stretch": 1.0, "real": 2.0, "written": 1.0, "stream": 4.0}


def main(arguments: Sequence[str]) -> None:
    """Cross-validates; without `--check` also fits on everything and writes."""
    topic = _with_priors()
    sets = {
        "dev": labelled("topic/dev.jsonl"),
        "stretch": labelled("topic/dev_stretch_ur_hi.jsonl"),
        "real": labelled("dedup/real.jsonl"),
        "written": written(),
        "stream": stream(),
    }
    examples = {name: _examples(topic, rows, SHARES[name]) for name, rows in sets.items()}
    _cross_validate(topic, sets, examples)
    if "--check" not in arguments:
        everything = [one for rows in examples.values() for one, _ in rows if one is not None]
        _write(topic, fit(everything, _priors(topic), start=topic.start))


def _with_priors() -> Topic:
    """The topic with its weights set back to the priors: their signs decide how rules are read."""
    topic = compile_topic(TopicSettings(NAME))
    priors = json.loads((HERE / "priors.json").read_text(encoding="utf-8"))
    rules = tuple(replace(rule, weight=priors[rule.name]) for rule in topic.rules)
    return replace(topic, rules=rules, start=priors["start"])


def _priors(topic: Topic) -> list[float]:
    return [rule.weight for rule in topic.rules]


def _examples(topic: Topic, rows: Sequence[Row], share: float) -> list[tuple[Example | None, Row]]:
    """What fits; None for rows that are borderline or that no rule could let in."""
    found: list[tuple[Example | None, Row]] = []
    for row in rows:
        values = read_alone(topic, row.text)
        hopeful = any(topic.rules[number].weight > 0 for number in values)
        example = None
        if row.label != BORDERLINE and (hopeful or row.label == ON):
            example = Example(tuple(values.items()), row.label == ON, share)
        found.append((example, row))
    return found


def _cross_validate(
    topic: Topic,
    sets: dict[str, tuple[Row, ...]],
    examples: dict[str, list[tuple[Example | None, Row]]],
) -> None:
    """Prints figures on rows that the weights had not seen, nor a headline much like them."""
    for name in ("dev", "stretch", "real", "stream"):
        scored: list[tuple[float, Row]] = []
        for fold in range(FOLDS):
            tested = [row for row in sets[name] if int(row.digest, 16) % FOLDS == fold]
            tested = [row for row in tested if row.label != BORDERLINE]
            values = [(read_alone(topic, row.text), row) for row in tested]
            if name == "stream":  # the others cannot be let in
                values = [(value, row) for value, row in values if value]
            heads = {_words(row) for _, row in values if name != "stream" or row.label == ON}
            digests = {row.digest for row in tested}
            seen = [
                example
                for rows in examples.values()
                for example, row in rows
                if example is not None and row.digest not in digests and not _is_near(row, heads)
            ]
            weights = fit(seen, _priors(topic), start=topic.start)
            for value, row in values:
                points = sum(weights[number] * one for number, one in value.items())
                scored.append((topic.start + points, row))
        _tell(name, scored, len(sets[name]), bar=_bar(topic))


def _bar(topic: Topic) -> float:
    """The threshold in points."""
    return math.log(topic.threshold / (1 - topic.threshold))


def _tell(name: str, scored: Sequence[tuple[float, Row]], total: int, *, bar: float) -> None:
    accepted = [(points >= bar, row.label == ON) for points, row in scored]
    ranked = [(points, row.label == ON) for points, row in scored]
    alarms = sum(points >= bar and row.label == OFF for points, row in scored)
    print(
        f"{name}, cross-validated: F1 {f1(accepted):.3f}, AP {average_precision(ranked):.3f},"
        f" {alarms} false alarms ({alarms * 10_000 / total:.2f} in 10,000)"
    )


def _words(row: Row) -> frozenset[str]:
    return frozenset(row.text.headline.casefold().split())


def _is_near(row: Row, heads: set[frozenset[str]]) -> bool:
    """Whether the headline says what a tested one says: half of the words are shared."""
    words = _words(row)
    return any(2 * len(words & other) >= len(words | other) for other in heads)


def _write(topic: Topic, weights: Sequence[float]) -> None:
    """Writes the weights back, one rule a line."""
    query = dict(builtin_query(NAME))
    rules = [
        {**rule, "weight": round(weight, 2)}
        for rule, weight in zip(query.pop("rules"), weights, strict=True)
    ]
    query["start"] = topic.start
    head = json.dumps(query, ensure_ascii=False, indent=2).removesuffix("\n}")
    lines = ",\n".join("    " + json.dumps(rule, ensure_ascii=False) for rule in rules)
    QUERY.write_text(f'{head},\n  "rules": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    shown = QUERY.relative_to(Path.cwd()) if QUERY.is_relative_to(Path.cwd()) else QUERY
    print(f"wrote {shown}: start {topic.start:.2f}, {len(topic.rules)} rules")


if __name__ == "__main__":
    main(sys.argv[1:])
