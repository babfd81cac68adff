"""`explain` for people: the few reasons that decided, in words, within 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from aggregator.cli import show
from aggregator.publishing.reasons import is_sure, rule_in_words, signals_in_words
from aggregator.stories.scorer import shipped_scorer
from aggregator.text import counted

_WIDTH = 80
_RULES_WIDTH = 100  # characters of the names of a term's rules; --json gives them all
_FEW = 3  # rejected stories, and terms of a topic, that are shown without --all


def print_reasons(reasons: Mapping[str, Any], *, everything: bool = False) -> None:
    """Prints the document of `explain` for people; `everything`: every signal and term, too."""
    if reasons["story"] is None:
        _say(f"{reasons['item']} {reasons['note']}")
        blocked = reasons["blocked"]
        if blocked is None:
            return
        if not blocked["setting"]:
            _say("  today's rules let it in: the next run does")
        elif blocked["setting"] == "keep":
            _say("  none of the feed's `keep` rules is met")
        else:
            terms = ", ".join(dict.fromkeys(hit["term"] for hit in blocked["terms"]))
            _say(f"  the feed's `block` rules found: {terms}")
        return
    show.line(f"story {reasons['story']}", bold=True)
    for revision in reasons["revisions"]:
        kind = {  # why an entry is the item that it was, or another one
            "new": f"not {revision['of']}, whose identity it has",
            "edit": "edited by its source, and the same item",
            "moved": "the same item under another identity",
        }[revision["kind"]]
        why = show.safe("; ".join(revision["reasons"]))
        _say(f"{reasons['item']}: {kind}: {why}", indent=2)
    if reasons["reports"] > 1:
        reports = counted(reasons["reports"], "report")
        _say(f"{reports}, {reasons['independent']} independent", indent=2)
    least = reasons["thresholds"]["join"]
    for variant in reasons["variants"]:
        _print_variant(variant, least, everything=everything)
    _print_rejected(reasons["rejected"], least, everything=everything)
    if reasons["related"]:
        show.line("related stories", bold=True)
    for one in reasons["related"]:
        _say(f"{one['story']}  {show.safe(one['headline'])}", indent=2)
    for topic in reasons["topics"]:
        print_decision(topic, most=None if everything else _FEW)


def _print_variant(variant: Mapping[str, Any], least: float, *, everything: bool) -> None:
    _say(f"{variant['item']}  {show.safe(variant['headline'])}", indent=2)
    evidence, rule = variant["evidence"], variant["rule"]
    reason = rule_in_words(rule)
    if not is_sure(rule):
        reason += f"; score {variant['score']:.2f}, from {least:.2f} on it joins"
    _say(reason, indent=6)
    if origin := variant["origin"]["in_words"]:
        _say(show.safe(origin), indent=6)
    detail = show.safe(evidence.get("detail", ""))
    if detail and (rule not in ("new", "exact", "truncated") or "like" in evidence):
        _say(detail, indent=6)
    _print_evidence(evidence, everything=everything)


def _print_rejected(
    rejected: Sequence[Mapping[str, Any]], least: float, *, everything: bool
) -> None:
    shown = rejected if everything else rejected[:_FEW]
    for one in shown:
        _say(f"not in {one['story']}  {show.safe(one['headline'])}", indent=2)
        if one["vetoes"]:
            vetoes = (veto.removeprefix("veto_").replace("_", " ") for veto in one["vetoes"])
            reason = f"kept apart: {', '.join(vetoes)}"
        elif one.get("note"):
            reason = f"{one['note']}; score {one['score']:.2f}, {least:.2f} joins"
        else:
            reason = f"score {one['score']:.2f}, below the {least:.2f} that joins"
        _say(reason, indent=6)
        if like := one["evidence"].get("like"):
            _say(f"most alike there: {show.safe(like)}", indent=6)
        _print_evidence(one["evidence"], everything=everything)
    if len(shown) < len(rejected):
        _say(f"and not in {len(rejected) - len(shown)} more: --all", indent=2)


def _print_evidence(evidence: Mapping[str, Any], *, everything: bool) -> None:
    if words := signals_in_words(evidence):
        _say("; ".join(words), indent=6, dim=True)
    if not everything:
        return
    untrained = shipped_scorer().untrained
    numbers = [
        f"{name} {value:g}" + (" (untrained: counts for nothing yet)" if name in untrained else "")
        for name, value in evidence.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and name != "item"
        and value not in (0, -1)  # which say nothing, and that nothing is known
    ]
    if numbers:
        _say(", ".join(numbers), indent=6, dim=True)


def print_decision(topic: Mapping[str, Any], *, most: int | None = None) -> None:
    """Prints a topic's decision for people.

    `most`: of its terms only those of most weight, and that its feed is `on_topic` before all.
    """
    verdict = "on topic" if topic["accepted"] else "off topic"
    show.line(
        f"{topic['topic']}: {verdict} (score {topic['score']:g}, threshold {topic['threshold']:g})",
        bold=True,
    )
    terms = topic["terms"]
    if most is None:
        shown = terms
    else:
        shown = sorted(terms, key=lambda hit: (hit["field"] != "feed", -abs(hit["weight"])))[:most]
    for hit in shown:
        rules = show.safe(", ".join(hit.get("rules", ())), limit=_RULES_WIDTH)
        text = f"{hit['weight']:+g}  {show.safe(hit['term'])}  ({hit['field']})"
        _say(f"{text}  {rules}" if most is None else text, indent=2)
    if len(shown) < len(terms):
        _say(f"and {counted(len(terms) - len(shown), 'term')} more: --all", indent=2)


def _say(text: str, *, indent: int = 0, dim: bool = False) -> None:
    """Text in lines of 80 columns; further lines stand two columns further in."""
    lines = textwrap.wrap(text, _WIDTH - indent, subsequent_indent="  ")
    for one in lines:
        show.line(one, indent=indent, dim=dim)
