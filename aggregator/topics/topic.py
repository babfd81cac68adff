"""A compiled topic: terms in a trie, and rules as bit sets over the groups of terms."""

from __future__ import annotations

from msgspec import Struct

from aggregator.topics.terms import Node, Term

FIELDS = ("headline", "summary", "publisher", "url")


class Near(Struct, frozen=True):
    """Terms that must be close: each group within `within` words of the first one."""

    groups: tuple[int, ...]  # bit sets of one bit
    within: int


class Rule(Struct, frozen=True):
    """Conditions that all have to hold, and the points they are worth. Bit sets of groups."""

    name: str
    weight: float
    fields: tuple[int, ...]  # numbers of FIELDS, the most worth first
    all: int = 0  # those of `near` included
    any: int = 0
    none: int = 0
    near: tuple[Near, ...] = ()
    wanted: int = 0  # `all` and `any`: the groups whose terms the rule is about


class Ignored(Struct, frozen=True):
    """A phrase whose words count for nothing, everywhere or near other terms only."""

    near: int = 0  # bit of the group that must be close; 0: always ignored
    within: int = 0


class Topic(Struct, frozen=True, eq=False):  # compared by identity, as the key of a cache
    """What `judge` reads. Scores are points, or a probability (logistic of the points)."""

    name: str
    title: str
    threshold: float
    rules_hash: str
    is_probability: bool
    start: float  # points before any rule
    siblings: float  # points taken off where only several variants together meet the rules
    worth: tuple[float, ...]  # per field of FIELDS; 0: not read
    lengths: tuple[int, ...]  # words read per field
    terms: tuple[Term, ...]
    trie: Node
    rules: tuple[Rule, ...]
    ignored: tuple[Ignored, ...] = ()
    wakes: tuple[tuple[int, ...], ...] = ()  # per term: the rules to look at when it is found
