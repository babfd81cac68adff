"""Judges a story by a topic: pure, with every term that was found and what it was worth.

A rule is worth its weight times the worth of the first field at which it holds, fields read
together from the most worth to the least. A story's score is that of its best variant, or of all
variants read together (less `siblings` points): then a condition may be met by any variant, and a
rule with a negative weight counts only as far as every variant meets it. So a further variant
can raise a score and never lower it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aggregator.model import TermHit, TopicDecision, TopicText
from aggregator.topics.terms import Hit, find
from aggregator.topics.topic import FIELDS, Near, Rule, Topic
from aggregator.topics.words import words

IGNORED = "ignored"
TRUSTED = "trusted feed"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One variant as read: hits and the groups they belong to, per field."""

    hits: tuple[tuple[Hit, ...], ...]
    groups: tuple[int, ...]
    ignored: tuple[TermHit, ...] = ()


def judge(topic: Topic, variants: Sequence[TopicText]) -> TopicDecision:
    """The decision on a story with these variants; more variants never lower the score."""
    readings = tuple(dict.fromkeys(_read(topic, variant) for variant in variants))
    best: tuple[_Reading, ...] = ()
    values: tuple[float, ...] = ()
    points = topic.start
    for reading in readings:
        alone = signals(topic, (reading,))
        total = _points(topic, alone)
        if not best or total > points:
            best, values, points = (reading,), alone, total
    if len(readings) > 1:
        together = signals(topic, readings)
        total = _points(topic, together) - topic.siblings
        if total > points:
            best, values, points = readings, together, total
    score = _score(topic, points)
    terms = _terms(topic, best, values)
    if any(variant.trusted for variant in variants):
        score = max(score, topic.threshold)
        terms = (TermHit(TRUSTED, "feed", topic.threshold), *terms)
    return TopicDecision(topic.name, score >= topic.threshold, score, topic.threshold, terms)


def read_alone(topic: Topic, text: TopicText) -> tuple[float, ...]:
    """What every rule counts for on one text, before weights: 0..1 each, in the rules' order."""
    return signals(topic, (_read(topic, text),))


def signals(topic: Topic, readings: tuple[_Reading, ...]) -> tuple[float, ...]:
    """What every rule counts for on these readings together."""
    found = 0
    for reading in readings:
        for groups in reading.groups:
            found |= groups
    # most rules of most texts end here, without a call
    return tuple(
        0.0
        if rule.all & ~found or (rule.any and not rule.any & found)
        else _value(topic, rule, readings)
        for rule in topic.rules
    )


def _points(topic: Topic, values: tuple[float, ...]) -> float:
    points = topic.start
    for rule, value in zip(topic.rules, values, strict=True):
        if value:
            points += rule.weight * value
    return points


def _score(topic: Topic, points: float) -> float:
    if not topic.is_probability:
        return round(points, 6)
    return round(1.0 / (1.0 + math.exp(-max(-500.0, min(500.0, points)))), 6)


def _read(topic: Topic, variant: TopicText) -> _Reading:
    texts = (variant.headline, variant.summary, variant.publisher, variant.url)
    hits: list[tuple[Hit, ...]] = []
    ignored: list[TermHit] = []
    for number, text in enumerate(texts):
        found: tuple[Hit, ...] = ()
        if text and topic.worth[number]:
            found, skipped = _find(topic, words(text, topic.lengths[number]))
            ignored.extend(TermHit(name, FIELDS[number], 0.0, IGNORED) for name in skipped)
        hits.append(found)
    groups = tuple(_groups(topic, found) for found in hits)
    return _Reading(tuple(hits), groups, tuple(ignored))


def _groups(topic: Topic, hits: Iterable[Hit]) -> int:
    union = 0
    for hit in hits:
        union |= topic.terms[hit.term].groups
    return union


