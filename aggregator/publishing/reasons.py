"""Why an item is in its story, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aggregator.views import CitedSource, StoryItem

_MOST_SIGNALS = 4  # signals of one comparison that are mentioned
_RARE = 7.0  # rarity (natural logarithm) from which a shared or missing term is significant
# Signals in words, the most significant first: name, lowest value worth mentioning, words.
_SIGNALS: tuple[tuple[str, float, str], ...] = (
    ("same_page", 1, "the same page"),
    ("opposite", 1, "they say the opposite"),
    ("places_apart", 1, "other places"),
    ("another_apart", 1, "one is a further event"),
    ("reaction_apart", 1, "one is a reaction"),
    ("countries_apart", 1, "other countries"),
    ("numbers_apart", 1, "other numbers"),
    ("quoted_shared", _RARE, "the same quotation"),
    ("speakers_apart", 1, "others speak or act"),
    ("names_shared", _RARE, "the same names"),
    ("places_shared", 1, "the same place"),
    ("rarest_shared", _RARE, "a rare word in common"),
    ("acts_shared", 2, "the same act"),
    ("names_apart", _RARE, "other names on both sides"),
    ("acts_apart", 4, "other acts"),
    ("numbers_shared", 1, "the same number"),
    ("summaries", 0.4, "alike summaries"),
    ("opinion_apart", 1, "one is an opinion"),
    ("question_apart", 1, "one asks a question"),
)
_RULES = {
    "new": "opened the story",
    "exact": "joined: the same words",
    "truncated": "joined: one is cut off",
    "same_url": "joined: the same page, and the headlines agree",
    "reworded": "joined: other words for the same",
    "correction": "joined: an editor's word",
    "": "the reason is no longer stored",
}
_SURE = ("new", "exact", "truncated", "correction", "")  # rules that decide without a score


def opener_of(items: Iterable[StoryItem | CitedSource]) -> int:
    """The item that opened a story, the first one if the story results from merges.

    0 if the reasons are no longer stored.
    """
    return min((one.item_id for one in items if one.rule == "new"), default=0)


def rule_in_words(rule: str) -> str:
    """A rule of evidence in words; a rule of another release by its name."""
    return _RULES.get(rule, rule)


def is_sure(rule: str) -> bool:
    """Whether the rule decides regardless of the score."""
    return rule in _SURE


def signals_in_words(signals: Mapping[str, Any]) -> list[str]:
    """The most significant signals of a comparison, and the model's verdict."""
    found = [words for name, least, words in _SIGNALS if signals.get(name, 0) >= least]
    found = found[:_MOST_SIGNALS]
    if signals.get("model_waits"):
        found.append("the model has yet to read this pair")
    elif "model" in signals:
        verdict = "speaks for one story" if signals["model"] > 0 else "speaks against"
        found.append(f"by words alone {signals['lexical']:.2f}, and the model {verdict}")
    return found


def in_words(*, rule: str, score: float, detail: str, signals: Mapping[str, Any]) -> str:
    """Why an item is in its story, on one line: rule, score if it decided, and evidence."""
    scored = [] if is_sure(rule) else [f"score {score:.2f}"]
    evidence = [detail, *signals_in_words(signals)]
    return "; ".join([rule_in_words(rule), *scored, *filter(None, evidence)])
