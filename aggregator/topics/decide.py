"""Judges a story by a topic: pure, with every term that was found and what it was worth.

A rule is worth its weight times the worth of the first field at which it holds, fields read
together from the most worth to the least. A story's score is that of its best variant, or of all
variants read together (less `siblings` points): then a condition may be met by any variant, and a
rule with a negative weight counts only as far as every variant meets it. So a further variant
can raise a score and never lower it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from aggregator.model import TermHit, TopicDecision, TopicText
from aggregator.topics.terms import Hit, find
from aggregator.topics.topic import FIELDS, Near, Rule, Topic
from aggregator.topics.words import words

IGNORED = "ignored"
TRUSTED = "trusted feed"
TOGETHER = "several variants together"
NEAR = 0.02  # of the threshold: what scores less did not nearly get in


class _Reading(Struct, frozen=True):
    """One variant as read: hits and the groups they belong to, per field."""

    hits: Sequence[Sequence[Hit]]
    groups: Sequence[int]
    ignored: Sequence[TermHit]
    said: Mapping[tuple[int, int], str]  # (term, field) -> the word that a beginning was found in


def judge(topic: Topic, variants: Sequence[TopicText], *, is_brief: bool = False) -> TopicDecision:
    """The decision on a story with these variants; more variants never lower the score.

    `is_brief`: without the terms of what is not even near the threshold.
    """
    texts = variants if len(variants) == 1 else dict.fromkeys(variants)
    readings = [_read(topic, variant) for variant in texts]
    best: Sequence[_Reading] = ()
    values: dict[int, float] = {}
    points = topic.start
    for reading in readings:
        alone = _signals(topic, (reading,))
        total = _points(topic, alone)
        if not best or total > points:
            best, values, points = (reading,), alone, total
    if len(readings) > 1:
        together = _signals(topic, readings)
        total = _points(topic, together) - topic.siblings
        if total > points:
            best, values, points = readings, together, total
    if topic.is_probability:
        points = 1.0 / (1.0 + math.exp(-max(-500.0, min(500.0, points))))
    score = round(points, 6)
    is_trusted = any(variant.trusted for variant in variants)
    if is_brief and not is_trusted and score < topic.threshold and score < NEAR * topic.threshold:
        return TopicDecision(topic.name, False, score, topic.threshold)
    terms = _terms(topic, best, values)
    if len(best) > 1 and topic.siblings:
        terms = (*terms, TermHit(TOGETHER, "story", -topic.siblings))
    if is_trusted:
        score = max(score, topic.threshold)
        terms = (TermHit(TRUSTED, "feed", topic.threshold), *terms)
    return TopicDecision(topic.name, score >= topic.threshold, score, topic.threshold, terms)


def read_alone(topic: Topic, text: TopicText) -> dict[int, float]:
    """What rules count for on one text, before weights: number of the rule -> above 0, to 1."""
    return _signals(topic, (_read(topic, text),))


def _signals(topic: Topic, readings: Sequence[_Reading]) -> dict[int, float]:
    """What rules count for on these readings together; those that do not hold are left out."""
    found = 0
    awake: set[int] = set()
    for reading in readings:
        for groups in reading.groups:
            found |= groups
        for hits in reading.hits:
            for hit in hits:
                awake.update(topic.wakes[hit.term])
    values: dict[int, float] = {}
    for number in sorted(awake):
        rule = topic.rules[number]
        if rule.all & ~found or (rule.any and not rule.any & found):
            continue
        value = _value(topic, rule, readings)
        if value:
            values[number] = value
    return values


def _points(topic: Topic, values: Mapping[int, float]) -> float:
    points = topic.start
    for number, value in values.items():
        points += topic.rules[number].weight * value
    return points


def forget() -> None:
    """Drops the texts that were read."""
    _read.cache_clear()


@lru_cache(maxsize=1000)  # a story that grows is judged again, with all of its texts
def _read(topic: Topic, variant: TopicText) -> _Reading:
    texts = (variant.headline, variant.summary, variant.publisher, variant.url)
    hits: list[Sequence[Hit]] = []
    groups: list[int] = []
    ignored: list[TermHit] = []
    said: dict[tuple[int, int], str] = {}
    for number, text in enumerate(texts):
        found: Sequence[Hit] = ()
        union = 0
        if text and topic.worth[number]:
            written = words(text, topic.lengths[number])
            found, skipped = _find(topic, written)
            ignored.extend(TermHit(name, FIELDS[number], 0.0, (IGNORED,)) for name in skipped)
            for hit in found:
                term = topic.terms[hit.term]
                union |= term.groups
                if term.stem:
                    said.setdefault((hit.term, number), " ".join(written[hit.start : hit.end]))
        hits.append(found)
        groups.append(union)
    return _Reading(hits, groups, ignored, said)


def _find(topic: Topic, written: list[str]) -> tuple[Sequence[Hit], Sequence[str]]:
    """The hits outside of ignored phrases, and those phrases."""
    hits = find(written, topic.terms, topic.trie)
    terms = [hit for hit in hits if topic.terms[hit.term].ignored < 0]
    if len(terms) == len(hits):
        return hits, ()
    phrases: list[Hit] = []
    for phrase in hits:
        number = topic.terms[phrase.term].ignored
        if number < 0:
            continue
        near, within = topic.ignored[number].near, topic.ignored[number].within
        if not near or any(
            topic.terms[hit.term].groups & near and _distance(hit, phrase) <= within
            for hit in terms
        ):
            phrases.append(phrase)
    kept = [
        hit
        for hit in terms
        if not any(phrase.start < hit.end and hit.start < phrase.end for phrase in phrases)
    ]
    return kept, [topic.terms[phrase.term].text for phrase in phrases]


def _distance(one: Hit, other: Hit) -> int:
    """Words from one hit to the other; 1 for neighbours, 0 where they overlap."""
    return max(one.start - other.end, other.start - one.end, -1) + 1


def _value(topic: Topic, rule: Rule, readings: Sequence[_Reading]) -> float:
    """What the rule counts for: 0, or the worth of the first field at which it holds."""
    if rule.weight < 0 and len(readings) > 1:
        return min(_value(topic, rule, (reading,)) for reading in readings)
    seen = 0
    for place, number in enumerate(rule.fields, start=1):
        for reading in readings:
            seen |= reading.groups[number]
        if rule.all & ~seen or (rule.any and not rule.any & seen):
            continue
        if all(_are_near(topic, near, readings, rule.fields[:place]) for near in rule.near):
            break
    else:
        return 0.0
    if rule.none and all(
        any(reading.groups[field] & rule.none for field in rule.fields) for reading in readings
    ):
        return 0.0
    return topic.worth[number]


def _are_near(
    topic: Topic, near: Near, readings: Sequence[_Reading], fields: tuple[int, ...]
) -> bool:
    """Whether one of the fields has all terms of `near` close together."""
    for reading in readings:
        for number in fields:
            hits = reading.hits[number]
            first, *others = (
                [hit for hit in hits if topic.terms[hit.term].groups & group]
                for group in near.groups
            )
            if any(
                all(
                    any(hit != anchor and _distance(anchor, hit) <= near.within for hit in found)
                    for found in others
                )
                for anchor in first
            ):
                return True
    return False


def _terms(
    topic: Topic, readings: Sequence[_Reading], values: Mapping[int, float]
) -> tuple[TermHit, ...]:
    """Every term found, with its share of the points of the rules that it serves."""
    found = dict.fromkeys(
        (hit.term, field)
        for reading in readings
        for field, hits in enumerate(reading.hits)
        for hit in hits
    )
    keys = [(key, topic.terms[key[0]].groups, key[1]) for key in found]
    weights = dict.fromkeys(found, 0.0)
    served: dict[tuple[int, int], list[str]] = {key: [] for key in found}
    for number, value in values.items():
        rule = topic.rules[number]
        wanted, fields = rule.wanted, rule.fields
        serving = [key for key, groups, field in keys if groups & wanted and field in fields]
        share = rule.weight * value / len(serving)  # a rule that holds has a term that serves it
        for key in serving:
            weights[key] += share
            served[key].append(rule.name)
    said = {key: text for reading in reversed(readings) for key, text in reading.said.items()}
    shown = [
        TermHit(
            said.get(key) or topic.terms[key[0]].text,
            FIELDS[key[1]],
            round(weight, 4),
            tuple(served[key]),
        )
        for key, weight in sorted(weights.items(), key=lambda pair: -abs(pair[1]))
    ]
    ignored = (hit for reading in readings for hit in reading.ignored)
    return (*shown, *dict.fromkeys(ignored))
