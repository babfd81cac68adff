"""The topic language: a raw query (docs/topics.md) checked and compiled into a `Topic`."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.settings import TopicSettings
from aggregator.topics import lexicon, raw
from aggregator.topics.lexicon import change_lexicons, check_line, spelt_out, valid_term
from aggregator.topics.raw import Path, QueryError
from aggregator.topics.terms import Node, Term, build_trie, read_term
from aggregator.topics.topic import FIELDS, Ignored, Near, Rule, Topic

__all__ = ["QueryError", "Topic", "builtin_names", "builtin_query", "compile_topic"]

_BUILTIN = pathlib.Path(__file__).parent / "builtin"
KEYS = (
    *("extends", "threshold", "score", "start", "siblings", "fields", "words"),
    *("lexicons", "ignore", "rules"),
)
RULE_KEYS = ("name", "weight", "all", "any", "none", "near", "fields")
LONGEST = {"headline": 60, "summary": 60, "publisher": 12, "url": 40}


def builtin_names() -> tuple[str, ...]:
    """The topics that ship with the package."""
    names = (file.name for file in _BUILTIN.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def builtin_query(name: str) -> Mapping[str, Any]:
    """The raw query of a built-in topic. Raises QueryError for a name that is none."""
    if name not in builtin_names():
        hint = f"write a query, or take a built-in: {', '.join(builtin_names())}"
        raise QueryError((), f"no built-in topic is named {name}", hint)
    text = (_BUILTIN / f"{name}.json").read_text(encoding="utf-8")
    query: Mapping[str, Any] = json.loads(text)
    return query


def compile_topic(settings: TopicSettings) -> Topic:
    """The topic of one entry of `topics:`. Raises QueryError at the node that is wrong."""
    if settings.query is None:
        return _compiled_builtin(settings.name, settings.title)
    return _compiled(settings, settings.query)


@lru_cache(maxsize=8)
def _compiled_builtin(name: str, title: str) -> Topic:
    """Kept for a service that reads its configuration again: each takes a tenth of a second."""
    return _compiled(TopicSettings(name, title=title), builtin_query(name))


def _compiled(settings: TopicSettings, own: Mapping[str, Any]) -> Topic:
    draft = _Draft(lexicons=lexicon.shipped())
    raw.mapping(own, (), keys=KEYS)
    bases: list[Mapping[str, Any]] = []
    if "extends" in own:
        try:
            bases.append(builtin_query(own["extends"]))
        except QueryError as error:
            raise QueryError(("extends",), error.message, error.hint) from None
    for query in (*bases, own):
        _read_settings(query, draft)
        change_lexicons(query.get("lexicons", {}), draft.lexicons)
    # rules come after all lexicons: what a query adds to a lexicon, the rules it extends read too
    for base in bases:
        try:
            _read_rules(base, draft)
        except QueryError as error:  # what the query changed has left it without sense
            raise QueryError(("extends",), f"as changed here, {error}", error.hint) from None
    _read_rules(own, draft)
    if not draft.rules:
        raise QueryError((), "the query has no rules", "write at least one row under rules")
    return _topic(settings, draft)


def _read_rules(query: Mapping[str, Any], draft: _Draft) -> None:
    for at, row in enumerate(raw.rows(query.get("ignore", []), ("ignore",))):
        path: Path = ("ignore", at)
        # a phrase or `<lexicon>`, or `{phrase: ..., near: [...], within: N}`
        written = {"phrase": row} if isinstance(row, str) else row
        node = raw.mapping(written, path, keys=("phrase", "near", "within"))
        near = 0
        if "near" in node:
            terms = raw.strings(node["near"], (*path, "near"))
            near = _bit(_flat(terms, (*path, "near"), draft), draft)
        within = raw.count(node.get("within", 60), (*path, "within"))
        if "phrase" not in node:
            raise QueryError(path, "has no phrase", "write phrase: ...")
        phrases = raw.strings(node["phrase"], (*path, "phrase"))
        for line in _flat(phrases, (*path, "phrase"), draft):
            draft.ignored.append((valid_term(line, (*path, "phrase")), Ignored(near, within)))
    for at, row in enumerate(raw.rows(query.get("rules", []), ("rules",))):
        draft.rules.append(_read_rule(row, ("rules", at), draft))


class _Draft(Struct):
    """What was read so far; `groups` numbers the sets of terms that conditions name."""

    lexicons: dict[str, tuple[str, ...]]
    threshold: float | None = None
    score: str = "points"
    start: float = 0.0
    siblings: float = 0.0
    worth: dict[str, float] = field(default_factory=lambda: {"headline": 1.0, "summary": 1.0})
    asked: dict[str, float] = field(default_factory=dict)  # fields that rules name
    lengths: dict[str, int] = field(default_factory=lambda: dict(LONGEST))
    groups: dict[tuple[str, ...], int] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)  # lexicon -> the bit of its group
    ignored: list[tuple[Term, Ignored]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


def _read_settings(query: Mapping[str, Any], draft: _Draft) -> None:
    """All but lexicons and rules."""
    if "score" in query:
        draft.score = raw.choice(query["score"], ("score",), of=("points", "probability"))
    if "threshold" in query:
        least, most = (0.0, 1.0) if draft.score == "probability" else (-1000.0, 1000.0)
        draft.threshold = raw.number(query["threshold"], ("threshold",), least=least, most=most)
    if "start" in query:
        draft.start = raw.number(query["start"], ("start",))
    if "siblings" in query:
        draft.siblings = raw.number(query["siblings"], ("siblings",), least=0.0)
    if "fields" in query:
        worth = raw.mapping(query["fields"], ("fields",), keys=FIELDS)
        draft.worth = {
            name: raw.number(value, ("fields", name), least=0.0, most=1.0)
            for name, value in worth.items()
        }
    for name, value in raw.mapping(query.get("words", {}), ("words",), keys=FIELDS).items():
        draft.lengths[name] = raw.count(value, ("words", name))


def _bit(lines: tuple[str, ...], draft: _Draft) -> int:
    return 1 << draft.groups.setdefault(lines, len(draft.groups))


def _groups(node: Any, path: Path, draft: _Draft) -> tuple[int, ...]:
    """The bits of the groups that single terms and `<name>` stand for."""
    bits: list[int] = []
    for at, line in enumerate(raw.strings(node, path)):
        name, place = lexicon.reference(line), (*path, at)
        if name is None:
            valid_term(line, place)
            bits.append(_bit((line,), draft))
            continue
        if name not in draft.named:  # rules are read when the lexicons are as they will be
            lines = spelt_out(name, place, draft.lexicons)
            if not lines:
                hint = "add some, or leave it out"
                raise QueryError(place, f"the lexicon {name} holds no terms", hint)
            draft.named[name] = _bit(lines, draft)
        bits.append(draft.named[name])
    return tuple(bits)


def _flat(lines: tuple[str, ...], path: Path, draft: _Draft) -> tuple[str, ...]:
    """The terms of the lines, lexicons spelt out."""
    found: list[str] = []
    for at, line in enumerate(lines):
        check_line(line, (*path, at), draft.lexicons)
        name = lexicon.reference(line)
        found.extend((line,) if name is None else spelt_out(name, path, draft.lexicons))
    return tuple(found)


def _read_rule(row: Any, path: Path, draft: _Draft) -> Rule:
    node = raw.mapping(row, path, keys=RULE_KEYS)
    every = _groups(node.get("all", []), (*path, "all"), draft)
    either = _groups(node.get("any", []), (*path, "any"), draft)
    near: tuple[Near, ...] = ()
    if "near" in node:  # `[a, b]` or `{terms: [a, b], within: N}`: all within N words of the first
        span, place = {"terms": node["near"]}, (*path, "near")
        if isinstance(node["near"], Mapping):
            span = dict(raw.mapping(node["near"], place, keys=("terms", "within")))
            place = (*place, "terms")
        groups = _groups(span.get("terms", []), place, draft)
        if len(groups) < 2:
            raise QueryError(place, "needs two terms", "write near: [one, two]")
        near = (Near(groups, raw.count(span.get("within", 5), (*path, "near", "within"))),)
    if not (every or either or near):
        raise QueryError(path, "the rule asks for nothing", "write all, any or near")
    read = [name for name in draft.worth if draft.worth[name]]
    texts = [name for name in read if name in ("headline", "summary")] or read
    names = raw.strings(node.get("fields", texts), (*path, "fields"))
    for at, name in enumerate(names):
        raw.choice(name, (*path, "fields", at), of=FIELDS)
        draft.asked.setdefault(name, 1.0)
    worth = {**draft.asked, **draft.worth}
    if not any(worth[name] for name in names):
        at_fields = (*path, "fields") if "fields" in node else ("fields",)
        raise QueryError(at_fields, "no field is read", "give one a worth above 0 under fields")
    asked = _union((*every, *(bit for row in near for bit in row.groups)))
    return Rule(
        name=raw.text(node.get("name", f"rule {int(path[-1]) + 1}"), (*path, "name")),
        weight=raw.number(node.get("weight", 1), (*path, "weight")),
        fields=tuple(
            sorted((FIELDS.index(name) for name in names), key=lambda n: -worth[FIELDS[n]])
        ),
        all=asked,
        any=_union(either),
        wanted=asked | _union(either),
        none=_union(_groups(node.get("none", []), (*path, "none"), draft)),
        near=near,
    )


def _union(bits: tuple[int, ...]) -> int:
    union = 0
    for bit in bits:
        union |= bit
    return union


def _topic(settings: TopicSettings, draft: _Draft) -> Topic:
    groups: dict[str, int] = {}
    for lines, number in draft.groups.items():
        for line in lines:
            groups[line] = groups.get(line, 0) | 1 << number
    terms = [read_term(line, groups=bits) for line, bits in groups.items()]
    phrases = tuple(replace(term, ignored=number) for number, (term, _) in enumerate(draft.ignored))
    every = (*terms, *phrases)
    is_probability = draft.score == "probability"
    threshold = 0.5 if is_probability else 1.0
    if draft.threshold is not None:
        threshold = draft.threshold
    topic = Topic(
        name=settings.name,
        title=settings.title or settings.name,
        threshold=threshold,
        rules_hash="",
        is_probability=is_probability,
        start=draft.start,
        siblings=draft.siblings,
        worth=tuple({**draft.asked, **draft.worth}.get(name, 0.0) for name in FIELDS),
        lengths=tuple(draft.lengths[name] for name in FIELDS),
        terms=every,
        trie=build_trie(every),
        rules=tuple(draft.rules),
        ignored=tuple(ignored for _, ignored in draft.ignored),
    )
    # the hash is of all that decides: a stored decision is today's where it is the same
    content = repr(replace(topic, name="", title="", trie=Node()))
    rules_hash = sha256(content.encode()).hexdigest()[:16]
    return replace(topic, rules_hash=rules_hash, wakes=_wakes(topic.rules, every))


def _wakes(rules: Sequence[Rule], terms: Sequence[Term]) -> tuple[tuple[int, ...], ...]:
    """Which rules each term may make hold, by one group that the rule cannot do without.

    Of all the groups that a rule asks for, that of the fewest terms is taken: most texts then
    wake a few rules out of a hundred.
    """
    held = Counter([term.groups for term in terms])  # few sets of groups hold all the terms
    sizes: dict[int, int] = {}
    for groups, count in held.items():
        for bit in _bits(groups):
            sizes[bit] = sizes.get(bit, 0) + count
    keys = [
        min(_bits(rule.all), key=lambda bit: sizes.get(bit, 0)) if rule.all else rule.any
        for rule in rules
    ]
    woken = {
        groups: tuple(number for number, key in enumerate(keys) if key & groups) for groups in held
    }
    return tuple(woken[term.groups] for term in terms)


def _bits(groups: int) -> list[int]:
    """The bits of a set of groups, each as a set of its own."""
    return [1 << number for number in range(groups.bit_length()) if groups >> number & 1]