def _find(topic: Topic, written: list[str]) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
    """The hits outside of ignored phrases, and those phrases."""
    hits = find(written, topic.terms, topic.trie)
    phrases = [hit for hit in hits if topic.terms[hit.term].ignored >= 0]
    if not phrases:
        return tuple(hits), ()
    terms = [hit for hit in hits if topic.terms[hit.term].ignored < 0]
    phrases = [hit for hit in phrases if _is_ignored(topic, hit, terms)]
    kept = tuple(
        hit
        for hit in terms
        if not any(phrase.start < hit.end and hit.start < phrase.end for phrase in phrases)
    )
    return kept, tuple(topic.terms[phrase.term].text for phrase in phrases)


def _is_ignored(topic: Topic, phrase: Hit, terms: list[Hit]) -> bool:
    context = topic.ignored[topic.terms[phrase.term].ignored]
    if not context.near:
        return True
    return any(
        topic.terms[hit.term].groups & context.near and _distance(hit, phrase) <= context.within
        for hit in terms
    )


def _distance(one: Hit, other: Hit) -> int:
    """Words from one hit to the other; 1 for neighbours, 0 where they overlap."""
    return max(one.start - other.end, other.start - one.end, -1) + 1


def _value(topic: Topic, rule: Rule, readings: tuple[_Reading, ...]) -> float:
    """What the rule counts for: 0, or the worth of the first field at which it holds."""
    if rule.weight < 0 and len(readings) > 1:
        return min(_value(topic, rule, (reading,)) for reading in readings)
    seen = 0
    for place, number in enumerate(rule.fields, start=1):
        for reading in readings:
            seen |= reading.groups[number]
        if rule.all & ~seen or (rule.any and not rule.any & seen):
            continue
        if all(_stand_near(topic, near, readings, rule.fields[:place]) for near in rule.near):
            break
    else:
        return 0.0
    if rule.none and all(_has_unwanted(rule, reading) for reading in readings):
        return 0.0
    return topic.worth[number]


def _has_unwanted(rule: Rule, reading: _Reading) -> bool:
    return any(reading.groups[number] & rule.none for number in rule.fields)


def _stand_near(
    topic: Topic, near: Near, readings: tuple[_Reading, ...], fields: tuple[int, ...]
) -> bool:
    """Whether one of the fields holds all terms of `near` close by."""
    return any(
        _are_close(topic, near, reading.hits[number]) for reading in readings for number in fields
    )


def _are_close(topic: Topic, near: Near, hits: tuple[Hit, ...]) -> bool:
    first, *others = (
        [hit for hit in hits if topic.terms[hit.term].groups & group] for group in near.groups
    )
    return any(
        all(
            any(hit != anchor and _distance(anchor, hit) <= near.within for hit in found)
            for found in others
        )
        for anchor in first
    )


def _terms(
    topic: Topic, readings: tuple[_Reading, ...], values: tuple[float, ...]
) -> tuple[TermHit, ...]:
    """Every term found, with its share of the points of the rules that it serves."""
    found: dict[tuple[str, str], int] = {}
    for reading in readings:
        for name, hits in zip(FIELDS, reading.hits, strict=True):
            for hit in hits:
                term = topic.terms[hit.term]
                found[term.text, name] = found.get((term.text, name), 0) | term.groups
    weights = dict.fromkeys(found, 0.0)
    served: dict[tuple[str, str], list[str]] = {key: [] for key in found}
    for rule, value in zip(topic.rules, values, strict=False):
        if not value:
            continue
        wanted, names = rule.wanted, {FIELDS[number] for number in rule.fields}
        serving = [key for key, groups in found.items() if groups & wanted and key[1] in names]
        for key in serving:
            weights[key] += rule.weight * value / len(serving)
            served[key].append(rule.name)
    shown = [
        TermHit(text, name, round(weights[text, name], 4), ", ".join(served[text, name]))
        for text, name in found
    ]
    ignored = (hit for reading in readings for hit in reading.ignored)
    return (*sorted(shown, key=lambda hit: -abs(hit.weight)), *dict.fromkeys(ignored))
