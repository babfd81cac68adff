"""A query with one node put wrong is either understood or refused at a node that is there."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import TopicText
from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge
from aggregator.topics.query import QueryError, compile_topic

QUERY: dict[str, Any] = {
    "score": "points",
    "threshold": "2",
    "start": "0.5",
    "siblings": "0.5",
    "fields": {"headline": "1", "summary": "0.5", "url": "0.2"},
    "words": {"headline": "30"},
    "lexicons": {"birds": ["crane", "=Heron"], "all": {"use": ["birds", "nuclear"]}},
    "ignore": ["Crane Ltd", {"phrase": "<birds>", "near": ["zoo"], "within": "3"}],
    "rules": [
        {"name": "one", "weight": "2", "all": ["<all>"], "any": ["nest*", "egg"], "none": ["zoo"]},
        {"near": {"terms": ["crane", "lake"], "within": "4"}, "fields": ["headline", "url"]},
        {"near": ["crane", "<nuclear>"], "weight": "-1"},
    ],
}


def paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every node of a query, by its path."""
    if isinstance(node, dict):
        inner = [(key, value) for key, value in node.items()]
    else:
        inner = list(enumerate(node)) if isinstance(node, list) else []
    return [path, *(one for key, value in inner for one in paths(value, (*path, key)))]


def stands_in(node: Any, path: tuple[Any, ...]) -> bool:
    """Whether the path leads to a node; a string may stand for a list of one, or for a phrase."""
    for part in path:
        if isinstance(node, str) and part in (0, "phrase"):
            continue
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(("terms", "phrase", "add")), inner)
    ),
    max_leaves=6,
)


@given(path=st.sampled_from(paths(QUERY)[1:]), junk=junk)
def test_whatever_stands_at_a_node_is_understood_or_refused_there(
    path: tuple[Any, ...], junk: Any
) -> None:
    query = deepcopy(QUERY)
    parent: Any = query
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = junk

    fault = None
    try:
        topic = compile_topic(TopicSettings("mine", query=query))
    except QueryError as error:
        fault = error

    if fault is None:
        decision = judge(topic, [TopicText("Crane nests at the lake, nuclear egg", "zoo")])
        assert decision.accepted == (decision.score >= decision.threshold)
    else:
        assert fault.message
        assert stands_in(query, fault.path[:-1])  # the last part may be what is missing
