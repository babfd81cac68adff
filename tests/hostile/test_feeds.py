"""Every hostile feed and server of the corpus, polled over HTTP beside healthy feeds.

Cases share runs, each with a database of its own; those whose stories must not meet others' run
alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.arena import Bout, fight, paths_of
from tests.hostile.corpus.cases import BY_ID, Case, of_kind
from tests.hostile.corpus.server import running
from tests.hostile.verdict import general_problems, late, problems, slow

# Groups that share a run. What one case must not show (`forbid`), no other of its run may hold.
_RUNS = {
    "documents": ("xml", "encoding", "channel", "dates"),
    "entries": ("links", "json", "identity"),
    "markup": ("markup", "not-a-feed", "size"),
    "http": ("http",),
    "text": ("text",),
}
_MOVED = {"xml-trailing-html": "http"}  # `alert(1)` is a link of another XML case
# hundreds of entries: a page of each, and all their pairs before the model, would take minutes
_FEEDS_ONLY = "publish: {formats: [atom, json]}\nstories: {model: off}"
MANY = ("id-flood", "size-items-500")
CASES = of_kind("feed", "server")


def run_of(case: Case) -> str:
    """The run that a case is part of; its own id when it runs alone."""
    if "clusters" in case.checks or case.feeds or case.id in MANY:
        return case.id
    shared = next(name for name, groups in _RUNS.items() if case.group in groups)
    return _MOVED.get(case.id, shared)


class Fights:
    """The runs, each fought when the first of its cases is asked for."""

    def __init__(self, corpus: Any, folder: Path) -> None:
        self._corpus = corpus
        self._folder = folder
        self._done: dict[str, Bout] = {}

    def of(self, name: str) -> Bout:
        if name not in self._done:
            self._corpus.reset()
            cases = [case for case in CASES if run_of(case) == name]
            self._done[name] = self.alone(name, cases) if name in BY_ID else asyncio.run(
                fight(self._corpus, cases, self._folder / name))  # fmt: skip
        return self._done[name]

    def alone(self, name: str, cases: list[Case]) -> Bout:
        """A run without the second reading."""
        more = _FEEDS_ONLY if name in MANY else ""
        self._corpus.reset()
        return asyncio.run(fight(self._corpus, cases, self._folder / name, more=more, whole=False))


@pytest.fixture(scope="module")
def fights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fights]:
    with running(cap_seconds=10, cap_mb=32) as corpus:
        yield Fights(corpus, tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_a_hostile_feed_ends_as_it_should(case: Case, fights: Fights) -> None:
    bout = fights.of(run_of(case))
    if slow(case, bout) or late(case, bout):  # a hundred others share the run, and the machine
        bout = fights.alone(f"{case.id}-alone", [case])
        assert not slow(case, bout), bout.handled_s

    assert problems(case, bout) == []


@pytest.mark.parametrize("name", [*_RUNS, *(case.id for case in CASES if run_of(case) == case.id)])
def test_outputs_are_inert_and_other_feeds_unharmed(name: str, fights: Fights) -> None:
    assert general_problems(fights.of(name)) == []


def test_every_run_has_cases() -> None:
    found = {run_of(case) for case in CASES}

    assert set(_RUNS) <= found
    assert all(paths_of(case) for case in CASES)
